"""The clock and ticker of a played mode: event time starts at a fixed instant and is the same at every rate."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Any, Final

from connectors.kafka import Sender
from pipelines import events, units
from pipelines.detect.eye import view_records_late
from pipelines.topics import topic
from stack.ticker import send_ticks

_TAIL_US: Final = 2 * units.WINDOW_US


class Player:
    """Sends a mode's records in order of its clock, with ticks in their place.

    Args:
        sender: of the mode.
        start_us: the fixed instant, µs UTC, a multiple of a second.
        rate: 1 = real time, 10 = ten times as fast, 0 = as fast as it goes.
        stop: set to end early.
        ticked: topics in which the plan's readers wait for ticks.
    """

    def __init__(self, sender: Sender, *, start_us: int, rate: float, stop: threading.Event, ticked: Sequence[str]) -> None:
        """Begin at the fixed instant."""
        self._ticked = ticked
        self._sender = sender
        self._start_us = start_us
        self._rate = rate
        self._stop = stop
        self._ticked_us = start_us - units.TICK_INTERVAL_US
        self._began_s = time.monotonic()
        self.clock_us = start_us
        self.positions = 0
        self.refused = 0

    @property
    def stopped(self) -> bool:
        """Whether somebody asked for an early end."""
        return self._stop.is_set()

    def advance(self, clock_us: int) -> None:
        """Move the mode's clock on, at the player's rate, and tick on the way."""
        if self._rate > 0:
            due_s = self._began_s + (clock_us - self._start_us) / units.MICRO / self._rate
            self._stop.wait(max(due_s - time.monotonic(), 0))
        self.clock_us = clock_us
        while self._ticked_us + units.TICK_INTERVAL_US <= clock_us:
            self._ticked_us += units.TICK_INTERVAL_US
            send_ticks(self._sender, self._ticked_us - units.TICK_DELAY_US, things=self._ticked)

    def send(self, records: list[Any], *, partition: int = 0) -> None:
        """Send a camera's records to where they belong."""
        for record in records:
            match record:
                case events.CrowdZones():
                    late = view_records_late(record)
                    thing = "crowd.late" if late else "crowd.zones"
                    self._sender.send(thing, record, key=record.camera, partition=0 if late else _within(thing, partition))
                case events.CrowdCrossings():
                    self._sender.send("crowd.crossings", record, key=record.camera, partition=_within("crowd.crossings", partition))
                case events.CrowdCells():
                    self._sender.send("crowd.cells", record, key=record.camera, partition=_within("crowd.cells", partition))
                case events.CameraFrame():
                    self.positions += record.people
                    self._sender.send("camera.frames", record, key=record.camera, partition=_within("camera.frames", partition))
                case events.CameraHealth():
                    self._sender.send("camera.health", record, key=record.camera)
                case events.CameraEvent():
                    self._sender.send("camera.events", record, key=record.camera)
                case events.CameraPreview():
                    self._sender.send("camera.preview", record, key=record.camera)
                case events.SensorVehicle():
                    self._sender.send("sensor.vehicle", record, key=record.device)
                case events.VehicleTrack():
                    self.positions += 1
                    self._sender.send("vehicle.tracks", record, key=record.vehicle)
                case events.DeadLetter():
                    self.refused += 1
                    self._sender.send("deadletter.ingest", record, key=record.topic)
                case _:
                    raise TypeError(f"a player sends no {type(record).__name__}")

    def finish(self) -> int:
        """Tick past the last window; returns the last tick's event time (µs)."""
        last = self.clock_us
        self._rate = 0
        self.advance(last + _TAIL_US)
        self._sender.flush(30)
        return self._ticked_us - units.TICK_DELAY_US


def _within(thing: str, partition: int) -> int:
    return partition % topic(thing).partitions
