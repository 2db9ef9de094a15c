"""Whole files into the index, then onto the topic: in that order, and again after whatever failed."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable
from typing import Final, Protocol

from pipelines.errors import TransientError
from pipelines.events import CameraSegment
from pipelines.recorder.library import Library

THING: Final = "camera.segments"
_FLUSH_S: Final = 2.0


class Sender(Protocol):
    """Sends records, as `connectors.kafka.Sender`."""

    @property
    def waiting(self) -> int: ...  # noqa: D102
    def send(self, thing: str, record: object, *, key: str = "") -> None: ...  # noqa: D102
    def flush(self, timeout_s: float = 10) -> None: ...  # noqa: D102


class Telling:
    """Files that are whole and not yet told of; taken from many threads, told by one."""

    def __init__(self, library: Library, sender: Sender) -> None:
        """Begin with nothing."""
        self._library, self._sender = library, sender
        self._made: deque[CameraSegment] = deque()
        self._untold: deque[CameraSegment] = deque()
        self._lock = threading.Lock()
        self._sent = 0

    def take(self, segment: CameraSegment) -> None:
        """A file is whole."""
        with self._lock:
            self._made.append(segment)

    def again(self, camera: str) -> None:
        """Files that were indexed by a process that was killed before the topic had them."""
        told_us = self._library.told_us(camera)
        rows = [row for row in self._library.index(camera, from_us=told_us) if row.end_us > told_us]
        with self._lock:
            self._untold.extend(rows)

    @property
    def waiting(self) -> int:
        """Files that the topic has not heard of."""
        return len(self._made) + len(self._untold)

    def turn(self) -> str:
        """Index and tell what there is; what is wrong comes back as a sentence, and is tried again at the next turn."""
        try:
            self._index()
        except OSError as error:
            return f"the index cannot be written: {error.strerror}"
        with self._lock:
            rows = list(self._untold)
        if not rows:
            return ""
        try:
            for row in rows[self._sent :]:
                self._sender.send(THING, row, key=row.camera)
                self._sent += 1
            self._sender.flush(_FLUSH_S)
            self._mark(rows)
        except TransientError as error:
            if self._sender.waiting:  # under way: not to be sent twice
                return "the topic has not heard of the newest files: the broker takes nothing; they are told of when it does"
            self._sent = 0
            return f"the topic has not heard of the newest files, and they are told of again: {error}"
        except OSError as error:
            return f"what the topic has heard of cannot be noted: {error.strerror}"
        self._sent = 0
        with self._lock:
            for _ in rows:
                self._untold.popleft()
        return ""

    def _index(self) -> None:
        while self._made:
            self._library.add(self._made[0])
            with self._lock:
                self._untold.append(self._made.popleft())

    def _mark(self, rows: Iterable[CameraSegment]) -> None:
        newest: dict[str, int] = {}
        for row in rows:
            newest[row.camera] = max(newest.get(row.camera, 0), row.end_us)
        for camera, end_us in newest.items():
            self._library.tell(camera, max(end_us, self._library.told_us(camera)))
