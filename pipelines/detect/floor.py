"""The floor that a camera owns: its zones on the 0.5 m lattice of the venue frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipelines.measures.pressure import Moments, Pressures, crowd_pressures, moments_of

LATTICE_CM: Final = 50
BOX_CELLS: Final = 4  # a 2 m box is 4 lattice cells wide
BOX_M2: Final = 4.0
DENSE_PEOPLE: Final = 16  # in a box: 4 p/m²
Where = tuple[NDArray[np.int64], ...]
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
        owned_area_cm2: how much of it the camera owns.
        queue_gate: gate whose queue it is; empty if none.
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
    owned_area_cm2: int
    queue_gate: str

    def holds(self, points_cm: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which of the (n, 2) points lie in the zone."""
        if self.rectangle_cm is not None:
            x0, y0, x1, y1 = self.rectangle_cm
            x, y = points_cm[:, 0], points_cm[:, 1]
            return (x >= x0) & (x < x1) & (y >= y0) & (y < y1)
        return inside_polygon(points_cm, self.polygon_cm)


def zone_floor(
    zone: str,
    polygon_m: Sequence[tuple[float, float]],
    *,
    los_scale: str,
    cameras_expected: int,
    owned_area_m2: float | None = None,
    queue_gate: str = "",
) -> ZoneFloor:
    """The zone on the lattice; *polygon_m* in metres, venue frame, rounded to cm. The camera owns all of it unless said."""
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
        owned_area_cm2=abs(twice) // 2 if owned_area_m2 is None else min(round(owned_area_m2 * 10_000), abs(twice) // 2),
        queue_gate=queue_gate,
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


class Boxes:
    """Sums of people over every 2 m box of the 0.5 m lattice that can hold some of them, frame by frame.

    Args:
        points_cm: (n, 2) int64, venue frame; n >= 1.
        frame: (n,) int64, frame of each, 0 .. frames - 1.
        frames: how many frames.
        noise_variance_m2_s2: of one velocity, both components, that is only position noise.
    """

    def __init__(self, points_cm: NDArray[np.int64], frame: NDArray[np.int64], frames: int, *, noise_variance_m2_s2: float = 0.0) -> None:
        """Count people on the lattice."""
        cells = points_cm // LATTICE_CM
        low = cells.min(axis=0)
        self.first = (int(low[0]) - BOX_CELLS + 1, int(low[1]) - BOX_CELLS + 1)
        self._shape = (int(cells[:, 0].max() - low[0]) + 2 * BOX_CELLS - 1, int(cells[:, 1].max() - low[1]) + 2 * BOX_CELLS - 1)
        self._frames, self._noise = frames, noise_variance_m2_s2
        nx, ny = self._shape
        self._at = (frame * nx + (cells[:, 0] - self.first[0])) * ny + (cells[:, 1] - self.first[1])
        self.table = self._table(None, self._at)
        self.counts = _box_sums(self.table)

    def _table(self, weights: NDArray[np.int64] | None, at: NDArray[np.int64]) -> NDArray[np.int64]:
        nx, ny = self._shape
        counts = np.bincount(at, weights=weights, minlength=self._frames * nx * ny).reshape(self._frames, nx, ny)
        table = np.zeros((self._frames, nx + 1, ny + 1), dtype=np.int64)
        np.cumsum(counts, axis=1, out=table[:, 1:, 1:], dtype=np.int64)
        np.cumsum(table[:, 1:, 1:], axis=2, out=table[:, 1:, 1:])
        return table

    def pressures(self, points_cm: NDArray[np.int64], velocities: NDArray[np.int64], chosen: NDArray[np.bool_], boxes: Where) -> Pressures:
        """Crowd pressure of some boxes from the *chosen* people, those with a velocity.

        Args:
            points_cm: (n, 2) int64, the people given at the beginning.
            velocities: (n, 2) int64, theirs, cm/s.
            chosen: (n,) bool.
            boxes: indices (frame, x, y) into `counts`.
        """
        columns = moments_of(points_cm[chosen] - np.asarray(self.first) * LATTICE_CM, velocities[chosen])
        at = self._at[chosen]
        return crowd_pressures(
            people=self.counts[boxes],
            moments=Moments(*(_box_sums(self._table(column, at))[boxes] for column in columns)),
            area_m2=BOX_M2,
            noise_variance_m2_s2=self._noise,
        )

    def highest_pressure(
        self, points_cm: NDArray[np.int64], velocities: NDArray[np.int64], chosen: NDArray[np.bool_], *, frame: int
    ) -> tuple[float, float, float] | None:
        """The largest crowd pressure over the dense boxes of one frame, and of the ends of its interval, /s²; None = not measurable.

        Args:
            points_cm: (n, 2) int64, the people given at the beginning.
            velocities: (n, 2) int64, theirs, cm/s.
            chosen: (n,) bool, people of that frame who have a velocity.
            frame: which one.
        """
        x, y = np.nonzero(self.counts[frame] >= DENSE_PEOPLE)
        if not len(x):
            return None
        found = self.pressures(points_cm, velocities, chosen, (np.full_like(x, frame), x, y))
        if np.isnan(found.value).all():
            return None
        value, low, high = (float(np.nanmax(part)) for part in found)
        return value, low, high

    def peaks(self, floor: ZoneFloor) -> list[Peak]:
        """The fullest box of each frame that has people; ties go to the lowest x, then the lowest y."""
        flat = self.counts.reshape(self._frames, -1)
        best = flat.argmax(axis=1)
        found = []
        for frame, place in enumerate(best.tolist()):
            count = int(flat[frame, place])
            if count:
                x, y = divmod(place, self.counts.shape[2])
                ix, iy = x + self.first[0], y + self.first[1]
                found.append(Peak(count=count, ix=ix, iy=iy, around_micro_per_m2=self._around(frame, ix, iy, floor)))
        return found

    def _around(self, frame: int, ix: int, iy: int, floor: ZoneFloor) -> int:
        people = _square(self.table[frame], (ix - _BEFORE - self.first[0], iy - _BEFORE - self.first[1]))
        cells = _square(floor.walkable, (ix - _BEFORE - floor.first_cell[0], iy - _BEFORE - floor.first_cell[1]))
        return people * 1_000_000 * 4 // cells if cells else 0


def local_peak(points_cm: NDArray[np.int64], floor: ZoneFloor) -> Peak | None:
    """The 2 m x 2 m box with the most people, among boxes whose corners are multiples of 0.5 m; None for no people.

    Ties go to the lowest x, then the lowest y. The density around is over the part of the 6 m square inside the zone.

    Args:
        points_cm: (n, 2) int64, people inside the zone, venue frame.
        floor: the zone.
    """
    if len(points_cm) == 0:
        return None
    return Boxes(points_cm, np.zeros(len(points_cm), dtype=np.int64), 1).peaks(floor)[0]


def _box_sums(table: NDArray[np.int64]) -> NDArray[np.int64]:
    wide = BOX_CELLS
    return np.asarray(table[:, wide:, wide:] - table[:, :-wide, wide:] - table[:, wide:, :-wide] + table[:, :-wide, :-wide])


def _square(table: NDArray[np.int64], corner: tuple[int, int]) -> int:
    """Sum over the 6 m square with that lower corner; the table holds nothing beyond its edges."""
    x0, x1 = (min(max(corner[0] + step, 0), table.shape[0] - 1) for step in (0, AROUND_CELLS))
    y0, y1 = (min(max(corner[1] + step, 0), table.shape[1] - 1) for step in (0, AROUND_CELLS))
    return int(table[x1, y1] - table[x0, y1] - table[x1, y0] + table[x0, y0])
