"""The INGEST process: Faust agents from raw.* to sensor.*, with a ledger of every offset.

Faust commits what an agent has gone past, so nothing may leave the loop by an exception: a bad record becomes a dead
letter, and what cannot be sent is sent again until it is.
"""

from __future__ import annotations

import asyncio
import hashlib
import sys
import time
from collections.abc import AsyncIterable, Mapping, Sequence
from typing import Any, Final

import faust

from connectors.kafka import Rejected, Sender, Tail, producer
from pipelines.errors import MusterError, TransientError
from pipelines.events import DeadLetter, LedgerEntry, StageHealth
from pipelines.ingest import ledger
from pipelines.ingest.dedupe import Dedupe
from pipelines.ingest.validate import Accepted, Duplicate, Refused, judge, site_of
from pipelines.measures.driving import Driving
from pipelines.settings import Settings, die, read
from pipelines.topics import RAW, split
from plan.load import load

_BATCH: Final = 500
_WITHIN_S: Final = 0.04
_RAW_BYTES: Final = 200_000


class Ingest:
    """Judges batches of raw records and writes what became of them."""

    def __init__(self, settings: Settings) -> None:
        """Read the ledger, so that what was accounted for before a crash is not taken twice."""
        self._settings = settings
        self._site = site_of(load(settings.plan), mode=settings.mode, mode_key=settings.mode_key())
        self._dedupe = Dedupe()
        self._driving = Driving(self._site.road)
        self._accounted: dict[tuple[str, int], int] = {}
        self._restore()
        self._sender = Sender(producer(settings.kafka, linger_ms=2), settings.mode)
        self._p1_sender = Sender(producer(settings.kafka, linger_ms=0), settings.mode)
        self._p1_dedupe = Dedupe()
        self._taken = self._refused = self._clamped = 0

    def _restore(self) -> None:
        tail = Tail(self._settings.kafka, mode=self._settings.mode, things=("ledger.ingest",))
        try:
            for row in tail.read_to_end():
                if not isinstance(row.record, Rejected):
                    self._recall(row.record)
        finally:
            tail.close()

    def _recall(self, entry: LedgerEntry) -> None:
        self._dedupe.restore(ledger.devices_of(entry))
        place = (entry.topic, entry.partition)
        self._accounted[place] = max(self._accounted.get(place, -1), entry.first_offset + len(entry.outcomes) - 1)

    async def take(self, batch: Sequence[Any]) -> None:
        """Judge a batch of Faust events, send what it became, then account for it."""
        outcomes: dict[tuple[str, int, int], bytes] = {}
        out: list[tuple[str, str, Any, Sequence[tuple[str, bytes]]]] = []
        clamped = 0
        for event in batch:
            message = event.message
            thing = split(message.topic)[1].thing
            if message.offset <= self._accounted.get((thing, message.partition), -1):
                continue
            self._taken += 1
            source = (("source", f"{thing}/{message.partition}/{message.offset}".encode()),)
            appended_us = round(message.timestamp * 1e6)
            verdict = judge(message.value, appended_us=appended_us, site=self._site, dedupe=self._dedupe, driving=self._driving)
            match verdict:
                case Accepted():
                    outcomes[thing, message.partition, message.offset] = ledger.ACCEPTED
                    clamped += verdict.clamped
                    out += [(topic, key, record, source) for topic, key, record in verdict.readings]
                case Duplicate():
                    outcomes[thing, message.partition, message.offset] = ledger.DUPLICATE
                case Refused():
                    self._refused += 1
                    outcomes[thing, message.partition, message.offset] = ledger.REFUSED
                    out.append(("deadletter.ingest", thing, _dead(message, thing, verdict.reason), source))
        if outcomes:
            self._clamped += clamped
            accounts = ledger.entries(outcomes, devices=self._dedupe.dump_touched(), clamped=clamped)
            await self._deliver(self._sender, [*out, *(("ledger.ingest", entry.topic, entry, ()) for entry in accounts)])
            for thing, partition, offset in outcomes:
                self._accounted[thing, partition] = max(self._accounted.get((thing, partition), -1), offset)

    async def take_p1(self, event: Any) -> None:
        """Copy a life-safety reading to its lane at once; all else is the batch agent's."""
        message = event.message
        verdict = judge(message.value, appended_us=round(message.timestamp * 1e6), site=self._site, dedupe=self._p1_dedupe)
        if isinstance(verdict, Accepted) and verdict.p1 is not None:
            thing = split(message.topic)[1].thing
            source = (("source", f"{thing}/{message.partition}/{message.offset}".encode()),)
            await self._deliver(self._p1_sender, [("sensor.p1", verdict.p1.device, verdict.p1, source)])

    async def _deliver(self, sender: Sender, out: Sequence[tuple[str, str, Any, Sequence[tuple[str, bytes]]]]) -> None:
        """Send all, and again from the first until all has arrived: readers know repeats by their source."""
        while True:
            try:
                for thing, key, record, headers in out:
                    sender.send(thing, record, key=key, headers=headers)
                await asyncio.to_thread(sender.flush, 10)
            except TransientError as error:
                print(f"ingest: {error}; sending again", file=sys.stderr, flush=True)
                await asyncio.sleep(error.retry_after_s)
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


def _dead(message: Any, thing: str, reason: str) -> DeadLetter:
    return DeadLetter(
        stage="ingest",
        topic=thing,
        partition=message.partition,
        offset=message.offset,
        reason=reason,
        raw=bytes(message.value or b"")[:_RAW_BYTES],
        at_us=round(message.timestamp * 1e6),
    )


def _lag(app: Any) -> int:
    """Records that wait, by what Faust last heard of its partitions."""
    ends: Mapping[Any, int] = {partition: app.consumer.highwater(partition) or 0 for partition in app.consumer.assignment()}
    reads: Mapping[Any, int] = app.consumer._read_offset  # noqa: SLF001 - Faust shows it nowhere else
    return sum(max(end - (reads.get(partition) or 0) - 1, 0) for partition, end in ends.items())


def build(settings: Settings, ingest: Ingest) -> Any:
    """The Faust app: a batching agent over raw.*, and one of its own for life safety."""
    start = hashlib.sha256(settings.mode_key()).hexdigest()[:8]
    app = faust.App(
        f"muster-ingest-{settings.mode}-{start}",
        broker=f"kafka://{settings.kafka}",
        datadir=str(settings.run / "faust"),
        value_serializer="raw",
        key_serializer="raw",
        topic_disable_leader=True,
        topic_allow_declare=False,
        web_enabled=False,
        consumer_auto_offset_reset="earliest",
        broker_commit_interval=1.0,
        broker_session_timeout=8.0,
        broker_heartbeat_interval=1.0,
        stream_wait_empty=False,
    )
    raw = app.topic(*(topic.name(settings.mode) for topic in RAW), value_type=bytes)
    fire = app.topic(f"{settings.mode}.raw.fire.v1", value_type=bytes)

    async def readings(stream: AsyncIterable[Any]) -> None:
        async for batch in stream.take_events(_BATCH, within=_WITHIN_S):  # type: ignore[attr-defined]  # Faust's stream
            await ingest.take(batch)

    async def life_safety(stream: AsyncIterable[Any]) -> None:
        async for event in stream.events():  # type: ignore[attr-defined]  # Faust's stream
            await ingest.take_p1(event)

    async def health() -> None:
        await ingest.report(_lag(app))

    app.agent(raw, name="readings")(readings)
    app.agent(fire, name="life-safety")(life_safety)
    app.timer(1.0)(health)

    async def started(*_: Any, **__: Any) -> None:
        settings.ready()

    app.on_partitions_assigned.connect(started)
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
