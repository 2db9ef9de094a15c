"""The ticker of a mode whose clock is the wall clock: it alone moves watermarks and merges.

Every 50 ms it writes tick(T), T = now - 250 ms, into every partition of every ticked topic.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from connectors.kafka import Sender, producer
from pipelines import events, units
from pipelines.errors import MusterError, TransientError
from pipelines.topics import ALL, Topic
from stack import settings as settings_module

_MAKERS: Final[Mapping[str, Callable[[int], Any]]] = {
    "sensor.turnstile": lambda t: events.SensorTurnstile(
        tick=True, device="", event_time_us=t, received_us=t, gate="", area="", entries_total=0, exits_total=0
    ),
    "sensor.identity": lambda t: events.SensorIdentity(
        tick=True, device="", event_time_us=t, received_us=t, gate="", credential="", pass_pseudonym="", outcome=""
    ),
    "sensor.vehicle": lambda t: events.SensorVehicle(
        tick=True, device="", event_time_us=t, received_us=t, vehicle="", x_cm=0, y_cm=0, speed_cmps=0, heading_deg=0.0, lane=""
    ),
    "sensor.fire": lambda t: events.SensorFire(
        tick=True, device="", event_time_us=t, received_us=t, zone="", kind="", state="", output="", x_cm=0, y_cm=0
    ),
    "vehicle.tracks": lambda t: events.VehicleTrack(
        tick=True,
        vehicle="",
        event_time_us=t,
        received_us=t,
        source="",
        x_cm=0,
        y_cm=0,
        speed_cmps=0,
        heading_deg=0.0,
        lane="",
        along_cmps=0,
        s_cm=0,
        ahead_zone="",
        ahead_cm=-1,
    ),
    "camera.health": lambda t: events.CameraHealth(
        tick=True,
        camera="",
        event_time_us=t,
        received_us=t,
        state="",
        since_us=0,
        fps=0.0,
        width_px=0,
        height_px=0,
        calibrated=False,
        people=-1,
    ),
    "crowd.zones": lambda t: events.CrowdZones(tick=True, camera="", slice_start_us=t, received_us=t, plan=""),
    "crowd.crossings": lambda t: events.CrowdCrossings(tick=True, camera="", slice_start_us=t, received_us=t),
}


def tick_record(topic: Topic, tick_us: int) -> Any:
    """The tick of *topic* for event time *tick_us* (µs UTC)."""
    return _MAKERS[topic.thing](tick_us)


def send_ticks(sender: Sender, tick_us: int) -> None:
    """One tick into every partition of every ticked topic."""
    for topic in ALL:
        if topic.ticked:
            record = tick_record(topic, tick_us)
            for partition in range(topic.partitions):
                sender.send(topic.thing, record, partition=partition)


def main() -> None:
    """Tick until told to stop."""
    stop = threading.Event()
    for which in (signal.SIGTERM, signal.SIGINT):
        signal.signal(which, lambda *_: stop.set())
    try:
        settings = settings_module.read()
        sender = Sender(producer(settings.kafka, linger_ms=2), settings.mode)
    except MusterError as error:
        settings_module.die(error)
        return
    begun = False
    while not stop.is_set():
        now_us = time.time_ns() // 1000
        try:
            send_ticks(sender, now_us - units.TICK_DELAY_US)
        except TransientError as error:
            print(f"ticker: {error}", file=sys.stderr, flush=True)
        if not begun:
            settings.ready()
            begun = True
        stop.wait(max((now_us - now_us % units.TICK_INTERVAL_US + units.TICK_INTERVAL_US - time.time_ns() // 1000) / 1e6, 0.001))
    sender.flush()


if __name__ == "__main__":
    main()
