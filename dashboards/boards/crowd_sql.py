"""Queries of the crowd board."""

from __future__ import annotations

from typing import Final

from dashboards.query import WITHIN, Names, age_s, chosen, moment_ms, number, raster, recent, view
from dashboards.thresholds import BANDS
from dashboards.variables import COLUMNS, ROWS
from dashboards.words import Say
from plan.geojson import METRES_PER_DEGREE

BELIEVED_S: Final = 5  # an older picture of a zone is unknown
_ACROSS: Final = number("across")
_SLOT_S: Final = 30  # a camera's newest ten seconds may be as old as that
_SLOT: Final = f"at > toDateTime($__toTime) - {_SLOT_S} AND at <= toDateTime($__toTime)"


def zones(names: Names, order: str = "ORDER BY level DESC, peak DESC") -> str:
    """Every chosen zone as it stands at the end of the range; -1 is unknown."""
    measured = (
        "(SELECT zone, at, people, error_people, density_per_m2, local_peak_per_m2, los, los_number, los_scale, pressure_low_per_s2,"
        " pressure_per_s2, pressure_high_per_s2, coverage, cameras_seen, cameras_expected, known, saturated"
        f" FROM {view('v_zones')} WHERE {recent()} ORDER BY at DESC LIMIT 1 BY zone)"
    )
    judged = f"(SELECT zone, level_number FROM {view('v_zone_levels')} WHERE {recent(10)} ORDER BY at DESC LIMIT 1 BY zone)"
    age = age_s("m.at")
    return (
        f"SELECT p.name AS zone, m.zone != '' AND m.known AND {age} <= {BELIEVED_S} AS believed,"
        " toFloat64(if(believed AND l.zone != '', toInt32(l.level_number), -1)) AS level,"
        " if(believed, m.local_peak_per_m2, NULL) AS peak, if(believed AND m.saturated, '≥', '') AS least,"
        " if(believed, m.people, NULL) AS people,"
        " if(believed, m.error_people, NULL) AS error, if(believed, m.density_per_m2, NULL) AS density,"
        " toFloat64(if(believed AND m.los_number > 0, toInt32(m.los_number), -1)) AS los, toString(m.los_scale) AS scale,"
        " if(believed, m.pressure_low_per_s2, NULL) AS pressure_low, if(believed, m.pressure_per_s2, NULL) AS pressure,"
        " if(believed, m.pressure_high_per_s2, NULL) AS pressure_high, if(m.zone = '', 0, m.coverage) AS coverage,"
        " concat(toString(m.cameras_seen), ' / ', toString(m.cameras_expected)) AS cameras,"
        f" if(m.zone = '', NULL, {age}) AS age, if(m.zone = '', toInt64(toUnixTimestamp($__toTime)) * 1000,"
        f" {moment_ms('m.at')}) AS moment_ms,"
        " p.x_m AS x_m, p.y_m AS y_m"
        f" FROM {names.places('zone', 'zone')} AS p LEFT JOIN {measured} AS m ON p.id = m.zone"
        f" LEFT JOIN {judged} AS l ON p.id = l.zone {order}"
    )


def level_now(names: Names) -> str:
    """The highest level; unknown as soon as one zone is and none has a level."""
    return f"SELECT if(count() = 0, -1, if(max(level) > 0, max(level), min(level))) AS level FROM ({zones(names, '')})"


def unknown_now(names: Names) -> str:
    """How many chosen zones are unknown."""
    return f"SELECT countIf(level < 0) AS zones FROM ({zones(names, '')})"


def coverage(names: Names) -> str:
    """The lowest coverage of a chosen zone."""
    return f"SELECT minOrNull(coverage) AS coverage FROM ({zones(names, '')})"


def age() -> str:
    """Age of the newest window of all zones; no row where there is none in the last minutes."""
    return f"SELECT {age_s('max(at)')} AS age FROM {view('v_zones')} WHERE {recent(600)} HAVING count() > 0"


def marks(names: Names, say: Say) -> str:
    """A mark for each zone, beside latitude and longitude 0 as the outlines of the venue's frame are."""
    words = ", ".join(f"'{say(f'level.{name}')}'" for name in ("unknown", "none", "watch", "caution", "warning", "critical", "act_now"))
    return (
        f"SELECT y_m / {METRES_PER_DEGREE} AS latitude, x_m / {METRES_PER_DEGREE} AS longitude, level, zone,"
        f" concat([{words}][toInt32(level) + 2], ' · ', zone) AS words, peak, age, moment_ms FROM ({zones(names, '')})"
    )


def _place(axis: str, edge: str) -> str:
    """Which column or row of the floor a cell of the grid lies in."""
    return f"toInt32(floor(({axis} - {number(edge)}) / greatest({number('cell')}, 1)))"


def _rows() -> str:
    return ", ".join(f"maxOrNullIf(density, line = {row}) AS y{row:02d}" for row in range(ROWS))


def _newest() -> str:
    """The newest ten seconds of each chosen camera."""
    picked = f"SELECT camera, max(at) FROM {view('v_grid')} WHERE {_SLOT} GROUP BY camera"
    return f"{view('v_grid')} WHERE {_SLOT} AND {chosen('camera', 'camera')} AND (camera, at) IN ({picked})"


def _floor(cells: str) -> str:
    """A row for each column of the floor, the empty ones too: the panel takes the cell's size from the first two."""
    return (
        f"SELECT toFloat64({number('west')} + col * greatest({number('cell')}, 1)) AS cx, {_rows()} FROM ("
        f"SELECT {_place('x_m', 'west')} AS col, {_place('y_m', 'south')} AS line, toNullable(density_per_m2) AS density FROM {cells}"
        f" UNION ALL SELECT toInt32(number) AS col, -1 AS line, NULL AS density FROM numbers({COLUMNS})"
        f" WHERE number < {_ACROSS} AND (SELECT count() FROM {cells}) > 0"
        f") WHERE col >= 0 AND col < {_ACROSS} GROUP BY col ORDER BY cx"
    )


def floor() -> str:
    """The floor at the end of the range."""
    return _floor(_newest())


def worst_floor() -> str:
    """The floor with the highest ten seconds of each cell in the range."""
    return _floor(f"{view('v_grid')} WHERE $__timeFilter(at) AND {chosen('camera', 'camera')}")


def hidden() -> str:
    """Occupied cells outside the floor that is drawn."""
    column, line = _place("x_m", "west"), _place("y_m", "south")
    return f"SELECT countIf({column} < 0 OR {column} >= {_ACROSS} OR {line} < 0 OR {line} >= {ROWS}) AS cells FROM {_newest()}"


def over_time() -> str:
    """The densest cell of each strip of the floor over time."""
    return (
        f"SELECT time, {_rows()} FROM (SELECT $__timeInterval(at) AS time, {_place('y_m', 'south')} AS line,"
        f" toNullable(density_per_m2) AS density FROM {view('v_grid')} WHERE $__timeFilter(at) AND {chosen('camera', 'camera')})"
        " GROUP BY time ORDER BY time"
    )


def bands() -> str:
    """Square metres in each band, the mean of the ten seconds in each step."""
    edges = [(low, BANDS[index + 1][0] if index + 1 < len(BANDS) else None) for index, (low, _) in enumerate(BANDS)]
    counted = ", ".join(
        f"countIf(density_per_m2 >= {low}{f' AND density_per_m2 < {high}' if high else ''}) / uniqExact(at) AS b{low}"
        for low, high in edges
    )
    return (
        f"SELECT $__timeInterval(at) AS time, {counted} FROM {view('v_grid')}"
        f" WHERE $__timeFilter(at) AND {chosen('camera', 'camera')} GROUP BY time ORDER BY time"
    )


def _stepped(columns: str, source: str) -> str:
    """Columns of each step and chosen zone."""
    return (
        f"(SELECT $__timeInterval(at) AS time, zone, {columns} FROM {view(source)}"
        f" WHERE {WITHIN} AND {chosen('zone', 'zone')} GROUP BY time, zone)"
    )


def levels(names: Names) -> str:
    """Levels over time: -1 where nothing came, and where it is calm only because part of it is unknown."""
    judged, measured = _stepped("toInt32(max(level_number)) AS worst", "v_zone_levels"), _stepped("min(known) AS whole", "v_zones")
    return (
        "SELECT r.time AS time, r.name AS zone, toFloat64(if(f.zone = '', -1, if(f.worst > 0 OR m.whole, f.worst, -1))) AS value"
        f" FROM {raster(names.places('zone', 'zone'))} AS r LEFT JOIN {judged} AS f ON r.id = f.zone AND r.time = f.time"
        f" LEFT JOIN {measured} AS m ON r.id = m.zone AND r.time = m.time ORDER BY time, zone"
    )


def los(names: Names) -> str:
    """Levels of service over time; -1 where nothing came, and where part of the step is unknown."""
    measured = _stepped("toInt32(max(los_number)) AS worst, min(known) AS whole", "v_zones")
    return (
        "SELECT r.time AS time, r.name AS zone, toFloat64(if(m.zone = '' OR m.worst < 1 OR NOT m.whole, -1, m.worst)) AS value"
        f" FROM {raster(names.places('zone', 'zone'))} AS r"
        f" LEFT JOIN {measured} AS m ON r.id = m.zone AND r.time = m.time ORDER BY time, zone"
    )


def peaks(names: Names) -> str:
    """The local peak over time; nothing where it is not known."""
    return (
        f"SELECT $__timeInterval(at) AS time, {names.of('zone', 'zone')} AS name, maxOrNullIf(local_peak_per_m2, known) AS value"
        f" FROM {view('v_zones')} WHERE {WITHIN} AND {chosen('zone', 'zone')} GROUP BY time, zone ORDER BY time, name"
    )


def pressure() -> str:
    """The pressure of the zone where its upper end is highest."""
    return (
        "SELECT $__timeInterval(at) AS time, argMax(pressure_low_per_s2, pressure_high_per_s2) AS low,"
        " argMax(pressure_per_s2, pressure_high_per_s2) AS pressure, max(pressure_high_per_s2) AS high"
        f" FROM {view('v_zones')} WHERE {WITHIN} AND {chosen('zone', 'zone')} AND pressure_high_per_s2 IS NOT NULL GROUP BY time"
        " ORDER BY time"
    )


def worst_minutes(names: Names) -> str:
    """Each zone's worst minute."""
    return (
        f"SELECT {names.of('id', 'zone')} AS zone, minute, peak, if(hidden, '≥', '') AS least, people, error, density, pressure_low,"
        f" coverage, {moment_ms('minute')} AS moment_ms FROM (SELECT zone AS id, toStartOfMinute(at) AS minute,"
        " max(local_peak_per_m2) AS peak, max(people) AS people, max(error_people) AS error, avg(density_per_m2) AS density,"
        " max(pressure_low_per_s2) AS pressure_low, min(v.coverage) AS coverage, max(v.saturated) AS hidden"
        f" FROM {view('v_zones')} AS v WHERE {WITHIN} AND {chosen('zone', 'zone')} GROUP BY id, minute"
        " ORDER BY peak DESC LIMIT 1 BY id) ORDER BY peak DESC"
    )
