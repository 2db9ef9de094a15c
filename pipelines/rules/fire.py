"""Detectors, and the feedback of the panel's outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipelines.events import SensorFire
from pipelines.rules.evidence import Evidence
from pipelines.units import CM_PER_M, MICRO

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipelines.rules.facts import Facts

FIRE: Final = "fire"
GAS: Final = "gas"
_GASES: Final = ("gas", "co")
FEEDBACK: Final = "fire_feedback"


def life_safety(reading: SensorFire) -> Iterator[Evidence]:
    """A detector's alarm, from its own lane; an unsigned one is shown to a person as UNVERIFIED."""
    if reading.state != "alarm":
        return
    yield Evidence(
        rule=GAS if reading.kind in _GASES else FIRE,
        place=reading.zone,
        start_us=reading.event_time_us,
        now_us=reading.event_time_us,
        levels=("critical",),
        unit=reading.kind,
        at_m=(reading.x_cm / CM_PER_M, reading.y_cm / CM_PER_M),
        source=reading.device,
        verified=reading.verified,
    )


def panel(facts: Facts, row: SensorFire) -> None:
    """An output that the panel started, or its feedback."""
    place = f"{row.zone}/{row.output}"
    if row.kind == "panel" and row.state == "output_started":
        facts.watch.outputs.setdefault(place, [row.event_time_us, row.x_cm / CM_PER_M, row.y_cm / CM_PER_M, row.device])
    elif row.kind == "panel" and row.state == "feedback":
        facts.watch.outputs.pop(place, None)


def feedback(facts: Facts, now_us: int) -> Iterator[Evidence]:
    """Outputs whose feedback has stayed away for too long."""
    limit_us = round(facts.ground.timing.feedback_s * MICRO)
    for place, (started_us, x_m, y_m, device) in list(facts.watch.outputs.items()):
        if now_us - started_us >= limit_us:
            del facts.watch.outputs[place]
            zone, _, output = place.partition("/")
            yield Evidence(
                rule=FEEDBACK,
                place=zone,
                start_us=started_us,
                now_us=now_us,
                levels=("critical",),
                value=limit_us / MICRO,
                unit=output,
                at_m=(x_m, y_m),
                source=device,
            )
