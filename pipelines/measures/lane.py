"""A vehicle against the plan's lanes: how far along, with or against the direction, and who is ahead."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

Point = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneFloor:
    """A straight lane from a to b in its permitted direction, metres, venue frame."""

    lane: str
    a_m: Point
    b_m: Point
    width_m: float
    stopping: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OnLane:
    """Where a vehicle is on a lane: distance along it (m) and speed along its permitted direction (m/s)."""

    lane: str
    s_m: float
    along_mps: float


def on_lane(at_m: Point, *, heading_deg: float, speed_mps: float, lanes: Sequence[LaneFloor], lane: str = "") -> OnLane | None:
    """The lane that a vehicle is on: the named one, else the nearest whose width holds it; None off the lanes.

    Args:
        at_m: position, venue frame.
        heading_deg: direction of travel, degrees counter-clockwise from +x.
        speed_mps: speed over ground, >= 0.
        lanes: the plan's lanes.
        lane: id that the sensor gave, may be empty.
    """
    best: tuple[float, OnLane] | None = None
    for row in lanes:
        s, aside = _place(at_m, row)
        if (lane and row.lane != lane) or aside > row.width_m / 2 or not 0 <= s <= math.dist(row.a_m, row.b_m):
            continue
        if best is None or aside < best[0]:
            best = (aside, along_lane(at_m, heading_deg=heading_deg, speed_mps=speed_mps, lane=row))
    return best[1] if best else None


def along_lane(at_m: Point, *, heading_deg: float, speed_mps: float, lane: LaneFloor) -> OnLane:
    """Where a vehicle is along a lane that it is known to be on, whatever its width."""
    direction = math.atan2(lane.b_m[1] - lane.a_m[1], lane.b_m[0] - lane.a_m[0])
    along = speed_mps * math.cos(math.radians(heading_deg) - direction)
    return OnLane(lane=lane.lane, s_m=_place(at_m, lane)[0], along_mps=along)


def _place(at_m: Point, lane: LaneFloor) -> tuple[float, float]:
    """Distance along the lane from its beginning, and beside its middle line, m."""
    dx, dy = lane.b_m[0] - lane.a_m[0], lane.b_m[1] - lane.a_m[1]
    length = math.hypot(dx, dy)
    ux, uy = dx / length, dy / length
    px, py = at_m[0] - lane.a_m[0], at_m[1] - lane.a_m[1]
    return px * ux + py * uy, abs(px * uy - py * ux)


def distance_ahead_m(at_m: Point, *, heading_deg: float, polygon_m: Sequence[Point], half_width_m: float = 2.0) -> float | None:
    """How far the straight path of a vehicle goes until it meets a polygon; 0 inside it, None when it never does.

    The path is a corridor of +- *half_width_m* around the heading.
    """
    angle = math.radians(heading_deg)
    cos, sin = math.cos(angle), math.sin(angle)
    turned = [((x - at_m[0]) * cos + (y - at_m[1]) * sin, (y - at_m[1]) * cos - (x - at_m[0]) * sin) for x, y in polygon_m]
    if _origin_inside(turned):
        return 0.0
    nearest: float | None = None
    for (u0, w0), (u1, w1) in zip(turned, [*turned[1:], turned[0]], strict=True):
        for u in _within_corridor(u0, w0, u1, w1, half_width_m):
            if u >= 0 and (nearest is None or u < nearest):
                nearest = u
    return nearest


def _within_corridor(u0: float, w0: float, u1: float, w1: float, half: float) -> list[float]:
    """Forward distances of an edge's ends, clipped to |w| <= half."""
    low, high = 0.0, 1.0
    dw = w1 - w0
    if dw == 0:
        if abs(w0) > half:
            return []
    else:
        t0, t1 = sorted(((-half - w0) / dw, (half - w0) / dw))
        low, high = max(low, t0), min(high, t1)
        if low > high:
            return []
    ends = [u0 + (u1 - u0) * low, u0 + (u1 - u0) * high]
    return [0.0, *ends] if min(ends) < 0 < max(ends) else ends


def _origin_inside(turned: Sequence[Point]) -> bool:
    inside = False
    for (u0, w0), (u1, w1) in zip(turned, [*turned[1:], turned[0]], strict=True):
        if (w0 > 0) != (w1 > 0) and u0 - w0 * (u1 - u0) / (w1 - w0) > 0:
            inside = not inside
    return inside
