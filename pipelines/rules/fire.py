"""Detectors, and the feedback of the panel's outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipelines.events import SensorFire
from pipelines.units import CM_PER_M, MICRO

if TYPE_CHECKING:
    from pipelines.alerts.kernel import Kernel

FIRE: Final = "fire"
GAS: Final = "gas"
_GASES: Final = ("gas", "co")
FEEDBACK: Final = "fire_feedback"


def life_safety(kernel: Kernel, reading: SensorFire) -> None:
    """A detector's alarm, from its own lane; an unsigned one is shown to a person as UNVERIFIED."""
    if reading.state != "alarm":
        return
    kernel.raise_(
        GAS if reading.kind in _GASES else FIRE,
        reading.zone,
        reading.event_time_us,
        ["critical"],
        reading.event_time_us,
        unit=reading.kind,
        at_m=(reading.x_cm / CM_PER_M, reading.y_cm / CM_PER_M),
        source=reading.device,
        verified=reading.verified,
    )


def panel(kernel: Kernel, row: SensorFire) -> None:
    """An output that the panel started, or its feedback."""
    place = f"{row.zone}/{row.output}"
    if row.kind == "panel" and row.state == "output_started":
        kernel.watch.outputs.setdefault(place, [row.event_time_us, row.x_cm / CM_PER_M, row.y_cm / CM_PER_M, row.device])
    elif row.kind == "panel" and row.state == "feedback":
        kernel.watch.outputs.pop(place, None)


def feedback(kernel: Kernel, now_us: int) -> None:
    """Outputs whose feedback has stayed away for too long."""
    limit_us = round(kernel.ground.timing.feedback_s * MICRO)
    for place, (started_us, x_m, y_m, device) in list(kernel.watch.outputs.items()):
        if now_us - started_us >= limit_us:
            zone, _, output = place.partition("/")
            kernel.raise_(
                FEEDBACK, zone, started_us, ["critical"], now_us, value=limit_us / MICRO, unit=output, at_m=(x_m, y_m), source=device
            )
            del kernel.watch.outputs[place]
