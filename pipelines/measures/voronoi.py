"""Voronoi density of a zone, exact, for many frames at once.

A person's cell is the part of the walkable area nearer to them than to anyone else; their density is one over its area.
The zone's density is the mean of that over the zone:

    density = sum over people of area(cell in zone) / area(cell) / area(zone)      [1/m²]

Most cells lie wholly in the zone (they count 1) or wholly outside (0). So only the cells that the zone's boundary runs
through are built: `voronoi_boundary.py` walks along it and finds them,
`voronoi_cells.py` walks around each of them.

Source: the definition is Steffen and Seyfried 2010, "Methods for measuring pedestrian density, flow, speed and direction
with minimal scatter", without a cut-off radius; equal to PedPy 1.5.1 `compute_voronoi_density` to 1e-6 in convex areas.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipelines.errors import ConfigError
from pipelines.measures.polygon import Floats, area_m2, convex_ring_m, cut_to_convex
from pipelines.measures.rows import check_rows
from pipelines.measures.voronoi_boundary import Crossed, crossed_cells
from pipelines.measures.voronoi_cells import Lines, cells_in_zone

NEAR: Final = 12  # people first tried as neighbours; where they do not prove the cell, all are
_CHUNK: Final = 16_384  # numbers in one array of a step: what a processor's cache holds
_SHRINK: Final = 1e-9  # of the zone's half width: then no edge of a cell lies on an edge of the zone
_ON_WALL_M: Final = 1e-9
_NOBODY_M: Final = 1e7  # where an empty place of a frame stands: nearer to nothing


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HalfPlanes:
    """Convex area as `normals @ x <= bounds`, one row an edge, normals outward and as long as the edge."""

    corners: Floats
    normals: Floats
    bounds: Floats

    def slack(self, points: Floats) -> Floats:
        """(edges, …): how far inside each edge the points (…, 2) are, times the edge's length."""
        x, y = points[..., 0], points[..., 1]
        return np.stack([bound - x * normal[0] - y * normal[1] for normal, bound in zip(self.normals, self.bounds, strict=True)])


def half_planes(ring: Floats) -> HalfPlanes:
    """Of a convex counter-clockwise ring (k, 2)."""
    edges = np.roll(ring, -1, axis=0) - ring
    normals = np.stack((edges[:, 1], -edges[:, 0]), axis=1)
    return HalfPlanes(corners=ring, normals=normals, bounds=(normals * ring).sum(axis=1))


def voronoi_density(
    *, positions_m: Floats, frames: NDArray[np.int64], frame_count: int, zone_m: Floats, walkable_m: Floats
) -> NDArray[np.float64]:
    """Voronoi density of a zone in every frame, 1/m².

    Args:
        positions_m: (n, 2) float64, metres, everybody in the walkable area.
        frames: (n,) int64, ascending, 0 .. frame_count - 1.
        frame_count: frames to answer for.
        zone_m: (k, 2) float64, metres, convex. A part outside the walkable area has density 0.
        walkable_m: (k, 2) float64, metres, convex.

    Returns:
        (frame_count,) float64, 1/m²; 0 where nobody is.

    Raises:
        ShapeError: the rows are not (n, 2) and (n,) ascending.
        ConfigError: a polygon is not convex, somebody is outside the walkable area, two people are at one place
            whose cell the zone's boundary runs through, a position is not finite.
    """
    check_rows(positions_m=positions_m, frames=frames, frame_count=frame_count)
    zone = convex_ring_m(zone_m, name="zone")
    walkable = convex_ring_m(walkable_m, name="walkable area")
    centre = zone.mean(axis=0)
    walls = half_planes(walkable - centre)
    points = positions_m - centre
    _all_within(walls, points, frames)
    density = np.zeros(frame_count)
    inner = cut_to_convex(zone - centre, walkable - centre)
    if len(inner) < 3 or area_m2(inner) == 0 or len(points) == 0:
        return density
    inner = convex_ring_m(inner, name="zone")
    middle = inner.mean(axis=0)
    edges = half_planes(middle + (inner - middle) * (1 - _SHRINK))
    present, counts = np.unique(frames, return_counts=True)
    starts = np.concatenate(([0], np.cumsum(counts)))
    first = 0
    while first < len(present):
        last = _chunk_end(counts, first, len(zone))
        padded = _padded(points[starts[first] : starts[last]], counts[first:last])
        density[present[first:last]] = _people_in_zone(padded, present[first:last], edges, walls)
        first = last
    return density / area_m2(zone)


def _all_within(walls: HalfPlanes, points: Floats, frames: NDArray[np.int64]) -> None:
    outside = np.flatnonzero((walls.slack(points) < -_ON_WALL_M * np.hypot(*walls.normals.T)[:, None]).any(axis=0))
    if len(outside):
        raise ConfigError(f"walkable area: {len(outside)} positions lie outside it, the first in frame {frames[outside[0]]}")


def _chunk_end(counts: NDArray[np.int64], first: int, edges: int) -> int:
    """The frames from *first* on whose arrays have at most `_CHUNK` numbers, at least one frame."""
    widest = np.maximum.accumulate(counts[first : first + _CHUNK])
    numbers = widest * edges * np.arange(1, len(widest) + 1)
    return first + max(int(np.searchsorted(numbers, _CHUNK, side="right")), 1)


def _padded(points: Floats, counts: NDArray[np.int64]) -> Floats:
    """(frames, most people, 2): the rows by frame, empty places far away."""
    found = np.full((len(counts), int(counts.max()), 2), _NOBODY_M)
    frames = np.repeat(np.arange(len(counts)), counts)
    place = np.arange(len(points)) - np.repeat(np.cumsum(counts) - counts, counts)
    found[frames, place] = points
    return found


def _people_in_zone(padded: Floats, present: NDArray[np.int64], edges: HalfPlanes, walls: HalfPlanes) -> Floats:
    """(frames,): sum over people of the share of their cell that lies in the zone; *present* are the frames' numbers."""
    slack = edges.slack(padded)
    crossed = crossed_cells(padded, corners=edges.corners, slack=slack)
    shares = (slack > 0).all(axis=0).astype(np.float64)
    shares[crossed.frame, crossed.person] = _shares(padded, crossed, slack[:, crossed.frame, crossed.person], edges, walls, present)
    return np.asarray(shares.sum(axis=1))


def _shares(padded: Floats, crossed: Crossed, slack: Floats, edges: HalfPlanes, walls: HalfPlanes, present: NDArray[np.int64]) -> Floats:
    """Share of each crossed cell in the zone: with the nearest people as neighbours, and with all where these prove nothing."""
    own = padded[crossed.frame, crossed.person]
    away_x = padded[crossed.frame, :, 0] - own[:, :1]
    away_y = padded[crossed.frame, :, 1] - own[:, 1:]
    squared = away_x * away_x + away_y * away_y
    squared[np.arange(len(own)), crossed.person] = np.inf
    doubled = np.flatnonzero((squared == 0).any(axis=1))
    if len(doubled):
        raise ConfigError(f"positions: two people are at one place in frame {present[crossed.frame[doubled[0]]]}")
    wall_slack = walls.slack(own)
    share = np.zeros(len(own))
    todo = np.arange(len(own))
    for near in (NEAR, squared.shape[1]):
        lines, reach_m2 = _neighbour_lines(away_x[todo], away_y[todo], squared[todo], near, walls, wall_slack[:, todo])
        found = cells_in_zone(lines, slack=slack[:, todo], normals=edges.normals)
        share[todo] = (found.in_zone_m2 + crossed.from_boundary_m2[todo]) / found.area_m2
        todo = todo[~(4 * found.reach_m2 <= reach_m2)]
        if len(todo) == 0:
            return np.clip(share, 0.0, 1.0)
    raise ConfigError("positions: a cell did not close; is somebody twice in one frame?")


def _neighbour_lines(
    away_x: Floats, away_y: Floats, squared: Floats, near: int, walls: HalfPlanes, wall_slack: Floats
) -> tuple[Lines, Floats]:
    """The lines that may bound a cell, and the squared distance within which no other person stands."""
    if near < squared.shape[1]:
        order = np.argpartition(squared, near, axis=1)[:, : near + 1]
        squared = np.take_along_axis(squared, order, axis=1)
        away_x, away_y = np.take_along_axis(away_x, order, axis=1), np.take_along_axis(away_y, order, axis=1)
        reach_m2 = squared[:, near].copy()
    else:
        reach_m2 = np.full(len(squared), np.inf)
    itself = np.isinf(squared)
    squared = np.where(itself, 2.0, squared)  # a line without direction bounds nothing
    lengths = np.hypot(*walls.normals.T)
    to_wall = np.maximum(wall_slack.T / lengths, 0.0)
    many = (len(squared), len(lengths))
    return (
        Lines(
            x=np.concatenate((away_x, np.broadcast_to(walls.normals[:, 0] / lengths, many)), axis=1),
            y=np.concatenate((away_y, np.broadcast_to(walls.normals[:, 1] / lengths, many)), axis=1),
            bound=np.concatenate((squared / 2, to_wall), axis=1),
            distance_m2=np.concatenate((np.where(itself, np.inf, squared / 4), to_wall * to_wall), axis=1),
        ),
        reach_m2,
    )
