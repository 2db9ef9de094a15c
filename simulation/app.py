"""Entry point: plays a scenario against the wall clock. `python -m simulation.app`; settings from MUSTER_*.

Without a start in the settings it plays an overture, people who stand where the story begins, seen on the grid only,
until the file `story-start` says when second 0 is.

Every 200 ms: the sums of the slice that just ended, the devices' readings, then the next frame of every camera.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from confluent_kafka import Producer

from connectors.kafka import Sender, producer
from pipelines import settings as settings_module
from pipelines import units
from pipelines.errors import MusterError, TransientError
from pipelines.topics import topic
from simulation.cameras import FRAME_US, Cameras, Sent, views_of
from simulation.passages import Passages
from simulation.readings import Readings
from simulation.scenario import load

_SCENARIO = Path(__file__).resolve().parent / "scenario.yaml"
_BEHIND_US = 2 * units.MICRO
_FAR_US = 3600 * units.MICRO
SUMS = ("crowd.zones", "crowd.late", "crowd.crossings")
_LEAD_US = units.MICRO  # from choosing the first frame to taking it


def now_us() -> int:
    """The mode's clock: µs UTC."""
    return time.time_ns() // 1000


class Outlet:
    """Sends records where they say; bytes that are no record go out as they are."""

    def __init__(self, client: Producer, mode: str) -> None:
        """Use a ready client."""
        self._client, self._mode = client, mode
        self._sender = Sender(client, mode)

    def send(self, sent: Sent) -> None:
        """Queue one record.

        Raises:
            TransientError: the broker takes nothing.
        """
        if isinstance(sent.record, bytes):
            self._client.produce(topic(sent.thing).name(self._mode), value=sent.record)
        else:
            self._sender.send(sent.thing, sent.record, key=sent.key, partition=sent.partition)

    @property
    def count(self) -> int:
        """Records sent."""
        return self._sender.sent

    def flush(self) -> None:
        """Wait until everything has arrived.

        Raises:
            TransientError: something did not.
        """
        self._sender.flush()


@dataclass(slots=True)
class Pace:
    """How long the steps of the last second took, in ms."""

    sums_ms: list[float] = field(default_factory=list)
    step_ms: list[float] = field(default_factory=list)
    late: int = 0
    skipped: int = 0

    def line(self, *, t_s: float, sent: int) -> str:
        """One line of JSON, and a fresh start."""
        told = {
            "t_s": round(t_s, 1),
            "sent": sent,
            "sums_after_slice_ms": round(max(self.sums_ms, default=0), 1),
            "step_ms": round(max(self.step_ms, default=0), 1),
            "late": self.late,
            "skipped_frames": self.skipped,
        }
        self.sums_ms.clear()
        self.step_ms.clear()
        return json.dumps(told)


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """One run of the story: what plays in it, and where it goes."""

    cameras: Cameras
    readings: Readings
    outlet: Outlet
    start_us: int
    overture: bool
    pace: Pace = field(default_factory=Pace)

    def step(self, event_us: int) -> None:
        """What is due at *event_us*: the sums first, since they are awaited within 50 ms.

        Raises:
            TransientError: the broker takes nothing.
        """
        began_us, whole_second = now_us(), event_us % units.MICRO == 0
        for sent in self.cameras.close(event_us, now_us):
            if self.overture and sent.thing in SUMS:
                continue
            self.pace.late += sent.thing == "crowd.late"
            self.outlet.send(sent)
        self.pace.sums_ms.append((now_us() - event_us) / units.US_PER_MS)
        self._send(self.readings.step(event_us))
        if now_us() - event_us < FRAME_US:
            self._send(self.cameras.frame(event_us, now_us))
        else:
            self.pace.skipped += 1
        if whole_second:
            self._send(self.cameras.health(event_us, now_us))
        self.pace.step_ms.append((now_us() - began_us) / units.US_PER_MS)
        if whole_second:
            print(self.pace.line(t_s=(event_us - self.start_us) / units.MICRO, sent=self.outlet.count), flush=True)

    def _send(self, records: Iterable[Sent]) -> None:
        for sent in records:
            self.outlet.send(sent)


def play(run: Play, *, first_us: int, stop: threading.Event, ready: Callable[[], None], over: Callable[[], bool]) -> None:
    """Step from *first_us* on, until *stop* or *over*; *ready* is called once the first slices are sent.

    Raises:
        TransientError: the broker takes nothing, or the machine cannot keep up.
    """
    event_us = first_us
    while not stop.wait(max(event_us - now_us(), 0) / units.MICRO):
        run.step(event_us)
        if event_us == first_us + FRAME_US:
            ready()
        if over():
            return
        event_us += FRAME_US
        behind_us = now_us() - event_us
        if behind_us > _BEHIND_US:
            raise TransientError(f"{behind_us / units.MICRO:.1f} s behind the clock; starting again", retry_after_s=0)


def _never() -> bool:
    return False


def _run(*, wait_start: bool, stop: threading.Event) -> None:
    settings = settings_module.read()
    story = load(Path(settings.source) if settings.source else _SCENARIO)
    views, passages, mode_key = views_of(story.plan), Passages(story.plan, story.walkers), settings.mode_key()
    while not (settings.run / settings_module.TOPICS_READY).exists() and settings.run != Path() and not stop.wait(0.05):
        pass  # loaded while Kafka starts
    client = producer(settings.kafka)
    awaited = settings.run / settings_module.STORY_START
    while not stop.is_set():
        overture = not settings.start_us and not awaited.exists()
        start_us = units.slice_start_us(now_us() + _FAR_US if overture else settings.start_us or int(awaited.read_text()))
        begin_us = max(start_us if wait_start else 0, now_us() + _LEAD_US)
        first_us = units.slice_start_us(begin_us + FRAME_US - 1)
        cameras = Cameras(story.plan, story.walkers, start_us=start_us, first_us=first_us, views=views)
        readings = Readings(story, mode=settings.mode, mode_key=mode_key, start_us=start_us, first_us=first_us, passages=passages)
        outlet = Outlet(client, settings.mode)
        try:
            play(
                Play(cameras=cameras, readings=readings, outlet=outlet, start_us=start_us, overture=overture),
                first_us=first_us,
                stop=stop,
                ready=settings.ready,
                over=awaited.exists if overture else _never,
            )
            outlet.flush()
        except TransientError as error:
            print(json.dumps({"again": str(error)}), flush=True)
            stop.wait(error.retry_after_s)


def main() -> None:
    """Play until told to stop."""
    parser = argparse.ArgumentParser(description="Play a scenario.")
    parser.add_argument("--wait-start", action="store_true", help="send nothing before the story begins")
    wait_start = parser.parse_args().wait_start
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    try:
        _run(wait_start=wait_start, stop=stop)
    except MusterError as error:
        sys.exit(f"muster: {error}")


if __name__ == "__main__":
    main()
