"""Which topic goes into which tables, and how its records become columns. Pure.

Records come as Avro gives them, dicts by field name: an event of each would cost more than all the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipelines.events import LevelStep
from pipelines.topics import topic
from pipelines.units import MICRO

# Packed rows as the schemas of camera.frames and crowd.cells say; a contract test holds them to DETECT's.
PERSON: Final = np.dtype([("x", "<u2"), ("y", "<u2"), ("vx", "<i2"), ("vy", "<i2"), ("track", "<u4"), ("class", "u1"), ("score", "u1")])
CELL: Final = np.dtype([("x", "<i2"), ("y", "<i2"), ("density", "<u2"), ("vx", "<i2"), ("vy", "<i2"), ("pressure", "<u2")])
NOT_MEASURABLE: Final = 65535
SOURCE: Final = ("source_partition", "source_offset", "appended_at")
NOT_STORED: Final = frozenset({"tick", "progress", "rows", "devices"})  # of rows that move time only; who sent what
NESTED: Final = {"levels": LevelStep}
GRID_PERIOD_US: Final = 10 * MICRO
_SHORT_CELL: Final = CELL.fields["pressure"][1] if CELL.fields else 0  # rows without pressure
_LAST_S: Final = 2**32 - 1  # of a DateTime
_LARGEST_CM: Final = 2**31 - 2**16  # of a tile's origin, so that its people fit into Int32
_DTYPES: Final = {"int": np.int64, "float": np.float64, "bool": np.bool_}

Plain = Mapping[str, Any]
Column = NDArray[Any]


class Taken(NamedTuple):
    """A record on its way into tables: where it stood, when the broker took it (s UTC), its fields, its bytes as they came."""

    partition: int
    offset: int
    appended_s: int
    record: Plain
    raw: bytes


class Shape(NamedTuple):
    """Columns beside those of `SOURCE`, and how many rows each record made; None for one each."""

    columns: dict[str, Column]
    counts: NDArray[np.int64] | None = None


def _always(_: Plain) -> bool:
    return True


def _sound(_: Plain) -> str:
    return ""


def _one(_: Plain) -> int:
    return 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """How one topic goes into one table.

    Args:
        thing: topic without mode.
        name: table.
        columns: names of what is inserted; a column left out takes its default.
        mark: field that is true on a record that only moves time; empty if there is none.
        shape: records to columns.
        keep: which records belong into it.
        flaw: what is wrong with a record that decodes and yet makes no rows; empty if nothing is.
        weigh: rows that a record makes.
        first_of: field of whose every value only the first record in a second of event time is taken; empty: all are.
    """

    thing: str
    name: str
    columns: tuple[str, ...]
    mark: str
    shape: Callable[[Sequence[Taken]], Shape]
    keep: Callable[[Plain], bool] = _always
    flaw: Callable[[Plain], str] = _sound
    weigh: Callable[[Plain], int] = _one
    first_of: str = ""


# -- records as they are ----------------------------------------------------------------------------------------------


def of_fields(thing: str, name: str = "", *, keep: Callable[[Plain], bool] = _always) -> Table:
    """The table that holds the fields of *thing* one by one."""
    record = topic(thing).record
    kept = {each.name: str(each.type) for each in fields(record) if each.name not in NOT_STORED}
    flat = {field: kind for field, kind in kept.items() if field not in NESTED}
    nested = [(field, each.name) for field in kept if field in NESTED for each in fields(NESTED[field])]

    def shape(rows: Sequence[Taken]) -> Shape:
        records = [row.record for row in rows]
        made = {field: column([record[field] for record in records], kind) for field, kind in flat.items()}
        for outer, inner in nested:
            made[f"{outer}.{inner}"] = column([[step[inner] for step in record[outer]] for record in records], "list")
        return Shape(made)

    columns = (*SOURCE, *flat, *(f"{outer}.{inner}" for outer, inner in nested))
    return Table(thing=thing, name=name or thing.replace(".", "_"), columns=columns, mark=_mark(thing), shape=shape, keep=keep)


def column(values: Sequence[Any], kind: str) -> Column:
    """Values of a field of type *kind* as the client takes them: numbers packed, all else as it is."""
    if kind in _DTYPES:
        return np.array(values, dtype=_DTYPES[kind])
    if kind != "list":
        return np.array(values, dtype=object)
    made = np.empty(len(values), dtype=object)
    for index, value in enumerate(values):  # lists of one length would become a matrix
        made[index] = value
    return made


def _mark(thing: str) -> str:
    names = {each.name for each in fields(topic(thing).record)}
    return next((name for name in ("tick", "progress") if name in names), "")


# -- records whole ----------------------------------------------------------------------------------------------------

WHOLE: Final = ("camera", "slice_start_us", "received_us")


def _whole(thing: str) -> Table:
    """The table that holds each record of partial sums as it came, beside what it is asked by."""

    def shape(rows: Sequence[Taken]) -> Shape:
        records = [row.record for row in rows]
        kinds = {"camera": "str", "slice_start_us": "int", "received_us": "int"}
        made = {field: column([record[field] for record in records], kind) for field, kind in kinds.items()}
        return Shape(made | {"record": column([row.raw for row in rows], "bytes")})

    return Table(thing=thing, name=thing.replace(".", "_"), columns=(*SOURCE, *WHOLE, "record"), mark=_mark(thing), shape=shape)


# -- packed rows ------------------------------------------------------------------------------------------------------


def _seconds(rows: Sequence[Taken]) -> NDArray[np.int64]:
    return np.clip(column([row.record["event_time_us"] for row in rows], "int") // MICRO, 0, _LAST_S)


def _people(record: Plain) -> int:
    return len(record["positions"]) // PERSON.itemsize


def _people_flaw(record: Plain) -> str:
    if len(record["positions"]) % PERSON.itemsize:
        return f"positions: {len(record['positions'])} bytes are no rows of {PERSON.itemsize}"
    if max(abs(record["tile_x_cm"]), abs(record["tile_y_cm"])) > _LARGEST_CM:
        return f"the tile's origin {record['tile_x_cm']}, {record['tile_y_cm']} cm is on no plan"
    return ""


def _people_shape(rows: Sequence[Taken]) -> Shape:
    counts = np.array([_people(row.record) for row in rows], dtype=np.int64)
    people = np.frombuffer(b"".join(row.record["positions"] for row in rows), dtype=PERSON)
    tile_x, tile_y = (np.repeat(column([row.record[name] for row in rows], "int"), counts) for name in ("tile_x_cm", "tile_y_cm"))
    made = {
        "camera": np.repeat(column([row.record["camera"] for row in rows], "str"), counts),
        "at": np.repeat(_seconds(rows), counts),
        "track": people["track"],
        "x_cm": tile_x + people["x"],
        "y_cm": tile_y + people["y"],
        "vx_cmps": people["vx"],
        "vy_cmps": people["vy"],
        "class": people["class"],
        "score": people["score"],
    }
    return Shape(made, counts)


def _cells(record: Plain) -> int:
    return int(len(record["cells"]) // record["row_bytes"])


def _cells_flaw(record: Plain) -> str:
    size = record["row_bytes"]
    if size < _SHORT_CELL or len(record["cells"]) % size:
        return f"cells: {len(record['cells'])} bytes are no rows of {size}"
    return ""


def _cells_shape(rows: Sequence[Taken]) -> Shape:
    counts = np.array([_cells(row.record) for row in rows], dtype=np.int64)
    cells = np.concatenate([_unpacked(row.record) for row in rows])
    made = {
        "camera": np.repeat(column([row.record["camera"] for row in rows], "str"), counts),
        "at": np.repeat(_seconds(rows), counts),
        "x_m": cells["x"],
        "y_m": cells["y"],
        "density_centi": cells["density"],
        "vx_cmps": cells["vx"],
        "vy_cmps": cells["vy"],
        "pressure_milli": cells["pressure"],
    }
    return Shape(made, counts)


def _unpacked(record: Plain) -> NDArray[np.void]:
    """Rows of `CELL`, without pressure where the record's rows are short, without what longer rows have beyond."""
    size = record["row_bytes"]
    raw = np.frombuffer(record["cells"], dtype=np.uint8).reshape(-1, size)
    made = np.zeros(len(raw), dtype=CELL)
    made["pressure"] = NOT_MEASURABLE
    known = CELL.itemsize if size >= CELL.itemsize else _SHORT_CELL
    made.view(np.uint8).reshape(-1, CELL.itemsize)[:, :known] = raw[:, :known]
    return made


POSITIONS: Final = Table(
    thing="camera.frames",
    name="positions",
    columns=(*SOURCE, "camera", "at", "track", "x_cm", "y_cm", "vx_cmps", "vy_cmps", "class", "score"),
    mark="",
    shape=_people_shape,
    keep=lambda record: len(record["positions"]) > 0,
    flaw=_people_flaw,
    weigh=_people,
    first_of="camera",
)
GRID: Final = Table(
    thing="crowd.cells",
    name="grid_10s",
    columns=(*SOURCE, "camera", "at", "x_m", "y_m", "density_centi", "vx_cmps", "vy_cmps", "pressure_milli"),
    mark="",
    shape=_cells_shape,
    keep=lambda record: record["period_us"] == GRID_PERIOD_US and len(record["cells"]) > 0,
    flaw=_cells_flaw,
    weigh=_cells,
)


# -- all of them ------------------------------------------------------------------------------------------------------


def _whole_second(record: Plain) -> bool:
    return bool(record["window_end_us"] % MICRO == 0)


# A table that says which frame is the first of its second comes after the one that holds them all.
TABLES: Final = {
    table.name: table
    for table in (
        of_fields("camera.frames"),
        POSITIONS,
        of_fields("camera.health"),
        of_fields("camera.events"),
        of_fields("camera.segments", "video_segments"),
        of_fields("recorder.state"),
        of_fields("crowd.cells"),
        GRID,
        _whole("crowd.zones"),
        _whole("crowd.late"),
        of_fields("crowd.density", "zone_seconds", keep=_whole_second),
        of_fields("crowd.flow", "line_seconds", keep=_whole_second),
        of_fields("crowd.occupancy", "area_seconds", keep=_whole_second),
        of_fields("crowd.forecast"),
        of_fields("crowd.queue"),
        of_fields("crowd.balance"),
        of_fields("vehicle.tracks"),
        of_fields("vehicle.events"),
        of_fields("sensor.turnstile"),
        of_fields("sensor.identity"),
        of_fields("sensor.fire"),
        of_fields("sensor.vehicle"),
        of_fields("alerts.changes"),
        of_fields("dispatch.receipts"),
        of_fields("orders.changes"),
        of_fields("linkage.changes"),
        of_fields("audit.log"),
        of_fields("audit.roots"),
        of_fields("deadletter.ingest"),
        of_fields("deadletter.stages"),
        of_fields("ledger.ingest"),
        of_fields("stage.health"),
    )
}
STORED: Final = tuple(dict.fromkeys(table.thing for table in TABLES.values()))
OF_TOPIC: Final = {thing: tuple(table for table in TABLES.values() if table.thing == thing) for thing in STORED}


@cache
def narrow(thing: str) -> tuple[str, ...]:
    """The fields of *thing* that its tables ask for, where a record is kept whole; none: all of them."""
    whole = all(table.columns[len(SOURCE) :] == (*WHOLE, "record") for table in OF_TOPIC[thing])
    return (*((_mark(thing),) if _mark(thing) else ()), *WHOLE) if whole else ()
