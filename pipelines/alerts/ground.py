"""What rules ask of the plan: holds in µs, places, widths, and which gates are controlled. Worked out once; pure."""

from __future__ import annotations

import math
from typing import Any

from pipelines.alerts.ladder import Steps, steps_of
from pipelines.alerts.signal import Holds
from pipelines.units import MICRO

Place = tuple[float, float]


class Ground:
    """The plan (plan.model.Plan) as the rules see it."""

    def __init__(self, plan: Any) -> None:
        """Work out what does not change."""
        self.steps: dict[str, Steps] = {zone.id: steps_of(plan.area_type(zone), plan.timing) for zone in plan.zones}
        self.coverage: dict[str, float] = {zone.id: zone.coverage for zone in plan.zones}
        self.quiet_us = round(plan.timing.quiet_s * MICRO)
        self.controlled = {device.gate for device in plan.devices if device.kind == "turnstile"}
        self.zones_of_lines: dict[str, str] = {line.id: line.upstream for line in plan.lines if line.upstream}
        self._seen_by: dict[str, tuple[str, ...]] = {
            camera.id: tuple(zone.id for zone in plan.zones if _overlap(camera.owns, zone.polygon)) for camera in plan.cameras
        }
        self._corners: dict[str, Place] = {zone.id: zone.polygon[0] for zone in plan.zones}
        self._corners |= {gate.id: gate.at for gate in plan.gates}
        self._corners |= {line.id: ((line.a[0] + line.b[0]) / 2, (line.a[1] + line.b[1]) / 2) for line in plan.lines}
        for gate in reversed(plan.gates):
            self._corners.setdefault(gate.area, gate.at)

    def at_m(self, place: str) -> Place:
        """Where a zone begins, a gate stands, a line has its middle, an area its first gate."""
        return self._corners.get(place, (0.0, 0.0))

    def zone_of(self, place: str) -> str:
        """The zone that an alert at *place* belongs to: the place itself, or the zone before a line."""
        return self.zones_of_lines.get(place, place)

    def zones_of(self, place: str) -> tuple[str, ...]:
        """Every zone that an alert at *place* says something of: those that a camera sees, else the one that it belongs to."""
        return self._seen_by.get(place) or (self.zone_of(place),)

    def holds(self, **up_s: float) -> Holds:
        """Holds of the levels that are named, seconds; the time to clear is the plan's `quiet_s`."""
        return Holds(up_us={level: round(seconds * MICRO) for level, seconds in up_s.items()}, down_us=self.quiet_us)


def _overlap(owns: tuple[float, float, float, float], polygon: tuple[Place, ...]) -> bool:
    """Whether a camera's rectangle meets the rectangle around a zone."""
    xs, ys = zip(*polygon, strict=True)
    return bool(owns[0] < max(xs) and min(xs) < owns[2] and owns[1] < max(ys) and min(ys) < owns[3])


def width_m(line: Any) -> float:
    """Length of a counting line (plan.model.Line): the clear width of its passage."""
    return math.dist(line.a, line.b)
