"""Dense patches and the people who vanish inside them: in a collapse people disappear from detection.

A patch is the floor of all 2 m boxes of 4 p/m² and more of the last 10 s. A track that ends there counts as lost, one that
begins there as found again: broken tracks of a poor tracker come out even, and so does whoever is hidden for a moment.
Who is seen outside afterwards has not ended; who was last seen within 1 m of the camera's edge may have walked out.
Source: suspected collapse, numbers of crowd safety (our proposal).
"""

from __future__ import annotations

from collections import deque
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipelines.detect.floor import BOX_CELLS, DENSE_PEOPLE, LATTICE_CM, ZoneFloor

_REMEMBERED: Final = 50  # slices: 10 s
_EDGE_CM: Final = 100
Ints = NDArray[np.int64]


class Patches:
    """Remembers one zone of one camera for ten seconds.

    Args:
        floor: the zone.
        owns_cm: x0, y0, x1, y1 of the camera's owned area.
    """

    def __init__(self, floor: ZoneFloor, owns_cm: tuple[int, int, int, int]) -> None:
        """Start with no patch."""
        self._floor, self._owns_cm = floor, owns_cm
        self._masks: deque[NDArray[np.bool_] | None] = deque(maxlen=_REMEMBERED)
        self._counts: deque[int] = deque(maxlen=_REMEMBERED)
        self._before: tuple[Ints, Ints] | None = None  # tracks that were inside a patch, and every track, one slice ago
        self.forget()

    @property
    def people(self) -> int:
        """Most people inside the patch in any of the last ten seconds' slices."""
        return max(self._counts, default=0)

    def forget(self) -> None:
        """Nothing was seen: neither a loss nor a patch can be told from what comes next."""
        self._masks.clear()
        self._counts.clear()
        self._before = None

    def step(self, dense: Ints | None, first: tuple[int, int], *, everyone: Ints, tracks: Ints, points_cm: Ints) -> int:
        """Take one slice; returns tracks that ended inside the patch less those that began there.

        Args:
            dense: (boxes x, boxes y) people in each box of the last frame whose first corner is lattice point *first*; None
                where no box is dense.
            first: that lattice point.
            everyone: tracks of the slice's last frame, in or out of the zone, each once.
            tracks: (n,) those of them inside the zone.
            points_cm: (n, 2) theirs.
        """
        self._masks.append(None if dense is None else self._covered(dense >= DENSE_PEOPLE, first))
        if all(mask is None for mask in self._masks):
            self._counts.append(0)
            self._before = None
            return 0
        patch = np.logical_or.reduce([mask for mask in self._masks if mask is not None])
        cells = points_cm // LATTICE_CM - np.asarray(self._floor.first_cell)
        inside = patch[cells[:, 0], cells[:, 1]] & self._away_from_edge(points_cm)
        self._counts.append(int(inside.sum()))
        lost = 0
        if self._before is not None:
            before_inside, before_all = self._before
            ended = np.isin(before_inside, everyone, invert=True).sum()
            began = np.isin(tracks[inside], before_all, invert=True).sum()
            lost = int(ended) - int(began)
        self._before = tracks[inside], everyone
        return lost

    def _covered(self, boxes: NDArray[np.bool_], first: tuple[int, int]) -> NDArray[np.bool_]:
        """Lattice cells of the zone that some dense box covers."""
        mask = np.zeros(self._floor.cells, dtype=bool)
        for x, y in np.argwhere(boxes) + np.asarray(first) - np.asarray(self._floor.first_cell):
            mask[max(x, 0) : x + BOX_CELLS, max(y, 0) : y + BOX_CELLS] = True
        return mask

    def _away_from_edge(self, points_cm: Ints) -> NDArray[np.bool_]:
        x0, y0, x1, y1 = self._owns_cm
        x, y = points_cm[:, 0], points_cm[:, 1]
        return np.asarray((x >= x0 + _EDGE_CM) & (x < x1 - _EDGE_CM) & (y >= y0 + _EDGE_CM) & (y < y1 - _EDGE_CM))
