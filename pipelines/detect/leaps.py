"""Tracks that leap: nobody goes faster than 12 m/s, so what does is another person, or a false position."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipelines.detect.lost import still_lost
from pipelines.units import MICRO

FASTEST_CMPS: Final = 1200
_SLACK_CM: Final = 50  # a box that jumps about its person
_FIRST_NAME: Final = 1 << 40
_MOST_NAMES: Final = 10_000
Ints = NDArray[np.int64]


class Leaps:
    """Gives a track that leaps another name from then on: it has no velocity, crosses no line and nobody vanished.

    One that was lost for two seconds or less is held against the place where it was lost. `refused` counts the leaps.
    """

    def __init__(self) -> None:
        """Start with nobody seen."""
        self._tracks: Ints = np.zeros(0, dtype=np.int64)
        self._seen_us: Ints = np.zeros(0, dtype=np.int64)
        self._places: Ints = np.zeros((0, 2), dtype=np.int64)
        self._names: dict[int, int] = {}
        self.refused = 0

    def of(self, event_us: int, tracks: Ints, positions_cm: Ints) -> Ints:
        """Names of the tracks of one frame.

        Args:
            event_us: later than the last frame's.
            tracks: (n,) int64, each once.
            positions_cm: (n, 2) int64.

        Returns:
            (n,) int64; the tracks themselves but for those that leapt.
        """
        _, i, j = np.intersect1d(self._tracks, tracks, assume_unique=True, return_indices=True)
        far_cm = FASTEST_CMPS * (event_us - self._seen_us[i]) // MICRO + _SLACK_CM
        way = positions_cm[j] - self._places[i]
        for track in tracks[j[np.einsum("ij,ij->i", way, way) > far_cm * far_cm]].tolist():
            self.refused += 1
            self._names[track] = _FIRST_NAME + self.refused
        self._remember(event_us, tracks, positions_cm)
        if not self._names:
            return tracks
        if len(self._names) > _MOST_NAMES:
            self._names = {track: name for track, name in self._names.items() if track in set(tracks.tolist())}
        return np.asarray([self._names.get(track, track) for track in tracks.tolist()], dtype=np.int64)

    def _remember(self, event_us: int, tracks: Ints, positions_cm: Ints) -> None:
        lost = still_lost(self._tracks, self._seen_us, now=tracks, event_us=event_us)
        self._seen_us = np.concatenate([np.full(len(tracks), event_us), self._seen_us[lost]])
        self._places = np.concatenate([positions_cm, self._places[lost]])
        self._tracks = np.concatenate([tracks, self._tracks[lost]])
