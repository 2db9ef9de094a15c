"""How far the stages of a played mode have come: waits for ALERTS, and for every row of the results."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from typing import Any, Final

from connectors.kafka import Rejected, Row, Tail
from drills.results import CONDITIONS, MEASURES, Results
from pipelines.alerts import saved
from pipelines.errors import TransientError
from pipelines.events import AlertState
from pipelines.units import slice_start_us

PATIENCE_S: Final = 180.0


class AlertsPlace:
    """Where ALERTS stands by the newest state that it saved: a restart does not fall behind that."""

    def __init__(self, kafka: str, mode: str, stop: threading.Event) -> None:
        """Read the mode's saved states from the beginning."""
        self._tail = Tail(kafka, mode=mode, things=("alerts.state",))
        self._stop = stop
        self._records: list[AlertState] = []
        self._state: dict[str, Any] = {"last_us": -1, "offsets": {}}

    def wait(self, reached: Callable[[dict[str, Any]], bool], what: str) -> None:
        """Until the saved state (`last_us`, `offsets`) is as wanted.

        Raises:
            TransientError: it does not come.
        """
        until_s = time.monotonic() + PATIENCE_S
        while not self._stop.is_set() and not reached(self._state):
            if time.monotonic() > until_s:
                raise TransientError(f"alerts did not come to {what} within {PATIENCE_S:g} s; it is at {self._state['last_us']}")
            self._records += [row.record for row in self._tail.poll(0.2) if not isinstance(row.record, Rejected)]
            number, state = saved.newest(self._records)
            if state is not None:
                self._state = state
                self._records = [record for record in self._records if record.set_number > number]

    def wait_for_step(self, tick_us: int) -> None:
        """Until ALERTS has taken every step that the tick *tick_us* finishes."""
        self.wait(lambda state: state["last_us"] >= slice_start_us(tick_us), f"the step at {slice_start_us(tick_us)}")

    def wait_for_lane(self, thing: str, offset: int) -> None:
        """Until ALERTS has used the lane *thing* up to *offset*."""
        self.wait(lambda state: state["offsets"].get(thing, 0) >= offset, f"record {offset} of {thing}")

    def close(self) -> None:
        """Hang up."""
        self._tail.close()


def gathered(
    kafka: str, mode: str, *, results: Iterable[str], last_tick_us: int, stop: threading.Event, book: Callable[[Row], None] | None = None
) -> Results:
    """Everything that a mode found up to its last tick, once it is all there.

    Args:
        kafka: host:port.
        mode: a played one.
        results: topics that its jobs write.
        last_tick_us: µs UTC; -1 when there was none.
        stop: set to take what is there.
        book: told of every row too.

    Raises:
        TransientError: it does not come.
    """
    found, wanted = Results(), list(results)
    if last_tick_us >= 0:
        place = AlertsPlace(kafka, mode, stop)
        try:
            place.wait_for_step(last_tick_us)
        finally:
            place.close()
    tail = Tail(kafka, mode=mode, things=(*MEASURES, CONDITIONS))
    until_s = time.monotonic() + PATIENCE_S
    try:
        while True:
            for row in tail.read_to_end():
                if not isinstance(row.record, Rejected):
                    found.put(row.thing, row.record)
                    if book is not None:
                        book(row)
            lacking = found.lacking(wanted, last_tick_us) if last_tick_us >= 0 else []
            if not lacking or stop.is_set():
                return found
            if time.monotonic() > until_s:
                raise TransientError(f"results did not come within {PATIENCE_S:g} s: {', '.join(lacking)}")
            time.sleep(0.2)
    finally:
        tail.close()
