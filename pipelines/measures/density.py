"""Classic density and grid density of a zone.

    classic density = people strictly inside the zone / area(zone)                       [1/m²]
    grid density    = sum over 1 m² cells of people(cell) * share(cell) / area(zone)     [1/m²]

where share(cell) is the part of the cell's area that lies in the zone. A person on the zone's boundary is not inside:
the same rule as PedPy's `compute_classic_density` (a polygon does not contain its boundary).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.errors import ShapeError
from pipelines.measures.polygon import Floats, area_m2, cut_to_convex, ring_m, strictly_inside
from pipelines.measures.rows import check_rows


def people_in_zone(*, positions_m: Floats, frames: NDArray[np.int64], frame_count: int, zone_m: Floats) -> NDArray[np.int64]:
    """People strictly inside a zone, by frame.

    Args:
        positions_m: (n, 2) float64, metres.
        frames: (n,) int64, ascending, 0 .. frame_count - 1.
        frame_count: frames to answer for.
        zone_m: (k, 2) float64, metres, a simple polygon.

    Returns:
        (frame_count,) int64.

    Raises:
        ShapeError: the rows are not (n, 2) and (n,) ascending.
    """
    check_rows(positions_m=positions_m, frames=frames, frame_count=frame_count)
    held = strictly_inside(positions_m, zone_m)
    return np.bincount(frames[held], minlength=frame_count).astype(np.int64)


def classic_density(*, positions_m: Floats, frames: NDArray[np.int64], frame_count: int, zone_m: Floats) -> NDArray[np.float64]:
    """People strictly inside the zone over its area, by frame, 1/m²; arguments and errors as `people_in_zone`."""
    people = people_in_zone(positions_m=positions_m, frames=frames, frame_count=frame_count, zone_m=zone_m)
    return np.asarray(people / area_m2(zone_m))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GridShares:
    """Which 1 m² cells a zone covers, and how much of each.

    Args:
        first_cell: (x, y) of the lowest cell, whole metres.
        shares: (nx + 2, ny + 2) float64, m² of each cell in the zone, with an empty cell all round.
        area_m2: of the zone.
    """

    first_cell: tuple[int, int]
    shares: NDArray[np.float64]
    area_m2: float


def grid_shares(zone_m: Floats) -> GridShares:
    """The zone on the 1 m lattice of the venue frame; once a zone, not once a frame.

    Raises:
        ShapeError, ConfigError: the zone is no polygon, or has no area.
    """
    ring = ring_m(zone_m, name="zone")
    low, high = np.floor(ring.min(axis=0)).astype(int), np.ceil(ring.max(axis=0)).astype(int)
    shares = np.zeros((*(high - low + 2).tolist(),))
    square = np.array([(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)])
    for ix in range(high[0] - low[0]):
        for iy in range(high[1] - low[1]):
            corner = low + np.array([ix, iy])
            held = cut_to_convex(ring - corner, square)
            shares[ix + 1, iy + 1] = area_m2(held) if len(held) > 2 else 0.0
    return GridShares(first_cell=(int(low[0]), int(low[1])), shares=shares, area_m2=area_m2(ring))


def grid_density(*, positions_m: Floats, frames: NDArray[np.int64], frame_count: int, shares: GridShares) -> NDArray[np.float64]:
    """Grid density of a zone by frame, 1/m².

    A cell counts whole people: for zones below 4 m² that do not lie on the lattice it is too coarse.

    Args:
        positions_m: (n, 2) float64, metres.
        frames: (n,) int64, 0 .. frame_count - 1.
        frame_count: frames to answer for.
        shares: of the zone.

    Returns:
        (frame_count,) float64.

    Raises:
        ShapeError: positions are not (n, 2), or frames not (n,).
    """
    if positions_m.ndim != 2 or positions_m.shape[1] != 2 or frames.shape != positions_m.shape[:1]:
        raise ShapeError("positions_m, frames", expected="(n, 2) and (n,)", got=(positions_m.shape, frames.shape))
    nx, ny = shares.shares.shape
    # one empty cell all round takes everybody outside, so that nobody has to be left out first
    ix = np.clip(positions_m[:, 0] + (1 - shares.first_cell[0]), 0, nx - 1).astype(np.int64)
    iy = np.clip(positions_m[:, 1] + (1 - shares.first_cell[1]), 0, ny - 1).astype(np.int64)
    weights = shares.shares.ravel()[ix * ny + iy]
    return np.asarray(np.bincount(frames, weights=weights, minlength=frame_count) / shares.area_m2)
