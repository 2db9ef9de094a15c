"""Velocities over a baseline of one second or more: shorter ones turn position jitter into false motion."""

from __future__ import annotations

from collections import deque
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipelines.detect.frames import MAX_CMPS, NO_VELOCITY
from pipelines.units import MICRO

BASELINE_US: Final = 1_000_000
_KEEP_US: Final = 2_000_000


class Velocities:
    """Remembers two seconds of one camera's tracks."""

    def __init__(self) -> None:
        """Start without history."""
        self._past: deque[tuple[int, NDArray[np.int64], NDArray[np.int64]]] = deque()

    def of(self, event_us: int, tracks: NDArray[np.int64], positions_cm: NDArray[np.int64]) -> NDArray[np.int64]:
        """Velocity of each track now, from where it was at the newest frame at least one second ago.

        Args:
            event_us: event time of the frame, later than the last one's.
            tracks: (n,) int64, each once.
            positions_cm: (n, 2) int64.

        Returns:
            (n, 2) int64 cm/s, rounded down; `NO_VELOCITY` in both columns where the track was not there.
        """
        order = np.argsort(tracks)
        found = np.full((len(tracks), 2), NO_VELOCITY, dtype=np.int64)
        while len(self._past) > 1 and self._past[1][0] <= event_us - BASELINE_US:
            self._past.popleft()
        if self._past and event_us - _KEEP_US <= self._past[0][0] <= event_us - BASELINE_US:
            then_us, then_tracks, then_cm = self._past[0]
            at = np.minimum(np.searchsorted(then_tracks, tracks), max(len(then_tracks) - 1, 0))
            known = then_tracks[at] == tracks if len(then_tracks) else np.zeros(len(tracks), dtype=bool)
            moved = (positions_cm[known] - then_cm[at[known]]) * MICRO // (event_us - then_us)
            found[known] = np.clip(moved, -MAX_CMPS, MAX_CMPS)
        self._past.append((event_us, tracks[order], positions_cm[order]))
        return found
