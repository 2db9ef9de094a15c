"""Entry point: the worker of one camera, or of a group of them. `python -m pipelines.detect.app`; settings from MUSTER_*."""

from __future__ import annotations

import signal
import sys
import threading
from dataclasses import replace
from typing import Protocol

from pipelines import settings as settings_module
from pipelines.detect.backends import PERSON, VEHICLES
from pipelines.detect.backends.deepstream import DeepStream, Stream
from pipelines.detect.backends.metadata import Adapter
from pipelines.detect.feeds import HandedFeed, Shot
from pipelines.detect.group import Member, members_of
from pipelines.detect.making import BEGIN_US, LIVE_DELAY_US, group_of, handed_station_of, sender_of, station_of
from pipelines.detect.station import now_us
from pipelines.errors import MusterError
from pipelines.settings import Settings
from plan.load import load
from plan.model import Plan


def _run(stop: threading.Event) -> int:
    settings = settings_module.read()
    plan = load(settings.plan)
    if settings.cameras:
        return _run_group(settings, plan, stop)
    found = station_of(settings, plan, stop, sender_of(settings))
    threading.Thread(target=_ready, args=(found, settings), daemon=True).start()
    return 0 if found.work(stop) else 1


def _run_group(settings: Settings, plan: Plan, stop: threading.Event) -> int:
    members = members_of(settings.cameras, plan)
    if settings.backend == "deepstream":
        return _run_deepstream(settings, plan, members, stop)
    group = group_of(settings, plan, members, sender_of(settings), lambda: sender_of(settings))
    threading.Thread(target=_ready, args=(group, settings), daemon=True).start()
    group.work(stop)
    return 0


def _run_deepstream(settings: Settings, plan: Plan, members: tuple[Member, ...], stop: threading.Event) -> int:
    """One pipeline for the group; its end ends the process, whose keeper starts it again."""
    feeds = {member.camera: HandedFeed() for member in members}
    streams = [Stream(camera=member.camera, uri=member.source, fps=member.fps) for member in members]
    base_us = None if all(member.is_live for member in members) else now_us() + BEGIN_US
    adapter = Adapter([member.camera for member in members], classes=(PERSON, *VEHICLES), delay_us=LIVE_DELAY_US, base_us=base_us)
    pipeline = DeepStream(
        streams,
        adapter,
        lambda seen, picture: feeds[seen.camera].put(Shot(event_us=seen.event_us, frame=picture, found=seen.found)),
        clock=now_us,
    )
    stations = [handed_station_of(replace(settings, camera=member.camera), plan, feeds[member.camera], stop) for member in members]
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
