"""One camera's recording: connect, cut, write, connect again. Its clients are given; nothing that happens here leaves it."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, Protocol

from pipelines.errors import ConfigError, MusterError, TransientError
from pipelines.events import CameraSegment
from pipelines.recorder.cutting import SEGMENT_US, Cutter, Piece, Timeline, parameter_sets
from pipelines.recorder.library import Library
from pipelines.recorder.repair import Reader
from pipelines.units import MICRO

SILENT_US: Final = 10 * MICRO  # no picture for so long: it is not being recorded
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.5, 5.0
_REFUSED_WAIT_S: Final = 30.0


class Source(Protocol):
    """A camera's stream of packets, as `connectors.stream.CameraStream`."""

    codec: str
    is_live: bool

    def start(self) -> None: ...  # noqa: D102
    @property
    def annex_b(self) -> bool: ...  # noqa: D102
    @property
    def template(self) -> Any: ...  # noqa: D102
    def packets(self) -> Iterator[Any]: ...  # noqa: D102
    def close(self) -> None: ...  # noqa: D102


class File(Protocol):
    """A file that takes packets, as `connectors.stream.SegmentFile`."""

    path: Path
    frames: int
    key_frames: int
    damaged: int

    @property
    def size_bytes(self) -> int: ...  # noqa: D102
    @property
    def blake2b(self) -> str: ...  # noqa: D102
    def write(self, arrived: Any) -> None: ...  # noqa: D102
    def close(self) -> None: ...  # noqa: D102


class Wire(Reader, Protocol):
    """What opens streams and files."""

    def stream(self, source: str) -> Source: ...  # noqa: D102
    def file(self, path: Path, template: Any) -> File: ...  # noqa: D102


class CameraRecorder:
    """Records one camera until it is told to stop.

    Args:
        camera: its id.
        source: its address, or a file, which is played in a loop at its own speed.
        wire: opens streams and files.
        library: where files go.
        clock: µs UTC.
        room: whether the disk has room.
        made: takes each whole file.
        segment_us: length of a file.
    """

    def __init__(
        self,
        camera: str,
        source: str,
        *,
        wire: Wire,
        library: Library,
        clock: Callable[[], int],
        room: Callable[[], bool],
        made: Callable[[CameraSegment], None],
        segment_us: int = SEGMENT_US,
    ) -> None:
        """Begin after what is in the index."""
        self.camera, self._source = camera, source
        self._segment_us = segment_us
        self._wire, self._library, self._clock, self._room, self._made = wire, library, clock, room, made
        last = library.last(camera)
        self._last_end_us = last.end_us if last is not None else 0
        self._sets, self._size_px, self._codec = b"", (0, 0), ""
        self._said = ""
        self._file: File | None = None
        self._time = Timeline()
        self._follows = False
        self.seen_us = 0
        self.taken = self.given = self.damaged = 0

    def run(self, stop: threading.Event) -> None:
        """Record; whatever fails is said and tried again."""
        wait_s = _FIRST_WAIT_S
        while not stop.is_set():
            before = self.taken
            try:
                if self._room():
                    self._connection(stop)
                pause_s = wait_s
            except ConfigError as error:
                self._say(str(error))
                pause_s = _REFUSED_WAIT_S
            except MusterError as error:
                self._say(str(error))
                pause_s = wait_s
            except Exception:  # noqa: BLE001 - a fault of one camera must not touch another
                traceback.print_exc()
                pause_s = wait_s
            wait_s = _FIRST_WAIT_S if self.taken > before else min(2 * wait_s, _LONGEST_WAIT_S)
            stop.wait(pause_s)

    def _connection(self, stop: threading.Event) -> None:
        source = self._wire.stream(self._source)
        ended = "lost" if source.is_live else "end"
        try:
            source.start()
            self._codec = source.codec
            cutter, pace = Cutter(segment_us=self._segment_us), _Pace(self._clock, live=source.is_live)
            self._follows = False
            for arrived in source.packets():
                pace.wait(arrived.dts_us, stop)
                if stop.is_set() or not self._room():
                    ended = "stop" if stop.is_set() else "disk"
                    break
                self._take(cutter, source, arrived)
        finally:
            try:
                self._finish(ended)
            finally:
                source.close()

    def _take(self, cutter: Cutter, source: Source, arrived: Any) -> None:
        now_us = self._clock()
        self.taken += 1
        self.damaged += arrived.damaged
        sets = parameter_sets(arrived.body, source.codec) if arrived.key and source.annex_b else b""
        cut = cutter.take(Piece(pts_us=arrived.pts_us, dts_us=arrived.dts_us, key=arrived.key, sets=sets))
        if cut.ended:
            self._finish(cut.ended)
        if cut.step == "wait":
            return
        try:
            if cut.step == "begin":
                self._follows = cut.ended in ("length", "size", "no key frame")
                self._file, self._time = self._wire.file(self._library.part_for(self.camera, now_us), source.template), Timeline()
                self._sets, self._size_px = (sets, (0, 0)) if sets != self._sets or not sets else (self._sets, self._size_px)
            assert self._file is not None
            self._file.write(arrived)
        except OSError as error:
            self._finish("disk")
            raise TransientError(f"{self.camera}: the disk does not take it: {error.strerror}", retry_after_s=2) from error
        self._time.take(arrived.pts_us, now_us)
        self.seen_us = now_us
        self._said = ""

    def _finish(self, ended: str) -> None:
        """End the open file, name it and hand it over; a file without a picture goes."""
        file, self._file = self._file, None
        if file is None:
            return
        file.close()
        if not file.frames:
            file.path.unlink(missing_ok=True)
            return
        start_us = max(self._time.start_us, self._last_end_us) if self._follows else self._time.start_us
        end_us = max(self._time.end_us, start_us)
        name = self._library.whole(file.path, self.camera, start_us)
        width_px, height_px = self._measured(name)
        segment = CameraSegment(
            camera=self.camera,
            start_us=start_us,
            end_us=end_us,
            file=name,
            size_bytes=file.size_bytes,
            codec=self._codec,
            width_px=width_px,
            height_px=height_px,
            frames=file.frames,
            key_frames=file.key_frames,
            damaged=file.damaged,
            blake2b=file.blake2b,
            gap_us=max(start_us - self._last_end_us, 0) if self._last_end_us and not self._follows else 0,
            ended=ended,
        )
        self._last_end_us = end_us
        self.given += 1
        self._made(segment)

    def _measured(self, name: str) -> tuple[int, int]:
        """Size of the pictures: read from the file once for all that have the same parameter sets."""
        if self._size_px == (0, 0):
            try:
                found = self._wire.examine(self._library.root / name)
            except TransientError as error:
                self._say(f"{self.camera}: {name} was written, and cannot be read: {error}")
            else:
                self._size_px = (found.width_px, found.height_px)
        return self._size_px

    def _say(self, sentence: str) -> None:
        if sentence != self._said:
            self._said = sentence
            print(f"recorder {self.camera}: {sentence}", flush=True)


class _Pace:
    """Lets the packets of a file come when a camera would have sent them; those of a camera come by themselves."""

    def __init__(self, clock: Callable[[], int], *, live: bool) -> None:
        self._clock, self._live = clock, live
        self._origin_us: int | None = None

    def wait(self, dts_us: int, stop: threading.Event) -> None:
        if self._live:
            return
        if self._origin_us is None:
            self._origin_us = self._clock() - dts_us
        ahead_us = self._origin_us + dts_us - self._clock()
        if ahead_us > 0:
            stop.wait(ahead_us / MICRO)
