"""Faults of the store, on a Kafka and a ClickHouse of their own: killed at random, and without ClickHouse for an hour.

Row 12: the sink, and now and then ClickHouse, is killed (`kill -9`) at a random moment while records flow, and started again
with another size of batch. Row 11: ClickHouse is gone while an hour of the event goes on. Every row is held against the manifest
of what was sent, before anything is merged: merges are off, so that no repeat can hide behind its replacement.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

from benchmarks.sink_feed import KEYS, Difference, Feed, Row, difference, wanted
from connectors import clickhouse
from connectors.kafka import Sender, producer
from pipelines.errors import MusterError, TransientError
from pipelines.settings import Settings
from pipelines.topics import ALL
from stack import clickhouse as clickhouse_server
from stack import kafka
from stack.addresses import Addresses, claim_addresses
from stack.child import Nursery
from stack.mode_setup import spec
from stack.supervisor import Supervisor

MODE: Final = "drill-sink"
DATABASE: Final = clickhouse.database_of(MODE)
_PATIENCE_S: Final = 120.0
_QUIET_S: Final = 3.0
_NO_MERGES: Final = "max_bytes_to_merge_at_max_space_in_pool = 1, max_bytes_to_merge_at_min_space_in_pool = 1"
_SINK_KILLS_A_SERVER_KILL: Final = 6


class Ground:
    """One Kafka, one ClickHouse and one sink, each of which may be killed."""

    def __init__(self, home: Path, addresses: Addresses) -> None:
        """Kafka runs already; the rest is started one by one."""
        self.home, self._addresses = home, addresses
        self._nursery = Nursery()
        self._server: subprocess.Popen[bytes] | None = None
        self._sink: subprocess.Popen[bytes] | None = None
        self.server_deaths = 0
        run = home / "run" / MODE
        run.mkdir(parents=True, exist_ok=True)
        self._settings = Settings(
            mode=MODE, kafka=addresses.kafka, clickhouse=addresses.clickhouse, run=run, home=home, ready_file=run / "ready"
        )
        self.log = run / "store.log"

    def start_server(self) -> None:
        """Start ClickHouse and wait until it answers."""
        part = clickhouse_server.part(self.home, Path(__file__).resolve().parents[1], self._addresses)
        self._server = self._nursery.start(part.command, part.env, self.home / "run" / "clickhouse.log")
        until_s = time.monotonic() + _PATIENCE_S
        while not part.ready():
            if time.monotonic() > until_s:
                raise TransientError("ClickHouse does not come up")
            time.sleep(0.1)

    def kill_server(self) -> None:
        """End ClickHouse with kill -9."""
        assert self._server is not None
        self._nursery.kill_group(self._server)
        self._server = None

    def mend(self) -> None:
        """Start ClickHouse again if it has died by itself: the embedded engine may when a client dies in the midst of its greeting."""
        if self._server is not None and self._server.poll() is not None:
            self.server_deaths += 1
            self.kill_server()
            self.start_server()

    def start_sink(self, *, records: int, seconds: float) -> None:
        """Start the store with batches of *records* or *seconds*, whichever comes first."""
        self._settings.ready_file.unlink(missing_ok=True)
        command = (sys.executable, "-m", "pipelines.store.app", "--batch-records", str(records), "--batch-s", str(seconds))
        self._sink = self._nursery.start(command, self._settings.environment(), self.log)

    def kill_sink(self) -> None:
        """End the store with kill -9."""
        assert self._sink is not None
        self._nursery.kill_group(self._sink)
        self._sink = None

    @property
    def ready(self) -> bool:
        """Whether the store has taken up its topics."""
        return self._settings.ready_file.exists()

    def wait_ready(self) -> None:
        """Wait until it has."""
        until_s = time.monotonic() + _PATIENCE_S
        while not self.ready:
            self.mend()
            if time.monotonic() > until_s:
                raise TransientError(f"the store does not come up: {self.log.read_text()[-2000:]}")
            time.sleep(0.05)

    def held(self) -> dict[str, Counter[Row]]:
        """What each table holds now, every row as often as it is there."""
        client = clickhouse.client(self._addresses.clickhouse)
        try:
            return {
                table: Counter({tuple(row[:-1]): row[-1] for row in client.execute(_counted(table, keys))}) for table, keys in KEYS.items()
            }
        finally:
            client.disconnect()

    def count(self) -> int:
        """Rows in all tables."""
        client = clickhouse.client(self._addresses.clickhouse)
        try:
            asked = " + ".join(f"(SELECT count() FROM {DATABASE}.{table})" for table in KEYS)  # noqa: S608 - our own names
            return int(client.execute(f"SELECT {asked}")[0][0])
        finally:
            client.disconnect()

    def stop_merges(self) -> None:
        """Leave every part as it was inserted, over restarts too."""
        client = clickhouse.client(self._addresses.clickhouse)
        for table in KEYS:
            client.execute(f"ALTER TABLE {DATABASE}.{table} MODIFY SETTING {_NO_MERGES}")
        client.disconnect()

    def wait_for(self, rows: int) -> float:
        """Seconds until the tables hold *rows*, and stayed so for a while; as long as patience lasts."""
        since_s = time.monotonic()
        while time.monotonic() - since_s < _PATIENCE_S:
            self.mend()
            if self.count() >= rows:
                break
            time.sleep(0.2)
        took_s = time.monotonic() - since_s
        time.sleep(_QUIET_S)
        return took_s

    def close(self) -> None:
        """End what still runs."""
        for process in (self._sink, self._server):
            if process is not None:
                self._nursery.kill_group(process)
        self._nursery.close()


def _counted(table: str, keys: str) -> str:
    return f"SELECT {keys}, count() FROM {DATABASE}.{table} GROUP BY ALL"  # noqa: S608 - our own names


@contextmanager
def ground(home: Path, fetched: Path) -> Iterator[tuple[Ground, Feed, Path]]:
    """A ground under *home* with what was *fetched* (the folder of jars and engine), its feed and the feed's manifest."""
    for name in ("jars", "jvm", "chdb"):
        (home / name).symlink_to(fetched / name)
    addresses = claim_addresses(home)
    supervisor = Supervisor(
        [kafka.part(home, addresses)], logs=home / "run" / "logs", status_file=home / "run" / "status.json", on_change=lambda _: None
    )
    supervisor.start()
    made = Ground(home, addresses)
    try:
        kafka.ensure_topics(addresses.kafka, [spec(topic, MODE) for topic in ALL])
        made.start_server()
        manifest = home / "manifest"
        yield made, Feed(Sender(producer(addresses.kafka), MODE), manifest, seed=1), manifest
    finally:
        made.close()
        supervisor.stop()


@dataclass(frozen=True, slots=True, kw_only=True)
class Killed:
    """What came of a campaign of kills; ClickHouse may have died by itself besides."""

    sink_kills: int
    server_kills: int
    server_deaths: int
    records: int
    difference: Difference


def kills(home: Path, fetched: Path, *, count: int, seed: int) -> Killed:
    """Row 12: kill the sink *count* times while records flow, now and then ClickHouse too."""
    chance, servers = Random(seed), 0  # noqa: S311 - moments of a test
    with ground(home, fetched) as (place, feed, manifest):
        place.start_sink(records=1000, seconds=0.5)
        place.wait_ready()
        place.stop_merges()
        for number in range(count):
            _flow(feed, until_s=time.monotonic() + chance.uniform(0.1, 1.5))
            if number % _SINK_KILLS_A_SERVER_KILL == _SINK_KILLS_A_SERVER_KILL - 1:  # the sink lives and sends its block again
                place.kill_server()
                servers += 1
                place.start_server()
                _flow(feed, until_s=time.monotonic() + chance.uniform(0.1, 4))
            place.kill_sink()
            place.start_sink(records=chance.choice((20, 150, 1000, 8000)), seconds=chance.choice((0.05, 0.3, 1.0)))
            if chance.random() < 0.8:  # else it is killed while it starts
                place.wait_ready()
        place.wait_ready()
        want = wanted(manifest)
        place.wait_for(sum(rows.total() for rows in want.values()))
        return Killed(
            sink_kills=count,
            server_kills=servers,
            server_deaths=place.server_deaths,
            records=feed.records,
            difference=difference(want, place.held()),
        )


def _flow(feed: Feed, *, until_s: float) -> None:
    """Records until it is time; the sink is killed in the midst of them."""
    while time.monotonic() < until_s:
        feed.send(2)
        time.sleep(0.02)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """What came of an outage.

    Attributes:
        event_s: seconds of the event that went on without ClickHouse.
        records: that came meanwhile.
        catch_up_s: until all of them were stored.
    """

    event_s: int
    records: int
    catch_up_s: float
    difference: Difference


def outage(home: Path, fetched: Path, *, event_s: int) -> Gone:
    """Row 11: ClickHouse is gone for *event_s* seconds of the event, sent as fast as they go; the sink dies once meanwhile."""
    with ground(home, fetched) as (place, feed, manifest):
        place.start_sink(records=8000, seconds=1.0)
        place.wait_ready()
        place.stop_merges()
        feed.send(20)
        place.kill_server()
        before = feed.records
        feed.send(event_s // 2)
        place.kill_sink()
        place.start_sink(records=8000, seconds=1.0)
        feed.send(event_s - event_s // 2)
        missed = feed.records - before
        want = wanted(manifest)
        place.start_server()
        took_s = place.wait_for(sum(rows.total() for rows in want.values()))
        return Gone(event_s=event_s, records=missed, catch_up_s=took_s, difference=difference(want, place.held()))


def main(arguments: list[str]) -> int:
    """`python -m benchmarks.sink_kills [kills]`: as many kills as asked, a hundred by itself."""
    import tempfile  # noqa: PLC0415 - only here

    fetched = Path(__file__).resolve().parents[1] / ".muster"
    with tempfile.TemporaryDirectory() as folder:
        came = kills(Path(folder), fetched, count=int(arguments[0]) if arguments else 100, seed=11)
    print(
        f"{came.sink_kills} kills of the sink, {came.server_kills} of ClickHouse ({came.server_deaths} deaths of its own),"
        f" {came.records} records; {came.difference}"
    )
    return 0 if came.difference.none else 1


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except MusterError as error:
        sys.exit(f"muster: {error}")
