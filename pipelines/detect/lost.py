"""Tracks that were lost a moment ago, and may come back. Pure."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipelines.units import MICRO

LOST_US: Final = 2 * MICRO
Ints = NDArray[np.int64]


def still_lost(tracks: Ints, seen_us: Ints, *, now: Ints, event_us: int) -> NDArray[np.bool_]:
    """Which of the known *tracks* (n,), seen last at *seen_us* (n,), are not among those of *now*, and not gone for good yet."""
    return np.asarray((seen_us >= event_us - LOST_US) & ~np.isin(tracks, now))
