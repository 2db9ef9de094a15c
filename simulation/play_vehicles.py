"""Plays a file of vehicle positions, `t,id,x,y,speed,angle_deg,lane,…`, as one roadside sensor that sees the whole road."""

from __future__ import annotations

import csv
import math
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from pipelines import units
from pipelines.errors import ConfigError
from pipelines.events import DeadLetter, SensorVehicle
from pipelines.measures.driving import Driving
from pipelines.measures.road import impossible, road_of
from plan.defaults import AREA_TYPES, LOS
from plan.load import parse
from plan.model import Plan
from simulation.player import Player

_COLUMNS: Final = ("t", "id", "x", "y", "speed", "angle_deg", "lane")
_SENSOR: Final = "v-played"
_LANE_WIDTH_M: Final = 3.5
_LONGEST_GAP_S: Final = 3600.0
_MOST: Final = 1e7  # m, s or m/s: more is no place and no time
_FASTEST_MPS: Final = 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleRow:
    """One position: s, m, m/s, degrees counter-clockwise from +x; *number* is its line in the file.

    *wrong* says why it cannot be played, where its values are no numbers.
    """

    t_s: float
    vehicle: str
    x_m: float
    y_m: float
    speed_mps: float
    heading_deg: float
    lane: str
    plate: str = ""
    number: int = 0
    wrong: str = ""


def read_vehicles(path: Path) -> list[VehicleRow]:
    """The rows of *path* by time. Angles in the file are clockwise from north, as SUMO writes them; `plate` is a column that may be there.

    A row that cannot be stays, with what is wrong with it, and is refused when its turn comes.

    Raises:
        ConfigError: no such file, a column is missing, a value is no number, or no row can be played.
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
    rows = _in_time(sorted(rows, key=lambda row: (row.t_s, row.vehicle, row.number)))
    if all(row.wrong for row in rows):
        raise ConfigError(f"{path}, line {rows[0].number}: {rows[0].wrong}, and no other row can be played")
    return rows


def _in_time(rows: list[VehicleRow]) -> list[VehicleRow]:
    """A row that is more than an hour after all before it is of a clock that is wrong; it and what follows is refused."""
    found: list[VehicleRow] = []
    last_s = -math.inf
    for row in rows:
        late = not row.wrong and last_s > -math.inf and row.t_s > last_s + _LONGEST_GAP_S
        found.append(replace(row, wrong=f"t {row.t_s:g} s is more than an hour after everything before it", t_s=last_s) if late else row)
        last_s = last_s if row.wrong or late else row.t_s
    return found


def _row(path: Path, number: int, line: dict[str, str]) -> VehicleRow:
    try:
        t, x, y, speed, angle = (float(line[name]) for name in ("t", "x", "y", "speed", "angle_deg"))
    except (TypeError, ValueError):
        raise ConfigError(f"{path}, line {number}: expected numbers in t, x, y, speed and angle_deg") from None
    row = VehicleRow(
        t_s=t,
        vehicle=line["id"],
        x_m=x,
        y_m=y,
        speed_mps=speed,
        heading_deg=(90 - angle) % 360,
        lane=line["lane"] or "",
        plate=line.get("plate") or "",
        number=number,
    )
    if not all(map(math.isfinite, (t, x, y, speed, angle))):
        return replace(row, wrong="a value is not a finite number", t_s=t if math.isfinite(t) else 0.0)
    if max(map(abs, (t, x, y, speed))) > _MOST:
        return replace(row, wrong=f"a value is larger than {_MOST:g}", t_s=0.0)
    return row


def plan_along(rows: list[VehicleRow], *, name: str) -> Plan:
    """A plan whose lanes are the file's: each from end to end, in the direction that most of its vehicles drive."""
    rows = [row for row in rows if not row.wrong and 0 <= row.speed_mps <= _FASTEST_MPS]
    if not rows:
        raise ConfigError(f"{name}: no row can be played")
    rows = _near(rows)
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


def _near(rows: list[VehicleRow]) -> list[VehicleRow]:
    """Without the rows that lie ten times as far out as nine tenths of all: a venue is not made around a wrong place."""
    for axis in ("x_m", "y_m"):
        values = sorted(getattr(row, axis) for row in rows)
        low, middle, high = (values[len(values) * place // 20] for place in (1, 10, 19))
        most_m = 10 * max(high - low, 10.0)
        rows = [row for row in rows if abs(getattr(row, axis) - middle) <= most_m]
    return rows


def play_vehicles(rows: list[VehicleRow], plan: Plan, player: Player) -> int:
    """Send every position, and a dead letter for each that is refused; returns the event time (µs) after which nothing comes."""
    start_us, driving = player.clock_us, Driving(road_of(plan))
    for row in rows:
        if player.stopped:
            break
        event_us = start_us + round(row.t_s * units.MICRO)
        if event_us > player.clock_us:
            player.advance(event_us)
        reading = None if row.wrong else _reading(row, event_us)
        track = row.wrong if reading is None else impossible(reading, extent_m=plan.extent) or driving.take(reading)
        if reading is None or isinstance(track, str):
            player.send([_refused(row, str(track), event_us)])
        else:
            player.send([reading, track])
    return player.finish()


def _reading(row: VehicleRow, event_us: int) -> SensorVehicle:
    return SensorVehicle(
        device=_SENSOR,
        event_time_us=event_us,
        received_us=event_us,
        vehicle=row.vehicle,
        x_cm=round(row.x_m * units.CM_PER_M),
        y_cm=round(row.y_m * units.CM_PER_M),
        speed_cmps=round(row.speed_mps * units.CM_PER_M),
        heading_deg=row.heading_deg,
        lane="",
        plate=row.plate,
    )


def _refused(row: VehicleRow, reason: str, event_us: int) -> DeadLetter:
    return DeadLetter(
        stage="ingest", topic="raw.vehicle", partition=0, offset=row.number, reason=reason, raw=repr(row).encode(), at_us=event_us
    )
