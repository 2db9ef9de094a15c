"""The figures by which a picture's health is judged: some for each frame, those that take longer once or twice a second."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.detect.backends import Frame
from pipelines.detect.health import PictureStats, State
from pipelines.detect.pose import Pose
from pipelines.errors import ShapeError

SAMPLE_WIDTH: Final = 160
_BLOCK: Final = 8
_LINES: Final = 72
_STRONGEST: Final = 0.002
_EDGES_EVERY_US: Final = 500_000
FULL_HD_PX: Final = 1080  # what the standard asks of each camera
Sample = NDArray[np.uint8]


class Picture:
    """One camera's frames, in order.

    Args:
        pose: holds the view against its reference; None = one that is made from the first seconds.
    """

    def __init__(self, pose: Pose | None = None) -> None:
        """Begin without a frame."""
        self.pose = pose or Pose()
        self._before: Sample | None = None
        self._edges_us = 0

    def figures(self, event_us: int, frame: Frame, now: Sample, *, state: State, fits: bool = True) -> PictureStats:
        """Figures of a frame whose sample is *now*, of a camera in that *state* so far; one that does not fit teaches nothing."""
        found, self._before = picture_stats(now, self._before), now
        if not fits:
            return replace(found, fits=False)
        if state in {"ok", "moved"} or self.pose.reference is not None:
            shift = self.pose.step(event_us, frame)
        else:
            shift = 0.0
            self.pose.again()
        sharp = None
        if event_us >= self._edges_us:
            self._edges_us, sharp = event_us + _EDGES_EVERY_US, edges(frame)
        return replace(found, edges=sharp, shift=shift)


def sample(frame_bgr: NDArray[np.uint8]) -> Sample:
    """Every k-th pixel of the green channel, (h', w') uint8: samples, not means, since means would hide the noise.

    Raises:
        ShapeError: the frame is not (h, w, 3).
    """
    if frame_bgr.ndim != 3 or frame_bgr.shape[2] != 3:
        raise ShapeError("frame_bgr", expected="(h, w, 3)", got=frame_bgr.shape)
    step = max(frame_bgr.shape[1] // SAMPLE_WIDTH, 1)
    return np.ascontiguousarray(frame_bgr[::step, ::step, 1])


def edges(frame_bgr: NDArray[np.uint8]) -> float:
    """Difference over two pixels that 0.2 % of the places on some lines of the picture exceed: it falls when focus is lost."""
    lines = frame_bgr[:: max(frame_bgr.shape[0] // _LINES, 1), :, 1]
    steps = _apart(lines[:, 2:], lines[:, :-2])
    if not steps.size:
        return 0.0
    ranks = cv2.calcHist([steps], [0], None, [256], [0, 256]).cumsum()
    return float(np.searchsorted(ranks, (1 - _STRONGEST) * ranks[-1]))


def picture_stats(now: Sample, before: Sample | None) -> PictureStats:
    """Figures of the sample *now*, and of its difference to the one *before* it (None, or another size: no difference)."""
    detail = cv2.norm(now[:, 1:], now[:, :-1], cv2.NORM_L1) / now[:, 1:].size if now.shape[1] > 1 else 0.0
    change = moved = None
    if before is not None and before.shape == now.shape:
        difference = _apart(now, before)
        change = cv2.norm(difference, cv2.NORM_L1) / difference.size
        moved = float(_blocks(difference).max())
    luma, spread = cv2.meanStdDev(now)
    return PictureStats(luma=float(luma[0, 0]), spread=float(spread[0, 0]), detail=detail, change=change, moved=moved)


def _apart(one: Sample, other: Sample) -> Sample:
    """The absolute difference, without leaving bytes."""
    return np.asarray(cv2.absdiff(one, other), dtype=np.uint8)


def _blocks(values: Sample) -> NDArray[np.float32]:
    """Means of whole blocks; of the whole where it is smaller than one."""
    rows, columns = values.shape[0] // _BLOCK, values.shape[1] // _BLOCK
    if not rows or not columns:
        return np.asarray(values.mean(keepdims=True), dtype=np.float32)
    whole = values[: rows * _BLOCK, : columns * _BLOCK].astype(np.float32)
    return np.asarray(cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA), dtype=np.float32)
