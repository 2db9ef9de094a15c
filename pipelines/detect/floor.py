"""The floor that a camera owns: its zones on the 0.5 m lattice of the venue frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

LATTICE_CM: Final = 50
BOX_CELLS: Final = 4  # a 2 m box is 4 lattice cells wide
AROUND_CELLS: Final = 12  # 6 m
_BEFORE: Final = 4  # lattice cells from the 6 m square's corner to the box's corner


def inside_polygon(points_cm: NDArray[np.int64], polygon_cm: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which points lie in a simple polygon; half-open, so that neighbours that share an edge never share a point.

    Args:
        points_cm: (n, 2) int64.
        polygon_cm: (k, 2) int64, k >= 3, open ring.

    Returns:
        (n,) bool.
    """
    x, y = points_cm[:, 0], points_cm[:, 1]
    found = np.zeros(len(points_cm), dtype=bool)
    for (ax, ay), (bx, by) in zip(polygon_cm, np.roll(polygon_cm, -1, axis=0), strict=True):
        if ay == by:
            continue
        spans = (y < ay) != (y < by)
        # the edge is left of or at the point, without division: exact in int64
        left = (x - ax) * (by - ay) >= (y - ay) * (bx - ax)
        found ^= spans & (left if by > ay else (x - ax) * (by - ay) <= (y - ay) * (bx - ax))
    return found


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ZoneFloor:
    """One zone as a camera's sums need it.

    Args:
        polygon_cm: (k, 2) int64, venue frame.
        first_cell: lattice index (ix, iy) of the zone's bounding box, one 6 m square beyond it on every side.
        cells: (nx, ny) of the lattice that covers it.
        walkable: (nx + 1, ny + 1) int64, summed-area table of lattice cells whose centre is in the zone.
    """

    zone: str
    polygon_cm: NDArray[np.int64]
    area_cm2: int
    los_scale: str
    cameras_expected: int
    first_cell: tuple[int, int]
    cells: tuple[int, int]
    walkable: NDArray[np.int64]
    rectangle_cm: tuple[int, int, int, int] | None

    def holds(self, points_cm: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which of the (n, 2) points lie in the zone."""
        if self.rectangle_cm is not None:
            x0, y0, x1, y1 = self.rectangle_cm
            x, y = points_cm[:, 0], points_cm[:, 1]
            return (x >= x0) & (x < x1) & (y >= y0) & (y < y1)
        return inside_polygon(points_cm, self.polygon_cm)


def zone_floor(zone: str, polygon_m: Sequence[tuple[float, float]], *, los_scale: str, cameras_expected: int) -> ZoneFloor:
    """The zone on the lattice; *polygon_m* in metres, venue frame, rounded to cm."""
    polygon = np.rint(np.asarray(polygon_m, dtype=np.float64) * 100).astype(np.int64)
    low = polygon.min(axis=0) // LATTICE_CM - AROUND_CELLS
    high = polygon.max(axis=0) // LATTICE_CM + 1 + AROUND_CELLS
    nx, ny = (high - low).tolist()
    centres = np.stack(np.meshgrid(np.arange(nx), np.arange(ny), indexing="ij"), axis=-1).reshape(-1, 2) + low
    mask = inside_polygon(centres * LATTICE_CM + LATTICE_CM // 2, polygon).reshape(nx, ny)
    xs, ys = polygon[:, 0], polygon[:, 1]
    twice = int(np.sum(xs * np.roll(ys, -1) - np.roll(xs, -1) * ys))
    (x0, y0), (x1, y1) = polygon.min(axis=0).tolist(), polygon.max(axis=0).tolist()
    is_rectangle = len(polygon) == 4 and abs(twice) == 2 * (x1 - x0) * (y1 - y0)
    return ZoneFloor(
        zone=zone,
        polygon_cm=polygon,
        area_cm2=abs(twice) // 2,
        los_scale=los_scale,
        cameras_expected=cameras_expected,
        first_cell=(int(low[0]), int(low[1])),
        cells=(nx, ny),
        walkable=_summed(mask.astype(np.int64)),
        rectangle_cm=(x0, y0, x1, y1) if is_rectangle else None,
    )


def _summed(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Summed-area table with a row and a column of zeros before it."""
    table = np.zeros((counts.shape[0] + 1, counts.shape[1] + 1), dtype=np.int64)
    table[1:, 1:] = counts.cumsum(axis=0).cumsum(axis=1)
    return table


@dataclass(frozen=True, slots=True, kw_only=True)
class Peak:
    """The fullest 2 m box of one frame: people in it, its lower corner on the lattice, and the 6 m around it."""

    count: int
    ix: int
    iy: int
    around_micro_per_m2: int


def local_peak(points_cm: NDArray[np.int64], floor: ZoneFloor) -> Peak | None:
    """The 2 m x 2 m box with the most people, among boxes whose corners are multiples of 0.5 m; None for no people.

    Ties go to the lowest x, then the lowest y. The density around is over the part of the 6 m square inside the zone.

    Args:
        points_cm: (n, 2) int64, people inside the zone, venue frame.
        floor: the zone.
    """
    if len(points_cm) == 0:
        return None
    nx, ny = floor.cells
    index = points_cm // LATTICE_CM - np.asarray(floor.first_cell)
    counts = np.bincount(index[:, 0] * ny + index[:, 1], minlength=nx * ny).reshape(nx, ny)
    table = _summed(counts)
    boxes = _box_sums(table, BOX_CELLS)
    ix, iy = divmod(int(boxes.argmax()), boxes.shape[1])
    corner = (max(ix - _BEFORE, 0), max(iy - _BEFORE, 0))
    people, cells = _square(table, corner), _square(floor.walkable, corner)
    around = people * 1_000_000 * 4 // cells if cells else 0
    return Peak(count=int(boxes[ix, iy]), ix=ix + floor.first_cell[0], iy=iy + floor.first_cell[1], around_micro_per_m2=around)


def _box_sums(table: NDArray[np.int64], width: int) -> NDArray[np.int64]:
    return np.asarray(table[width:, width:] - table[:-width, width:] - table[width:, :-width] + table[:-width, :-width])


def _square(table: NDArray[np.int64], corner: tuple[int, int]) -> int:
    x0, y0 = corner
    x1, y1 = min(x0 + AROUND_CELLS, table.shape[0] - 1), min(y0 + AROUND_CELLS, table.shape[1] - 1)
    return int(table[x1, y1] - table[x0, y1] - table[x1, y0] + table[x0, y0])
