"""The rules beside the ladder: vehicles, fire, panel feedback, cameras, and the unknown that fills. Pure.

Levels of alerts without a ladder are those of the numbers of crowd safety: life safety critical, wrong way and unknown
while filling warning, camera health watch.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from pipelines.alerts import vehicle_rules
from pipelines.events import CameraHealth, CrowdFlow, SensorFire, VehicleEvent
from pipelines.units import CM_PER_M, MICRO

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pipelines.alerts.kernel import Kernel
    from pipelines.alerts.ladder import Reading

FIRE: Final = "fire"
FEEDBACK: Final = "fire_feedback"
UNKNOWN: Final = "unknown_while_filling"
CAMERA: Final = "camera_health"
FLOW_US: Final = 60 * MICRO


@dataclass(slots=True)
class Watch:
    """What the rules remember.

    Args:
        people: newest mean number of people by zone.
        flow: by line, [window end µs, entered - exited] of the last minute.
        unknown_us: since when each zone has been unknown.
        outputs: by "zone/output", [started µs, x m, y m, panel] of panel outputs whose feedback has not come.
    """

    people: dict[str, float] = field(default_factory=dict)
    flow: dict[str, list[list[int]]] = field(default_factory=dict)
    unknown_us: dict[str, int] = field(default_factory=dict)
    outputs: dict[str, list[Any]] = field(default_factory=dict)


def step(kernel: Kernel, now_us: int, rows: Iterable[tuple[str, Any]], readings: Mapping[str, Reading]) -> None:
    """One step of every rule."""
    for _, row in rows:
        match row:
            case VehicleEvent():
                _vehicle(kernel, now_us, row)
            case CrowdFlow():
                kernel.watch.flow.setdefault(row.line, []).append([row.window_end_us, row.entered - row.exited])
            case CameraHealth():
                _camera(kernel, now_us, row)
            case SensorFire():
                _panel(kernel, row)
            case _:
                pass
    _feedback(kernel, now_us)
    _unknown(kernel, now_us, readings)
    _quiet(kernel, now_us)


def life_safety(kernel: Kernel, reading: SensorFire) -> None:
    """A detector's alarm, from its own lane; an unsigned one is shown to a person as UNVERIFIED."""
    if reading.state != "alarm":
        return
    kernel.raise_(
        FIRE,
        reading.zone,
        reading.event_time_us,
        ["critical"],
        reading.event_time_us,
        unit=reading.kind,
        at_m=(reading.x_cm / CM_PER_M, reading.y_cm / CM_PER_M),
        source=reading.device,
        verified=reading.verified,
    )


def _vehicle(kernel: Kernel, now_us: int, row: VehicleEvent) -> None:
    vehicle_rules.vehicle(kernel, now_us, row)


def _camera(kernel: Kernel, now_us: int, row: CameraHealth) -> None:
    alert = kernel.open_alert(CAMERA, row.camera)
    if row.state != "ok" and alert is None:
        kernel.raise_(CAMERA, row.camera, row.since_us, ["watch"], now_us, card=False, unit=row.state, source=row.camera)
    elif row.state == "ok" and alert is not None:
        kernel.lapse(alert, now_us)


def _panel(kernel: Kernel, row: SensorFire) -> None:
    place = f"{row.zone}/{row.output}"
    if row.kind == "panel" and row.state == "output_started":
        kernel.watch.outputs.setdefault(place, [row.event_time_us, row.x_cm / CM_PER_M, row.y_cm / CM_PER_M, row.device])
    elif row.kind == "panel" and row.state == "feedback":
        kernel.watch.outputs.pop(place, None)


def _feedback(kernel: Kernel, now_us: int) -> None:
    limit_us = round(kernel.plan.timing.feedback_s * MICRO)
    for place, (started_us, x_m, y_m, device) in list(kernel.watch.outputs.items()):
        if now_us - started_us >= limit_us:
            zone, _, output = place.partition("/")
            kernel.raise_(
                FEEDBACK, zone, started_us, ["critical"], now_us, value=limit_us / MICRO, unit=output, at_m=(x_m, y_m), source=device
            )
            del kernel.watch.outputs[place]


def _net_inflow(kernel: Kernel, lines: Iterable[str], now_us: int) -> int:
    return sum(net for line in lines for end_us, net in kernel.watch.flow.get(line, ()) if end_us > now_us - FLOW_US)


def _unknown(kernel: Kernel, now_us: int, readings: Mapping[str, Reading]) -> None:
    for rows in kernel.watch.flow.values():
        while rows and rows[0][0] <= now_us - FLOW_US:
            rows.pop(0)
    hold_us = round(kernel.plan.timing.unknown_hold_s * MICRO)
    for zone in kernel.plan.zones:
        if not zone.filled_by:
            continue
        alert = kernel.open_alert(UNKNOWN, zone.id)
        if readings[zone.id].covered:
            kernel.watch.unknown_us.pop(zone.id, None)
            continue
        since_us = kernel.watch.unknown_us.setdefault(zone.id, now_us)
        inflow = _net_inflow(kernel, zone.filled_by, now_us)
        if alert is not None:
            alert.evidence_us = now_us
        elif now_us - since_us >= hold_us and inflow > 0 and inflow >= kernel.plan.timing.filling_per_min:
            kernel.raise_(UNKNOWN, zone.id, since_us, ["warning"], now_us, value=float(inflow), unit="p/min", at_m=zone.polygon[0])


def _quiet(kernel: Kernel, now_us: int) -> None:
    """Evidence that stays away clears what does not latch."""
    quiet_us = round(kernel.plan.timing.quiet_s * MICRO)
    for rule in (*vehicle_rules.QUIET, UNKNOWN):
        for alert in kernel.open_alerts(rule):
            if now_us - alert.evidence_us >= quiet_us and alert.measured_level != "none":
                kernel.lapse(alert, now_us)
