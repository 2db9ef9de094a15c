"""Faults of the fire panel and its detectors: what cannot be heard in a fire must show before one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipelines.events import SensorFire
from pipelines.units import CM_PER_M

if TYPE_CHECKING:
    from pipelines.alerts.kernel import Kernel

PANEL_FAULT: Final = "panel_fault"
_UNANSWERED: Final = "unanswered"


def panel_fault(kernel: Kernel, now_us: int, row: SensorFire) -> None:
    """A detector's fault is on the list; one of the panel is a warning; a request that it does not take is life safety."""
    if row.kind not in ("smoke", "heat", "gas", "co", "panel"):
        return
    subject = f"{row.device}/{row.zone}/{row.output}"
    if row.state in ("fault", _UNANSWERED):
        level = "critical" if row.state == _UNANSWERED else "warning" if row.kind == "panel" else "watch"
        kernel.raise_(
            PANEL_FAULT,
            row.zone,
            row.event_time_us,
            [level],
            now_us,
            card=level != "watch",
            unit=row.output or row.kind,
            at_m=(row.x_cm / CM_PER_M, row.y_cm / CM_PER_M),
            source=row.device,
            subject=subject,
        )
    elif row.state in ("normal", "alarm"):
        alert = kernel.open_alert(PANEL_FAULT, subject)
        if alert is not None and alert.measured_level != "none":
            kernel.lapse(alert, now_us)
