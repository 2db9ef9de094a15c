"""DeepStream's metadata as arrays: which camera, at what event time, which boxes and tracks. Pure.

Each object is read once and at once: PyServiceMaker's wrappers are valid only while their list is walked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from pipelines.detect.backends import Boxes
from pipelines.detect.tracking import UNCONFIRMED
from pipelines.units import MICRO

UNTRACKED: Final = 2**64 - 1  # object_id of what the tracker has not joined
OLDEST_US: Final = 10 * MICRO
NEWEST_US: Final = MICRO // 2
_NS: Final = 1000
_FORGOTTEN: Final = 4096  # ids of one camera that are remembered: more than can be in a picture
_MANY: Final = 2 * _FORGOTTEN


class Rect(Protocol):
    """A box in the pixels that the stream muxer makes."""

    left: float
    top: float
    width: float
    height: float


class Thing(Protocol):
    """An object's metadata."""

    class_id: int
    object_id: int
    confidence: float
    tracker_confidence: float

    @property
    def rect_params(self) -> Rect:
        """Where it is."""
        ...


class FrameMeta(Protocol):
    """A frame's metadata."""

    pad_index: int
    buffer_pts: int
    ntp_timestamp: int
    source_width: int
    source_height: int
    pipeline_width: int
    pipeline_height: int

    @property
    def object_items(self) -> Iterable[Thing]:
        """Its objects."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Found:
    """What DeepStream found in one frame.

    Args:
        boxes: (n, 6) float32, px of the camera's own picture.
        tracks: (n,) int64; `UNCONFIRMED` for what is not tracked.
        size_px: width and height of the camera's own picture.
    """

    boxes: Boxes
    tracks: NDArray[np.int64]
    size_px: tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Seen:
    """A frame of one camera."""

    camera: str
    event_us: int
    found: Found


class Adapter:
    """Turns frames of a group's batches into arrays; it remembers each camera's last time and track numbers."""

    def __init__(self, cameras: Sequence[str], *, classes: Sequence[int], delay_us: int, base_us: int | None = None) -> None:
        """Begin without a frame.

        Args:
            cameras: ids, in the order in which their sources were linked to the muxer.
            classes: of COCO that are wanted.
            delay_us: of a live frame whose own time cannot be believed: its event time is its arrival less this.
            base_us: event time of a file's first frame; None for live cameras.
        """
        self._cameras, self._classes = tuple(cameras), frozenset(classes)
        self._delay_us, self._base_us = delay_us, base_us
        self._last_us: dict[str, int] = {}
        self._first_pts: dict[str, int] = {}
        self._numbers: dict[str, dict[int, int]] = {camera: {} for camera in cameras}
        self._next = dict.fromkeys(cameras, 1)
        self.unknown = self.not_later = self.disbelieved = 0

    def take(self, frame: FrameMeta, *, now_us: int) -> Seen | None:
        """The frame as arrays; None for one of no camera of the group, or one that is not later than the last.

        Args:
            frame: its metadata, valid during the call.
            now_us: the mode's clock.
        """
        if not 0 <= frame.pad_index < len(self._cameras):
            self.unknown += 1
            return None
        camera = self._cameras[frame.pad_index]
        event_us = self._event_us(camera, frame, now_us)
        if event_us <= self._last_us.get(camera, -1):
            self.not_later += 1
            return None
        self._last_us[camera] = event_us
        return Seen(camera=camera, event_us=event_us, found=self._found(camera, frame))

    def _event_us(self, camera: str, frame: FrameMeta, now_us: int) -> int:
        """NTP time of a live frame where it is near the clock, else its arrival; of a file its place in it.

        A camera whose clock is wrong must not date its people: what it says is counted as disbelieved.
        """
        if self._base_us is not None:
            first = self._first_pts.setdefault(camera, frame.buffer_pts)
            return self._base_us + (frame.buffer_pts - first) // _NS
        said_us = frame.ntp_timestamp // _NS
        if now_us - OLDEST_US <= said_us <= now_us + NEWEST_US:
            return min(said_us, now_us)
        self.disbelieved += 1
        return now_us - self._delay_us

    def _found(self, camera: str, frame: FrameMeta) -> Found:
        size = (frame.source_width or frame.pipeline_width, frame.source_height or frame.pipeline_height)
        scale = np.array([size[0] / max(frame.pipeline_width, 1), size[1] / max(frame.pipeline_height, 1)] * 2)
        rows, ids = [], []
        for thing in frame.object_items:
            if thing.class_id not in self._classes:
                continue
            rect, score = thing.rect_params, thing.confidence
            if score < 0:  # the tracker alone holds it: DeepStream says -0.1
                score = max(thing.tracker_confidence, 0.0)
            rows.append((rect.left, rect.top, rect.left + rect.width, rect.top + rect.height, min(score, 1.0), thing.class_id))
            ids.append(thing.object_id)
        boxes = np.asarray(rows, dtype=np.float64).reshape(-1, 6)
        boxes[:, :4] *= scale
        boxes[:, [0, 2]] = boxes[:, [0, 2]].clip(0, size[0])
        boxes[:, [1, 3]] = boxes[:, [1, 3]].clip(0, size[1])
        real = np.isfinite(boxes).all(axis=1) & (boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])
        tracks = np.asarray([self._number(camera, which) for which in ids], dtype=np.int64)
        return Found(boxes=boxes[real].astype(np.float32), tracks=_once(tracks[real]), size_px=size)

    def _number(self, camera: str, which: int) -> int:
        """A small number for DeepStream's 64 bits, the same while the track lives."""
        if which == UNTRACKED:
            return UNCONFIRMED
        known = self._numbers[camera]
        if which in known:
            known[which] = number = known.pop(which)  # the last used is the last forgotten
            return number
        if len(known) >= _MANY:
            for old in list(known)[:_FORGOTTEN]:
                del known[old]
        known[which] = number = self._next[camera]
        self._next[camera] += 1
        return number


def _once(tracks: NDArray[np.int64]) -> NDArray[np.int64]:
    """No track twice in a frame: the first keeps it."""
    kept = np.full_like(tracks, UNCONFIRMED)
    _, first = np.unique(tracks, return_index=True)
    kept[first] = tracks[first]
    return kept
