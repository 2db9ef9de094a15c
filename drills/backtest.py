"""The rules over a recording again, without any server: once as they are and once as they would be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

from drills.order import overtaken_at_us
from drills.recording import TICKS, Entry
from drills.results import Results
from drills.windows import Windows
from pipelines.alerts.kernel import Kernel
from pipelines.alerts.merge import Merge, input_name, result_key
from pipelines.codec import decode_body
from pipelines.errors import ConfigError, DecodeError
from pipelines.events import AlertChange
from pipelines.topics import BY_THING
from plan import needs
from plan.load import plan_hash
from plan.model import Plan
from stack.ticker import tick_record

MODE: Final = "drill-backtest"
_SUMS: Final = ("crowd.zones", "crowd.crossings", "sensor.turnstile")
_READINGS: Final = (*needs.READINGS, needs.EVENTS)
_WAITED_FOR: Final = ("crowd.zones", "crowd.crossings", "sensor.turnstile")
_READ: Final = {*_SUMS, *_READINGS, "sensor.p1", "alerts.commands"}


class Trial:
    """One plan tried on what was recorded: the merge and the kernel of ALERTS.

    Attributes:
        changes: every change of every alert so far, in order.
    """

    def __init__(self, plan: Plan) -> None:
        """Nothing has happened."""
        self._kernel = Kernel(plan, plan_hash=plan_hash(plan), mode=MODE)
        self._readings = needs.readings(plan)
        self._inputs = [input_name(thing, partition) for thing in self._readings for partition in range(BY_THING[thing].partitions)]
        self._merge = Merge(results=results_of(plan), readings=self._inputs)
        self._offset = 0
        self.changes: list[AlertChange] = []

    def put(self, thing: str, record: Any, partition: int = 0) -> None:
        """Take a record of a result topic, of readings, or of the lane."""
        self._offset += 1
        if thing == "sensor.p1":
            self.changes += self._kernel.p1(record)
        elif thing == "alerts.commands":
            self.changes += self._kernel.command(record)[0]
        elif thing in self._readings:
            self._merge.put_reading(input_name(thing, partition), self._offset, record)
        elif thing in _READINGS:
            pass  # another plan asked for it
        else:
            self._merge.put_result(thing, self._offset, record, key=result_key(record))

    def tick(self, tick_us: int) -> list[tuple[str, Any]]:
        """Take every step that the tick finishes; returns its outlooks."""
        for name in self._inputs:
            self._merge.put_reading(name, self._offset, tick_record(BY_THING[name.partition("/")[0]], tick_us))
        outlooks = []
        for now_us, rows in self._merge.steps():
            step = self._kernel.step(now_us, rows)
            self.changes += step.changes
            outlooks += [(thing, record) for thing, _, record in step.outlook]
        return outlooks


def results_of(plan: Plan) -> tuple[str, ...]:
    """The result topics that can be worked out from a recording: all but evidence about vehicles."""
    return tuple(thing for thing in needs.results(plan) if thing != needs.VEHICLES)


class Backtest:
    """A recording through one or more plans.

    Args:
        recorded: the plan that was recorded.
        tried: plans that are tried instead; their zones, lines and devices are those of the recorded one.

    Attributes:
        trials: the recorded plan's, then the others'.
        results: measures, outlooks and conditions of the recorded plan, to be hashed.
        skipped: what was not taken, by reason.
        first_us, last_us: first and last tick; -1 without any.
    """

    def __init__(self, recorded: Plan, tried: Iterable[Plan] = ()) -> None:
        """Nothing is read.

        Raises:
            ConfigError: the plan has nothing that can be worked out again.
        """
        things = results_of(recorded)
        if not things:
            raise ConfigError("the plan has no cameras over people, lines or turnstiles: there is nothing to try again")
        self._windows = Windows(recorded, things)
        self.trials = [Trial(plan) for plan in (recorded, *tried)]
        self.results = Results()
        self.skipped: Counter[str] = Counter()
        self.first_us = self.last_us = -1

    def run(self, entries: Iterable[Entry]) -> None:
        """Take every entry of a recording, in its order."""
        for entry in entries:
            if entry.thing == TICKS:
                self._tick(entry.clock_us)
            elif entry.thing in _READ:
                self._record(entry)
        for change in self.trials[0].changes:
            self.results.put("alerts.changes", change)

    def _tick(self, tick_us: int) -> None:
        self.first_us = tick_us if self.first_us < 0 else self.first_us
        self.last_us = tick_us
        for thing, row in self._windows.tick(tick_us):
            self.results.put(thing, row)
            for trial in self.trials:
                trial.put(thing, row)
        for index, trial in enumerate(self.trials):
            outlooks = trial.tick(tick_us)
            if index == 0:
                for thing, record in outlooks:
                    self.results.put(thing, record)

    def _record(self, entry: Entry) -> None:
        try:
            record = decode_body(entry.body, entry.schema)
        except DecodeError as error:
            self.skipped[f"{entry.thing}: {error}"] += 1
            return
        limit_us = overtaken_at_us(entry.thing, record) if entry.thing in _WAITED_FOR else None
        if limit_us is not None and self.last_us >= limit_us:
            self.skipped[f"{entry.thing}: came after its window"] += 1
            return
        if entry.thing in _SUMS:
            self._windows.take(record)
        if entry.thing in _READINGS or entry.thing not in _SUMS:
            for trial in self.trials:
                trial.put(entry.thing, record, entry.partition)
