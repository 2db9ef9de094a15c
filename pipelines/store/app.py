"""The STORE process: reads every stored topic of its mode and inserts it into ClickHouse, batch by batch.

`python -m pipelines.store.app --drop` deletes the database of a drill instead, as a fresh start of that drill needs.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Mapping
from signal import SIGINT, SIGTERM, signal
from typing import Any, Final

from connectors import clickhouse
from connectors.kafka import Rejected, Row, Sender, Tail, dead_letter, producer
from pipelines.errors import ConfigError, MusterError, RefusedError, TransientError
from pipelines.events import StageHealth
from pipelines.settings import Settings, die, read
from pipelines.store.rows import STORED, TABLES, Batch, Block

BATCH_S: Final = 2.0
BATCH_ROWS: Final = 8_000
_POLL_S: Final = 0.5
_POLL_ROWS: Final = 2_000
_PLACES_EVERY_S: Final = 10.0
_REFUSED_WAIT_S: Final = 5.0


class Store:
    """One running STORE.

    Args:
        database: of the mode; it may be away.
        sender: for dead letters and health.
        open_tail: opens the stored topics at given offsets.
        ready: called once the database is up to date and the topics are open.
    """

    def __init__(
        self,
        *,
        database: clickhouse.Database,
        sender: Sender,
        open_tail: Callable[[Mapping[tuple[str, int], int]], Tail],
        ready: Callable[[], None],
    ) -> None:
        """Nothing is asked of anybody yet."""
        self._database, self._sender, self._open_tail, self._ready = database, sender, open_tail, ready
        self._tail: Tail | None = None
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
        except TransientError as error:
            self._wait(error, error.retry_after_s)
        except RefusedError as error:
            # Nothing is skipped: a person, or the next start, has to cure the cause.
            self._wait(error, _REFUSED_WAIT_S)
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
        for name in self._database.ensure():
            print(f"store: {self._database.name}: applied {name}", flush=True)
        offsets = {place: offset + 1 for place, offset in self._database.places().items()}
        for thing in STORED:
            for partition, offset in self._database.highest_offsets(TABLES[thing].name).items():
                offsets[thing, partition] = max(offset + 1, offsets.get((thing, partition), 0))
        tail = self._tail_from(offsets)
        self._ready()
        return tail

    def _tail_from(self, offsets: dict[tuple[str, int], int]) -> Tail:
        tail = self._open_tail(offsets)
        ends = tail.ends()
        beyond = [place for place, offset in offsets.items() if offset > ends.get(place, offset)]
        if not beyond:
            return tail
        tail.close()
        print(
            f"store: {len(beyond)} partitions end before what the tables hold: their topics were made anew, reading from the start",
            flush=True,
        )
        return self._open_tail({place: offset for place, offset in offsets.items() if place not in beyond})

    def _insert(self) -> None:
        while self._pending:
            block = self._pending[0]
            self._database.insert(block.table.name, block.columns(), token=block.token)
            self._given += len(block.rows)
            del self._pending[0]
        self._last_said = ""
        self._places.update(self._batch.places)
        self._batch, self._begun_s = Batch(), time.monotonic()
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
            raise
        for row in rows:
            self._take(row)
        if time.monotonic() - self._begun_s >= BATCH_S or self._batch.rows >= BATCH_ROWS:
            self._cut()
            self._insert()

    def _take(self, row: Row) -> None:
        self._taken += 1
        if isinstance(row.record, Rejected):
            self._refuse(row)
            self._batch.passed(row.thing, partition=row.partition, offset=row.offset)
        else:
            self._batch.add(row.thing, row.record, partition=row.partition, offset=row.offset, appended_us=row.appended_us)

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
            lag=lag if lag < 0 else lag + sum(len(block.rows) for block in self._pending),
            tick_age_us=-1,
        )
        self._sender.send("stage.health", record, key="store")


def _client(settings: Settings) -> Any:
    return clickhouse.client(settings.clickhouse, user=settings.clickhouse_user, password_file=settings.clickhouse_password_file)


def build(settings: Settings) -> Store:
    """The store of one mode, with its real clients."""
    return Store(
        database=clickhouse.Database(_client(settings), clickhouse.database_of(settings.mode)),
        sender=Sender(producer(settings.kafka, linger_ms=50), settings.mode),
        open_tail=lambda offsets: Tail(settings.kafka, mode=settings.mode, things=STORED, offsets=offsets, patient=True),
        ready=settings.ready,
    )


def main() -> None:
    """Run until told to stop, or drop a drill's database."""
    stop = threading.Event()
    for which in (SIGTERM, SIGINT):
        signal(which, lambda *_: stop.set())
    try:
        settings = read()
        if not settings.clickhouse:
            raise ConfigError("MUSTER_CLICKHOUSE must be set")
        if "--drop" in sys.argv[1:]:
            clickhouse.drop(_client(settings), clickhouse.database_of(settings.mode))
            return
        store = build(settings)
        while not stop.is_set():
            store.turn()
    except MusterError as error:
        die(error)
        return
    store.close()


if __name__ == "__main__":
    main()
