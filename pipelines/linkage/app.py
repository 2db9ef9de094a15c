"""The LINKAGE process: reads the fire panel and sends what it says as signed readings; asks it for outputs where it may.

It stands where the panel's own devices would: INGEST judges what it sends as any device's. A panel that does not answer is
a fault that is told of, never silence.
"""

from __future__ import annotations

import os
import threading
import time
import uuid

from connectors.kafka import Sender, Tail, producer
from pipelines.errors import MusterError, RefusedError, TransientError
from pipelines.events import LinkageChange
from pipelines.linkage.gateway import Gateway, Identity
from pipelines.linkage.lines import linkage_of, panel_line, request_line
from pipelines.settings import Settings, die, read
from pipelines.stage import told_to_stop
from plan.load import load


def _run(gateway: Gateway, tail: Tail, stop: threading.Event, poll_s: float) -> None:
    gateway.begin()
    next_s = health_s = time.monotonic()
    while not stop.is_set():
        if time.monotonic() >= next_s:
            next_s = time.monotonic() + poll_s
            gateway.look()
        gateway.hear(tail.poll(max(next_s - time.monotonic(), 0.0)))
        gateway.ask()
        if time.monotonic() >= health_s:
            health_s = time.monotonic() + 1
            gateway.report(tail.lag())


def _clock_us() -> int:
    return time.time_ns() // 1000


def build(settings: Settings, sender: Sender) -> Gateway:
    """The gateway of one mode with its real lines.

    Raises:
        ConfigError: the plan has no panel for this mode, or what requests need is not as it must be.
    """
    plan = load(settings.plan)
    line, writer = panel_line(plan, settings.mode), request_line(plan, settings.mode, run=settings.run)
    said = Tail(settings.kafka, mode=settings.mode, things=("linkage.changes",))
    try:
        changes = [row.record for row in said.read_to_end() if isinstance(row.record, LinkageChange)]
    finally:
        said.close()
    who = Identity(mode=settings.mode, plan=plan, mode_key=settings.mode_key(), boot_id=str(uuid.uuid4()))
    return Gateway(who, line=line, writer=writer, sender=sender, clock_us=_clock_us, changes=changes)


def main() -> None:
    """Run until told to stop."""
    stop = told_to_stop()
    try:
        settings = read()
        sender = Sender(producer(settings.kafka, linger_ms=0), settings.mode)
        gateway = build(settings, sender)
        tail = Tail(settings.kafka, mode=settings.mode, things=("linkage.requests", "sensor.fire"), start="end")
    except MusterError as error:
        die(error)
        return
    settings.ready()
    try:
        _run(gateway, tail, stop, linkage_of(load(settings.plan)).poll_s)
        gateway.close()
        sender.flush(5)
        tail.close()
    except (TransientError, RefusedError) as error:
        print(f"linkage: {error}; starting again", flush=True)
        os._exit(1)


if __name__ == "__main__":
    main()
