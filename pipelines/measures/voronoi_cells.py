"""Walks around Voronoi cells, many at once, and says how much of each lies in a convex zone.

A cell is what remains of the plane after the lines half-way to the neighbours, and the walls. The walk begins at the
foot of the nearest line, which is on the cell's edge, and goes along the line until the first other one cuts it off; then
along that one, until it comes back. An edge on a line at distance h with length l adds h l / 2 to the area. The part in
the zone is summed in the same way over the parts of edges inside the zone; the zone's own edges are added by the caller.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipelines.errors import ConfigError
from pipelines.measures.polygon import Floats

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
_TIE: Final = 1e-18
_CROWDED: Final = 0.7


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lines:
    """The lines that may bound m cells, c for each, person at the origin: `x X + y Y <= bound`; distance² beside it."""

    x: Floats
    y: Floats
    bound: Floats
    distance_m2: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cells:
    """Area of m cells, what their own edges add to the part in the zone, and the squared distance to the farthest corner."""

    area_m2: Floats
    in_zone_m2: Floats
    reach_m2: Floats


class _Walkers:
    """Where each walk is: on which line, at which point, and what it has summed."""

    def __init__(self, lines: Lines, slack: Floats, normals: Floats) -> None:
        self.lines_x, self.lines_y, self.bound = lines.x, lines.y, lines.bound
        self.rows = np.arange(len(lines.x))
        self.first = self.current = lines.distance_m2.argmin(axis=1)
        self.turn_to(self.current)
        scale = self.on / (self.ux * self.ux + self.uy * self.uy)
        self.x, self.y = self.uy * scale, -self.ux * scale
        self.gap = lines.bound - lines.x * self.x[:, None] - lines.y * self.y[:, None]
        self.slack = slack - normals[:, :1] * self.x - normals[:, 1:] * self.y
        self.foot_x, self.foot_y, self.foot_slack = self.x, self.y, self.slack
        self.normals = normals

    def turn_to(self, current: Ints) -> None:
        """Go along the line *current* from now on, counter-clockwise around the person."""
        self.current = current
        local = np.arange(len(current))
        self.ux, self.uy, self.on = -self.lines_y[local, current], self.lines_x[local, current], self.bound[local, current]

    def advance(self) -> tuple[Floats, Floats, Ints]:
        """Go to the next corner: the area that this edge adds, its part in the zone, and the line that cuts it off."""
        local = np.arange(len(self.rows))
        self.gap[local, self.current] = 0.0
        np.maximum(self.gap, _TIE, out=self.gap)
        towards = self.lines_x * self.ux[:, None]
        towards += self.lines_y * self.uy[:, None]
        towards[local, self.current] = 0.0
        ratio = towards / self.gap
        following = ratio.argmax(axis=1)
        step = 1.0 / ratio[local, following]
        towards *= step[:, None]
        self.gap -= towards
        self.x, self.y = self.x + step * self.ux, self.y + step * self.uy
        after = self.slack - self.normals[:, :1] * (step * self.ux) - self.normals[:, 1:] * (step * self.uy)
        area = step * self.on / 2
        inside = area * _share_inside(self.slack, after)
        self.slack = after
        return area, inside, following

    def close(self, which: Flags) -> tuple[Floats, Floats]:
        """The last edge of walks that are back on their first line: to the foot where they began."""
        ux, uy = self.ux[which], self.uy[which]
        step = ((self.foot_x[which] - self.x[which]) * ux + (self.foot_y[which] - self.y[which]) * uy) / (ux * ux + uy * uy)
        area = step * self.on[which] / 2
        return area, area * _share_inside(self.slack[:, which], self.foot_slack[:, which])

    def keep(self, which: Flags) -> None:
        """Go on with these alone."""
        for name in _PER_WALK:
            setattr(self, name, getattr(self, name)[which])
        self.slack, self.foot_slack = self.slack[:, which], self.foot_slack[:, which]


_PER_WALK: Final = (
    "lines_x", "lines_y", "bound", "rows", "first", "current", "ux", "uy", "on", "x", "y", "gap", "foot_x", "foot_y",
)  # fmt: skip


@np.errstate(divide="ignore", invalid="ignore")
def cells_in_zone(lines: Lines, *, slack: Floats, normals: Floats) -> Cells:
    """Walk around m cells.

    Args:
        lines: (m, c) each.
        slack: (e, m) float64: how far inside each of the zone's edges the person is, times its length.
        normals: (e, 2) float64: outward normals of the zone's edges, as long as the edges.

    Raises:
        ConfigError: a cell does not close, as when no wall bounds it.
    """
    count = len(lines.x)
    area, inside, reach = np.zeros(count), np.zeros(count), np.zeros(count)
    walk = _Walkers(lines, slack, normals)
    walking = np.ones(count, dtype=bool)
    for _ in range(4 * lines.x.shape[1] + 4):
        rows = walk.rows
        edge, part, following = walk.advance()
        area[rows] += edge * walking
        inside[rows] += part * walking
        reach[rows] = np.maximum(reach[rows], (walk.x * walk.x + walk.y * walk.y) * walking)
        walk.turn_to(following)
        back = walking & (following == walk.first)
        if back.any():
            edge, part = walk.close(back)
            area[rows[back]] += edge
            inside[rows[back]] += part
            walking &= ~back
            if not walking.any():
                return Cells(area_m2=area, in_zone_m2=inside, reach_m2=reach)
            if walking.mean() < _CROWDED:
                walk.keep(walking)
                walking = walking[walking]
    raise ConfigError("positions: a Voronoi cell does not close")


def _share_inside(before: Floats, after: Floats) -> Floats:
    """Share of segments inside a convex zone, from the slack (e, m) at their two ends."""
    meets = before / (before - after)
    low = np.where(before < 0, meets, 0.0).max(axis=0)
    high = np.where(after < 0, meets, 1.0).min(axis=0)
    return np.asarray(np.maximum(np.minimum(high, 1.0) - np.maximum(low, 0.0), 0.0))
