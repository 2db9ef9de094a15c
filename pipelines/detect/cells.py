"""The 1 m² grid of a camera's owned area: final as soon as its second ends, since each cell has one owner."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipelines.detect.frames import NO_VELOCITY

CELL: Final = np.dtype([("x", "<i2"), ("y", "<i2"), ("density", "<u2"), ("vx", "<i2"), ("vy", "<i2")])

_SHIFT: Final = 32
_OFFSET: Final = 1 << 31


class CellSums:
    """Counts people by 1 m² cell over the frames of a period."""

    def __init__(self) -> None:
        """Start empty."""
        self._rows: list[NDArray[np.int64]] = []
        self.frames = 0

    def add(self, positions_cm: NDArray[np.int64], velocities_cmps: NDArray[np.int64]) -> None:
        """Add one frame: positions and velocities (n, 2) int64, cm and cm/s."""
        self.frames += 1
        self._rows.append(np.concatenate([positions_cm // 100, velocities_cmps], axis=1))

    def close(self) -> bytes:
        """Rows of `CELL` for the occupied cells, by x, then y: density in 0.01 p/m², mean velocity in cm/s."""
        if not self.frames or not any(len(rows) for rows in self._rows):
            return b""
        rows = np.concatenate(self._rows)
        places, index = np.unique(
            (rows[:, 0] << _SHIFT) + rows[:, 1] + _OFFSET, return_inverse=True
        )  # one key sorts faster than two columns
        out = np.zeros(len(places), dtype=CELL)
        out["x"], out["y"] = places >> _SHIFT, (places & (1 << _SHIFT) - 1) - _OFFSET
        out["density"] = np.minimum(np.bincount(index) * 100 // self.frames, 65535)
        known = rows[:, 2] != NO_VELOCITY
        n_v = np.bincount(index[known], minlength=len(places))
        for name, column in (("vx", 2), ("vy", 3)):
            total = np.bincount(index[known], weights=rows[known, column], minlength=len(places))
            out[name] = np.where(n_v > 0, total // np.maximum(n_v, 1), NO_VELOCITY)
        return out.tobytes()
