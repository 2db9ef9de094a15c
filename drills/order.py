"""Merges what partitions hold into the one order of the mode's clock, as a recorder reads it. Pure.

The clock is the ticks. A record of a topic with ticks stands after the newest tick before it in its own partition; one of
another topic stands at the time it was received, a command at the time it was appended. A record that ticks had already
overtaken, so that the speed of the machine decided whether its window still took it, is set before the first of them.
"""

from __future__ import annotations

import heapq
from bisect import bisect_right
from collections import Counter, deque
from collections.abc import Container, Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from drills.recording import Entry, tick
from pipelines import events
from pipelines.units import SLICE_US, TICK_DELAY_US, US_PER_MS, US_PER_S

HOLD_US: Final = 5 * US_PER_S
_TICKS_KEPT: Final = 12_000  # ten minutes: to find the tick of a command that was read late
# By topic: the step of the windows that take it first, and how long after its end they still do; µs. flow.sql counts doubled counts once in
# slices of 200 ms before its windows of a second: a slice that ticks have passed is closed, however long its second is still open.
_WINDOWS: Final[Mapping[str, tuple[int, int]]] = {
    "crowd.zones": (SLICE_US, 0),
    "crowd.crossings": (SLICE_US, 0),
    "sensor.turnstile": (US_PER_S, US_PER_S),
    "vehicle.tracks": (US_PER_MS, US_PER_S),
    "camera.health": (SLICE_US, 0),
    "camera.events": (SLICE_US, 0),
    "sensor.fire": (SLICE_US, 0),
    "sensor.identity": (SLICE_US, 0),
}
Place = tuple[str, int]


def event_us(record: Any) -> int:
    """The event time (µs UTC) by which windows know a record."""
    return int(record.slice_start_us if hasattr(record, "slice_start_us") else record.event_time_us)


def overtaken_at_us(thing: str, record: Any) -> int | None:
    """The earliest tick (µs UTC) that may close a window of *record*; None where no window waits for it."""
    if thing not in _WINDOWS:
        return None
    step_us, patience_us = _WINDOWS[thing]
    at_us = event_us(record)
    return at_us - at_us % step_us + step_us - US_PER_MS + patience_us


def _received_us(record: Any) -> int | None:
    """When a record of a topic without ticks was received, by the mode's clock; None where it does not say."""
    match record:
        case events.AlertCommand():
            return None  # a person's time is the wall's, whatever clock the mode has
        case events.CrowdCells():
            return record.event_time_us + record.period_us
        case _:
            return int(record.received_us)


class Order:
    """Takes rows of many partitions, each partition in its order, and gives entries in the order of the clock.

    Args:
        places: every partition that is read.
        ticked: topics in which ticks travel.
        behind: partitions without ticks that hold records already: (thing, partition) → the offset after the last of them.
        hold_us: how far behind the ticks entries are given out, so that what comes late still finds its place.

    Attributes:
        counts: `overtaken` records were set before the tick that had overtaken them; `displaced` ones came too late for their place.
    """

    def __init__(self, places: Iterable[Place], *, ticked: Container[str], behind: Mapping[Place, int], hold_us: int = HOLD_US) -> None:
        """Nothing is known of any partition."""
        self._ticked: dict[Place, int] = {place: -1 for place in places if place[0] in ticked}
        self._behind = {place: end for place, end in behind.items() if place not in self._ticked}
        self._reached: dict[Place, int] = dict.fromkeys(self._behind, -1)
        self._hold_us = hold_us
        self._heap: list[tuple[tuple[int, bool, str, int, int], int, Entry]] = []
        self._pushed = 0
        self._before_tick: dict[Place, list[tuple[Entry, Any]]] = {}
        self._unplaced: deque[Entry] = deque()
        self._seen: set[int] = set()
        self._appended: list[tuple[int, int]] = []
        self.given_us = -1
        self.first_tick_us = -1
        self.counts: Counter[str] = Counter()

    @property
    def frontier_us(self) -> int:
        """The tick that every ticked partition has reached, and every other one as far as it held records at the beginning; -1 at first."""
        return min([*self._ticked.values(), *self._reached.values()], default=-1)

    def put(self, entry: Entry, record: Any) -> None:
        """Take the next row of a partition: *entry* with where it stood and its bytes, *record* what it says."""
        place = (entry.thing, entry.partition)
        if place in self._ticked:
            if record.tick:
                self._put_tick(place, event_us(record), entry.appended_us)
            elif self._ticked[place] < 0:
                self._before_tick.setdefault(place, []).append((entry, record))
            else:
                self._place(entry, record, self._ticked[place])
            return
        received_us = _received_us(record)
        if received_us is None:
            self._unplaced.append(entry)
        else:
            self._push(replace(entry, clock_us=received_us - TICK_DELAY_US))
        if place in self._behind:
            self._reached[place] = max(self._reached[place], (received_us or 0) - TICK_DELAY_US)
            self.caught_up(place, entry.offset + 1)

    def caught_up(self, place: Place, offset: int) -> None:
        """A partition is read up to *offset*; one that is through with what it held at the beginning is waited for no more."""
        if offset >= self._behind.get(place, offset + 1):
            del self._behind[place], self._reached[place]

    def _put_tick(self, place: Place, tick_us: int, appended_us: int) -> None:
        for entry, record in self._before_tick.pop(place, ()):
            self._place(entry, record, tick_us - 1)
        self._ticked[place] = max(self._ticked[place], tick_us)
        if tick_us <= self.given_us or tick_us in self._seen:
            return
        self._seen.add(tick_us)
        self.first_tick_us = tick_us if self.first_tick_us < 0 else min(self.first_tick_us, tick_us)
        self._push(tick(tick_us))
        if not self._appended or tick_us > self._appended[-1][1]:
            self._appended.append((max(appended_us, self._appended[-1][0] if self._appended else 0), tick_us))
            del self._appended[:-_TICKS_KEPT]

    def _place(self, entry: Entry, record: Any, tick_us: int) -> None:
        limit_us = overtaken_at_us(entry.thing, record)
        if limit_us is not None and tick_us >= limit_us:
            self.counts["overtaken"] += 1
            tick_us = limit_us - 1
        self._push(replace(entry, clock_us=tick_us))

    def _push(self, entry: Entry) -> None:
        if entry.clock_us < self.given_us:
            self.counts["displaced"] += 1
            entry = replace(entry, clock_us=self.given_us)
        self._pushed += 1
        heapq.heappush(self._heap, (entry.order, self._pushed, entry))

    def ready(self) -> list[Entry]:
        """Entries whose place nothing can come before any more."""
        self._place_commands(self._appended[-1][0] if self._appended else -1)
        return self._take(self.frontier_us - self._hold_us)

    def rest(self, *, until_us: int | None = None) -> list[Entry]:
        """All that is left, or what stands before *until_us*: the reading is over."""
        self._place_commands(None)
        for place in list(self._before_tick):
            for entry, record in self._before_tick.pop(place):
                self._place(entry, record, 0)
        return self._take(until_us)

    def _place_commands(self, appended_us: int | None) -> None:
        while self._unplaced and (appended_us is None or self._unplaced[0].appended_us < appended_us):
            entry = self._unplaced.popleft()
            index = bisect_right(self._appended, (entry.appended_us, 2**62)) - 1
            clock_us = self._appended[max(index, 0)][1] if self._appended else 0
            self._push(replace(entry, clock_us=clock_us))

    def _take(self, until_us: int | None) -> list[Entry]:
        found = []
        while self._heap and (until_us is None or self._heap[0][2].clock_us < until_us):
            entry = heapq.heappop(self._heap)[2]
            self.given_us = max(self.given_us, entry.clock_us)
            self._seen.discard(entry.clock_us)
            found.append(entry)
        return found
