"""Whether a camera still looks where it looked when its reference was made: by blocks of the picture that do not move.

Every three seconds a small grey picture is held against the reference, block by block, by phase correlation; what most blocks
agree on is the camera's own movement, since people, shadows and screens agree on nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
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
        self._reference = reference
        self._places: tuple[_Place, ...] = ()  # of the reference, in the size of the last pictures
        self._size: tuple[int, ...] = ()
        self._first: list[Grey] = []
        self._due_us = 0
        self._before: Grey | None = None
        self.share = 0.0  # of the blocks that agreed last
        self._lost_us = -1
        self.shift = 0.0

    @property
    def reference(self) -> Grey | None:
        """What the pictures are held against; None until it is made."""
        return self._reference

    def step(self, event_us: int, frame: Frame) -> float:
        """How far the picture has moved, in widths of it; 0 while nobody can tell, and 1 for another view altogether."""
        if event_us < self._due_us:
            return self.shift
        now = small(frame)
        places = self._places_like(now)
        if places is None:
            self._due_us = event_us + _FIRST_EVERY_US
            self._learn(now)
            return self.shift
        self._due_us = event_us + _EVERY_US
        found = _agreement(places, now)
        if np.isfinite(found.shift):
            self.shift, self._lost_us = found.shift, -1
        elif self._is_lost(event_us, now, found.share):
            self.shift = 1.0
        self.share, self._before = found.share, now
        return self.shift

    def _places_like(self, now: Grey) -> tuple[_Place, ...] | None:
        """The reference's blocks in the size of *now*; None where there is no reference, or one of other proportions."""
        if self._reference is None:
            return None
        if self._size != now.shape:
            (high, wide), (rows, columns) = self._reference.shape, now.shape
            if abs(rows * wide / (high * columns) - 1) > _PROPORTION:
                return None
            self._places = _places(np.asarray(cv2.resize(self._reference, (columns, rows), interpolation=cv2.INTER_LINEAR), dtype=np.uint8))
            self._size = now.shape
        return self._places

    def again(self) -> None:
        """Pictures of now are no use: begin a reference that is not whole anew."""
        self._first.clear()
        self.share, self._lost_us = 0.0, -1

    def _learn(self, now: Grey) -> None:
        if self._first and self._first[0].shape != now.shape:
            self._first.clear()
        self._first.append(now)
        if len(self._first) == _FIRST:
            self._reference = np.median(np.stack(self._first), axis=0).astype(np.uint8)
            self._size = ()
            self._first.clear()

    def _is_lost(self, event_us: int, now: Grey, share: float) -> bool:
        """Whether the view was lost at once, not bit by bit as when people fill it, and another one has stayed since."""
        if self._lost_us < 0 and self.share >= _CLEAR and share <= _LOST:
            self._lost_us = event_us
        if self._lost_us < 0 or self._before is None or self._before.shape != now.shape:
            return False
        if _agreement(_places(self._before), now).share < 0.5:
            self._lost_us = event_us  # it is not still: somebody turns it, or lights flash
        return event_us - self._lost_us >= _STAYS_US


def small(frame: Frame) -> Grey:
    """A grey picture of about 320 px a line, its finest noise taken out."""
    step = max(frame.shape[1] // _WIDTH, 1)
    return np.asarray(cv2.GaussianBlur(np.ascontiguousarray(frame[::step, ::step, 1]), (0, 0), 1.0), dtype=np.uint8)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Place:
    """A block of a picture that has something to hold on to: its upper left corner, and its grey levels as float32."""

    x: int
    y: int
    block: NDArray[np.float32]


def _places(reference: Grey) -> tuple[_Place, ...]:
    """The blocks of a picture, each half over its neighbours, that have texture."""
    size_y, size_x = reference.shape[0] // _BLOCKS[1], reference.shape[1] // _BLOCKS[0]
    found = []
    for row in range(2 * _BLOCKS[1] - 1):
        for column in range(2 * _BLOCKS[0] - 1):
            y, x = row * size_y // 2, column * size_x // 2
            block = reference[y : y + size_y, x : x + size_x].astype(np.float32)
            if _texture(block) >= _TEXTURE:
                found.append(_Place(x=x, y=y, block=block))
    return tuple(found)


def _agreement(places: Sequence[_Place], now: Grey) -> Agreement:
    """What the blocks of *now* agree on, held against the *places* of a picture of the same shape."""
    high, wide = now.shape
    size_x, size_y = wide // _BLOCKS[0], high // _BLOCKS[1]
    window = cv2.createHanningWindow((size_x, size_y), cv2.CV_32F)
    at, to = [], []
    for place in places:
        here = now[place.y : place.y + size_y, place.x : place.x + size_x].astype(np.float32)
        (dx, dy), response = cv2.phaseCorrelate(place.block.copy(), here, window)  # it writes into what it is given
        if response >= _SURE:
            middle = (place.x + size_x / 2, place.y + size_y / 2)
            at.append(middle)
            to.append((middle[0] + dx, middle[1] + dy))
    if len(at) < 4:
        return Agreement(share=0.0, shift=float("nan"))
    matrix, inside = cv2.estimateAffinePartial2D(
        np.asarray(at, dtype=np.float64), np.asarray(to, dtype=np.float64), method=cv2.RANSAC, ransacReprojThreshold=_APART_PX
    )
    if matrix is None:
        return Agreement(share=0.0, shift=float("nan"))
    share = float(np.count_nonzero(inside)) / len(places)
    corners = np.array([(0, 0), (wide, 0), (wide, high), (0, high)], dtype=np.float64)
    moved = corners @ matrix[:, :2].T + matrix[:, 2] - corners
    shift = float(np.hypot(moved[:, 0], moved[:, 1]).mean()) / wide
    return Agreement(share=share, shift=shift if share >= 0.5 else float("nan"))


def _texture(block: NDArray[np.float32]) -> float:
    return float(np.abs(np.diff(block, axis=1)).mean() + np.abs(np.diff(block, axis=0)).mean())
