"""Who crosses a line, and flow: people over time, over time and width, or density times speed.

flow              = crossings / duration                   [1/s, or 1/min]
flow over a width = crossings / duration / width           [1/(m min)]
specific flow     = density * mean speed                   [1/(m s)]
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipelines.errors import ShapeError
from pipelines.measures.polygon import Floats

Ints = NDArray[np.int64]
ON_LINE_M: Final = 1e-5  # a step that ends so near the line has not crossed it yet


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LineCrossings:
    """Who crossed, when, and which way.

    Args:
        tracks: (m,) int64.
        frames: (m,) int64, of the step's end; ascending.
        to_left: (m,) bool, whether the step ends left of the line's direction.
    """

    tracks: Ints
    frames: Ints
    to_left: NDArray[np.bool_]


def line_crossings(*, tracks: Ints, frames: Ints, positions_m: Floats, line_m: Floats) -> LineCrossings:
    """Every crossing of a line, one entry a step.

    A step from one row of a person to their next crosses when it touches the line and does not end on it: one that ends on
    it counts when it goes on.

    Args:
        tracks: (n,) int64.
        frames: (n,) int64.
        positions_m: (n, 2) float64, metres.
        line_m: (2, 2) float64, metres, the line's two ends.

    Raises:
        ShapeError: the rows do not belong together, or the line is not (2, 2).

    Source: the rule is that of PedPy 1.5.1 `compute_n_t`, its 1e-5 m included; so counts agree.
    """
    if line_m.shape != (2, 2):
        raise ShapeError("line_m", expected="(2, 2)", got=line_m.shape)
    if positions_m.ndim != 2 or positions_m.shape[1] != 2 or not tracks.shape == frames.shape == positions_m.shape[:1]:
        raise ShapeError("tracks, frames, positions_m", expected="(n,), (n,), (n, 2)", got=(tracks.shape, frames.shape, positions_m.shape))
    order = np.lexsort((frames, tracks))
    same = np.flatnonzero(tracks[order][1:] == tracks[order][:-1])
    start, end = order[same], order[same + 1]
    p, q = positions_m[start], positions_m[end]
    crossed = _touches(p, q, line_m) & (_distance_m(q, line_m) >= ON_LINE_M)
    rows = end[crossed]
    rows = rows[np.argsort(frames[rows], kind="stable")]
    left = _side(line_m[0], line_m[1], positions_m[rows]) > 0
    return LineCrossings(tracks=tracks[rows], frames=frames[rows], to_left=left)


def first_crossings(found: LineCrossings) -> LineCrossings:
    """Each person's first crossing alone."""
    _, first = np.unique(found.tracks, return_index=True)
    first.sort()
    return LineCrossings(tracks=found.tracks[first], frames=found.frames[first], to_left=found.to_left[first])


def crossed_by_frame(found: LineCrossings, *, frame_count: int) -> Ints:
    """(frame_count,) int64: crossings up to and including each frame, n(t); frames counted from 0."""
    return np.cumsum(np.bincount(found.frames, minlength=frame_count)).astype(np.int64)


def flow_per_min(*, crossings: int, duration_s: float) -> float:
    """Crossings a minute."""
    return crossings * 60.0 / duration_s


def flow_per_m_min(*, crossings: int, duration_s: float, width_m: float) -> float:
    """Crossings a minute and metre of width."""
    return crossings * 60.0 / duration_s / width_m


def specific_flow_per_m_s(*, density_per_m2: Floats, speed_mps: Floats) -> Floats:
    """Density times mean speed, 1/(m s); 0 where nobody is, NaN where people have no velocity yet. Any one shape."""
    return np.where(density_per_m2 == 0, 0.0, density_per_m2 * speed_mps)


def _side(a: Floats, b: Floats, c: Floats) -> Floats:
    """Positive where c lies left of a → b; any of them may be (n, 2)."""
    return np.asarray((b[..., 0] - a[..., 0]) * (c[..., 1] - a[..., 1]) - (b[..., 1] - a[..., 1]) * (c[..., 0] - a[..., 0]))


def _touches(p: Floats, q: Floats, line: Floats) -> NDArray[np.bool_]:
    """Whether the segments p → q share a point with the line."""
    a, b = line
    boxes = (np.minimum(p, q) <= np.maximum(a, b)).all(axis=1) & (np.maximum(p, q) >= np.minimum(a, b)).all(axis=1)
    across = np.sign(_side(a, b, p)) * np.sign(_side(a, b, q)) <= 0
    within = np.sign(_side(p, q, a)) * np.sign(_side(p, q, b)) <= 0
    return np.asarray(boxes & across & within)


def _distance_m(points: Floats, line: Floats) -> Floats:
    a, b = line
    way = b - a
    share = np.clip(((points - a) @ way) / (way @ way), 0.0, 1.0)
    return np.asarray(np.hypot(*(points - a - share[:, None] * way).T))
