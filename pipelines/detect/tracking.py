"""Joins the boxes of neighbouring frames into tracks: constant velocity, nearest first. Pure and deterministic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipelines.errors import ShapeError
from pipelines.units import MICRO

UNCONFIRMED: Final = -1
BOX_COLUMNS: Final = 6
_NEVER: Final = 1e9
_TRUST: Final = 0.5  # share of a newly seen velocity that enters the track's own
Boxes = NDArray[np.float32]
Ids = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackerSettings:
    """How boxes are joined.

    Args:
        max_age_us: a track that is not seen for longer than this ends.
        min_hits: sightings after which a track is believed.
        reach: how far from its expected place a box may be, in box sizes (root of width x height).
        fastest_sizes_per_s: how many box sizes a second an object may move; widens the reach of a track without velocity.
    """

    max_age_us: int = MICRO
    min_hits: int = 2
    reach: float = 0.8
    fastest_sizes_per_s: float = 4.0


class Tracker:
    """Tracks of one camera. Feed it every frame, the empty ones too."""

    def __init__(self, settings: TrackerSettings | None = None) -> None:
        """Start with nobody seen; ids begin at 1."""
        self._settings = settings or TrackerSettings()
        self._next = 1
        self._ids: Ids = np.zeros(0, dtype=np.int64)
        self._hits: Ids = np.zeros(0, dtype=np.int64)
        self._seen_us: Ids = np.zeros(0, dtype=np.int64)
        self._boxes = np.zeros((0, 4))
        self._velocity = np.zeros((0, 2))  # px/s

    def step(self, event_us: int, boxes: Boxes) -> Ids:
        """The track of each box.

        Args:
            event_us: event time of the frame, µs, later than the last one's.
            boxes: (n, 6) float32: x0, y0, x1, y1 px, score, class.

        Returns:
            (n,) int64; `UNCONFIRMED` until a track was seen `min_hits` times. No track is given twice in a frame.

        Raises:
            ShapeError: *boxes* is not (n, 6).
        """
        if boxes.ndim != 2 or boxes.shape[1] != BOX_COLUMNS:
            raise ShapeError("boxes", expected=f"(n, {BOX_COLUMNS})", got=boxes.shape)
        self._keep(event_us - self._seen_us <= self._settings.max_age_us)
        now = boxes[:, :4].astype(np.float64)
        rows = _nearest_first(self._costs(event_us, now))
        found = np.full(len(boxes), UNCONFIRMED, dtype=np.int64)
        for track, box in rows:
            self._see(track, event_us, now[box])
            if self._hits[track] >= self._settings.min_hits:
                found[box] = self._ids[track]
        taken = {box for _, box in rows}
        fresh = [box for box in range(len(boxes)) if box not in taken]
        self._begin(event_us, now[fresh])
        if self._settings.min_hits <= 1:
            found[fresh] = self._ids[len(self._ids) - len(fresh) :]
        return found

    def _costs(self, event_us: int, boxes: NDArray[np.float64]) -> NDArray[np.float64]:
        """(tracks, boxes): distance from the expected place in box sizes, less the overlap; `_NEVER` out of reach."""
        if not len(self._ids) or not len(boxes):
            return np.zeros((len(self._ids), len(boxes)))
        gone_s = ((event_us - self._seen_us) / MICRO)[:, None]
        expected = self._boxes + np.tile(self._velocity * gone_s, 2)
        away = np.linalg.norm(_centres(expected)[:, None] - _centres(boxes)[None], axis=2)
        size = np.sqrt(np.sqrt(_areas(expected)[:, None] * _areas(boxes)[None]))
        away /= np.maximum(size, 1e-6)
        unsure = np.where(self._hits == 1, self._settings.fastest_sizes_per_s, 0.0)[:, None] * gone_s
        overlap = _overlap(expected, boxes)
        near = (away <= self._settings.reach + unsure) | (overlap > 0.3)
        return np.where(near, away - overlap, _NEVER)

    def _see(self, track: int, event_us: int, box: NDArray[np.float64]) -> None:
        passed_s = max((event_us - int(self._seen_us[track])) / MICRO, 1e-3)
        seen = (_centres(box[None]) - _centres(self._boxes[track][None]))[0] / passed_s
        trust = 1.0 if self._hits[track] == 1 else _TRUST
        self._velocity[track] += trust * (seen - self._velocity[track])
        self._boxes[track] = box
        self._seen_us[track] = event_us
        self._hits[track] += 1

    def _begin(self, event_us: int, boxes: NDArray[np.float64]) -> None:
        count = len(boxes)
        self._ids = np.append(self._ids, np.arange(self._next, self._next + count))
        self._next += count
        self._hits = np.append(self._hits, np.ones(count, dtype=np.int64))
        self._seen_us = np.append(self._seen_us, np.full(count, event_us, dtype=np.int64))
        self._boxes = np.concatenate([self._boxes, boxes])
        self._velocity = np.concatenate([self._velocity, np.zeros((count, 2))])

    def _keep(self, which: NDArray[np.bool_]) -> None:
        self._ids, self._hits, self._seen_us = self._ids[which], self._hits[which], self._seen_us[which]
        self._boxes, self._velocity = self._boxes[which], self._velocity[which]


def _nearest_first(costs: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Pairs (track, box), the cheapest first, each track and box once; ties go to the older track, then the first box."""
    tracks, boxes = np.nonzero(costs < _NEVER)
    order = np.lexsort((boxes, tracks, costs[tracks, boxes]))
    pairs: list[tuple[int, int]] = []
    used_tracks, used_boxes = set[int](), set[int]()
    for track, box in zip(tracks[order].tolist(), boxes[order].tolist(), strict=True):
        if track not in used_tracks and box not in used_boxes:
            pairs.append((track, box))
            used_tracks.add(track)
            used_boxes.add(box)
    return pairs


def _centres(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    return (boxes[:, :2] + boxes[:, 2:]) / 2


def _areas(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.maximum(boxes[:, 2] - boxes[:, 0], 0) * np.maximum(boxes[:, 3] - boxes[:, 1], 0))


def _overlap(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    """Intersection over union, (n, 4) and (m, 4) → (n, m)."""
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:], second[None, :, 2:])
    both = np.prod(np.maximum(high - low, 0), axis=2)
    either = _areas(first)[:, None] + _areas(second)[None] - both
    return np.asarray(both / np.maximum(either, 1e-9))
