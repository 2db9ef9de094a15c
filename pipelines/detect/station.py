"""One camera at work: one thread looks at frames, another closes slices on time whether frames come or not.

A slice is sent at its end, or later by a grace, so that the frame of its last moments can still be in it.
"""

from __future__ import annotations

import sys
import threading
import time
import traceback
from collections.abc import Iterable
from typing import Any, Protocol

from pipelines import units
from pipelines.detect.feeds import Shot
from pipelines.detect.routing import address
from pipelines.detect.worker import CameraWorker
from pipelines.errors import TransientError
from pipelines.events import CrowdZones, StageHealth


def now_us() -> int:
    """The mode's clock: µs UTC."""
    return time.time_ns() // 1000


class Feed(Protocol):
    """Gives frames when they are due."""

    def next(self, stop: threading.Event) -> Shot | None:
        """The next frame; None for none yet."""
        ...


class Sending(Protocol):
    """What sends records; each camera has its own."""

    sent: int

    def send(self, thing: str, record: Any, *, key: str = "", partition: int | None = None) -> None:
        """Queue a record, or raise TransientError."""
        ...

    def flush(self, timeout_s: float) -> None:
        """Wait until all has arrived, or raise TransientError."""
        ...


class Station:
    """One camera's worker at work."""

    def __init__(
        self,
        worker: CameraWorker,
        feed: Feed,
        sender: Sending,
        *,
        camera: str,
        index: int,
        grace_us: int,
    ) -> None:
        """Use ready parts; *index* is the camera's place in the plan."""
        self._worker, self._feed, self._sender = worker, feed, sender
        self._camera, self._index, self._grace_us = camera, index, grace_us
        self._lock = threading.Lock()
        self._late = self._refused = 0
        self.seen = threading.Event()
        self.failed = False

    def watch(self, stop: threading.Event) -> None:
        """Look at frames until told to stop."""
        try:
            while not stop.is_set():
                shot = self._feed.next(stop)
                if shot is not None:
                    self._take(shot)
        except Exception:  # noqa: BLE001 - a thread's error ends the process, and its keeper starts it again
            traceback.print_exc()
            self.failed = True
            stop.set()

    def work(self, stop: threading.Event) -> bool:
        """Look at frames and close slices until told to stop; whether it ended well."""
        looking = threading.Thread(target=self.watch, args=(stop,), daemon=True)
        looking.start()
        self.close_slices(stop)
        looking.join(5)
        self.flush()
        return not self.failed

    def _take(self, shot: Shot) -> None:
        if shot.frame is None:
            with self._lock:
                self._send(self._worker.skip(shot.event_us, shot.why, received_us=now_us()))
            return
        if shot.found is not None:
            looked = self._worker.handed(shot.event_us, shot.frame, shot.found)
        else:
            looked = self._worker.look(shot.event_us, shot.frame)
        if looked.turned:
            print(f"detect {self._camera}: {looked.turned}", flush=True)
        with self._lock:
            self._send(self._worker.take(shot.event_us, looked, received_us=now_us()))
        self.seen.set()

    def close_slices(self, stop: threading.Event) -> None:
        """Close each slice when its time has come, and report once a second, until told to stop."""
        second = 0
        while not stop.is_set():
            now = now_us()
            end = units.slice_start_us(now - self._grace_us)
            with self._lock:
                self._send(self._worker.close_until(end, received_us=now))
                if end // units.MICRO != second:
                    second = end // units.MICRO
                    self._send_to("stage.health", self._health(now, end))
            stop.wait(max(end + units.SLICE_US + self._grace_us - now_us(), 500) / units.MICRO)

    def _send(self, records: Iterable[Any]) -> None:
        for record in records:
            to = address(record, camera_index=self._index)
            if isinstance(record, CrowdZones) and to.thing == "crowd.late":
                self._late += 1
            self._send_to(to.thing, record, partition=to.partition)

    def _send_to(self, thing: str, record: Any, *, partition: int | None = None) -> None:
        """Send, and go on without what the broker did not take: its zone is unknown until sums come again."""
        try:
            self._sender.send(thing, record, key=self._camera, partition=partition)
        except TransientError as error:
            self._refused += 1
            print(f"detect {self._camera}: {error}", file=sys.stderr, flush=True)

    def flush(self) -> None:
        """Wait until everything has arrived, but no longer than a stop may take."""
        try:
            self._sender.flush(5)
        except TransientError as error:
            print(f"detect {self._camera}: {error}", file=sys.stderr, flush=True)

    def _health(self, now: int, reached_us: int) -> StageHealth:
        return StageHealth(
            stage="detect",
            at_us=now,
            taken=self._worker.taken + self._worker.skipped,
            given=self._sender.sent,
            late=self._late,
            clamped=0,
            refused=self._refused + self._worker.refused,
            lag=-1,
            tick_age_us=now - reached_us,
        )
