"""Makes a camera's station out of settings and plan: its film or camera, its backend, its worker, its feed."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from connectors.kafka import Sender, producer
from connectors.video import Video, jpeg
from pipelines import units
from pipelines.detect import references
from pipelines.detect.backends import Backend
from pipelines.detect.backends.choose import backend_for, following_for, remembers
from pipelines.detect.backends.deepstream import Elsewhere
from pipelines.detect.backends.onnx import Onnx, OnnxSettings
from pipelines.detect.calibration import Floor, floor_in
from pipelines.detect.feeds import FileFeed, HandedFeed, LiveFeed
from pipelines.detect.group import Group, Member
from pipelines.detect.station import Feed, Sending, Station, now_us
from pipelines.detect.worker import CameraWorker
from pipelines.errors import ConfigError
from pipelines.settings import Settings
from plan.model import Camera, Plan
from plan.views import behaviour_of, floor_of, vehicles_of, view_of

LEAD_US: Final = 5 * units.MICRO  # a file's first frame is so long before the mode's start: the empty scene is learnt
LIVE_DELAY_US: Final = 20_000  # a live frame's event time is its arrival less this
BEGIN_US: Final = 2 * units.SLICE_US
_LIVE_GRACE_US: Final = 45_000
_DEEPSTREAM_GRACE_US: Final = 150_000  # a batch waits for its slowest camera
_FULL_PX: Final = (1920, 1080)  # until the first frame says its own size
_LEARN_FRAMES: Final = 15


def sender_of(settings: Settings) -> Sender:
    """A sender of its own to the broker of the settings."""
    return Sender(producer(settings.kafka, linger_ms=0), settings.mode)


def station_of(settings: Settings, plan: Plan, stop: threading.Event, sender: Sending) -> Station:
    """The camera of the settings, ready to work.

    Raises:
        ConfigError: the plan has no such camera, or its video, calibration or model cannot be used.
    """
    index, row = _camera(settings, plan)
    if settings.backend == "deepstream":
        raise ConfigError("backend deepstream watches a group: set MUSTER_CAMERAS")
    video = Video(settings.source)
    size = (video.width_px, video.height_px)
    fps = row.fps if video.is_live else video.fps

    def made_for(size_px: tuple[int, int], seen: Floor | None) -> Backend:
        onnx = OnnxSettings(model=settings.model, provider=settings.provider)
        return backend_for(settings.backend, floor=seen, fps=fps, size_px=size_px, over_road=row.watches == "road", onnx=onnx)

    backend = made_for(size, floor_in(floor_of(row), row.picture_px or size, size))
    if isinstance(backend, Onnx):
        print(f"detect {row.id}: onnx, {settings.model}, on {backend.runs_on}", flush=True)
    begin_us = units.slice_start_us(settings.start_us - LEAD_US if settings.start_us else now_us() + BEGIN_US)
    feed = _live(settings, video, fps, stop) if video.is_live else _played(video, backend, begin_us)
    worker = _worker(
        settings,
        plan,
        row,
        stop,
        backend=backend,
        start_us=now_us() if video.is_live else max(begin_us, now_us()),
        size_px=size,
        made_px=row.picture_px or size,
        fps=fps,
        following=following_for(backend, gating=row.gating),
        lights_up=not remembers(backend),
        another=made_for if remembers(backend) else None,
    )
    return Station(worker, feed, sender, camera=row.id, index=index, grace_us=_LIVE_GRACE_US if video.is_live else 0)


def handed_station_of(settings: Settings, plan: Plan, feed: HandedFeed, stop: threading.Event) -> Station:
    """The camera of the settings whose pictures and boxes come from a pipeline that watches several."""
    index, row = _camera(settings, plan)
    size = row.picture_px or _FULL_PX
    worker = _worker(settings, plan, row, stop, backend=Elsewhere(), start_us=now_us(), size_px=size, made_px=row.picture_px, fps=row.fps)
    return Station(worker, feed, sender_of(settings), camera=row.id, index=index, grace_us=_DEEPSTREAM_GRACE_US)


def group_of(settings: Settings, plan: Plan, members: tuple[Member, ...], own: Sending, another: Callable[[], Sending]) -> Group:
    """The cameras of a group, each with a sender of its own; what is said of one that cannot be opened goes by *own*."""
    return Group(
        members,
        lambda member, ended: station_of(replace(settings, camera=member.camera, source=member.source, cameras=""), plan, ended, another()),
        lambda record: own.send("camera.health", record, key=record.camera),
        clock=now_us,
    )


def _camera(settings: Settings, plan: Plan) -> tuple[int, Camera]:
    """The camera of the settings and its place in the plan; ConfigError where the plan has none of that name."""
    for index, row in enumerate(plan.cameras):
        if row.id == settings.camera:
            return index, row
    raise ConfigError(f"camera '{settings.camera}': the plan has no such camera")


def _worker(settings: Settings, plan: Plan, row: Camera, stop: threading.Event, **parts: Any) -> CameraWorker:
    """Its worker by the plan, and the view that it is held against: kept from an earlier start, or kept once it is made."""
    pose = references.kept(settings.run, row)
    worker = CameraWorker(
        camera=row.id,
        jpeg=jpeg,
        view=view_of(plan, row) if row.calibration is not None and row.sees_floor else None,
        floor=floor_of(row),
        behaviour=behaviour_of(plan, row),
        vehicles=vehicles_of(plan, row),
        masks=row.masks,
        over_road=row.watches == "road",
        pose=pose,
        **parts,
    )
    if pose.reference is None:
        threading.Thread(target=references.keep, args=(settings.run, row, pose, stop), daemon=True).start()
    return worker


def _live(settings: Settings, video: Video, fps: float, stop: threading.Event) -> Feed:
    """Pictures of a camera as they come, by a thread that reads and dials again."""
    feed = LiveFeed(lambda: Video(settings.source), fps=fps, delay_us=LIVE_DELAY_US, clock=now_us, chance=random.random)
    threading.Thread(target=feed.read_on, args=(video, stop), daemon=True).start()
    return feed


def _played(video: Video, backend: Backend, begin_us: int) -> Feed:
    """Pictures of a file at their times; started again in the middle it is shown the file's beginning, where the scene is empty."""
    if now_us() > begin_us:
        for _ in range(min(_LEARN_FRAMES, video.frames)):
            frame = video.read()
            if frame is not None:
                backend.detect(frame)
    return FileFeed(video, base_us=begin_us, clock=now_us)
