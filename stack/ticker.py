"""The ticker of a mode whose clock is the wall clock: it alone moves watermarks and merges.

Every 50 ms it writes tick(T), T = now - 250 ms, into every partition of every topic in which the plan's jobs or ALERTS wait for it.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Iterable
from dataclasses import MISSING, fields
from functools import cache
from typing import Any, Final

from connectors.kafka import Sender, producer
from pipelines import settings as settings_module
from pipelines import units
from pipelines.codec import encode
from pipelines.errors import MusterError, TransientError
from pipelines.topics import BY_THING, Topic
from plan import needs
from plan.load import load

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
    begun = False
    while not stop.is_set():
        now_us = time.time_ns() // 1000
        try:
            send_ticks(sender, now_us - units.TICK_DELAY_US, things=things)
        except TransientError as error:
            print(f"ticker: {error}", file=sys.stderr, flush=True)
        if not begun:
            settings.ready()
            begun = True
        stop.wait(max((now_us - now_us % units.TICK_INTERVAL_US + units.TICK_INTERVAL_US - time.time_ns() // 1000) / 1e6, 0.001))
    sender.flush()


if __name__ == "__main__":
    main()
