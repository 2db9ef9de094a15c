"""The INGEST process: Faust agents from raw.* to sensor.*, with a ledger of every offset.

Faust commits what an agent has gone past, so nothing may leave the loop by an exception: a bad record becomes a dead
letter, and what cannot be sent is sent again until it is.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import math
import sys
import time
from collections import defaultdict
from collections.abc import AsyncIterable, Collection, Coroutine, Iterable, Mapping, Sequence
from typing import Any, Final

import faust

from connectors.kafka import Row, Sender, StillUnderWayError, Tail, producer
from pipelines import probe
from pipelines.errors import MusterError, TransientError
from pipelines.events import LedgerEntry, SensorFire, StageHealth
from pipelines.ingest import ledger
from pipelines.ingest.auditor import Auditor
from pipelines.ingest.coverage import Covered, Place
from pipelines.ingest.dedupe import Dedupe
from pipelines.ingest.incoming import Raw, dead_letter, raw_of
from pipelines.ingest.lane import FIRE, Lane
from pipelines.ingest.validate import Accepted, Duplicate, Refused, judge, recall, site_of
from pipelines.measures.driving import Driving
from pipelines.settings import Settings, die, read
from pipelines.topics import BY_THING, RAW, split
from plan.load import load

_BATCH: Final = 500
_WITHIN_S: Final = 0.04
_AUDIT_EVERY_S: Final = 4.0
_SESSION_S: Final = 8.0
_PAUSE_S: Final = _SESSION_S / 2  # a process that stood still for longer may have lost its partitions, and not know it
_NUMBER: Final = "number"  # header of sensor.p1: which reading of its device it is
Out = tuple[str, str, Any, Sequence[tuple[str, bytes]]]


class Ingest:
    """Judges batches of raw records and writes what became of them."""

    def __init__(self, settings: Settings) -> None:
        """Read the ledger and the lane for life safety, so that what was passed on before a crash is not taken twice."""
        self._settings = settings
        self._site = site_of(load(settings.plan), mode=settings.mode, mode_key=settings.mode_key())
        self._dedupe, self._p1_dedupe = Dedupe(), Dedupe()
        self._driving = Driving(self._site.road)
        self.covered: dict[Place, Covered] = defaultdict(Covered)
        self._p1_covered: dict[Place, Covered] = defaultdict(Covered)
        self._past = Tail(settings.kafka, mode=settings.mode, things=("ledger.ingest", "sensor.p1"))
        for row in self._past.read_to_end():
            self._recall(row)
        self._sender = Sender(producer(settings.kafka, linger_ms=2), settings.mode)
        self._p1_sender = Sender(producer(settings.kafka, linger_ms=0), settings.mode)
        self._locks: dict[Sender, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._past_lock = asyncio.Lock()
        self._under_way: set[asyncio.Future[None]] = set()
        self._awake_s, self._paused_s = time.monotonic(), -math.inf
        self._taken = self._refused = self._clamped = self._audited = 0

    # -- what is known already ----------------------------------------------------------------------------------

    async def catch_up(self) -> None:
        """Take up what other workers have accounted for: their partitions may be this one's from now on."""
        rows: list[Row] = []
        async with self._past_lock:
            try:
                await asyncio.to_thread(lambda: rows.extend(self._past.read_to_end()))
            except TransientError as error:
                print(f"ingest: {error}; the ledger is read on later", file=sys.stderr, flush=True)
            for row in rows:  # what came before an error too: it is not read again
                self._recall(row)

    async def wake(self) -> None:
        """After a pause, learn first what another worker has judged meanwhile."""
        if time.monotonic() - self._awake_s > _PAUSE_S:
            print("ingest: it stood still; what others have judged meanwhile is read first", file=sys.stderr, flush=True)
            await self.catch_up()
            self._paused_s = time.monotonic()
        self._awake_s = time.monotonic()

    async def drain(self) -> None:
        """Finish what is in hand before the partitions are another worker's."""
        await asyncio.sleep(2 * _WITHIN_S)  # a batch that is still being collected
        while self._under_way:
            await asyncio.wait(self._under_way)

    def _recall(self, row: Row) -> None:
        match row.record:
            case LedgerEntry() as entry:
                if self.covered[entry.topic, entry.partition].add(entry.first_offset, len(entry.outcomes)):
                    self._dedupe.restore(ledger.devices_of(entry))
            case SensorFire() as reading:
                self._recall_p1(reading, dict(row.headers))

    def _recall_p1(self, reading: SensorFire, headers: dict[str, bytes]) -> None:
        thing, _, rest = headers.get("source", b"").decode().partition("/")
        partition, _, offset = rest.partition("/")
        if not offset or not self._p1_covered[thing, int(partition)].add(int(offset)):
            return
        if headers.get(_NUMBER):
            recall(self._p1_dedupe, reading.device, headers[_NUMBER])
            if not reading.verified:  # no window in the ledger holds these
                recall(self._dedupe, reading.device, headers[_NUMBER])

    # -- what comes in ------------------------------------------------------------------------------------------

    async def take(self, batch: Iterable[Raw], *, stage: str = "ingest") -> None:
        """Judge a batch of records, send what it became, then account for it in the name of *stage*."""
        await self.wake()
        by_place: dict[Place, list[Raw]] = defaultdict(list)
        for raw in batch:
            by_place[raw.place].append(raw)
        missed: list[Raw] = []
        out: list[Out] = []
        accounts: list[LedgerEntry] = []
        for raws in by_place.values():  # each partition's account carries its own windows: another worker may own it next
            accounts += self._judge(raws, stage, missed, out)
        if accounts:
            await self._to_the_end(self._finish(missed, out, accounts))

    def _judge(self, raws: Iterable[Raw], stage: str, missed: list[Raw], out: list[Out]) -> list[LedgerEntry]:
        """Judge records of one partition; their account, and to *missed* and *out* what goes out before it."""
        outcomes: dict[tuple[str, int, int], bytes] = {}
        clamped = 0
        for raw in raws:
            if not self.covered[raw.place].add(raw.offset):
                continue
            self._taken += 1
            verdict = judge(raw.value, appended_us=raw.appended_us, site=self._site, dedupe=self._dedupe, driving=self._driving)
            if raw.thing == FIRE and not isinstance(verdict, Duplicate) and verdict.p1 is not None:
                missed.append(raw)
            match verdict:
                case Accepted():
                    outcomes[*raw.place, raw.offset] = ledger.ACCEPTED
                    clamped += verdict.clamped
                    out += [(topic, key, record, raw.source) for topic, key, record in verdict.readings]
                case Duplicate():
                    outcomes[*raw.place, raw.offset] = ledger.DUPLICATE
                case Refused():
                    self._refused += 1
                    outcomes[*raw.place, raw.offset] = ledger.REFUSED
                    out.append(("deadletter.ingest", raw.thing, dead_letter(raw, verdict.reason), raw.source))
        self._clamped += clamped
        return ledger.entries(outcomes, devices=self._dedupe.dump_touched(), clamped=clamped, stage=stage)

    async def _finish(self, missed: Sequence[Raw], out: Sequence[Out], accounts: Sequence[LedgerEntry]) -> None:
        for raw in missed:
            await self.take_p1(raw)
        await self._deliver(self._sender, out)
        # Only now: an account that arrives before its readings would bury them if the process died in between.
        await self._deliver(self._sender, [("ledger.ingest", entry.topic, entry, ()) for entry in accounts])

    async def lead(self, raw: Raw, assigned: Collection[Place]) -> None:
        """Take what the lane's own reader has found, where its partition is this worker's.

        Shortly after a pause nobody here knows whose it is: then the batch agent brings it, once Faust has heard.
        """
        await self.wake()
        if raw.place in assigned and time.monotonic() - self._paused_s > _PAUSE_S:
            await self.take_p1(raw)

    async def take_p1(self, raw: Raw) -> None:
        """Copy a life-safety reading to its lane at once, and once; all else is the batch agent's.

        The batch agent comes here too: what the lane's own reader never saw must not be lost.
        """
        await self.wake()
        if not self._p1_covered[raw.place].add(raw.offset):
            return
        verdict = judge(raw.value, appended_us=raw.appended_us, site=self._site, dedupe=self._p1_dedupe)
        if isinstance(verdict, Duplicate) or verdict.p1 is None:
            return
        out: list[Out] = [("sensor.p1", verdict.p1.device, verdict.p1, (*raw.source, (_NUMBER, verdict.number)))]
        if probe.is_probe(verdict.p1):
            out.append(("probe.passed", "ingest", probe.passed(verdict.p1, stage="ingest", at_us=time.time_ns() // 1000), ()))
        await self._to_the_end(self._deliver(self._p1_sender, out))

    async def audit(self, auditor: Auditor, assigned: Iterable[Place]) -> None:
        """Judge what the agents have left."""
        await self.catch_up()
        left = [raw_of(row) for row in await auditor.left(assigned)]
        if left:
            self._audited += len(left)
            print(f"ingest: {len(left)} records were left unaccounted; they are judged now, {self._audited} so far", flush=True)
            await self.take(left, stage="auditor")

    async def _to_the_end(self, work: Coroutine[Any, Any, None]) -> None:
        """Wait for *work*, which goes on though Faust cancel the agent that waits: what is judged is not judged again."""
        task = asyncio.ensure_future(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        await asyncio.shield(task)

    async def _deliver(self, sender: Sender, out: Sequence[Out]) -> None:
        """Send all, and again from the first until all has arrived: readers know repeats by their source."""
        async with self._locks[sender]:
            while True:
                try:
                    for thing, key, record, headers in out:
                        sender.send(thing, record, key=key, headers=headers)
                    await self._arrive(sender)
                except TransientError as error:
                    print(f"ingest: {error}; sending again", file=sys.stderr, flush=True)
                    await asyncio.sleep(error.retry_after_s)
                else:
                    return

    async def _arrive(self, sender: Sender) -> None:
        """Wait until the broker has all; what is only slow to arrive is on its way and must not be sent twice."""
        while True:
            try:
                await asyncio.to_thread(sender.flush, 10)
            except StillUnderWayError as error:
                print(f"ingest: {error}; waiting on", file=sys.stderr, flush=True)
            else:
                return

    async def report(self, lag: int) -> None:
        """Say how it goes."""
        health = StageHealth(
            stage="ingest",
            at_us=time.time_ns() // 1000,
            taken=self._taken,
            given=self._sender.sent,
            late=0,
            clamped=self._clamped,
            refused=self._refused,
            lag=lag,
            tick_age_us=-1,
        )
        await self._deliver(self._sender, [("stage.health", "ingest", health, ())])


def _lag(app: Any) -> int:
    """Records that wait, by what Faust last heard of its partitions."""
    ends: Mapping[Any, int] = {partition: app.consumer.highwater(partition) or 0 for partition in app.consumer.assignment()}
    reads: Mapping[Any, int] = app.consumer._read_offset  # noqa: SLF001 - Faust shows it nowhere else
    return sum(max(end - (reads.get(partition) or 0) - 1, 0) for partition, end in ends.items())


def _assigned(app: Any) -> list[Place]:
    """The partitions of raw.* that are this worker's now."""
    return [(split(place.topic)[1].thing, place.partition) for place in app.consumer.assignment()]


def build(settings: Settings, ingest: Ingest) -> Any:
    """The Faust app: a batching agent over raw.*; beside it the reader of life safety."""
    start = hashlib.sha256(settings.mode_key()).hexdigest()[:8]
    app = faust.App(
        f"muster-ingest-{settings.mode}-{start}",
        broker=[f"kafka://{each}" for each in settings.kafka.split(",")],
        datadir=str(settings.run / "faust"),
        value_serializer="raw",
        key_serializer="raw",
        topic_disable_leader=True,
        topic_allow_declare=False,
        web_enabled=False,
        consumer_auto_offset_reset="earliest",
        broker_commit_interval=1.0,
        broker_session_timeout=_SESSION_S,
        broker_heartbeat_interval=1.0,
        stream_wait_empty=False,
    )
    raw = app.topic(*(topic.name(settings.mode) for topic in RAW), value_type=bytes)

    async def readings(stream: AsyncIterable[Any]) -> None:
        async for batch in stream.take_events(_BATCH, within=_WITHIN_S):  # type: ignore[attr-defined]  # Faust's stream
            await ingest.take(map(raw_of, batch))

    async def health() -> None:
        await ingest.wake()
        await ingest.report(_lag(app))

    app.agent(raw, name="readings")(readings)
    app.timer(1.0)(health)

    auditor = Auditor(settings, ingest.covered)
    loop: list[asyncio.AbstractEventLoop] = []
    leading: set[asyncio.Future[None]] = set()

    def lead(raw: Raw) -> None:
        task = asyncio.ensure_future(ingest.lead(raw, _assigned(app)))
        leading.add(task)
        task.add_done_callback(leading.discard)

    def found(raw: Raw) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended
            loop[0].call_soon_threadsafe(lead, raw)

    lane = Lane(settings, found)

    async def audit() -> None:
        await ingest.audit(auditor, _assigned(app))

    app.timer(_AUDIT_EVERY_S)(audit)

    async def started(*_: Any, **__: Any) -> None:
        await ingest.catch_up()
        for place in _assigned(app):
            ingest.covered[place]  # known from now on, though nothing may ever come of it
        loop[:] = [asyncio.get_running_loop()]
        lane.start({(FIRE, partition): ingest.covered[FIRE, partition].highest + 1 for partition in range(BY_THING[FIRE].partitions)})
        settings.ready()

    async def revoked(*_: Any, **__: Any) -> None:
        await ingest.drain()

    app.on_partitions_assigned.connect(started)
    app.on_partitions_revoked.connect(revoked)

    async def ending(*_: Any, **__: Any) -> None:
        lane.close()

    app.on_before_shutdown.connect(ending)
    return app


def main() -> None:
    """Run as a Faust worker, without its web server."""
    try:
        settings = read()
        ingest = Ingest(settings)
    except MusterError as error:
        die(error)
        return
    app = build(settings, ingest)
    sys.argv = ["faust", "worker", "--without-web", "--loglevel", "warn"]
    app.main()


if __name__ == "__main__":
    main()
