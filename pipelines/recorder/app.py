"""Entry point: records a group of cameras. `python -m pipelines.recorder.app`; settings from MUSTER_*.

A thread for each camera; the main thread watches the disk, writes the index and says how it goes.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any, Final

from connectors.kafka import Sender, producer
from connectors.recorded import Examined, examine
from connectors.stream import CameraStream, SegmentFile
from pipelines import settings as settings_module
from pipelines.errors import ConfigError, MusterError, TransientError
from pipelines.events import RecorderState, StageHealth
from pipelines.recorder.camera import SILENT_US, CameraRecorder
from pipelines.recorder.keeping import Keep
from pipelines.recorder.library import Library, digest
from pipelines.recorder.naming import DAY_US
from pipelines.recorder.repair import repair
from pipelines.recorder.telling import Telling
from pipelines.recorder.upkeep import SteadyClock, Upkeep
from pipelines.settings import Settings
from plan.load import load
from plan.model import Plan

_TURN_S: Final = 0.5
_DISK_EVERY_S: Final = 2.0
_STATE_EVERY_S: Final = 10.0
_JOIN_S: Final = 3.0


def now_us() -> int:
    """µs UTC."""
    return time.time_ns() // 1000


class PyAv:
    """Streams and files by PyAV."""

    def stream(self, source: str) -> CameraStream:
        """A camera's stream."""
        return CameraStream(source)

    def file(self, path: Path, template: Any) -> SegmentFile:
        """A new file."""
        return SegmentFile(path, template)

    def examine(self, path: Path) -> Examined:
        """What a file holds."""
        return examine(path)

    def digest(self, path: Path) -> tuple[int, str]:
        """Size and BLAKE2b of a file."""
        return digest(path)


class Recorder:
    """The recording of one group of cameras."""

    def __init__(self, settings: Settings, plan: Plan, sender: Sender) -> None:
        """Make what is needed, and begin nothing.

        Raises:
            ConfigError: the plan does not want one of the cameras recorded, or the folder cannot be made.
        """
        cameras = [camera for camera in settings.camera.split(",") if camera]
        sources = {row.id: row.source for row in plan.cameras if row.record}
        unknown = [camera for camera in cameras if camera not in sources]
        if unknown or not cameras:
            raise ConfigError(f"camera '{', '.join(unknown)}': the plan has no such camera with record: true")
        self._library = Library(settings.recordings / settings.mode)
        try:
            self._library.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise ConfigError(f"the folder of recordings {self._library.root}: cannot be made: {error.strerror}") from error
        self._sender, self._name, self._wire = sender, f"recorder-{cameras[0]}", PyAv()
        keep = Keep(floor_us=plan.recording.floor_days * DAY_US, keep_us=plan.recording.video_days * DAY_US)
        clock = SteadyClock(now_us, lambda: time.monotonic_ns() // 1000)
        self._upkeep = Upkeep(self._library, keep, clock=clock, disk=self._library.disk)
        self._telling = Telling(self._library, sender)
        self._sources = {camera: sources[camera] for camera in cameras}
        self._cameras: dict[str, CameraRecorder] = {}
        self._refused = 0
        self._told: dict[str, float] = {"disk": 0.0, "state": 0.0, "health": 0.0}
        self._said = ""

    def run(self, stop: threading.Event, settings: Settings) -> None:
        """Record until told to stop."""
        self._look()
        threads = [threading.Thread(target=self._camera, args=(camera, stop), name=camera, daemon=True) for camera in self._sources]
        for thread in threads:
            thread.start()
        settings.ready()
        while not stop.wait(_TURN_S):
            self._turn()
        until_s = time.monotonic() + _JOIN_S
        for thread in threads:
            thread.join(max(until_s - time.monotonic(), 0.0))
        self._tell_files()

    def _camera(self, camera: str, stop: threading.Event) -> None:
        """Mend what the last process left of a camera, and record on."""
        try:
            for segment in repair(self._library, camera, self._wire, lambda what: print(f"recorder {camera}: {what}", flush=True)):
                self._library.add(segment)
        except OSError as error:
            print(f"recorder {camera}: what a kill has left cannot be mended now: {error.strerror}", file=sys.stderr, flush=True)
        self._telling.again(camera)
        recorder = CameraRecorder(
            camera,
            self._sources[camera],
            wire=self._wire,
            library=self._library,
            clock=now_us,
            room=lambda: self._upkeep.has_room,
            made=self._telling.take,
        )
        self._cameras[camera] = recorder
        recorder.run(stop)

    def _turn(self) -> None:
        self._tell_files()
        if self._due("disk", _DISK_EVERY_S) and self._look():
            self._told["state"] = 0.0
        if self._due("state", _STATE_EVERY_S):
            self._send("recorder.state", self._state())
        if self._due("health", 1.0):
            self._send("stage.health", self._health())

    def _due(self, what: str, every_s: float) -> bool:
        if time.monotonic() - self._told[what] < every_s:
            return False
        self._told[what] = time.monotonic()
        return True

    def _look(self) -> bool:
        """Look at the disk; a change that is bad news is said aloud."""
        try:
            changed = self._upkeep.turn()
        except OSError as error:
            self._say(f"the disk of the recordings cannot be looked at: {error.strerror}")
            return False
        if changed and self._upkeep.sentences[0]:
            print("\a" + "\n".join(self._upkeep.sentences), file=sys.stderr, flush=True)
        elif changed:
            print("recorder: the disk of the recordings has room", flush=True)
        return changed

    def _tell_files(self) -> None:
        self._say(self._telling.turn())

    def _say(self, sentence: str) -> None:
        if sentence != self._said:
            self._said = sentence
            print(f"recorder: {sentence or 'that is over'}", flush=True)

    def _send(self, thing: str, record: Any) -> None:
        try:
            self._sender.send(thing, record, key=self._name)
        except TransientError:
            self._refused += 1  # the next one says the same; files are told of until they have arrived

    def _state(self) -> RecorderState:
        disk, (english, chinese) = self._upkeep.disk, self._upkeep.sentences
        now = now_us()
        return RecorderState(
            recorder=self._name,
            at_us=now,
            state=self._upkeep.state,
            cameras=len(self._sources),
            recording=sum(now - row.seen_us < SILENT_US for row in self._cameras.values()),
            used_percent=disk.used_percent,
            free_bytes=disk.free,
            sentence_en=english,
            sentence_zh=chinese,
        )

    def _health(self) -> StageHealth:
        rows = list(self._cameras.values())
        return StageHealth(
            stage="recorder",
            at_us=now_us(),
            taken=sum(row.taken for row in rows),
            given=sum(row.given for row in rows),
            late=0,
            clamped=0,
            refused=self._refused + sum(row.damaged for row in rows),
            lag=self._telling.waiting,
            tick_age_us=-1,
        )


def main() -> None:
    """Record until told to stop."""
    stop = threading.Event()
    for which in (signal.SIGTERM, signal.SIGINT):
        signal.signal(which, lambda *_: stop.set())
    try:
        settings = settings_module.read()
        if settings.recordings == Path():
            raise ConfigError("MUSTER_RECORDINGS must be set: the folder of recordings")
        sender = Sender(producer(settings.kafka, linger_ms=20), settings.mode)
        Recorder(settings, load(settings.plan), sender).run(stop, settings)
    except MusterError as error:
        settings_module.die(error)
        return
    sys.exit(0)


if __name__ == "__main__":
    main()
