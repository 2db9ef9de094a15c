"""Video by OpenCV's FFmpeg: files and network cameras in, small JPEG pictures out."""

from __future__ import annotations

import codecs
import math
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from connectors.addressing import without_password
from pipelines.errors import ConfigError

JPEG_MOST_BYTES: Final = 200 * 1024
JPEG_MOST_WIDE: Final = 960
_QUALITIES: Final = (75, 60, 45, 30, 15)
_TIMEOUT_MS: Final = 4000
_FASTEST_FPS: Final = 240.0
_SNIFFED: Final = 4096
_LOST_AT_MOST_S: Final = 2.0  # longer without a picture that can be decoded, and the file or the connection has ended
_HUNG_S: Final = 1.0  # what fails later than this was waited for, and not damaged
Frame = NDArray[np.uint8]  # (h, w, 3), BGR


class Video:
    """An open video: a file, or a live camera at an address such as rtsp://host/stream.

    Args:
        source: path or address.
        fps: frames a second; None = what the header says.
    """

    def __init__(self, source: str, *, fps: float | None = None) -> None:
        """Open it and decode its first picture.

        Raises:
            ConfigError: there is no such file, it cannot be decoded, or nobody knows its rate.
        """
        cv2.setNumThreads(1)
        self.source = source
        self.name = without_password(source)
        self.is_live = "://" in source
        if not self.is_live:
            _refuse_no_video(Path(source), self.name)
        self._capture = self._open()
        self.fps = self._rate(fps)
        self.frames = 0 if self.is_live else max(int(self._capture.get(cv2.CAP_PROP_FRAME_COUNT)), 0)
        self.damaged = False  # whether the last read() gave no picture because it could not be decoded: the next one may be
        self._at = 1  # pictures that are over, decoded or not
        self._lost = 0  # of them, the last ones that were not
        found, first = self._capture.read()
        if not found or first is None:
            raise ConfigError(f"video {self.name}: no picture in it can be decoded")
        self._first: Frame | None = np.asarray(first, dtype=np.uint8)
        self.height_px, self.width_px = first.shape[:2]

    def _open(self) -> cv2.VideoCapture:
        options = [cv2.CAP_PROP_N_THREADS, 1]  # a core a camera: more threads cost a quarter more for each picture
        if self.is_live:
            options += [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, _TIMEOUT_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, _TIMEOUT_MS]
        capture = cv2.VideoCapture(self.source, cv2.CAP_FFMPEG, options)
        if not capture.isOpened():
            live = "the camera does not answer, refuses name or password, or sends no video"  # OpenCV does not say which
            why = live if self.is_live else "it is damaged, or holds no video stream"
            raise ConfigError(f"video {self.name}: cannot be decoded: {why}")
        return capture

    def _rate(self, given: float | None) -> float:
        if given is not None:
            if not (math.isfinite(given) and 0 < given <= _FASTEST_FPS):
                raise ConfigError(f"video {self.name}: fps {given:g}: expected more than 0 and at most {_FASTEST_FPS:g}")
            return given
        said = float(self._capture.get(cv2.CAP_PROP_FPS))
        if math.isfinite(said) and 0 < said <= _FASTEST_FPS:
            return said
        if self.is_live:
            return 25.0
        raise ConfigError(f"video {self.name}: its header says {said:g} frames a second; give the true rate")

    def read(self) -> Frame | None:
        """The next picture, (h, w, 3) uint8 BGR; None at the end of a file, when a live camera has stopped, and while `damaged`."""
        if self._first is not None:
            first, self._first = self._first, None
            return first
        asked_s = time.monotonic()
        found, frame = self._capture.read()
        self._pass(found=found, took_s=time.monotonic() - asked_s)
        return np.asarray(frame, dtype=np.uint8) if found and frame is not None else None

    def skip(self) -> bool:
        """Pass over a picture; whether there was one, damaged ones too."""
        if self._first is not None:
            self._first = None
            return True
        asked_s = time.monotonic()
        found = bool(self._capture.grab())
        self._pass(found=found, took_s=time.monotonic() - asked_s)
        return found or self.damaged

    def _pass(self, *, found: bool, took_s: float) -> None:
        """Note a picture that is over. FFmpeg says no to a damaged one as it does at the end, and goes on when asked again."""
        self._lost = 0 if found else self._lost + 1
        goes_on = took_s < _HUNG_S if self.is_live else self._at < self.frames
        self.damaged = not found and goes_on and self._lost <= _LOST_AT_MOST_S * self.fps
        self._at += 1

    def seek(self, index: int) -> None:
        """Make picture *index* (0 = the first) of a file the next one; a file that cannot seek is read from its start."""
        self._first = None
        self._at, self._lost, self.damaged = index, 0, False
        self._capture.set(cv2.CAP_PROP_POS_FRAMES, index)
        if round(self._capture.get(cv2.CAP_PROP_POS_FRAMES)) != index:
            self._capture.release()
            self._capture, self._at = self._open(), 0
            for _ in range(index):
                if not self.skip():
                    return

    def __iter__(self) -> Iterator[tuple[float, Frame]]:
        """Video time in seconds, and picture, to the end; a damaged picture is left out, and its time passes."""
        index = 0
        while (frame := self.read()) is not None or self.damaged:
            if frame is not None:
                yield index / self.fps, frame
            index += 1

    def close(self) -> None:
        """Let go of the file or the camera."""
        self._capture.release()


def jpeg(frame: Frame) -> bytes:
    """The picture as JPEG, at most 960 px wide and 200 KiB; no bytes where it cannot be made so small."""
    scale = JPEG_MOST_WIDE / frame.shape[1]
    if scale < 1:
        frame = np.asarray(cv2.resize(frame, (JPEG_MOST_WIDE, max(round(frame.shape[0] * scale), 1)), interpolation=cv2.INTER_AREA))
    for quality in _QUALITIES:
        made, body = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, quality])
        if made and len(body) <= JPEG_MOST_BYTES:
            return body.tobytes()
    return b""


def _refuse_no_video(path: Path, name: str) -> None:
    """What FFmpeg would say badly, or not at all: it takes some text files for pictures of a terminal."""
    try:
        with path.open("rb") as file:
            head = file.read(_SNIFFED)
    except FileNotFoundError:
        raise ConfigError(f"video {name}: there is no such file") from None
    except OSError as error:
        raise ConfigError(f"video {name}: cannot be read: {error.strerror}") from error
    if not head:
        raise ConfigError(f"video {name}: is empty (0 bytes)")
    if b"\0" not in head:
        try:
            codecs.getincrementaldecoder("utf-8")().decode(head)  # its last letter may be cut
        except UnicodeDecodeError:
            return
        raise ConfigError(f"video {name}: is a text file, not a video")
