"""Sends a recording into a drill of its own: one merged clock, the ticks in their place, event times as they were."""

from __future__ import annotations

import hashlib
import threading
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final

from connectors.kafka import Sender
from drills.order import overtaken_at_us
from drills.recording import TICKS, Entry
from drills.watch import AlertsPlace
from pipelines.codec import decode_body
from pipelines.errors import DecodeError
from pipelines.topics import BY_THING
from pipelines.units import MICRO, SLICE_US, TICK_INTERVAL_US, US_PER_S, WINDOW_US
from stack.ticker import send_ticks

_TAIL_US: Final = 2 * WINDOW_US
_SETTLED_US: Final = 2 * US_PER_S  # after its first tick every result topic has had a window
_READINGS: Final = (
    "camera.health",
    "camera.events",
    "sensor.fire",
    "sensor.identity",
)  # ALERTS waits for them; one that came late has a step of its own
_COMMANDS: Final = "alerts.commands"
_KEYS: Final = ("camera", "device", "vehicle", "alert_id")


class Replayer:
    """The clock and ticker of a replayed mode.

    A command has its place between two steps of ALERTS, as it had when a person gave it: the replay stands still until
    ALERTS has come there, and goes on when ALERTS has taken it. So it is for a reading that ticks had overtaken by more
    than a recorder mends.

    Args:
        sender: of the drill.
        alerts: where the drill's ALERTS stands.
        rate: 1 = as it was, 10 = ten times as fast, 0 = as fast as it goes.
        stop: set to end early.
        ticked: topics in which the plan's readers wait for ticks.

    Attributes:
        sent: messages by topic.
        skipped: messages that were not sent, by reason.
        last_tick_us: µs UTC; -1 before the first.
        waits: how often the replay stood still for ALERTS.
    """

    def __init__(self, sender: Sender, alerts: AlertsPlace, *, rate: float, stop: threading.Event, ticked: Sequence[str]) -> None:
        """Nothing is sent."""
        self._sender, self._alerts, self._rate, self._stop = sender, alerts, rate, stop
        self._ticked = ticked
        self._began_s = 0.0
        self.first_tick_us = self.last_tick_us = -1
        self.sent: Counter[str] = Counter()
        self.skipped: Counter[str] = Counter()
        self.waits = 0

    def play(self, entries: Iterable[Entry]) -> None:
        """Send them in their order."""
        for entry in entries:
            if self._stop.is_set():
                return
            if entry.thing == TICKS:
                self._tick(entry.clock_us)
            else:
                self._record(entry)

    def finish(self, *, ended: bool) -> int:
        """Tick past the last window, unless the recording does; returns the last tick's event time (µs), -1 without any."""
        if self.last_tick_us >= 0 and not ended:
            self._rate = 0
            last_us = self.last_tick_us + _TAIL_US
            last_us += SLICE_US - last_us % SLICE_US
            at_us = self.last_tick_us - self.last_tick_us % TICK_INTERVAL_US + TICK_INTERVAL_US
            while at_us <= last_us:
                self._tick(at_us)
                at_us += TICK_INTERVAL_US
        self._sender.flush(60)
        return self.last_tick_us

    def _tick(self, tick_us: int) -> None:
        if self.first_tick_us < 0:
            self.first_tick_us, self._began_s = tick_us, time.monotonic()
        if self._rate > 0:
            due_s = self._began_s + (tick_us - self.first_tick_us) / MICRO / self._rate
            self._stop.wait(max(due_s - time.monotonic(), 0))
        self.last_tick_us = tick_us
        send_ticks(self._sender, tick_us, things=self._ticked)
        self.sent[TICKS] += 1

    def _record(self, entry: Entry) -> None:
        try:
            record = decode_body(entry.body, entry.schema)
        except DecodeError as error:
            self.skipped[f"{entry.thing}: {error}"] += 1
            return
        if not isinstance(record, BY_THING[entry.thing].record) or getattr(record, "tick", False):
            self.skipped[f"{entry.thing}: a record that does not belong there"] += 1
            return
        limit_us = overtaken_at_us(entry.thing, record)
        if limit_us is not None and self.last_tick_us >= limit_us:
            if entry.thing not in _READINGS:
                self.skipped[f"{entry.thing}: came after its window"] += 1
                return
            self._wait_for_step()
        if entry.thing == _COMMANDS:
            self._wait_for_step()
        self._send(entry, record)
        if entry.thing == _COMMANDS:
            self._sender.flush(30)
            for lane in ("sensor.p1", _COMMANDS):
                self._alerts.wait_for_lane(lane, self.sent[lane])

    def _send(self, entry: Entry, record: Any) -> None:
        key = next((str(getattr(record, name)) for name in _KEYS if hasattr(record, name)), "")
        original = hashlib.blake2b(entry.body, digest_size=16).digest()
        self._sender.send(entry.thing, record, key=key, partition=entry.partition, headers=[("original", original)])
        self.sent[entry.thing] += 1

    def _wait_for_step(self) -> None:
        """ALERTS has taken every step that is finished: what follows comes after them, at every rate."""
        if self.last_tick_us < self.first_tick_us + _SETTLED_US or self.first_tick_us < 0:
            return
        self.waits += 1
        self._sender.flush(30)
        self._alerts.wait_for_step(self.last_tick_us)
