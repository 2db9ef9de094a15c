"""Whether a camera still looks where it looked when its reference was made: by blocks of the picture that do not move.

Every three seconds a small grey picture is held against the reference, block by block, by phase correlation; what most blocks
agree on is the camera's own movement, since people, shadows and screens agree on nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.detect.backends import Frame
from pipelines.units import MICRO

_WIDTH: Final = 320  # about: every k-th pixel
_BLOCKS: Final = (4, 3)
_SURE: Final = 0.12  # response of a block's phase correlation from which its shift is believed
_TEXTURE: Final = 2.0  # grey levels: a block of the reference with less has nothing to hold on to
_APART_PX: Final = 2.5  # of the small picture: blocks that agree
_FIRST: Final = 9  # pictures of which the reference is the median
_EVERY_US: Final = 3 * MICRO
_FIRST_EVERY_US: Final = MICRO // 2
_CLEAR: Final = 0.7  # share of blocks that agreed before a view was lost at once
_LOST: Final = 0.45
_PROPORTION: Final = 0.02  # taking every k-th pixel rounds the sides
_STAYS_US: Final = 8 * MICRO
Grey = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """What the blocks of two pictures agree on.

    Args:
        share: of the blocks with texture.
        shift: mean movement of the picture's corners, in widths of the picture; NaN where fewer than half agree.
    """

    share: float
    shift: float


class Pose:
    """Holds one camera's pictures against its reference.

    Args:
        reference: of an earlier start; None = it is made from the first seconds.
    """

    def __init__(self, reference: Grey | None = None) -> None:
        """Begin with that reference."""
        self.reference = reference
        self._first: list[Grey] = []
        self._due_us = 0
        self._before: Grey | None = None
        self.share = 0.0  # of the blocks that agreed last
        self._lost_us = -1
        self.shift = 0.0

    def step(self, event_us: int, frame: Frame) -> float:
        """How far the picture has moved, in widths of it; 0 while nobody can tell, and 1 for another view altogether."""
        if event_us < self._due_us:
            return self.shift
        now = small(frame)
        reference = self._reference_like(now)
        if reference is None:
            self._due_us = event_us + _FIRST_EVERY_US
            self._learn(now)
            return self.shift
        self._due_us = event_us + _EVERY_US
        found = agreement(reference, now)
        if np.isfinite(found.shift):
            self.shift, self._lost_us = found.shift, -1
        elif self._is_lost(event_us, now, found.share):
            self.shift = 1.0
        self.share, self._before = found.share, now
        return self.shift

    def _reference_like(self, now: Grey) -> Grey | None:
        """The reference in the size of *now*; None where there is none, or one of other proportions."""
        if self.reference is None or self.reference.shape == now.shape:
            return self.reference
        (high, wide), (rows, columns) = self.reference.shape, now.shape
        if abs(rows * wide / (high * columns) - 1) > _PROPORTION:
            return None
        return np.asarray(cv2.resize(self.reference, (columns, rows), interpolation=cv2.INTER_LINEAR), dtype=np.uint8)

    def again(self) -> None:
        """Pictures of now are no use: begin a reference that is not whole anew."""
        self._first.clear()
        self.share, self._lost_us = 0.0, -1

    def _learn(self, now: Grey) -> None:
        if self._first and self._first[0].shape != now.shape:
            self._first.clear()
        self._first.append(now)
        if len(self._first) == _FIRST:
            self.reference = np.median(np.stack(self._first), axis=0).astype(np.uint8)
            self._first.clear()

    def _is_lost(self, event_us: int, now: Grey, share: float) -> bool:
        """Whether the view was lost at once, not bit by bit as when people fill it, and another one has stayed since."""
        if self._lost_us < 0 and self.share >= _CLEAR and share <= _LOST:
            self._lost_us = event_us
        if self._lost_us < 0 or self._before is None or self._before.shape != now.shape:
            return False
        if agreement(self._before, now).share < 0.5:
            self._lost_us = event_us  # it is not still: somebody turns it, or lights flash
        return event_us - self._lost_us >= _STAYS_US


def small(frame: Frame) -> Grey:
    """A grey picture of about 320 px a line, its finest noise taken out."""
    step = max(frame.shape[1] // _WIDTH, 1)
    return np.asarray(cv2.GaussianBlur(np.ascontiguousarray(frame[::step, ::step, 1]), (0, 0), 1.0), dtype=np.uint8)


def agreement(reference: Grey, now: Grey) -> Agreement:
    """What the blocks of *now* agree on, held against the *reference* of the same shape."""
    high, wide = reference.shape
    size_x, size_y = wide // _BLOCKS[0], high // _BLOCKS[1]
    window = cv2.createHanningWindow((size_x, size_y), cv2.CV_32F)
    at, to, held = [], [], 0
    for row in range(2 * _BLOCKS[1] - 1):
        for column in range(2 * _BLOCKS[0] - 1):
            y, x = row * size_y // 2, column * size_x // 2
            then = reference[y : y + size_y, x : x + size_x].astype(np.float32)
            if _texture(then) < _TEXTURE:
                continue
            held += 1
            (dx, dy), response = cv2.phaseCorrelate(then, now[y : y + size_y, x : x + size_x].astype(np.float32), window)
            if response >= _SURE:
                middle = (x + size_x / 2, y + size_y / 2)
                at.append(middle)
                to.append((middle[0] + dx, middle[1] + dy))
    if len(at) < 4:
        return Agreement(share=0.0, shift=float("nan"))
    matrix, inside = cv2.estimateAffinePartial2D(
        np.asarray(at, dtype=np.float64), np.asarray(to, dtype=np.float64), method=cv2.RANSAC, ransacReprojThreshold=_APART_PX
    )
    if matrix is None:
        return Agreement(share=0.0, shift=float("nan"))
    share = float(np.count_nonzero(inside)) / held
    corners = np.array([(0, 0), (wide, 0), (wide, high), (0, high)], dtype=np.float64)
    moved = corners @ matrix[:, :2].T + matrix[:, 2] - corners
    shift = float(np.hypot(moved[:, 0], moved[:, 1]).mean()) / wide
    return Agreement(share=share, shift=shift if share >= 0.5 else float("nan"))


def _texture(block: NDArray[np.float32]) -> float:
    return float(np.abs(np.diff(block, axis=1)).mean() + np.abs(np.diff(block, axis=0)).mean())
