"""Polygons as measures need them: area, what lies inside, convex rings and their cut."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipelines.errors import ConfigError, ShapeError

Floats = NDArray[np.float64]
_STRAIGHT: Final = 1e-9  # sine of the turn below which three corners lie on one line


def ring_m(polygon_m: Floats, *, name: str) -> Floats:
    """The corners of a simple polygon counter-clockwise, none twice, none on the line between its neighbours.

    Args:
        polygon_m: (k, 2) float64, metres, k >= 3, open ring.
        name: what the polygon is, for the sentence of an error.

    Returns:
        (k, 2) float64, metres; k may be smaller.

    Raises:
        ShapeError: *polygon_m* is not (k, 2) with k >= 3.
        ConfigError: it has no area, or a corner is not finite.
    """
    corners = np.asarray(polygon_m, dtype=np.float64)
    if corners.ndim != 2 or corners.shape[1] != 2 or len(corners) < 3:
        raise ShapeError(name, expected="(k, 2) with k >= 3", got=corners.shape)
    if not np.isfinite(corners).all():
        raise ConfigError(f"{name}: a corner is not a finite number")
    turning = _sines(corners)
    kept = corners[np.abs(turning) > _STRAIGHT]
    if len(kept) < 3 or signed_area_m2(kept) == 0:
        raise ConfigError(f"{name}: has no area")
    return kept if signed_area_m2(kept) > 0 else kept[::-1].copy()


def _sines(corners: Floats) -> Floats:
    """Sine of the turn at each corner, 0 where two corners are one; positive to the left."""
    before, after = corners - np.roll(corners, 1, axis=0), np.roll(corners, -1, axis=0) - corners
    length = np.hypot(*before.T) * np.hypot(*after.T)
    return np.asarray((before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]) / np.where(length > 0, length, 1.0))


def signed_area_m2(ring: Floats) -> float:
    """Area of a ring (k, 2), positive when its corners run counter-clockwise; about its own first corner, for precision."""
    x, y = (ring - ring[0]).T
    return float((x * np.roll(y, -1) - np.roll(x, -1) * y).sum()) / 2


def area_m2(polygon_m: Floats) -> float:
    """Area of a simple polygon (k, 2), m²."""
    return abs(signed_area_m2(np.asarray(polygon_m, dtype=np.float64)))


def is_convex(ring: Floats) -> bool:
    """Whether a ring of `ring_m` turns left at every corner, and once round in all."""
    edges = np.roll(ring, -1, axis=0) - ring
    around = np.arctan2(edges[:, 1], edges[:, 0])
    turns = (np.roll(around, -1) - around + np.pi) % (2 * np.pi) - np.pi
    return bool((turns > 0).all() and abs(turns.sum() - 2 * np.pi) < 1e-6)


def convex_ring_m(polygon_m: Floats, *, name: str) -> Floats:
    """`ring_m`, which must be convex.

    Raises:
        ConfigError: it is not.
    """
    ring = ring_m(polygon_m, name=name)
    if not is_convex(ring):
        raise ConfigError(f"{name}: is not convex; split it into convex pieces")
    return ring


def cut_to_convex(ring: Floats, convex: Floats) -> Floats:
    """The part of a simple ring (k, 2) inside a convex counter-clockwise one; (0, 2) where there is none.

    Where a ring that is not convex falls apart, the pieces hang together by edges of no width: the area is right.

    Source: Sutherland and Hodgman 1974, reentrant polygon clipping.
    """
    found = ring
    for a, b in zip(convex, np.roll(convex, -1, axis=0), strict=True):
        if len(found) == 0:
            break
        inner = (b[0] - a[0]) * (found[:, 1] - a[1]) - (b[1] - a[1]) * (found[:, 0] - a[0])
        found = _cut_by_line(found, inner)
    return found


def _cut_by_line(ring: Floats, inner: Floats) -> Floats:
    """The corners and crossings on the side where *inner* >= 0."""
    kept = []
    for at, to, here, there in zip(ring, np.roll(ring, -1, axis=0), inner, np.roll(inner, -1), strict=True):
        if here >= 0:
            kept.append(at)
        if (here > 0 > there) or (here < 0 < there):
            kept.append(at + (to - at) * (here / (here - there)))
    return np.asarray(kept, dtype=np.float64).reshape(-1, 2)


def strictly_inside(positions_m: Floats, polygon_m: Floats) -> NDArray[np.bool_]:
    """Which points lie in a simple polygon, its boundary excluded.

    Args:
        positions_m: (n, 2) float64, metres.
        polygon_m: (k, 2) float64, metres, k >= 3, open ring.

    Returns:
        (n,) bool.
    """
    x, y = positions_m[:, 0], positions_m[:, 1]
    found = np.zeros(len(positions_m), dtype=bool)
    on_edge = np.zeros(len(positions_m), dtype=bool)
    for (ax, ay), (bx, by) in zip(polygon_m, np.roll(polygon_m, -1, axis=0), strict=True):
        left = (bx - ax) * (y - ay) - (by - ay) * (x - ax)
        spans = (y < ay) != (y < by)
        found ^= spans & ((left > 0) if by > ay else (left < 0))
        on_edge |= (left == 0) & (x >= min(ax, bx)) & (x <= max(ax, bx)) & (y >= min(ay, by)) & (y <= max(ay, by))
    return np.asarray(found & ~on_edge)
