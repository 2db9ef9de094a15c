"""A camera's recorder with its real clients, run until enough is there."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipelines.events import CameraSegment
from pipelines.recorder.app import PyAv, now_us
from pipelines.recorder.camera import CameraRecorder
from pipelines.recorder.library import Library
from tests.recorder.films import Feed

PATIENCE_S = 30


class Station:
    """One recorder in a thread of its own."""

    def __init__(
        self, folder: Path, source: str, *, camera: str = "c1", segment_us: int = 1_000_000, room: Callable[[], bool] = lambda: True
    ) -> None:
        self.library = Library(folder)
        self.made: list[CameraSegment] = []
        self._stop = threading.Event()
        self.recorder = CameraRecorder(
            camera,
            source,
            wire=PyAv(),
            library=self.library,
            clock=now_us,
            room=room,
            made=self._take,
            segment_us=segment_us,
        )
        self._thread = threading.Thread(target=self.recorder.run, args=(self._stop,), daemon=True)
        self._thread.start()

    def _take(self, segment: CameraSegment) -> None:
        self.library.add(segment)
        self.made.append(segment)

    def wait(self, enough: Callable[[], bool]) -> None:
        until_s = time.monotonic() + PATIENCE_S
        while not enough():
            assert time.monotonic() < until_s, f"only {len(self.made)} files were made"
            time.sleep(0.02)

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()


@pytest.fixture
def stations() -> Iterator[list[Station]]:
    found: list[Station] = []
    yield found
    for station in found:
        station.stop()


@pytest.fixture
def feeds() -> Iterator[list[Feed]]:
    found: list[Feed] = []
    yield found
    for feed in found:
        feed.close()
