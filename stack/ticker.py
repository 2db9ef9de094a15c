"""The ticker of a mode whose clock is the wall clock: it alone moves watermarks and merges.

Every 50 ms it writes tick(T), T = now - 250 ms, into every partition of every topic in which the plan's jobs or ALERTS wait for it.
When the broker was down it begins again a little later than the others, so that no window is closed before what they have kept.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Iterable
from dataclasses import MISSING, fields
from functools import cache
from typing import Any, Final, Literal

from connectors.kafka import RECONNECT_MAX_MS, Sender, producer
from pipelines import settings as settings_module
from pipelines import units
from pipelines.codec import encode
from pipelines.errors import MusterError, TransientError
from pipelines.topics import BY_THING, Topic
from plan import needs
from plan.load import load

_STALLED_US: Final = 500_000  # nothing has arrived for so long: the broker is down
_GRACE_US: Final = 2 * RECONNECT_MAX_MS * 1000
_EMPTY: Final = {"str": "", "int": 0, "float": 0.0, "bool": False, "bytes": b""}


@cache
def _empty_fields(thing: str) -> dict[str, Any]:
    return {field.name: _EMPTY[str(field.type)] for field in fields(BY_THING[thing].record) if field.default is MISSING}


def tick_record(topic: Topic, tick_us: int) -> Any:
    """The tick of *topic* for event time *tick_us* (µs UTC): the time and the mark, all else empty."""
    given = _empty_fields(topic.thing)
    time_field = "slice_start_us" if "slice_start_us" in given else "event_time_us"
    return topic.record(**{**given, "tick": True, time_field: tick_us, "received_us": tick_us})


def send_ticks(sender: Sender, tick_us: int, *, things: Iterable[str]) -> None:
    """One tick into every partition of the topics *things*."""
    for thing in things:
        topic = BY_THING[thing]
        body = encode(tick_record(topic, tick_us))
        for partition in range(topic.partitions):
            sender.send_encoded(thing, body, partition=partition)


class Breath:
    """When to hold the breath: a tick must not overtake what others still have to send after an outage of the broker. Pure.

    While nothing arrives no tick is sent, since ticks that wait would be the first to arrive; and when the broker takes records
    again, the others have some time to send what they have kept.
    """

    def __init__(self) -> None:
        """All is well."""
        self._arrived_us = self._until_us = -1
        self._held = False

    def turn(self, now_us: int, *, waiting: int) -> Literal["tick", "hold", "wait"]:
        """What to do at *now_us* (a steady clock, µs), with so many records that have not arrived; `hold` once an outage."""
        if not waiting or self._arrived_us < 0:
            if self._held:
                self._held, self._until_us = False, now_us + _GRACE_US
            self._arrived_us = now_us
        elif not self._held and now_us - self._arrived_us >= _STALLED_US:
            self._held = True
            return "hold"
        return "wait" if self._held or now_us < self._until_us else "tick"


def main() -> None:
    """Tick until told to stop."""
    stop = threading.Event()
    for which in (signal.SIGTERM, signal.SIGINT):
        signal.signal(which, lambda *_: stop.set())
    try:
        settings = settings_module.read()
        sender = Sender(producer(settings.kafka, linger_ms=2), settings.mode)
        things = needs.ticked(load(settings.plan))
    except MusterError as error:
        settings_module.die(error)
        return
    begun, breath, arrived_us = False, Breath(), 0
    while not stop.is_set():
        now_us = time.time_ns() // 1000
        try:
            waiting = sender.waiting
            match breath.turn(time.monotonic_ns() // 1000, waiting=waiting):
                case "tick":
                    send_ticks(sender, now_us - units.TICK_DELAY_US, things=things)
                    arrived_us = arrived_us if waiting else now_us
                case "hold":
                    print("ticker: the broker takes nothing; no ticks until it does", file=sys.stderr, flush=True)
                    sender.forget()
                    send_ticks(sender, arrived_us - units.TICK_DELAY_US, things=things[:1])  # an old one: it asks, and moves nothing
                case "wait":
                    pass
        except TransientError as error:
            print(f"ticker: {error}", file=sys.stderr, flush=True)
        if not begun:
            settings.ready()
            begun = True
        stop.wait(max((now_us - now_us % units.TICK_INTERVAL_US + units.TICK_INTERVAL_US - time.time_ns() // 1000) / 1e6, 0.001))
    sender.flush()


if __name__ == "__main__":
    main()
