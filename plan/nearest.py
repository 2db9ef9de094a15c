"""Which cameras show a place: those that own its floor first, then the nearest. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from math import dist, hypot
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plan.model import Camera, Plan, Point


@dataclass(frozen=True, slots=True, kw_only=True)
class NearCamera:
    """A camera near a place.

    Args:
        camera: its id.
        owns: whether the place is on the floor that it owns, so that it surely shows it.
        gap_m: from the place to the floor that it owns; 0 when it owns the place.
        distance_m: from the place to the camera itself.
    """

    camera: str
    owns: bool
    gap_m: float
    distance_m: float


def nearest_cameras(plan: Plan, at_m: Point, *, most: int = 3) -> tuple[NearCamera, ...]:
    """At most *most* cameras for the place *at_m* (metres, venue frame): by whether they own it, then gap, then distance, then id."""
    found = [_near(camera, at_m) for camera in plan.cameras]
    return tuple(sorted(found, key=lambda row: (not row.owns, row.gap_m, row.distance_m, row.camera))[:most])


def place_of(plan: Plan, place: str) -> Point | None:
    """The middle of what is called *place* in the plan; None when it has no place."""
    zone = plan.zone(place)
    if zone is not None:
        return _middle(zone.polygon)
    restricted = next((row for row in plan.restricted if row.id == place), None)
    if restricted is not None:
        return _middle(restricted.polygon)
    lane = next((row for row in plan.lanes if row.id == place), None)
    if lane is not None:
        return _middle((lane.a, lane.b))
    line = next((row for row in plan.lines if row.id == place), None)
    if line is not None:
        return _middle((line.a, line.b))
    points = {gate.id: gate.at for gate in plan.gates} | {camera.id: camera.at for camera in plan.cameras}
    return points.get(place)


def _near(camera: Camera, at_m: Point) -> NearCamera:
    x0, y0, x1, y1 = camera.owns
    x, y = at_m
    distance_m = dist(camera.at, at_m)
    owns = camera.sees_floor and x0 <= x < x1 and y0 <= y < y1
    gap_m = hypot(max(x0 - x, x - x1, 0.0), max(y0 - y, y - y1, 0.0)) if camera.sees_floor else distance_m
    return NearCamera(camera=camera.id, owns=owns, gap_m=round(gap_m, 2), distance_m=round(distance_m, 2))


def _middle(points: tuple[Point, ...]) -> Point:
    """The mean of the corners: near enough to choose a camera by."""
    return sum(x for x, _ in points) / len(points), sum(y for _, y in points) / len(points)
