"""The STORE process: reads every stored topic of its mode and inserts it into ClickHouse, batch by batch.

`python -m pipelines.store.app --drop` deletes the database of a drill instead, as a fresh start of that drill needs.
"""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from connectors import clickhouse
from connectors.clickhouse_sums import Sums
from connectors.kafka import Rejected, Row, Sender, Tail, dead_letter, producer
from pipelines.codec import decode_plain
from pipelines.errors import ConfigError, DecodeError, MusterError, RefusedError, TransientError
from pipelines.events import StageHealth
from pipelines.measures.zone_window import Bounds
from pipelines.settings import Settings, die, read
from pipelines.stage import told_to_stop
from pipelines.store.revising import Corrections
from pipelines.store.rows import Batch, Block, Intake, floors_of, starts
from pipelines.store.tables import STORED, TABLES, narrow
from pipelines.store.upkeep import PlanUpkeep, Upkeep
from pipelines.topics import Topic, is_drill
from pipelines.units import MICRO
from plan.load import load

BATCH_S: Final = 2.0
BATCH_RECORDS: Final = 8_000
BATCH_BYTES: Final = 32 * 1024 * 1024
_POLL_S: Final = 0.5
_POLL_ROWS: Final = 2_000
_PLACES_EVERY_S: Final = 10.0
_REFUSED_WAIT_S: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """A batch is complete after so many seconds or so many records, whichever comes first."""

    seconds: float = BATCH_S
    records: int = BATCH_RECORDS


class Store:
    """One running STORE.

    Args:
        database: of the mode; it may be away.
        upkeep: what is done for it besides inserting.
        sender: for dead letters and health.
        open_tail: opens the stored topics at given offsets.
        ready: called once the database is up to date and the topics are open.
        cut: when a batch is complete.
        corrections: works late sums in, after the sink's own turn.
    """

    def __init__(
        self,
        *,
        database: clickhouse.Database,
        upkeep: Upkeep,
        sender: Sender,
        open_tail: Callable[[Mapping[tuple[str, int], int]], Tail],
        ready: Callable[[], None],
        corrections: Corrections | None = None,
        cut: Cut | None = None,
    ) -> None:
        """Nothing is asked of anybody yet."""
        self._database, self._upkeep, self._sender, self._open_tail, self._ready = database, upkeep, sender, open_tail, ready
        self._corrections, self._cut_at = corrections, cut or Cut()
        self._tail: Tail | None = None
        self._intake = Intake()
        self._batch, self._begun_s = Batch(), time.monotonic()
        self._pending: list[Block] = []
        self._places: dict[tuple[str, int], int] = {}
        self._saved_places: dict[tuple[str, int], int] = {}
        self._taken = self._given = self._refused = 0
        self._wait_until_s = self._health_s = self._places_s = 0.0
        self._last_said = ""

    def turn(self) -> None:
        """One turn: read for a while, insert what is due, say how it goes. Never raises what may pass."""
        try:
            if time.monotonic() < self._wait_until_s:
                time.sleep(0.1)
            elif self._tail is None:
                self._tail = self._connected()
            elif self._pending:
                self._insert()
            else:
                self._read(self._tail)
                self._upkeep.turn()
        except TransientError as error:
            self._wait(error, error.retry_after_s)
        except RefusedError as error:
            # Nothing is skipped: a person, or the next start, has to cure the cause.
            self._wait(error, _REFUSED_WAIT_S)
        if self._corrections is not None and self._tail is not None and not self._pending:
            self._corrections.turn(time.monotonic())
        if time.monotonic() - self._health_s >= 1:
            self._say_health()

    def close(self) -> None:
        """Insert what is complete, once; what does not arrive is read again at the next start."""
        if self._tail is None:
            return
        try:
            if not self._pending:
                self._cut()
            self._insert()
            self._save_places()
        except (TransientError, RefusedError) as error:
            print(f"store: {error}; the next start reads on from what was stored", flush=True)
        self._tail.close()

    # -- ClickHouse ---------------------------------------------------------------------------------------------

    def _connected(self) -> Tail:
        """Bring the database up to date and take up each topic after the last offset that is stored."""
        self._upkeep.begin()
        highest = {name: self._database.highest_offsets(name) for name in TABLES}
        floors = floors_of(self._database.places(), highest)
        tail, offsets = self._tail_from(starts(floors))
        floors = {(name, partition): floor for (name, partition), floor in floors.items() if (TABLES[name].thing, partition) in offsets}
        frames = {partition: offset for (thing, partition), offset in offsets.items() if thing == "camera.frames"}
        seconds = {camera: last_us // MICRO for camera, last_us in self._database.last_frames(frames).items()}
        self._intake = Intake(floors, seconds)
        self._batch, self._begun_s = Batch(self._intake), time.monotonic()
        self._ready()
        return tail

    def _tail_from(self, offsets: dict[tuple[str, int], int]) -> tuple[Tail, dict[tuple[str, int], int]]:
        """A reader at *offsets*, and those of them that hold: a topic that was made anew is read from its start."""
        tail = self._open_tail(offsets)
        ends = tail.ends()
        beyond = [place for place, offset in offsets.items() if offset > ends.get(place, offset)]
        if not beyond:
            return tail, offsets
        tail.close()
        print(
            f"store: {len(beyond)} partitions end before what the tables hold: their topics were made anew, reading from the start",
            flush=True,
        )
        held = {place: offset for place, offset in offsets.items() if place not in beyond}
        return self._open_tail(held), held

    def _insert(self) -> None:
        while self._pending:
            block = self._pending[0]
            self._database.insert(block.table.name, block.columns(), token=block.token)
            self._given += block.rows
            del self._pending[0]
        self._last_said = ""
        if self._corrections is not None:
            self._corrections.stored_until.stored()
        self._places.update(self._batch.places)
        self._batch, self._begun_s = Batch(self._intake), time.monotonic()
        if time.monotonic() - self._places_s >= _PLACES_EVERY_S:
            self._save_places()

    def _save_places(self) -> None:
        """Note how far everything is stored or dead-lettered; ticks make most of the way and leave no row."""
        self._sender.flush(5)
        moved = {place: offset for place, offset in self._places.items() if self._saved_places.get(place) != offset}
        self._database.save_places(moved)
        self._saved_places.update(moved)
        self._places_s = time.monotonic()

    # -- Kafka --------------------------------------------------------------------------------------------------

    def _read(self, tail: Tail) -> None:
        try:
            rows = tail.poll(_POLL_S, most=_POLL_ROWS)
        except (TransientError, RefusedError):
            # What came with the error is lost to this reader: the next one starts after what is stored.
            tail.close()
            self._tail, self._batch = None, Batch()
            if self._corrections is not None:
                self._corrections.stored_until.forgotten()
            raise
        for row in rows:
            self._take(row)
            if self._corrections is not None:
                self._corrections.saw(row.thing, row.partition, row.record)
        due = time.monotonic() - self._begun_s >= self._cut_at.seconds
        if due or self._batch.records >= self._cut_at.records or self._batch.bytes >= BATCH_BYTES:
            self._cut()
            self._insert()

    def _take(self, row: Row) -> None:
        self._taken += 1
        if isinstance(row.record, Rejected):
            self._refuse(row)
            self._batch.passed(row.thing, partition=row.partition, offset=row.offset)
            return
        where = {"partition": row.partition, "offset": row.offset}
        for flaw in self._batch.add(row.thing, row.record, **where, appended_us=row.appended_us, raw=row.raw):
            self._refuse(replace(row, record=Rejected(reason=flaw, raw=row.raw)))

    def _cut(self) -> None:
        self._pending = self._batch.blocks()

    def _refuse(self, row: Row) -> None:
        self._refused += 1
        record = dead_letter(row, stage="store", at_us=time.time_ns() // 1000)
        self._sender.send("deadletter.stages", record)

    # -- how it goes --------------------------------------------------------------------------------------------

    def _wait(self, error: MusterError, wait_s: float) -> None:
        self._wait_until_s = time.monotonic() + wait_s
        if str(error) != self._last_said:
            print(f"store: {error}; waiting", flush=True)
            self._last_said = str(error)

    def _say_health(self) -> None:
        self._health_s = time.monotonic()
        lag = self._tail.lag() if self._tail is not None else -1
        record = StageHealth(
            stage="store",
            at_us=time.time_ns() // 1000,
            taken=self._taken,
            given=self._given,
            late=0,
            clamped=0,
            refused=self._refused,
            lag=lag if lag < 0 else lag + sum(len(block.taken) for block in self._pending),
            tick_age_us=-1,
        )
        self._sender.send("stage.health", record, key="store")


def as_plain(raw: bytes | None, kind: Topic) -> Any:
    """A record's fields as Avro gives them, or its rejection."""
    try:
        return decode_plain(raw, kind.record, narrow(kind.thing))
    except DecodeError as error:
        return Rejected(reason=str(error), raw=bytes(raw or b""))


def _client(settings: Settings) -> Any:
    return clickhouse.client(settings.clickhouse, user=settings.clickhouse_user, password_file=settings.clickhouse_password_file)


def build(settings: Settings, cut: Cut | None = None) -> Store:
    """The store of one mode, with its real clients."""
    name = clickhouse.database_of(settings.mode)
    database = clickhouse.Database(_client(settings), name)
    plan = load(settings.plan) if settings.plan != Path() else None
    bounds: Bounds = {row.scale: row.bounds_per_m2 for row in plan.los} if plan else {}
    return Store(
        database=database,
        upkeep=PlanUpkeep(database, plan, live=not is_drill(settings.mode)),
        sender=Sender(producer(settings.kafka, linger_ms=50), settings.mode),
        open_tail=lambda offsets: Tail(settings.kafka, mode=settings.mode, things=STORED, offsets=offsets, patient=True, read=as_plain),
        ready=settings.ready,
        corrections=Corrections(Sums(_client(settings), name), bounds_per_m2=bounds) if plan else None,
        cut=cut,
    )


def _arguments(given: list[str]) -> Namespace:
    parser = ArgumentParser(prog="pipelines.store.app")
    parser.add_argument("--drop", action="store_true", help="delete the drill's database and end")
    parser.add_argument("--batch-s", type=float, default=BATCH_S)
    parser.add_argument("--batch-records", type=int, default=BATCH_RECORDS)
    return parser.parse_args(given)


def main() -> None:
    """Run until told to stop, or drop a drill's database."""
    stop = told_to_stop()
    try:
        settings = read()
        if not settings.clickhouse:
            raise ConfigError("MUSTER_CLICKHOUSE must be set")
        arguments = _arguments(sys.argv[1:])
        if arguments.drop:
            clickhouse.drop(_client(settings), clickhouse.database_of(settings.mode))
            return
        store = build(settings, Cut(seconds=arguments.batch_s, records=arguments.batch_records))
        while not stop.is_set():
            store.turn()
    except MusterError as error:
        die(error)
        return
    store.close()


if __name__ == "__main__":
    main()
