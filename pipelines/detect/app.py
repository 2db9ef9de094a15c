"""Entry point: the worker of one camera. `python -m pipelines.detect.app`; settings from MUSTER_*.

Two threads: one looks at frames, the other closes slices on time whether frames come or not. A slice is sent at its
end; with a live camera `LIVE_GRACE_US` later, so that the frame of its last moments can still be in it.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterable
from typing import Any, Final, Protocol

from connectors.kafka import Sender, producer
from connectors.video import Video, jpeg
from pipelines import settings as settings_module
from pipelines import units
from pipelines.detect import references
from pipelines.detect.backends.choose import backend_for, following_for, remembers
from pipelines.detect.calibration import from_points
from pipelines.detect.feeds import BEHIND, FileFeed, LiveFeed, Shot
from pipelines.detect.worker import CameraWorker, address
from pipelines.errors import ConfigError, MusterError, TransientError
from pipelines.events import CrowdZones, StageHealth
from pipelines.settings import Settings
from plan.load import load
from plan.model import Plan
from plan.views import vehicles_of, view_of

LEAD_US: Final = 5 * units.MICRO  # a file's first frame is so long before the mode's start: the empty scene is learnt
LIVE_DELAY_US: Final = 20_000  # a live frame's event time is its arrival less this
LIVE_GRACE_US: Final = 45_000
_LEARN_FRAMES: Final = 15
_BEGIN_US: Final = 2 * units.SLICE_US


class Feed(Protocol):
    """Gives frames when they are due."""

    def next(self, stop: threading.Event) -> Shot | None:
        """The next frame; None for none yet."""
        ...


def now_us() -> int:
    """The mode's clock: µs UTC."""
    return time.time_ns() // 1000


class Station:
    """One camera's worker at work."""

    def __init__(self, worker: CameraWorker, feed: Feed, sender: Sender, *, camera: str, index: int, grace_us: int) -> None:
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

    def _take(self, shot: Shot) -> None:
        if shot.frame is None:
            with self._lock:
                self._send(self._worker.skip(shot.event_us, BEHIND, received_us=now_us()))
            return
        looked = self._worker.look(shot.event_us, shot.frame)
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


def station(settings: Settings, plan: Plan, stop: threading.Event) -> Station:
    """The camera of the settings, ready to work.

    Raises:
        ConfigError: the plan has no such camera, or its video, calibration or model cannot be used.
    """
    index = next((index for index, row in enumerate(plan.cameras) if row.id == settings.camera), -1)
    if index < 0:
        raise ConfigError(f"camera '{settings.camera}': the plan has no such camera")
    row = plan.cameras[index]
    floor = from_points(row.calibration.pixels, row.calibration.metres) if row.calibration is not None else None
    video = Video(settings.source)
    size = (video.width_px, video.height_px)
    fps = row.fps if video.is_live else video.fps
    backend = backend_for(settings.backend, floor=floor, fps=fps, size_px=size, over_road=row.watches == "road")
    begin_us = units.slice_start_us(settings.start_us - LEAD_US if settings.start_us else now_us() + _BEGIN_US)
    feed: Feed
    if video.is_live:
        live = LiveFeed(lambda: Video(settings.source), fps=fps, delay_us=LIVE_DELAY_US, clock=now_us)
        threading.Thread(target=live.read_on, args=(video, stop), daemon=True).start()
        feed = live
    else:
        if now_us() > begin_us:  # started again in the middle: the empty scene is at the file's beginning
            for _ in range(min(_LEARN_FRAMES, video.frames)):
                frame = video.read()
                if frame is not None:
                    backend.detect(frame)
        feed = FileFeed(video, base_us=begin_us, clock=now_us)
    pose = references.kept(settings.run, row)
    worker = CameraWorker(
        camera=row.id,
        backend=backend,
        jpeg=jpeg,
        start_us=now_us() if video.is_live else max(begin_us, now_us()),
        size_px=size,
        fps=fps,
        view=view_of(plan, row) if floor is not None and row.sees_floor else None,
        floor=floor,
        vehicles=vehicles_of(plan, row),
        masks=row.masks,
        over_road=row.watches == "road",
        following=following_for(backend, gating=row.gating),
        lights_up=not remembers(backend),
        pose=pose,
    )
    if pose.reference is None:
        threading.Thread(target=references.keep, args=(settings.run, row, pose, stop), daemon=True).start()
    sender = Sender(producer(settings.kafka, linger_ms=0), settings.mode)
    return Station(worker, feed, sender, camera=row.id, index=index, grace_us=LIVE_GRACE_US if video.is_live else 0)


def _run(stop: threading.Event) -> int:
    settings = settings_module.read()
    plan = load(settings.plan)
    found = station(settings, plan, stop)
    looking = threading.Thread(target=found.watch, args=(stop,), daemon=True)
    looking.start()
    threading.Thread(target=_ready, args=(found, settings), daemon=True).start()
    found.close_slices(stop)
    looking.join(5)
    found.flush()
    return 1 if found.failed else 0


def _ready(found: Station, settings: Settings) -> None:
    found.seen.wait()
    settings.ready()


def main() -> None:
    """Watch the camera until told to stop."""
    stop = threading.Event()
    for which in (signal.SIGTERM, signal.SIGINT):
        signal.signal(which, lambda *_: stop.set())
    try:
        ended = _run(stop)
    except MusterError as error:
        settings_module.die(error)
        return
    sys.exit(ended)


if __name__ == "__main__":
    main()
