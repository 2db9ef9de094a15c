"""The floor that a camera owns: its zones on the 0.5 m lattice of the venue frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

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

    def walkable_cells(self, ix: int, iy: int) -> int:
        """Cells of the 6 m square with lower lattice corner (ix, iy) whose centre is in the zone."""
        (x, y), (nx, ny) = self.first_cell, self.cells
        x0, x1 = min(max(ix - x, 0), nx), min(max(ix - x + AROUND_CELLS, 0), nx)
        y0, y1 = min(max(iy - y, 0), ny), min(max(iy - y + AROUND_CELLS, 0), ny)
        at = self.walkable.item
        return int(at(x1, y1) - at(x0, y1) - at(x1, y0) + at(x0, y0))

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

    Attributes:
        first: lattice corner (ix, iy) of the first box.
        counts: (frames, x, y) int32, people in each box.
    """

    def __init__(self, points_cm: NDArray[np.int64], frame: NDArray[np.int64], frames: int, *, noise_variance_m2_s2: float = 0.0) -> None:
        """Count people on the lattice."""
        columns = np.floor_divide(points_cm.T, LATTICE_CM, order="C")
        (x0, y0), (x1, y1) = columns.min(axis=1).tolist(), columns.max(axis=1).tolist()
        beyond = BOX_CELLS - 1
        self.first = (x0 - beyond, y0 - beyond)
        self._shape = (frames, x1 - x0 + 1 + 2 * beyond, y1 - y0 + 1 + 2 * beyond)
        self._frames, self._noise = frames, noise_variance_m2_s2
        _, nx, ny = self._shape
        at = frame * nx
        at += columns[0]
        at -= self.first[0]
        at *= ny
        at += columns[1]
        at -= self.first[1]
        self._at = at
        self._cells = self._on_lattice(at).astype(np.int32)
        self.counts = _box_sums(self._cells)

    def _on_lattice(self, at: NDArray[np.int64], weights: NDArray[np.int64] | None = None) -> NDArray[np.int64]:
        frames, nx, ny = self._shape
        return np.bincount(at, weights=weights, minlength=frames * nx * ny).astype(np.int64, copy=False).reshape(self._shape)

    def is_dense(self, frame: int) -> bool:
        """Whether some box of the frame holds 4 p/m² or more."""
        return bool(self.counts[frame].max() >= DENSE_PEOPLE)

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
            moments=Moments(*(_box_sums(self._on_lattice(at, column))[boxes] for column in columns)),
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
        deep = self.counts.shape[2]
        found = []
        for frame, flat in enumerate(self.counts.reshape(self._frames, -1)):
            place = int(flat.argmax())
            count = flat.item(place)
            if count:
                x, y = divmod(place, deep)
                ix, iy = x + self.first[0], y + self.first[1]
                found.append(Peak(count=count, ix=ix, iy=iy, around_micro_per_m2=self._around(frame, ix, iy, floor)))
        return found

    def _around(self, frame: int, ix: int, iy: int, floor: ZoneFloor) -> int:
        x, y = ix - _BEFORE - self.first[0], iy - _BEFORE - self.first[1]
        people = int(self._cells[frame, max(x, 0) : x + AROUND_CELLS, max(y, 0) : y + AROUND_CELLS].sum())
        cells = floor.walkable_cells(ix - _BEFORE, iy - _BEFORE)
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


def _box_sums(cells: NDArray[Any]) -> NDArray[Any]:
    """Sums over 4 x 4 neighbouring cells of (frames, x, y), in pairs of pairs along each axis."""
    two = cells[:, :-1] + cells[:, 1:]
    wide = two[:, :-2] + two[:, 2:]
    two = wide[:, :, :-1] + wide[:, :, 1:]
    return np.asarray(two[:, :, :-2] + two[:, :, 2:])
