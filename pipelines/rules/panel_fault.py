"""Faults of the fire panel and its detectors: what cannot be heard in a fire must show before one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipelines.events import SensorFire
from pipelines.rules.evidence import Evidence, Over
from pipelines.units import CM_PER_M

if TYPE_CHECKING:
    from collections.abc import Iterator


PANEL_FAULT: Final = "panel_fault"
_UNANSWERED: Final = "unanswered"


def panel_fault(now_us: int, row: SensorFire) -> Iterator[Evidence | Over]:
    """A detector's fault is on the list; one of the panel is a warning; a request that it does not take is life safety."""
    if row.kind not in ("smoke", "heat", "gas", "co", "panel"):
        return
    subject = f"{row.device}/{row.zone}/{row.output}"
    if row.state in ("fault", _UNANSWERED):
        level = "critical" if row.state == _UNANSWERED else "warning" if row.kind == "panel" else "watch"
        yield Evidence(
            rule=PANEL_FAULT,
            place=row.zone,
            start_us=row.event_time_us,
            now_us=now_us,
            levels=(level,),
            card=level != "watch",
            unit=row.output or row.kind,
            at_m=(row.x_cm / CM_PER_M, row.y_cm / CM_PER_M),
            source=row.device,
            subject=subject,
        )
    elif row.state in ("normal", "alarm"):
        yield Over(PANEL_FAULT, subject)
