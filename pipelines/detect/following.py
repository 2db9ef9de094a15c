"""Follows known boxes through frames that nobody looks into: where they are, how like themselves they are, what else changed.

All of it on the sample of 160 px a line that the camera's health takes already: a fifth of a millisecond a frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.detect.backends import Boxes
from pipelines.detect.gate import Followed, GateSettings, faded, why_look
from pipelines.detect.picture import Sample

_REACH: Final = 3  # samples that a box may move beside what its speed says, from one frame to the next
_LEAST: Final = 5  # samples: of a smaller box its surroundings are taken too, or it could not be told from others
_INNER: Final = (0.15, 0.08)  # of width and height on each side: background, which does not move along
_GROWN: Final = 0.25  # of a box's width on each side, within which a change is its own
_NOISE: Final = 4.0  # times the median change: less is noise
_LEAST_CHANGE: Final = 14.0  # grey levels
_NEVER_US: Final = -(10**18)
Floats = NDArray[np.float64]


@dataclass(slots=True, eq=False)
class _Known:
    """What was known at the last look, and where it is by now."""

    sample: Sample
    step: int
    boxes: Boxes
    at: Floats  # (n, 2) samples from where it was
    speed: Floats  # (n, 2) samples a frame


class Following:
    """One camera's boxes between two looks."""

    def __init__(self, settings: GateSettings | None = None) -> None:
        """Know nothing."""
        self._settings = settings or GateSettings()
        self._known: _Known | None = None
        self._looked_us = _NEVER_US

    def carried(self, event_us: int, now: Sample) -> Boxes | None:
        """Boxes (n, 6) px of a frame that need not be looked into; None where it must be."""
        followed = self._followed(now)
        age_us = event_us - self._looked_us
        if followed is None or why_look(followed, age_us=age_us, settings=self._settings):
            return None
        return faded(followed.boxes, age_us=age_us, settings=self._settings)

    def looked(self, event_us: int, now: Sample, boxes: Boxes, *, width_px: int) -> None:
        """Go on from a frame that was looked into: the *boxes* (n, 6) px in it that are believed, and the picture's width."""
        none = np.zeros((len(boxes), 2))
        self._known = _Known(now, max(width_px // now.shape[1], 1), boxes, none, none.copy())
        self._looked_us = event_us

    def forget(self) -> None:
        """Nothing is known: the next frame must be looked into."""
        self._known = None

    def _followed(self, now: Sample) -> Followed | None:
        known = self._known
        if known is None or known.sample.shape != now.shape:
            return None
        like = np.asarray([_follow(known, row, now) for row in range(len(known.boxes))], dtype=np.float64)
        boxes = known.boxes.copy()
        boxes[:, [0, 2]] += (known.at[:, :1] * known.step).astype(np.float32)
        boxes[:, [1, 3]] += (known.at[:, 1:] * known.step).astype(np.float32)
        wide = np.maximum((boxes[:, 2] - boxes[:, 0]) / known.step, 1)
        gone = np.hypot(known.at[:, 0], known.at[:, 1]) / wide
        return Followed(boxes=boxes, like=like, gone=gone, elsewhere=_elsewhere(known, boxes, now))


def _follow(known: _Known, row: int, now: Sample) -> float:
    """Move one box on; how like itself it is there."""
    x0, y0, x1, y1 = (known.boxes[row, :4] / known.step).tolist()
    dx = min((x1 - x0) * _INNER[0], (x1 - x0 - _LEAST) / 2)
    dy = min((y1 - y0) * _INNER[1], (y1 - y0 - _LEAST) / 2)
    left, top = max(round(x0 + dx), 0), max(round(y0 + dy), 0)
    piece = known.sample[top : max(round(y1 - dy), 0), left : max(round(x1 - dx), 0)]
    high, wide = piece.shape
    if min(high, wide) < _LEAST - 2:
        return -1.0  # nearly out of the picture
    right, down = np.round(known.at[row] + known.speed[row]).astype(int).tolist()
    x, y = left + right - _REACH, top + down - _REACH
    field = now[max(y, 0) : max(y + high + 2 * _REACH, 0), max(x, 0) : max(x + wide + 2 * _REACH, 0)]
    if field.shape[0] < high or field.shape[1] < wide:
        return -1.0
    scores = np.asarray(cv2.matchTemplate(field, piece, cv2.TM_CCOEFF_NORMED), dtype=np.float32)
    _, best, _, (u, v) = cv2.minMaxLoc(scores)
    where = np.array([max(x, 0) + u + _beside(scores[v], u) - left, max(y, 0) + v + _beside(scores[:, u], v) - top])
    known.speed[row], known.at[row] = where - known.at[row], where
    return float(best) if np.isfinite(best) else -1.0


def _elsewhere(known: _Known, boxes: Boxes, now: Sample) -> int:
    """Samples outside the boxes, then and now, that are no longer as at the last look."""
    change = np.asarray(cv2.absdiff(now, known.sample), dtype=np.uint8)
    some = change[::3, ::3].ravel()
    level = max(_NOISE * float(np.partition(some, len(some) // 2)[len(some) // 2]), _LEAST_CHANGE)
    changed = cv2.blur(change, (3, 3)) >= level
    for x0, y0, x1, y1 in (np.concatenate([known.boxes[:, :4], boxes[:, :4]]) / known.step).tolist():
        more = _GROWN * (x1 - x0) + 1
        changed[max(int(y0 - more), 0) : max(int(y1 + more) + 1, 0), max(int(x0 - more), 0) : max(int(x1 + more) + 1, 0)] = False
    return int(np.count_nonzero(changed))


def _beside(scores: NDArray[np.float32], at: int) -> float:
    """How far beside the best place the top of a parabola through it and its neighbours lies."""
    if not 0 < at < len(scores) - 1:
        return 0.0
    before, here, after = (float(value) for value in scores[at - 1 : at + 2])
    bend = before - 2 * here + after
    return float(np.clip((before - after) / (2 * bend), -0.5, 0.5)) if bend < 0 else 0.0
