"""One order for all inputs: rows by event time, in steps of 200 ms, up to what every input has finished.

An input of results (from Flink) is finished up to a window when its progress row has come *and* as many rows as that
says: order among sinks, parallelism and repeats after a restore do not matter. An input of readings is finished up to
its newest tick. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from pipelines import events, units
from pipelines.topics import BY_THING


@dataclass(slots=True, kw_only=True)
class _Input:
    """Rows that wait, by the step that they belong to."""

    waiting: dict[int, dict[str, tuple[int, Any]]] = field(default_factory=dict)
    expected: dict[int, tuple[int, int]] = field(default_factory=dict)
    first_us: int = -1
    frontier_us: int = -1
    next_offset: int = 0

    def finish_results(self) -> None:
        for window_end in sorted(self.expected):
            if len(self.waiting.get(window_end, ())) < self.expected[window_end][0]:
                return
            self.frontier_us = max(self.frontier_us, window_end)
            del self.expected[window_end]

    def resume_offset(self) -> int:
        """Where a restart must read from: the first record that is not yet used up."""
        rows = [offset for step in self.waiting.values() for offset, _ in step.values()]
        return min([*rows, *(offset for _, offset in self.expected.values()), self.next_offset])


class Merge:
    """Merges inputs into steps.

    Args:
        results: topics of Flink results, with progress rows.
        readings: topics of readings, with ticks, one partition each.
        last_us: the last step already taken, or -1 at the beginning.
    """

    def __init__(self, *, results: Iterable[str], readings: Iterable[str], last_us: int = -1) -> None:
        """Wait for every input."""
        self._results = {thing: _Input() for thing in results}
        self._readings = {thing: _Input() for thing in readings}
        self.last_us = last_us

    def put_result(self, thing: str, offset: int, row: Any, *, key: str) -> None:
        """Take a result or progress row; *key* tells rows of one window apart, so that repeats fall together."""
        source = self._results[thing]
        source.next_offset = max(source.next_offset, offset + 1)
        if row.window_end_us <= max(self.last_us, source.frontier_us):
            return
        if row.progress:
            source.first_us = row.window_end_us if source.first_us < 0 else source.first_us
            source.expected.setdefault(row.window_end_us, (row.rows, offset))
        else:
            source.waiting.setdefault(row.window_end_us, {}).setdefault(key, (offset, row))
        source.finish_results()

    def put_reading(self, thing: str, offset: int, row: Any) -> None:
        """Take a reading, or the tick that finishes the input up to its event time."""
        source = self._readings[thing]
        source.next_offset = max(source.next_offset, offset + 1)
        if row.tick:
            source.frontier_us = max(source.frontier_us, units.slice_start_us(row.event_time_us))
            if source.first_us < 0:
                source.first_us = min([source.frontier_us, *source.waiting])
            return
        step = max(units.slice_start_us(row.event_time_us) + units.SLICE_US, self.last_us + units.SLICE_US)
        source.waiting.setdefault(step, {})[f"{row.event_time_us:020d} {offset:020d}"] = (offset, row)

    def _finished_us(self) -> int:
        """The last step that every input has finished; -1 before all have begun."""
        every = [*self._results.values(), *self._readings.values()]
        return min(source.frontier_us for source in every)

    def steps(self, *, most: int = 1_000_000) -> Iterable[tuple[int, list[tuple[str, Any]]]]:
        """Each step that is finished and not yet taken, *most* at once: its event time, and its rows in their one order."""
        until = self._finished_us()
        if until < 0:
            return
        if self.last_us < 0:
            self._begin()
        until = min(until, self.last_us + most * units.SLICE_US)
        while self.last_us + units.SLICE_US <= until:
            step = self.last_us + units.SLICE_US
            rows = [
                (thing, row)
                for thing, source in sorted({**self._results, **self._readings}.items())
                for _, (_, row) in sorted(source.waiting.pop(step, {}).items())
            ]
            self.last_us = step
            yield step, rows

    def _begin(self) -> None:
        """The first step is the first window that any result topic finished, however much has come by now.

        Without result topics it is that of the first tick or of a reading before it. Else readings of before join the first step.
        """
        first_us = min(source.first_us for source in (self._results or self._readings).values())
        self.last_us = first_us - units.SLICE_US
        for source in self._readings.values():
            for step in sorted(step for step in source.waiting if step < first_us):
                for key, row in source.waiting.pop(step).items():
                    source.waiting.setdefault(first_us, {}).setdefault(key, row)

    def offsets(self) -> dict[str, int]:
        """Where a restart must read each input from."""
        return {thing: source.resume_offset() for thing, source in {**self._results, **self._readings}.items()}


def input_name(thing: str, partition: int) -> str:
    """What the merge calls a partition of readings: each has its own ticks."""
    return f"{thing}/{partition}" if BY_THING[thing].partitions > 1 else thing


def input_place(name: str) -> tuple[str, int]:
    """The inverse of `input_name`."""
    thing, _, partition = name.partition("/")
    return thing, int(partition or 0)


def result_key(row: Any) -> str:
    """What tells the rows of one window apart, by topic."""
    match row:
        case events.CrowdDensity():
            return str(row.zone)
        case events.CrowdFlow():
            return str(row.line)
        case events.CrowdOccupancy():
            return str(row.area)
        case _:
            return f"{row.kind}/{row.vehicle}/{row.zone}/{row.detail}"
