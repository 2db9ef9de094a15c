"""Entry point: the worker of one camera, or of a group of them. `python -m pipelines.detect.app`; settings from MUSTER_*.

Two threads: one looks at frames, the other closes slices on time whether frames come or not. A slice is sent at its
end; with a live camera `LIVE_GRACE_US` later, so that the frame of its last moments can still be in it.
"""

from __future__ import annotations

import random
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, Final, Protocol

from connectors.kafka import Sender, producer
from connectors.video import Video, jpeg
from pipelines import settings as settings_module
from pipelines import units
from pipelines.detect import references
from pipelines.detect.backends import PERSON, VEHICLES, Backend
from pipelines.detect.backends.choose import backend_for, following_for, remembers
from pipelines.detect.backends.deepstream import DeepStream, Elsewhere, Stream
from pipelines.detect.backends.metadata import Adapter
from pipelines.detect.backends.onnx import Onnx, OnnxSettings
from pipelines.detect.calibration import Floor, floor_in
from pipelines.detect.feeds import FileFeed, HandedFeed, LiveFeed, Shot
from pipelines.detect.group import Group, Member, members_of
from pipelines.detect.worker import CameraWorker, address
from pipelines.errors import ConfigError, MusterError, TransientError
from pipelines.events import CrowdZones, StageHealth
from pipelines.settings import Settings
from plan.load import load
from plan.model import Plan
from plan.views import behaviour_of, floor_of, vehicles_of, view_of

LEAD_US: Final = 5 * units.MICRO  # a file's first frame is so long before the mode's start: the empty scene is learnt
LIVE_DELAY_US: Final = 20_000  # a live frame's event time is its arrival less this
LIVE_GRACE_US: Final = 45_000
DEEPSTREAM_GRACE_US: Final = 150_000  # a batch waits for its slowest camera
FULL_PX: Final = (1920, 1080)  # until the first frame says its own size
_LEARN_FRAMES: Final = 15
_BEGIN_US: Final = 2 * units.SLICE_US


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


def now_us() -> int:
    """The mode's clock: µs UTC."""
    return time.time_ns() // 1000


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


def station(settings: Settings, plan: Plan, stop: threading.Event, sender: Sending) -> Station:
    """The camera of the settings, ready to work.

    Raises:
        ConfigError: the plan has no such camera, or its video, calibration or model cannot be used.
    """
    index = next((index for index, row in enumerate(plan.cameras) if row.id == settings.camera), -1)
    if index < 0:
        raise ConfigError(f"camera '{settings.camera}': the plan has no such camera")
    row = plan.cameras[index]
    floor = floor_of(row)
    video = Video(settings.source)
    if settings.backend == "deepstream":
        raise ConfigError("backend deepstream watches a group: set MUSTER_CAMERAS")
    size = (video.width_px, video.height_px)
    fps = row.fps if video.is_live else video.fps

    def made_for(size_px: tuple[int, int], seen: Floor | None) -> Backend:
        onnx = OnnxSettings(model=settings.model, provider=settings.provider)
        return backend_for(settings.backend, floor=seen, fps=fps, size_px=size_px, over_road=row.watches == "road", onnx=onnx)

    backend = made_for(size, floor_in(floor, row.picture_px or size, size))
    if isinstance(backend, Onnx):
        print(f"detect {row.id}: onnx, {settings.model}, on {backend.runs_on}", flush=True)
    begin_us = units.slice_start_us(settings.start_us - LEAD_US if settings.start_us else now_us() + _BEGIN_US)
    feed: Feed
    if video.is_live:
        live = LiveFeed(lambda: Video(settings.source), fps=fps, delay_us=LIVE_DELAY_US, clock=now_us, chance=random.random)
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
        behaviour=behaviour_of(plan, row),
        floor=floor,
        vehicles=vehicles_of(plan, row),
        masks=row.masks,
        over_road=row.watches == "road",
        following=following_for(backend, gating=row.gating),
        lights_up=not remembers(backend),
        pose=pose,
        made_px=row.picture_px or size,
        another=made_for if remembers(backend) else None,
    )
    if pose.reference is None:
        threading.Thread(target=references.keep, args=(settings.run, row, pose, stop), daemon=True).start()
    return Station(worker, feed, sender, camera=row.id, index=index, grace_us=LIVE_GRACE_US if video.is_live else 0)


def _sender(settings: Settings) -> Sender:
    return Sender(producer(settings.kafka, linger_ms=0), settings.mode)


def _run(stop: threading.Event) -> int:
    settings = settings_module.read()
    plan = load(settings.plan)
    if settings.cameras:
        return _run_group(settings, plan, stop)
    found = station(settings, plan, stop, _sender(settings))
    threading.Thread(target=_ready, args=(found, settings), daemon=True).start()
    return 0 if found.work(stop) else 1


def _run_group(settings: Settings, plan: Plan, stop: threading.Event) -> int:
    members = members_of(settings.cameras, plan)
    if settings.backend == "deepstream":
        return _run_deepstream(settings, plan, members, stop)
    group = group_of(settings, plan, members, _sender(settings), lambda: _sender(settings))
    threading.Thread(target=_ready, args=(group, settings), daemon=True).start()
    group.work(stop)
    return 0


def group_of(settings: Settings, plan: Plan, members: tuple[Member, ...], own: Sending, another: Callable[[], Sending]) -> Group:
    """The cameras of a group, each with a sender of its own; what is said of one that cannot be opened goes by *own*."""
    return Group(
        members,
        lambda member, ended: station(replace(settings, camera=member.camera, source=member.source, cameras=""), plan, ended, another()),
        lambda record: own.send("camera.health", record, key=record.camera),
        clock=now_us,
    )


def _run_deepstream(settings: Settings, plan: Plan, members: tuple[Member, ...], stop: threading.Event) -> int:
    """One pipeline for the group; its end ends the process, whose keeper starts it again."""
    feeds = {member.camera: HandedFeed() for member in members}
    streams = [Stream(camera=member.camera, uri=member.source, fps=member.fps) for member in members]
    base_us = None if all(member.is_live for member in members) else now_us() + _BEGIN_US
    adapter = Adapter([member.camera for member in members], classes=(PERSON, *VEHICLES), delay_us=LIVE_DELAY_US, base_us=base_us)
    pipeline = DeepStream(
        streams,
        adapter,
        lambda seen, picture: feeds[seen.camera].put(Shot(event_us=seen.event_us, frame=picture, found=seen.found)),
        clock=now_us,
    )
    stations = [_handed_station(replace(settings, camera=member.camera), plan, feeds[member.camera]) for member in members]
    pipeline.start()
    ended = threading.Event()
    working = [threading.Thread(target=found.work, args=(ended,), daemon=True) for found in stations]
    for thread in working:
        thread.start()
    threading.Thread(target=_ready, args=(stations[0], settings), daemon=True).start()
    pipeline.wait(stop)
    ended.set()
    for thread in working:
        thread.join(10)
    return 0 if stop.is_set() else 1


def _handed_station(settings: Settings, plan: Plan, feed: HandedFeed) -> Station:
    index = next(index for index, row in enumerate(plan.cameras) if row.id == settings.camera)
    row = plan.cameras[index]
    floor = floor_of(row)
    worker = CameraWorker(
        camera=row.id,
        backend=Elsewhere(),
        jpeg=jpeg,
        start_us=now_us(),
        size_px=row.picture_px or FULL_PX,
        made_px=row.picture_px,
        fps=row.fps,
        view=view_of(plan, row) if floor is not None and row.sees_floor else None,
        floor=floor,
        vehicles=vehicles_of(plan, row),
        masks=row.masks,
        over_road=row.watches == "road",
    )
    return Station(worker, feed, _sender(settings), camera=row.id, index=index, grace_us=DEEPSTREAM_GRACE_US)


class Seer(Protocol):
    """Says when the first frame was looked at."""

    seen: threading.Event


def _ready(found: Seer, settings: Settings) -> None:
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
