"""Finds offsets of raw.* that nobody accounted for, and has them judged by the same hands.

Faust commits what its agents have gone past, and may go past what they never saw (a rebalance, a group's offsets set
forward). The auditor lives inside INGEST: it shares its windows, so that one judge decides, and what an agent has in its
hands is never taken twice. Another process would judge by windows of a moment ago.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from connectors.kafka import Row, Tail
from connectors.kafka_marks import Marks
from pipelines.errors import MusterError
from pipelines.ingest.coverage import Covered, Patience, Place
from pipelines.settings import Settings
from pipelines.topics import RAW

AFTER_S: Final = 10.0
_READ_S: Final = 5.0
_MOST: Final = 2000


class Auditor:
    """Looks at every partition that is this worker's."""

    def __init__(self, settings: Settings, covered: Mapping[Place, Covered], *, after_s: float = AFTER_S) -> None:
        """Dial."""
        self._settings, self._covered = settings, covered
        self._marks = Marks(settings.kafka, mode=settings.mode, things=[topic.thing for topic in RAW])
        self._patience = Patience(after_s)

    async def left(self, assigned: Iterable[Place]) -> list[Row]:
        """The records that were left, the oldest first; empty where the broker does not answer."""
        mine = set(assigned)
        try:
            bounds = await asyncio.to_thread(self._marks.bounds)
            rows: list[Row] = []
            for place, (begin, end) in bounds.items():
                covered = self._covered.get(place)
                if place not in mine or covered is None:
                    continue
                for first, after in self._patience.due(time.monotonic(), place, begin=begin, end=end, covered=covered):
                    rows += await asyncio.to_thread(self._read, place, first, after)
        except MusterError as error:
            print(f"ingest: the auditor looks again: {error}", flush=True)
            return []
        return rows

    def _read(self, place: Place, first: int, after: int) -> list[Row]:
        """The records [first, after) of a partition, at most 2,000 of them at once."""
        tail = Tail(self._settings.kafka, mode=self._settings.mode, things=(place[0],), start="end", offsets={place: first})
        found: dict[int, Row] = {}
        until_s = time.monotonic() + _READ_S
        wanted = min(after, first + _MOST)
        try:
            while time.monotonic() < until_s and max(found, default=first - 1) < wanted - 1:
                _keep(found, tail.poll(0.2), lambda row: row.partition == place[1] and first <= row.offset < wanted)
        finally:
            tail.close()
        return [found[offset] for offset in sorted(found)]


def _keep(found: dict[int, Row], rows: Iterable[Row], wanted: Callable[[Row], bool]) -> None:
    found.update({row.offset: row for row in rows if wanted(row)})
