"""Rows on their way into blocks: what belongs into which table, and how it is cut. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from pipelines.store.tables import OF_TOPIC, TABLES, Column, Plain, Table, Taken
from pipelines.units import MICRO

LARGEST_BLOCK_ROWS: Final = 500_000
LARGEST_BLOCK_RECORDS: Final = 20_000
_HOUR_S: Final = 3600
_LAST_S: Final = 2**32 - 1  # of a DateTime


@dataclass(slots=True, kw_only=True)
class Block:
    """Rows of one table that are inserted at once; its offsets never change once it is handed out.

    Args:
        table: where to.
        hour: of the broker's append time; a block lies within one hour, so that it becomes one part and is atomic.
        taken: records in the order in which they came.
        rows: that they make.
        ranges: source partition → first and last source offset.
    """

    table: Table
    hour: int
    taken: list[Taken] = field(default_factory=list)
    rows: int = 0
    ranges: dict[int, tuple[int, int]] = field(default_factory=dict)

    def add(self, taken: Taken) -> None:
        """Take one record more."""
        self.taken.append(taken)
        self.rows += self.table.weigh(taken.record)
        first, _ = self.ranges.get(taken.partition, (taken.offset, taken.offset))
        self.ranges[taken.partition] = (first, taken.offset)

    @property
    def full(self) -> bool:
        """Whether the next record belongs into another block."""
        return len(self.taken) >= LARGEST_BLOCK_RECORDS or self.rows >= LARGEST_BLOCK_ROWS

    def columns(self) -> dict[str, Column]:
        """Column name → values."""
        columns, counts = self.table.shape(self.taken)
        source: dict[str, Column] = {
            "source_partition": np.array([row.partition for row in self.taken], dtype=np.uint16),
            "source_offset": np.array([row.offset for row in self.taken], dtype=np.int64),
            "appended_at": np.array([row.appended_s for row in self.taken], dtype=np.uint32),
        }
        if counts is not None:
            source = {name: np.repeat(values, counts) for name, values in source.items()}
        return source | columns

    @property
    def token(self) -> str:
        """What tells this block from every other: table, first to last offset of each partition, and when the first was taken in.

        The time tells blocks of a topic that was made anew from those of the old one.
        """
        spans = ",".join(f"{partition}:{first}-{last}" for partition, (first, last) in sorted(self.ranges.items()))
        return f"{self.table.name}/{spans}@{self.taken[0].appended_s}"


class Intake:
    """What a reader has to know of the tables to go on where they end.

    Args:
        floors: (table, partition) → the offset up to which the table has everything.
        seconds: camera → second of event time of its frame before the first one that is read.
    """

    def __init__(self, floors: Mapping[tuple[str, int], int] | None = None, seconds: Mapping[str, int] | None = None) -> None:
        """Begin where the tables end; without an argument they are empty."""
        self._floors, self._seconds = dict(floors or {}), dict(seconds or {})

    def wanted(self, thing: str, record: Plain, *, partition: int, offset: int) -> list[Table]:
        """The tables that *record* goes into. To be asked for each record once, in order: first ones are told from later ones."""
        found = []
        for table in OF_TOPIC[thing]:
            if table.mark and record[table.mark]:
                continue
            first = not table.first_of or self._first(record[table.first_of], record["event_time_us"] // MICRO)
            if first and offset > self._floors.get((table.name, partition), -1) and table.keep(record):
                found.append(table)
        return found

    def _first(self, key: str, second: int) -> bool:
        """Whether *second* is another than that of the record before; so a clock that is set back loses nothing."""
        if self._seconds.get(key) == second:
            return False
        self._seconds[key] = second
        return True


class Batch:
    """Rows on their way into blocks, in the order in which they came."""

    def __init__(self, intake: Intake | None = None) -> None:
        """Begin empty; *intake* outlives the batch."""
        self._intake = intake or Intake()
        self._blocks: list[Block] = []
        self._open: dict[str, Block] = {}
        self.records = self.bytes = 0
        self.places: dict[tuple[str, int], int] = {}

    def add(self, thing: str, record: Plain, *, partition: int, offset: int, appended_us: int, raw: bytes = b"") -> list[str]:
        """Take one record; one that only moves time counts as passed. What is wrong with it for a table that wants it comes back."""
        self.places[thing, partition] = offset
        flaws = []
        appended_s = min(max(appended_us // MICRO, 0), _LAST_S)
        taken = Taken(partition, offset, appended_s, record, raw)
        for table in self._intake.wanted(thing, record, partition=partition, offset=offset):
            reason = table.flaw(record)
            if reason:
                flaws.append(f"{table.name}: {reason}")
                continue
            self._block(table, appended_s // _HOUR_S).add(taken)
            self.records += 1
            self.bytes += len(raw)
        return flaws

    def passed(self, thing: str, *, partition: int, offset: int) -> None:
        """Note a record that will not be stored."""
        self.places[thing, partition] = offset

    def blocks(self) -> list[Block]:
        """Everything taken, ready to be inserted in this order: table by table, each in the order of its topic."""
        order = {name: index for index, name in enumerate(TABLES)}
        return sorted(self._blocks, key=lambda block: order[block.table.name])

    def _block(self, table: Table, hour: int) -> Block:
        block = self._open.get(table.name)
        if block is None or block.hour != hour or block.full:
            block = Block(table=table, hour=hour)
            self._open[table.name] = block
            self._blocks.append(block)
        return block


def starts(floors: Mapping[tuple[str, int], int]) -> dict[tuple[str, int], int]:
    """(thing, partition) → where to read from so that no table misses anything, for partitions of which a table holds something."""
    found: dict[tuple[str, int], int] = {}
    held = {(TABLES[name].thing, partition) for name, partition in floors}
    for thing, partition in held:
        found[thing, partition] = min(floors.get((table.name, partition), -1) for table in OF_TOPIC[thing]) + 1
    return found


def floors_of(places: Mapping[tuple[str, int], int], highest: Mapping[str, Mapping[int, int]]) -> dict[tuple[str, int], int]:
    """(table, partition) → the offset up to which it has everything.

    Args:
        places: (thing, partition) → up to where everything was stored or passed over, as last saved.
        highest: table → partition → the highest offset it holds.
    """
    floors = {(name, partition): offset for name, held in highest.items() for partition, offset in held.items()}
    for (thing, partition), offset in places.items():
        for table in OF_TOPIC.get(thing, ()):
            floors[table.name, partition] = max(offset, floors.get((table.name, partition), -1))
    return floors
