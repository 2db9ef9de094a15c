"""Tracks that leap: nobody goes faster than 12 m/s, so what does is another person, or a false position."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipelines.units import MICRO

FASTEST_CMPS: Final = 1200
_SLACK_CM: Final = 50  # a box that jumps about its person
_FIRST_NAME: Final = 1 << 40
_MOST_NAMES: Final = 10_000
Ints = NDArray[np.int64]


class Leaps:
    """Gives a track that leaps another name from then on: it has no velocity, crosses no line and nobody vanished.

    `refused` counts the leaps.
    """

    def __init__(self) -> None:
        """Start with nobody seen."""
        self._before: tuple[int, Ints, Ints] | None = None
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
        if self._before is not None:
            then_us, then, where = self._before
            far_cm = FASTEST_CMPS * (event_us - then_us) // MICRO + _SLACK_CM
            _, i, j = np.intersect1d(then, tracks, assume_unique=True, return_indices=True)
            way = positions_cm[j] - where[i]
            leapt = tracks[j[np.einsum("ij,ij->i", way, way) > far_cm * far_cm]]
            for track in leapt.tolist():
                self.refused += 1
                self._names[track] = _FIRST_NAME + self.refused
        self._before = (event_us, tracks, positions_cm)
        if not self._names:
            return tracks
        if len(self._names) > _MOST_NAMES:
            self._names = {track: name for track, name in self._names.items() if track in set(tracks.tolist())}
        return np.asarray([self._names.get(track, track) for track in tracks.tolist()], dtype=np.int64)
