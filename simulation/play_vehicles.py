"""Plays a file of vehicle positions, `t,id,x,y,speed,angle_deg,lane,…`, as one roadside sensor that sees the whole road."""

from __future__ import annotations

import csv
import math
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipelines import units
from pipelines.errors import ConfigError
from pipelines.events import SensorVehicle
from pipelines.ingest.validate import lanes_of, track_of, zones_of
from plan.defaults import AREA_TYPES, LOS
from plan.load import parse
from plan.model import Plan
from simulation.player import Player

_COLUMNS: Final = ("t", "id", "x", "y", "speed", "angle_deg", "lane")
_SENSOR: Final = "v-played"
_LANE_WIDTH_M: Final = 3.5


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleRow:
    """One position: s, m, m/s, degrees counter-clockwise from +x."""

    t_s: float
    vehicle: str
    x_m: float
    y_m: float
    speed_mps: float
    heading_deg: float
    lane: str


def read_vehicles(path: Path) -> list[VehicleRow]:
    """The rows of *path* by time. Angles in the file are clockwise from north, as SUMO writes them.

    Raises:
        ConfigError: no such file, a column is missing, or a value is not a finite number.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            missing = [name for name in _COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise ConfigError(f"{path}: the column '{missing[0]}' is missing; expected {','.join(_COLUMNS)}")
            rows = [_row(path, number, line) for number, line in enumerate(reader, start=2)]
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not a text file of vehicles (byte {error.start} is not UTF-8)") from error
    if not rows:
        raise ConfigError(f"{path}: holds no vehicle")
    return sorted(rows, key=lambda row: (row.t_s, row.vehicle))


def _row(path: Path, number: int, line: dict[str, str]) -> VehicleRow:
    try:
        t, x, y, speed, angle = (float(line[name]) for name in ("t", "x", "y", "speed", "angle_deg"))
    except (TypeError, ValueError):
        raise ConfigError(f"{path}, line {number}: expected numbers in t, x, y, speed and angle_deg") from None
    if not all(map(math.isfinite, (t, x, y, speed, angle))):
        raise ConfigError(f"{path}, line {number}: a value is not a finite number")
    return VehicleRow(t_s=t, vehicle=line["id"], x_m=x, y_m=y, speed_mps=speed, heading_deg=(90 - angle) % 360, lane=line["lane"] or "")


def plan_along(rows: list[VehicleRow], *, name: str) -> Plan:
    """A plan whose lanes are the file's: each from end to end, in the direction that most of its vehicles drive."""
    by_lane: dict[str, list[VehicleRow]] = defaultdict(list)
    for row in rows:
        if row.lane and not row.lane.startswith(":"):
            by_lane[row.lane].append(row)
    if not by_lane:
        raise ConfigError(f"{name}: names no lane; give a plan with lanes by --plan")
    xs, ys = [row.x_m for row in rows], [row.y_m for row in rows]
    extent = [math.floor(min(xs)) - 5, math.floor(min(ys)) - 5, math.ceil(max(xs)) + 5, math.ceil(max(ys)) + 5]
    return parse(
        {
            "version": 1,
            "event": {
                "id": "play",
                "site": "play",
                "name": {"en": f"Played: {name}"[:128], "zh": f"回放:{name}"[:128]},
                "venue": {"en": "Road", "zh": "道路"},
            },
            "extent": extent,
            "phases": [{"id": "show", "name": {"en": "show", "zh": "演出"}}],
            "phase": "show",
            "area_types": list(AREA_TYPES),
            "los": list(LOS),
            "zones": [
                {
                    "id": "verge",
                    "name": {"en": "Verge", "zh": "路侧"},
                    "area_type": "way",
                    "polygon": [extent[:2], [extent[2], extent[1]], [extent[2], extent[1] + 2], [extent[0], extent[1] + 2]],
                }
            ],
            "lanes": [_lane(lane, found) for lane, found in sorted(by_lane.items())],
            "devices": [{"id": _SENSOR, "kind": "vehicle", "at": [extent[0], extent[1]]}],
        },
        name=f"along {name}",
    )


def _lane(lane: str, found: list[VehicleRow]) -> dict[str, object]:
    dx = sorted(math.cos(math.radians(row.heading_deg)) for row in found)[len(found) // 2]
    dy = sorted(math.sin(math.radians(row.heading_deg)) for row in found)[len(found) // 2]
    x, y = (sorted(values)[len(found) // 2] for values in ([row.x_m for row in found], [row.y_m for row in found]))
    along = [(row.x_m - x) * dx + (row.y_m - y) * dy for row in found]
    first, last = min(along) - 1, max(along) + 1
    return {
        "id": lane.lower().replace("_", "-"),
        "name": {"en": lane, "zh": lane},
        "a": [x + dx * first, y + dy * first],
        "b": [x + dx * last, y + dy * last],
        "width_m": _LANE_WIDTH_M,
    }


def play_vehicles(rows: list[VehicleRow], plan: Plan, player: Player) -> int:
    """Send every position; returns the event time (µs) after which nothing comes."""
    start_us, lanes, zones = player.clock_us, lanes_of(plan), zones_of(plan)
    for row in rows:
        if player.stopped:
            break
        event_us = start_us + round(row.t_s * units.MICRO)
        if event_us > player.clock_us:
            player.advance(event_us)
        reading = SensorVehicle(
            device=_SENSOR,
            event_time_us=event_us,
            received_us=event_us,
            vehicle=row.vehicle,
            x_cm=round(row.x_m * units.CM_PER_M),
            y_cm=round(row.y_m * units.CM_PER_M),
            speed_cmps=round(row.speed_mps * units.CM_PER_M),
            heading_deg=row.heading_deg,
            lane="",
        )
        player.send([reading, track_of(reading, lanes=lanes, zones=zones)])
    return player.finish()
