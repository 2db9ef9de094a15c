"""What rules ask of the plan: holds in µs, places, widths, gates, who is heard, which rules hold now. Worked out once; pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

from pipelines.events import CrowdDensity
from pipelines.outlook.traces import covers, seen_share
from pipelines.rules.ladder import Steps, steps_of
from pipelines.rules.signal import Holds
from pipelines.units import MICRO

Place = tuple[float, float]
_CAMERA: Final = "camera_health"
_P1_KINDS: Final = ("smoke", "heat", "gas", "co", "panel")
_PAIR: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A device or camera whose silence is a fault.

    Args:
        like: what it is; others of its kind that speak say that it should.
        place, at_m: its gate, zone or itself, and where it is.
        limit_us: it may be silent for so long.
        links: gates and zones that it shares a link with others of, as "gate/ID" or "zone/ID".
    """

    like: str
    place: str
    at_m: Place
    limit_us: int
    links: tuple[str, ...]


class Ground:
    """The plan (plan.model.Plan) as the rules see it, in its present phase."""

    def __init__(self, plan: Any) -> None:
        """Work out what does not change."""
        self.timing = plan.timing_now
        self.steps: dict[str, Steps] = {zone.id: steps_of(plan.area_type(zone), self.timing) for zone in plan.zones}
        self.thresholds = {zone: steps.thresholds for zone, steps in self.steps.items()}
        self.coverage: dict[str, float] = {zone.id: zone.coverage for zone in plan.zones}
        self.quiet_us = round(self.timing.quiet_s * MICRO)
        self.controlled = {device.gate for device in plan.devices if device.kind == "turnstile"}
        self.zones_of_lines: dict[str, str] = {line.id: line.upstream for line in plan.lines if line.upstream}
        self.gates: dict[str, Any] = {gate.id: gate for gate in plan.gates}
        self.ways_out = {device.id for device in plan.devices if device.way == "out"}
        self.devices: dict[str, tuple[str, Place]] = {row.id: (row.gate or row.zone or row.id, row.at) for row in plan.devices}
        self.staff = {name.casefold() for post in plan.posts for name in (post.role.en, post.role.zh)}
        self.staff |= {role.casefold() for role in plan.signs.reports.staff}
        self._reentry = {area.id for area in plan.areas if area.reentry}
        self._seen_by: dict[str, tuple[str, ...]] = {
            camera.id: tuple(zone.id for zone in plan.zones if _overlap(camera.owns, zone.polygon)) for camera in plan.cameras
        }
        self._corners: dict[str, Place] = {zone.id: zone.polygon[0] for zone in plan.zones}
        self._corners |= {gate.id: gate.at for gate in plan.gates}
        self._corners |= {
            line.id: ((line.a[0] + line.b[0]) / 2, (line.a[1] + line.b[1]) / 2) for line in (*plan.lines, *plan.behaviour.fences)
        }
        self._corners |= {camera.id: camera.at for camera in plan.cameras}
        for gate in reversed(plan.gates):
            self._corners.setdefault(gate.area, gate.at)
        self._boxes = {zone.id: _box(zone.polygon) for zone in plan.zones}
        self._owns = {camera.id: camera.owns for camera in plan.cameras if camera.sees_floor}
        hides = plan.signs.cannot_exclude.hides
        self._hides: dict[str, float] = {row.id: row.saturation.error if row.saturation is not None else hides for row in plan.cameras}
        self.members, self.links = self._heard(plan)
        self._schedules = {row.rule: [other for other in plan.rules.schedules if other.rule == row.rule] for row in plan.rules.schedules}
        self._phase: str = plan.phase

    def _heard(self, plan: Any) -> tuple[dict[str, Member], dict[str, tuple[str, ...]]]:
        rule, links = plan.signs.silence, {}
        named = {
            row.id: [f"gate/{row.gate}"] if row.gate else [f"zone/{row.zone}"] if row.zone else [] for row in plan.devices if row.reports
        }
        named |= {camera.id: [f"zone/{zone.id}" for zone in plan.zones if camera.id in self.cameras_of(zone.id)] for camera in plan.cameras}
        for place in sorted({place for places in named.values() for place in places}):
            links[place] = tuple(name for name, places in named.items() if place in places)
        links = {place: names for place, names in links.items() if len(names) >= _PAIR}
        limits = {row.id: rule.p1_s if row.kind in _P1_KINDS else rule.other_s for row in plan.devices}
        kinds = {row.id: row.kind for row in plan.devices}
        members = {
            name: Member(
                like=kinds.get(name, _CAMERA),
                place=self.devices[name][0] if name in kinds else name,
                at_m=self.devices[name][1] if name in kinds else self.at_m(name),
                limit_us=round(limits.get(name, rule.other_s) * MICRO),
                links=tuple(place for place in places if place in links),
            )
            for name, places in named.items()
        }
        return members, links

    def at_m(self, place: str) -> Place:
        """Where a zone begins, a gate or a camera stands, a line has its middle, an area its first gate."""
        return self._corners.get(place, (0.0, 0.0))

    def middle(self, zone: str) -> Place:
        """The middle of a zone's extent."""
        x0, y0, x1, y1 = self._boxes[zone]
        return (x0 + x1) / 2, (y0 + y1) / 2

    def cameras_of(self, zone: str, at_m: Place | None = None) -> list[str]:
        """Cameras that own floor in the extent of a zone; with *at_m* the one that owns that place, if any does."""
        x0, y0, x1, y1 = self._boxes[zone]
        found = [name for name, (a0, b0, a1, b1) in self._owns.items() if min(x1, a1) > max(x0, a0) and min(y1, b1) > max(y0, b0)]
        if at_m is not None:
            x, y = at_m
            found = [name for name in found if (o := self._owns[name])[0] <= x < o[2] and o[1] <= y < o[3]] or found
        return found

    def hides(self, zone: str, at_m: Place) -> float:
        """Share of the people seen at a place of a zone who may be hidden beside them where its camera is saturated."""
        return max((self._hides[camera] for camera in self.cameras_of(zone, at_m)), default=0.0)

    def covered(self, row: CrowdDensity | None) -> bool:
        """Whether enough of a zone is seen in *row*, its newest one, that it may be judged better than before."""
        return row is not None and row.cameras_seen > 0 and covers(seen_share(row), self.coverage[row.zone])

    def zone_of(self, place: str) -> str:
        """The zone that an alert at *place* belongs to: the place itself, or the zone before a line."""
        return self.zones_of_lines.get(place, place)

    def reentry(self, gate: str) -> bool:
        """Whether who has left by *gate* may come in again."""
        return self.gates[gate].area in self._reentry

    def zones_of(self, place: str) -> tuple[str, ...]:
        """Every zone that an alert at *place* says something of: those that a camera sees, else the one that it belongs to."""
        return self._seen_by.get(place) or (self.zone_of(place),)

    def holds(self, **up_s: float) -> Holds:
        """Holds of the levels that are named, seconds; the time to clear is the plan's `quiet_s`."""
        return Holds(up_us={level: round(seconds * MICRO) for level, seconds in up_s.items()}, down_us=self.quiet_us)

    def on(self, rule: str, now_us: int) -> bool:
        """Whether *rule* holds now by the plan's schedules."""
        rows = self._schedules.get(rule)
        return not rows or any(
            (not row.phases or self._phase in row.phases)
            and (row.since is None or now_us >= row.since.timestamp() * MICRO)
            and (row.until is None or now_us < row.until.timestamp() * MICRO)
            for row in rows
        )


def _box(polygon: Any) -> tuple[float, float, float, float]:
    x, y = zip(*polygon, strict=True)
    return min(x), min(y), max(x), max(y)


def _overlap(owns: tuple[float, float, float, float], polygon: tuple[Place, ...]) -> bool:
    """Whether a camera's rectangle meets the rectangle around a zone."""
    xs, ys = zip(*polygon, strict=True)
    return bool(owns[0] < max(xs) and min(xs) < owns[2] and owns[1] < max(ys) and min(ys) < owns[3])


def width_m(line: Any) -> float:
    """Length of a counting line (plan.model.Line): the clear width of its passage."""
    return math.dist(line.a, line.b)
