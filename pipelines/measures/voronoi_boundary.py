"""Which Voronoi cells a zone's boundary runs through, and how much of it each one holds.

Along an edge, x(s) = a + s w with s in [0, 1], the squared distance to a person p is |x|² - …: the part that differs
from person to person is a straight line in s, |p - a|² - 2 s w.(p - a). The nearest person along the edge is therefore
the lower envelope of straight lines, walked from one crossing to the next, for all edges of all frames at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipelines.errors import ConfigError
from pipelines.measures.polygon import Floats

_TIE: Final = 1e-18  # two lines that meet here: the steeper one goes on
_CROWDED: Final = 0.7  # arrays are made smaller when fewer rows than that still walk


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Crossed:
    """The cells that the boundary runs through, one entry a cell.

    Args:
        frame: (m,) int64.
        person: (m,) int64, place in the frame.
        from_boundary_m2: (m,) float64, the area between the person and the boundary inside the cell, signed.
    """

    frame: NDArray[np.int64]
    person: NDArray[np.int64]
    from_boundary_m2: Floats


def crossed_cells(padded: Floats, *, corners: Floats, slack: Floats) -> Crossed:
    """Walk along every edge in every frame.

    Args:
        padded: (f, n, 2) float64, metres; empty places far away.
        corners: (e, 2) float64 of the zone, counter-clockwise.
        slack: (e, f, n) float64: how far inside each edge the people are, times its length.
    """
    frames, people, _ = padded.shape
    edges = np.roll(corners, -1, axis=0) - corners
    away_x = padded[None, :, :, 0] - corners[:, 0, None, None]  # (e, f, n)
    away_y = padded[None, :, :, 1] - corners[:, 1, None, None]
    height = (away_x * away_x + away_y * away_y).reshape(-1, people)
    fall = (away_x * (2 * edges[:, 0, None, None]) + away_y * (2 * edges[:, 1, None, None])).reshape(-1, people)
    row, person, length = _walk(height, fall)
    edge, frame = row // frames, row % frames
    flat = frame * people + person
    area: Floats = np.bincount(flat, weights=slack[edge, frame, person] * length / 2, minlength=frames * people).astype(np.float64)
    held = np.flatnonzero(np.bincount(flat, minlength=frames * people))
    return Crossed(frame=held // people, person=held % people, from_boundary_m2=area[held])


def _walk(height: Floats, fall: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
    """Lower envelope of the lines `height - s fall` for s in [0, 1]: rows, lines and the lengths they hold."""
    rows = np.arange(len(height))
    current = height.argmin(axis=1)
    gap = height - height[rows, current][:, None]
    at = np.zeros(len(rows))
    found: list[tuple[NDArray[np.int64], NDArray[np.int64], Floats]] = []
    for _ in range(4 * height.shape[1] + 4):
        local = np.arange(len(rows))
        np.maximum(gap, _TIE, out=gap)
        faster = fall - fall[local, current][:, None]
        ratio = faster / gap
        following = ratio.argmax(axis=1)
        best = ratio[local, following]
        step = np.where(best > 0, 1.0 / np.where(best > 0, best, 1.0), np.inf)
        step = np.minimum(step, 1.0 - at)
        found.append((rows, current, step))
        at = at + step
        walking = at < 1.0
        if not walking.any():
            row, person, length = (np.concatenate(part) for part in zip(*found, strict=True))
            held = length > 0
            return row[held], person[held], length[held]
        gap -= step[:, None] * faster
        current = following
        if walking.mean() < _CROWDED:
            rows, current, at = rows[walking], current[walking], at[walking]
            gap, fall = gap[walking], fall[walking]
    raise ConfigError("zone: the walk along its boundary did not end")
