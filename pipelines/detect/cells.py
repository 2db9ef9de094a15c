"""The 1 m² grid of a camera's owned area: final as soon as its second ends, since each cell has one owner."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipelines.detect.floor import BOX_M2, DENSE_PEOPLE, Boxes
from pipelines.detect.frames import NO_VELOCITY

CELL: Final = np.dtype([("x", "<i2"), ("y", "<i2"), ("density", "<u2"), ("vx", "<i2"), ("vy", "<i2"), ("pressure", "<u2")])
NOT_MEASURABLE: Final = 65535
_SHIFT: Final = 32
_OFFSET: Final = 1 << 31
Ints = NDArray[np.int64]


class CellSums:
    """Counts people by 1 m² cell over the frames of a period."""

    def __init__(self) -> None:
        """Start empty."""
        self._rows: list[tuple[Ints, Ints]] = []

    @property
    def frames(self) -> int:
        """How many frames were added."""
        return len(self._rows)

    def add(self, positions_cm: Ints, velocities_cmps: Ints) -> None:
        """Add one frame: positions and velocities (n, 2) int64, cm and cm/s."""
        self._rows.append((positions_cm, velocities_cmps))

    def close(self, *, noise_variance_m2_s2: float = 0.0) -> bytes:
        """Rows of `CELL` for the occupied cells, by x, then y.

        Density in 0.01 p/m², mean velocity in cm/s, pressure in 0.001 /s² of the 2 m box around the cell in the last frame.
        """
        if not any(len(positions) for positions, _ in self._rows):
            return b""
        positions, velocities = (np.concatenate(parts) for parts in zip(*self._rows, strict=True))
        cells = positions // 100
        out, index = _by_cell(cells[:, 0], cells[:, 1])
        out["density"] = np.minimum(np.bincount(index) * 100 // self.frames, 65535)
        known = velocities[:, 0] != NO_VELOCITY
        n_v = np.bincount(index[known], minlength=len(out))
        for name, column in (("vx", 0), ("vy", 1)):
            total = np.bincount(index[known], weights=velocities[known, column], minlength=len(out))
            out[name] = np.where(n_v > 0, total // np.maximum(n_v, 1), NO_VELOCITY)
        out["pressure"] = NOT_MEASURABLE
        if out["density"].max() >= 100 * DENSE_PEOPLE / BOX_M2 / 2:  # a dense box has a cell half as dense at least
            _fill_pressure(out, *self._rows[-1], noise_variance_m2_s2=noise_variance_m2_s2)
        return out.tobytes()


class CellRollup:
    """The grid over a longer period, out of its seconds."""

    def __init__(self) -> None:
        """Start empty."""
        self._seconds: list[bytes] = []

    def add(self, cells: bytes) -> None:
        """Add a second: rows of `CELL` as `CellSums.close` gives them, none where nobody was seen."""
        self._seconds.append(cells)

    def close(self) -> bytes | None:
        """Rows of `CELL`, by x, then y, and begin anew; None when no second was seen.

        Density is the mean over the seconds that were seen, velocity that of the people, pressure the highest.
        """
        seconds, self._seconds = self._seconds, []
        if not seconds:
            return None
        rows = np.frombuffer(b"".join(seconds), dtype=CELL)
        if not len(rows):
            return b""
        out, index = _by_cell(rows["x"].astype(np.int64), rows["y"].astype(np.int64))
        people = np.bincount(index, weights=rows["density"], minlength=len(out))
        out["density"] = people // len(seconds)
        known = rows["vx"] != NO_VELOCITY
        moving = np.bincount(index[known], weights=rows["density"][known], minlength=len(out))
        for name in ("vx", "vy"):
            weights = rows[name][known].astype(np.float64) * rows["density"][known]
            total = np.bincount(index[known], weights=weights, minlength=len(out))
            out[name] = np.where(moving > 0, total // np.maximum(moving, 1), NO_VELOCITY)
        highest = np.full(len(out), -1, dtype=np.int64)
        measured = rows["pressure"] != NOT_MEASURABLE
        np.maximum.at(highest, index[measured], rows["pressure"][measured].astype(np.int64))
        out["pressure"] = np.where(highest >= 0, highest, NOT_MEASURABLE)
        return out[out["density"] > 0].tobytes()


def _by_cell(x_m: Ints, y_m: Ints) -> tuple[NDArray[np.void], Ints]:
    """Rows of `CELL`, by x, then y, one for each cell that (n,) places name, with nothing but the cell in them; and each place's row."""
    # one key sorts faster than two columns
    places, index = np.unique((x_m << _SHIFT) + y_m + _OFFSET, return_inverse=True)
    out = np.zeros(len(places), dtype=CELL)
    out["x"], out["y"] = places >> _SHIFT, (places & (1 << _SHIFT) - 1) - _OFFSET
    return out, index


def _fill_pressure(out: NDArray[np.void], positions_cm: Ints, velocities: Ints, *, noise_variance_m2_s2: float) -> None:
    """Pressure of the cells whose surrounding 2 m box, one lattice step beyond them on every side, is dense."""
    if len(positions_cm) < DENSE_PEOPLE:
        return
    frame = np.zeros(len(positions_cm), dtype=np.int64)
    boxes = Boxes(positions_cm, frame, 1, noise_variance_m2_s2=noise_variance_m2_s2)
    x, y = out["x"].astype(np.int64) * 2 - 1 - boxes.first[0], out["y"].astype(np.int64) * 2 - 1 - boxes.first[1]
    wide, deep = boxes.counts.shape[1:]
    rows = np.flatnonzero((x >= 0) & (x < wide) & (y >= 0) & (y < deep))
    rows = rows[boxes.counts[0, x[rows], y[rows]] >= DENSE_PEOPLE]
    if len(rows):
        known = velocities[:, 0] != NO_VELOCITY
        found = boxes.pressures(positions_cm, velocities, known, (np.zeros_like(rows), x[rows], y[rows])).value
        out["pressure"][rows] = np.where(np.isnan(found), NOT_MEASURABLE, np.minimum(np.nan_to_num(found) * 1000, NOT_MEASURABLE - 1))
