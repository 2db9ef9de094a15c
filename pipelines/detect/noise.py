"""A camera's position noise, learned while it looks: from three frames that follow each other, ten times over ten seconds."""

from __future__ import annotations

from collections import deque
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipelines.measures.pressure import position_noise_m
from pipelines.units import CM_PER_M, MICRO

_LEAST_PEOPLE: Final = 8
_KEPT: Final = 10
_LONGEST_US: Final = 250_000  # between two frames: slower than that, a walk is not smooth
Ints = NDArray[np.int64]


class Noise:
    """Learns the noise of one camera; `sigma_m` is never below what the plan says.

    Args:
        least_m: noise that is always there, standard deviation an axis, m.
    """

    def __init__(self, *, least_m: float) -> None:
        """Start with what the plan says."""
        self._least_m = least_m
        self._frames: deque[tuple[int, Ints, Ints]] = deque(maxlen=3)
        self._found: deque[float] = deque(maxlen=_KEPT)
        self._due_us = 0
        self.sigma_m = least_m

    def add(self, event_us: int, tracks: Ints, positions_cm: Ints) -> None:
        """Take one frame: tracks (n,), each once, and positions (n, 2) cm. About once a second it is looked at."""
        if event_us < self._due_us:
            return
        self._frames.append((event_us, tracks, positions_cm))
        if len(self._frames) < 3:
            return
        found = self._look()
        self._frames.clear()
        self._due_us = event_us + MICRO
        if found is not None:
            self._found.append(found)
            self.sigma_m = max(self._least_m, float(np.median(self._found)))

    def _look(self) -> float | None:
        (t0, tracks0, p0), (t1, tracks1, p1), (t2, tracks2, p2) = self._frames
        if t1 - t0 > _LONGEST_US or abs((t2 - t1) - (t1 - t0)) > (t1 - t0) // 10:
            return None
        both, i0, i1 = np.intersect1d(tracks0, tracks1, return_indices=True)
        _, i2, j = np.intersect1d(tracks2, both, return_indices=True)
        if len(j) < _LEAST_PEOPLE:
            return None
        before, now, after = (part / CM_PER_M for part in (p0[i0[j]], p1[i1[j]], p2[i2]))
        return position_noise_m(before, now, after)
