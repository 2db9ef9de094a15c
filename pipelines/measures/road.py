"""A venue's road: lanes, where standing is allowed, who may be where. A vehicle's position is held against it. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from pipelines.events import SensorVehicle, VehicleTrack
from pipelines.measures.lane import LaneFloor, OnLane, Point, along_lane, distance_ahead_m, on_lane
from pipelines.units import CM_PER_M, MICRO

Polygon = tuple[Point, ...]
FASTEST_CMPS: Final = 10_000
PAST_BARRIER_M: Final = 1.0  # a front axle over the line still waits


@dataclass(frozen=True, slots=True, kw_only=True)
class BarrierFloor:
    """A barrier across a lane and the stretch before it in which vehicles wait: from `at_m - queue_m` to `at_m` along it."""

    barrier: str
    lane: str
    at_m: float
    queue_m: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RestrictedFloor:
    """An area that needs a permit of *level* or higher, in the spans [since, until) µs UTC; no span = always."""

    area: str
    polygon: Polygon
    level: int
    times_us: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PermitFor:
    """What the vehicle with a plate may enter, when, and how far its permit reaches."""

    plate: str
    areas: tuple[str, ...]
    since_us: int
    until_us: int
    level: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Road:
    """All that a vehicle is held against."""

    lanes: tuple[LaneFloor, ...] = ()
    zones: tuple[tuple[str, Polygon], ...] = ()
    bays: tuple[tuple[str, Polygon], ...] = ()
    barriers: tuple[BarrierFloor, ...] = ()
    restricted: tuple[RestrictedFloor, ...] = ()
    permits: tuple[PermitFor, ...] = ()


def road_of(plan: Any) -> Road:
    """The road of a plan (plan.model.Plan)."""
    return Road(
        lanes=lanes_of(plan),
        zones=tuple((row.id, row.polygon) for row in plan.zones),
        bays=tuple((row.id, row.polygon) for row in plan.bays),
        barriers=tuple(_barrier(plan, row) for row in plan.barriers),
        restricted=tuple(
            RestrictedFloor(
                area=row.id,
                polygon=row.polygon,
                level=row.level,
                times_us=tuple((_us(span.since), _us(span.until)) for span in row.times),
            )
            for row in plan.restricted
        ),
        permits=tuple(
            PermitFor(plate=row.plate, areas=row.areas, since_us=_us(row.since), until_us=_us(row.until), level=row.level)
            for row in plan.permits
        ),
    )


def lanes_of(plan: Any) -> tuple[LaneFloor, ...]:
    """The lanes of a plan, in the direction that is permitted in its phase."""
    turned = plan.phase_now.turned_lanes
    ends = {row.id: (row.b, row.a) if row.id in turned else (row.a, row.b) for row in plan.lanes}
    return tuple(
        LaneFloor(lane=row.id, a_m=ends[row.id][0], b_m=ends[row.id][1], width_m=row.width_m, stopping=row.stopping) for row in plan.lanes
    )


def _barrier(plan: Any, row: Any) -> BarrierFloor:
    """A barrier; on a lane that is turned round it stands as far from the other end."""
    lane = next(lane for lane in plan.lanes if lane.id == row.lane)
    at_m = math.dist(lane.a, lane.b) - row.at_m if row.lane in plan.phase_now.turned_lanes else row.at_m
    return BarrierFloor(barrier=row.id, lane=row.lane, at_m=at_m, queue_m=row.queue_m)


def _us(instant: Any) -> int:
    found: float = instant.timestamp()
    return round(found * MICRO)


def track_of(reading: SensorVehicle, *, road: Road, around_m: Point | None = None) -> VehicleTrack:
    """A vehicle's position held against the road.

    Args:
        reading: as the sensor gave it.
        road: the plan's.
        around_m: its mean position of late: lane, bay and area go by it, so that noise of a metre does not put the vehicle
            into the next lane; its own position where there is none.
    """
    at_m = (reading.x_cm / CM_PER_M, reading.y_cm / CM_PER_M)
    around_m = around_m or at_m
    speed_mps = reading.speed_cmps / CM_PER_M
    lane = on_lane(around_m, heading_deg=reading.heading_deg, speed_mps=speed_mps, lanes=road.lanes, lane=reading.lane)
    on = along_lane(at_m, heading_deg=reading.heading_deg, speed_mps=speed_mps, lane=_floor(road, lane)) if lane else None
    ahead = [
        (distance, zone)
        for zone, polygon in road.zones
        if (distance := distance_ahead_m(at_m, heading_deg=reading.heading_deg, polygon_m=polygon)) is not None
    ]
    distance_m, zone = min(ahead, default=(-0.01, ""))
    return VehicleTrack(
        vehicle=reading.vehicle,
        event_time_us=reading.event_time_us,
        received_us=reading.received_us,
        source=reading.device,
        x_cm=reading.x_cm,
        y_cm=reading.y_cm,
        speed_cmps=reading.speed_cmps,
        heading_deg=reading.heading_deg,
        lane=on.lane if on else "",
        along_cmps=round(on.along_mps * CM_PER_M) if on else 0,
        s_cm=round(on.s_m * CM_PER_M) if on else 0,
        ahead_zone=zone,
        ahead_cm=round(distance_m * CM_PER_M),
        plate=reading.plate,
        excused=excuse(around_m, lane=lane, road=road),
        beyond=beyond_permit(around_m, plate=reading.plate or reading.vehicle, at_us=reading.event_time_us, road=road),
        inside_zone=next((zone for zone, polygon in road.zones if inside(at_m, polygon)), ""),
    )


def _floor(road: Road, on: OnLane) -> LaneFloor:
    return next(row for row in road.lanes if row.lane == on.lane)


def excuse(at_m: Point, *, lane: OnLane | None, road: Road) -> str:
    """Why a vehicle may stand at *at_m*: `bay:ID`, `barrier:ID` (it queues there) or `lane:ID` (a short stop); empty if it may not."""
    for bay, polygon in road.bays:
        if inside(at_m, polygon):
            return f"bay:{bay}"
    if lane is None:
        return ""
    for row in road.barriers:
        if row.lane == lane.lane and row.at_m - row.queue_m <= lane.s_m <= row.at_m + PAST_BARRIER_M:
            return f"barrier:{row.barrier}"
    return f"lane:{lane.lane}" if _floor(road, lane).stopping else ""


def beyond_permit(at_m: Point, *, plate: str, at_us: int, road: Road) -> str:
    """`area:ID`, `time:ID` or `level:ID` of the restricted area in which a vehicle is without the right; empty if there is none."""
    for area in road.restricted:
        if inside(at_m, area.polygon) and (not area.times_us or any(since <= at_us < until for since, until in area.times_us)):
            why = _why_not(area, [row for row in road.permits if row.plate == plate and area.area in row.areas], at_us)
            if why:
                return f"{why}:{area.area}"
    return ""


def _why_not(area: RestrictedFloor, permits: Sequence[PermitFor], at_us: int) -> str:
    if not permits:
        return "area"
    now = [row for row in permits if row.since_us <= at_us < row.until_us]
    if not now:
        return "time"
    return "" if max(row.level for row in now) >= area.level else "level"


def inside(at_m: Point, polygon: Sequence[Point]) -> bool:
    """Whether a point lies in a simple polygon (even-odd rule)."""
    x, y = at_m
    found = False
    for (x0, y0), (x1, y1) in zip(polygon, [*polygon[1:], polygon[0]], strict=True):
        if (y0 > y) != (y1 > y) and x < x0 + (y - y0) * (x1 - x0) / (y1 - y0):
            found = not found
    return found


def impossible(reading: SensorVehicle, *, extent_m: tuple[float, float, float, float]) -> str:
    """Why a reading of a vehicle cannot be; empty if it can."""
    x0, y0, x1, y1 = (round(value * CM_PER_M) for value in extent_m)
    if not (x0 <= reading.x_cm <= x1 and y0 <= reading.y_cm <= y1):
        return f"vehicle {reading.vehicle} at {reading.x_cm}, {reading.y_cm} cm is outside the venue"
    if not 0 <= reading.speed_cmps <= FASTEST_CMPS or not -360 <= reading.heading_deg <= 720:
        return f"vehicle {reading.vehicle}: {reading.speed_cmps} cm/s towards {reading.heading_deg} degrees cannot be"
    return ""


def apart_m(a_cm: tuple[int, int], b_cm: tuple[int, int]) -> float:
    """Distance of two places, m."""
    return math.hypot(a_cm[0] - b_cm[0], a_cm[1] - b_cm[1]) / CM_PER_M
