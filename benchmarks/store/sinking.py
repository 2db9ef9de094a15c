"""What the store costs while a tenth of the really big event runs in real time, and whether it keeps up."""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.crowd.whole import plan
from benchmarks.crowd.workload import MOST_CAMERAS, START_US
from benchmarks.store.load import PASS_S, Due, one_pass
from connectors import clickhouse as connector
from connectors.kafka import Rejected, Sender, Tail, producer
from pipelines import units
from pipelines.errors import MusterError
from plan import needs
from stack import clickhouse, kafka, modes
from stack.addresses import Addresses, claim_addresses
from stack.supervisor import Supervisor
from stack.ticker import send_ticks
from stack.usage import usage

GOAL_CORES: Final = 0.3
MODE: Final = "drill-bench-sink"
LAG_S: Final = 10  # as many seconds of records may wait at any time: some batches, and what ClickHouse takes for them
_BEGIN_S: Final = 5  # a store that has only begun is not what is measured
_PATIENCE_S: Final = 60
_LOOK_S: Final = 0.05
_LINKED: Final = ("chdb", "jars", "jvm")


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """Kafka, ClickHouse and the store on them."""

    addresses: Addresses
    store_pid: int


@contextmanager
def running(home: Path, root: Path) -> Iterator[Running]:
    """Start the three in a folder of their own; all ends with the block."""
    with tempfile.TemporaryDirectory(prefix="muster-bench-") as folder:
        place = Path(folder)
        for name in _LINKED:
            if (home / name).exists():
                (place / name).symlink_to((home / name).resolve())
        (place / "run").mkdir(mode=0o700)
        addresses = claim_addresses(place)
        mode = modes.prepare(place, addresses, mode=MODE, plan=plan(MOST_CAMERAS), clock="wall", fresh=False)
        servers = [kafka.part(place, addresses), clickhouse.part(place, root, addresses)]
        stages = modes.stage_parts(mode, after=("kafka", "clickhouse"), dispatch=False, ticker=False, ingest=False)
        store = next(part for part in stages if part.name == "store")
        supervisor = Supervisor(
            [*servers, modes.setup_part(mode), store],
            logs=place / "run" / "logs",
            status_file=place / "run" / "status.json",
            on_change=lambda _: None,
        )
        supervisor.start()
        supervisor.run_in_background()
        try:
            pids = {row.name: row.pid for row in supervisor.status()}
            pid = pids["store"]
            assert pid is not None
            yield Running(addresses=addresses, store_pid=pid)
        finally:
            supervisor.stop()


def measure(home: Path, root: Path, *, seconds: int) -> dict[str, Any]:
    """Play *seconds* and some to begin with, wait until all is stored, and say what the store used from then to then.

    Raises:
        MusterError: the tables do not hold what was sent.
    """
    load = one_pass()
    with running(home, root) as on:
        watch = _Watch(on)
        sent, records = _play(on, load, watch, seconds=_BEGIN_S + seconds)
        behind_s = _wait_for(on, sent, watch)
        cpu_s, wall_s = watch.used()
        watch.close()
    cores = cpu_s / wall_s
    rate = records / (_BEGIN_S + seconds)
    kept_up = watch.most_lag <= LAG_S * rate
    return {
        "sink_cores": round(cores, 3),
        "sink": {
            "seconds": round(wall_s, 1),
            "records": records,
            "records_per_s": round(rate),
            "rows": dict(sent),
            "cpu_s": round(cpu_s, 2),
            "most_lag_records": watch.most_lag,
            "behind_s": round(behind_s, 1),
            "kept_up": kept_up,
            "goal": GOAL_CORES,
            "goal_reached": kept_up and cores <= GOAL_CORES,
        },
    }


def _play(on: Running, load: list[Due], watch: _Watch, *, seconds: int) -> tuple[Counter[str], int]:
    """Send all of it in real time, ticks in their place; rows that the tables must hold, and records sent."""
    sent: Counter[str] = Counter()
    sender = Sender(producer(on.addresses.kafka), MODE)
    ticked = needs.ticked(plan(MOST_CAMERAS))
    start_us = ticked_us = -(-_now_us() // units.MICRO) * units.MICRO
    for due in _shifted(load, start_us, seconds=seconds):
        while (wait_us := due.at_us - _now_us()) > 0:
            time.sleep(min(wait_us / units.MICRO, _LOOK_S))
            watch.look()
        while ticked_us + units.TICK_INTERVAL_US <= due.at_us:
            ticked_us += units.TICK_INTERVAL_US
            send_ticks(sender, ticked_us - units.TICK_DELAY_US, things=ticked)
        if due.at_us >= start_us + _BEGIN_S * units.MICRO:
            watch.begin()
        sender.send(due.thing, due.record, key=due.key)
        sent.update(due.rows)
    sender.flush(30)
    return sent, sender.sent


def _now_us() -> int:
    return time.time_ns() // 1000


def _shifted(load: list[Due], start_us: int, *, seconds: int) -> Iterator[Due]:
    """The load from *start_us* on, again and again."""
    for number in range(-(-seconds // PASS_S)):
        by_us = start_us - START_US + number * PASS_S * units.MICRO
        for due in load:
            moved = due.later(by_us)
            if moved.at_us < start_us + seconds * units.MICRO:
                yield moved


class _Watch:
    """The store's processor time from `begin` on, and the most that it ever had before it."""

    def __init__(self, on: Running) -> None:
        self._pid = on.store_pid
        self._tail = Tail(on.addresses.kafka, mode=MODE, things=("stage.health",))
        self._from: tuple[float, float] | None = None
        self.most_lag = 0

    def begin(self) -> None:
        """From now on; once."""
        if self._from is None:
            self._from = usage(self._pid).cpu_s, time.monotonic()

    def look(self) -> None:
        """Take what the store has said of itself."""
        for row in self._tail.poll(0.0):
            if self._from is not None and not isinstance(row.record, Rejected) and row.record.stage == "store":
                self.most_lag = max(self.most_lag, row.record.lag)

    def used(self) -> tuple[float, float]:
        """Processor time and wall time, s."""
        assert self._from is not None
        return usage(self._pid).cpu_s - self._from[0], time.monotonic() - self._from[1]

    def close(self) -> None:
        """Read no more."""
        self._tail.close()


def _wait_for(on: Running, sent: Counter[str], watch: _Watch) -> float:
    """Wait until every table holds what was sent, no row more; how long that took after the last record, s."""
    client = connector.client(on.addresses.clickhouse)
    name = connector.database_of(MODE)
    begun = time.monotonic()
    while True:
        watch.look()
        held = {table: client.execute(f"SELECT count() FROM {name}.{table}")[0][0] for table in sent}  # noqa: S608 - our names
        if held == dict(sent):
            client.disconnect()
            return time.monotonic() - begun
        if time.monotonic() - begun > _PATIENCE_S:
            wrong = {table: (held[table], rows) for table, rows in sent.items() if held[table] != rows}
            raise MusterError(f"store: tables do not hold what was sent, (held, sent): {wrong}")
        time.sleep(0.5)
