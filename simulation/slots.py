"""Places to stand: scattered at random, yet never more in any 2 m x 2 m box than a given number."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from pipelines.detect.floor import BOX_CELLS, LATTICE_CM, inside_polygon

_MARGIN_CM = 6  # so that swaying people stay in their lattice cell
Cap = Callable[[float, float], int]


def slots(
    polygon_m: Sequence[tuple[float, float]],
    *,
    cap: Cap,
    apart_cm: float,
    rng: np.random.Generator,
    tries: int = 6,
) -> NDArray[np.float64]:
    """Spots of people who stand in a polygon, in the order in which they were taken.

    A box of the local peak is a square of lattice cells, so counting by cell keeps the limit exactly.

    Args:
        polygon_m: (k, 2), venue frame, m.
        cap: most people in a box around (x m, y m).
        apart_cm: least distance between two spots.
        rng: where chance comes from.
        tries: points tried in each lattice cell.

    Returns:
        (n, 2) float64, cm.
    """
    polygon = np.rint(np.asarray(polygon_m) * 100).astype(np.int64)
    low = polygon.min(axis=0) // LATTICE_CM
    nx, ny = (polygon.max(axis=0) // LATTICE_CM - low + 1).tolist()
    boxes = np.zeros((nx + BOX_CELLS, ny + BOX_CELLS), dtype=np.int64)
    taken: dict[tuple[int, int], list[NDArray[np.float64]]] = {}
    found: list[NDArray[np.float64]] = []
    for cell in np.tile(rng.permutation(nx * ny), tries):
        ix, iy = divmod(int(cell), ny)
        spot = (low + np.array([ix, iy])) * LATTICE_CM + rng.uniform(_MARGIN_CM, LATTICE_CM - _MARGIN_CM, 2)
        meets = boxes[ix : ix + BOX_CELLS, iy : iy + BOX_CELLS]
        if meets.max() >= cap(spot[0] / 100, spot[1] / 100) or _crowded(taken, ix, iy, spot, apart_cm):
            continue
        if not inside_polygon(np.rint(spot).astype(np.int64)[None], polygon)[0]:
            continue
        meets += 1
        taken.setdefault((ix, iy), []).append(spot)
        found.append(spot)
    return np.array(found).reshape(-1, 2)


def _crowded(taken: dict[tuple[int, int], list[NDArray[np.float64]]], ix: int, iy: int, spot: NDArray[np.float64], apart_cm: float) -> bool:
    reach = int(apart_cm // LATTICE_CM) + 1
    return any(
        float(np.hypot(*(other - spot))) < apart_cm
        for jx in range(ix - reach, ix + reach + 1)
        for jy in range(iy - reach, iy + reach + 1)
        for other in taken.get((jx, jy), ())
    )
