"""Records as columns: which topics are stored, in which table, and how rows are cut into blocks. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import Any, Final

from pipelines.events import LevelStep
from pipelines.topics import topic
from pipelines.units import MICRO

STORED: Final = (
    "camera.frames",
    "camera.health",
    "crowd.cells",
    "crowd.density",
    "crowd.flow",
    "crowd.occupancy",
    "crowd.forecast",
    "crowd.queue",
    "crowd.balance",
    "vehicle.tracks",
    "vehicle.events",
    "sensor.turnstile",
    "sensor.identity",
    "sensor.fire",
    "sensor.vehicle",
    "alerts.changes",
    "dispatch.receipts",
    "orders.changes",
    "audit.log",
    "deadletter.ingest",
)
SOURCE: Final = ("source_partition", "source_offset", "appended_at")
NOT_STORED: Final = frozenset({"tick", "progress", "rows"})  # of rows that move time only
NESTED: Final = {"levels": LevelStep}
LARGEST_BLOCK_ROWS: Final = 20_000
_HOUR_S: Final = 3600
_LAST_S: Final = 2**32 - 1  # of a DateTime


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """How one topic is stored.

    Args:
        thing: topic without mode.
        name: table.
        columns: names in the order of `values`.
        mark: field that is true on a row that only moves time; empty if there is none.
        values: the record's values, one for each column after those of `SOURCE`.
    """

    thing: str
    name: str
    columns: tuple[str, ...]
    mark: str
    values: Callable[[Any], tuple[Any, ...]]


def table_of(thing: str) -> Table:
    """The table of topic *thing*."""
    record = topic(thing).record
    names = [each.name for each in fields(record)]
    kept = [name for name in names if name not in NOT_STORED]
    flat = [name for name in kept if name not in NESTED]
    nested = [(name, each.name) for name in kept if name in NESTED for each in fields(NESTED[name])]
    plain = attrgetter(*flat)

    def with_arrays(row: Any) -> tuple[Any, ...]:
        return (*plain(row), *([getattr(step, inner) for step in getattr(row, outer)] for outer, inner in nested))

    return Table(
        thing=thing,
        name=thing.replace(".", "_"),
        columns=(*SOURCE, *flat, *(f"{outer}.{inner}" for outer, inner in nested)),
        mark=next((name for name in ("tick", "progress") if name in names), ""),
        values=with_arrays if nested else plain,
    )


TABLES: Final = {thing: table_of(thing) for thing in STORED}


@dataclass(slots=True, kw_only=True)
class Block:
    """Rows of one table that are inserted at once; its offsets never change once it is handed out.

    Args:
        table: where to.
        hour: of the broker's append time; a block lies within one hour, so that it becomes one part and is atomic.
        rows: value tuples in the order of the table's columns.
        ranges: source partition → first and last source offset.
    """

    table: Table
    hour: int
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    ranges: dict[int, tuple[int, int]] = field(default_factory=dict)

    def columns(self) -> dict[str, tuple[Any, ...]]:
        """Column name → values."""
        return dict(zip(self.table.columns, zip(*self.rows, strict=True), strict=True))

    @property
    def token(self) -> str:
        """What tells this block from every other: table, and first to last offset of each partition."""
        spans = ",".join(f"{partition}:{first}-{last}" for partition, (first, last) in sorted(self.ranges.items()))
        return f"{self.table.name}/{spans}"


class Batch:
    """Rows on their way into blocks, in the order in which they came."""

    def __init__(self) -> None:
        """Begin empty."""
        self._blocks: list[Block] = []
        self._open: dict[str, Block] = {}
        self.rows = 0
        self.places: dict[tuple[str, int], int] = {}

    def add(self, thing: str, record: Any, *, partition: int, offset: int, appended_us: int) -> None:
        """Take one record; one that only moves time counts as passed."""
        self.places[thing, partition] = offset
        table = TABLES[thing]
        if table.mark and getattr(record, table.mark):
            return
        appended_s = min(max(appended_us // MICRO, 0), _LAST_S)
        block = self._block(table, appended_s // _HOUR_S)
        block.rows.append((partition, offset, appended_s, *table.values(record)))
        first, _ = block.ranges.get(partition, (offset, offset))
        block.ranges[partition] = (first, offset)
        self.rows += 1

    def passed(self, thing: str, *, partition: int, offset: int) -> None:
        """Note a record that will not be stored."""
        self.places[thing, partition] = offset

    def blocks(self) -> list[Block]:
        """Everything taken, ready to be inserted in this order."""
        return list(self._blocks)

    def _block(self, table: Table, hour: int) -> Block:
        block = self._open.get(table.name)
        if block is None or block.hour != hour or len(block.rows) >= LARGEST_BLOCK_ROWS:
            block = Block(table=table, hour=hour)
            self._open[table.name] = block
            self._blocks.append(block)
        return block
