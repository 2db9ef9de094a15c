"""What cameras tell of people's behaviour: breaches, mass running, loitering, and somebody who lies still."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipelines.rules.evidence import Evidence
from pipelines.units import CM_PER_M

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipelines.events import CameraEvent
    from pipelines.rules.facts import Facts

BREACH: Final = "breach"
MASS_RUNNING: Final = "mass_running"
LOITERING: Final = "loitering"
PERSON_DOWN: Final = "person_down"
_SPOT_CM: Final = 500  # who lies has an alert for each square of this side: a track that is lost and found is one person


def behaviour(facts: Facts, now_us: int, row: CameraEvent) -> Iterator[Evidence]:
    """A spell that begins or goes on; one that ends says nothing, since who is lost to a camera may still be there."""
    if row.state == "end":
        return
    match row.kind:
        case "closed_zone" | "fence_line":
            yield _evidence(now_us, row, BREACH, "critical")
        case "running" if row.people >= facts.plan.behaviour.running.people:
            yield _evidence(now_us, row, MASS_RUNNING, "critical")
        case "dispersal":
            yield _evidence(now_us, row, MASS_RUNNING, "critical")
        case "loitering":
            yield _evidence(now_us, row, LOITERING, "watch")
        case "lying":
            spot = f"{row.place}/{row.x_cm // _SPOT_CM}/{row.y_cm // _SPOT_CM}"
            yield _evidence(now_us, row, PERSON_DOWN, "caution", subject=spot, latched=True)
        case _:
            pass


def _evidence(now_us: int, row: CameraEvent, rule: str, level: str, *, subject: str = "", latched: bool = False) -> Evidence:
    counted = rule in (BREACH, MASS_RUNNING)
    return Evidence(
        rule=rule,
        place=row.place,
        start_us=row.since_us,
        now_us=now_us,
        levels=(level,),
        value=float(row.people) if counted else row.value,
        unit="people" if counted else row.unit,
        at_m=(row.x_cm / CM_PER_M, row.y_cm / CM_PER_M),
        source=row.camera,
        subject=subject,
        latched=latched,
    )
