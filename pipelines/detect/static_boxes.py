"""Boxes that never move: a post, a sign, a bush that a model takes for somebody. Found over minutes, decided on by a person. Pure.

They are proposed only, since who stands still for as long looks the same; the plan holds what was decided, by camera (`masks`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

_SAME: Final = 0.6  # overlap of a box with the mean of its place
_MOST_PLACES: Final = 400
MASKED: Final = 0.5  # overlap with a mask from which a box is what was masked
Boxes = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticBox:
    """A place where a box was found again and again.

    Args:
        box: x0, y0, x1, y1 px, the mean.
        share: of the frames in which it was found.
    """

    box: tuple[float, float, float, float]
    share: float


class StaticBoxes:
    """Counts how often each place held a box."""

    def __init__(self) -> None:
        """Start with no place."""
        self._places = np.zeros((0, 4))
        self._seen = np.zeros(0, dtype=np.int64)
        self._frames = 0

    def add(self, boxes: Boxes) -> None:
        """Take the boxes of one frame, (n, 6) float32."""
        self._frames += 1
        for box in boxes[:, :4].astype(np.float64):
            same = overlaps(box[None], self._places)[0]
            if len(same) and same.max() >= _SAME:
                place = int(same.argmax())
                self._seen[place] += 1
                self._places[place] += (box - self._places[place]) / self._seen[place]
            else:
                self._places = np.concatenate([self._places, box[None]])
                self._seen = np.append(self._seen, 1)
        if len(self._places) > _MOST_PLACES:
            kept = np.sort(np.argsort(-self._seen, kind="stable")[: _MOST_PLACES // 2])
            self._places, self._seen = self._places[kept], self._seen[kept]

    def found(self, *, least_share: float = 0.6) -> list[StaticBox]:
        """Places that held a box in at least *least_share* of the frames, the most frequent first."""
        rows = [
            StaticBox(box=(box[0], box[1], box[2], box[3]), share=int(seen) / self._frames)
            for box, seen in zip(np.round(self._places, 1).tolist(), self._seen, strict=True)
            if seen >= least_share * self._frames
        ]
        return sorted(rows, key=lambda row: -row.share)


def unmasked(boxes: Boxes, masks: NDArray[np.float64]) -> Boxes:
    """The boxes (n, 6) that lie on none of the masks, (m, 4) px."""
    if not len(masks) or not len(boxes):
        return boxes
    return np.asarray(boxes[overlaps(boxes[:, :4].astype(np.float64), masks).max(axis=1) < MASKED], dtype=np.float32)


def overlaps(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    """Intersection over union, (n, 4) and (m, 4) → (n, m)."""
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:], second[None, :, 2:])
    both = np.prod(np.maximum(high - low, 0), axis=2)
    sizes = [np.prod(boxes[:, 2:] - boxes[:, :2], axis=1) for boxes in (first, second)]
    return np.asarray(both / np.maximum(sizes[0][:, None] + sizes[1][None] - both, 1e-9))
