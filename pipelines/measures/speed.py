"""Velocities and speeds of recorded people over a baseline.

Muster's own velocity looks back: from where the person was at the newest frame at least one second ago,

    v(t) = (x(t) - x(t - b)) / b,   b >= 1 s                         [m/s]

since over a shorter baseline position jitter becomes false motion. For comparison with studies there is the two-sided one,

    v(t) = (x(t + n/fps) - x(t - n/fps)) / (2 n / fps)               [m/s]

Source of the second: PedPy 1.5.1 `compute_individual_speed`, frame_step n, borders excluded.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from pipelines.errors import ShapeError
from pipelines.measures.polygon import Floats

Ints = NDArray[np.int64]


def velocities_over_baseline(*, tracks: Ints, frames: Ints, positions_m: Floats, fps: float, baseline_s: float = 1.0) -> Floats:
    """Velocity of each row from the same person's row the baseline before.

    Args:
        tracks: (n,) int64, each once in a frame.
        frames: (n,) int64.
        positions_m: (n, 2) float64, metres.
        fps: frames per second.
        baseline_s: at least so long, in whole frames.

    Returns:
        (n, 2) float64, m/s; NaN where the person was not there.

    Raises:
        ShapeError: the rows do not belong together.
    """
    _check(tracks, frames, positions_m)
    step = max(math.ceil(baseline_s * fps - 1e-9), 1)
    before = _rows_at(tracks, frames, -step)
    return (positions_m - _positions(positions_m, before)) * (fps / step)


def velocities_two_sided(*, tracks: Ints, frames: Ints, positions_m: Floats, fps: float, frame_step: int) -> Floats:
    """Velocity of each row from the same person's rows *frame_step* before and after; shapes as `velocities_over_baseline`."""
    _check(tracks, frames, positions_m)
    before = _rows_at(tracks, frames, -frame_step)
    after = _rows_at(tracks, frames, frame_step)
    return (_positions(positions_m, after) - _positions(positions_m, before)) * (fps / (2 * frame_step))


def mean_speed(*, velocities_mps: Floats, frames: Ints, frame_count: int, held: NDArray[np.bool_]) -> Floats:
    """Mean |v| of the people *held* who have a velocity, by frame.

    Args:
        velocities_mps: (n, 2) float64, m/s; NaN where there is none.
        frames: (n,) int64, 0 .. frame_count - 1.
        frame_count: frames to answer for.
        held: (n,) bool, who counts: usually those inside the zone.

    Returns:
        (frame_count,) float64, m/s; NaN where nobody has a velocity.
    """
    used = held & np.isfinite(velocities_mps).all(axis=1)
    return _mean(np.hypot(velocities_mps[used, 0], velocities_mps[used, 1]), frames[used], frame_count)


def mean_velocity(*, velocities_mps: Floats, frames: Ints, frame_count: int, held: NDArray[np.bool_]) -> Floats:
    """Mean v of the people *held* who have a velocity: (frame_count, 2) float64, m/s; arguments as `mean_speed`."""
    used = held & np.isfinite(velocities_mps).all(axis=1)
    return np.stack([_mean(velocities_mps[used, axis], frames[used], frame_count) for axis in (0, 1)], axis=1)


def _mean(values: Floats, frames: Ints, frame_count: int) -> Floats:
    counts = np.bincount(frames, minlength=frame_count)
    sums = np.bincount(frames, weights=values, minlength=frame_count)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def _rows_at(tracks: Ints, frames: Ints, step: int) -> Ints:
    """For each row, that of the same person *step* frames later, -1 where there is none."""
    if len(tracks) == 0:
        return np.zeros(0, dtype=np.int64)
    _, number = np.unique(tracks, return_inverse=True)
    width = int(frames.max() - frames.min()) + 2 * abs(step) + 1
    key = number * width + (frames - frames.min()) + abs(step)
    order = np.argsort(key)
    at = np.minimum(np.searchsorted(key[order], key + step), len(key) - 1)
    known = key[order][at] == key + step
    return np.where(known, order[at], -1)


def _positions(positions_m: Floats, rows: Ints) -> Floats:
    return np.where(rows[:, None] >= 0, positions_m[rows], np.nan)


def _check(tracks: Ints, frames: Ints, positions_m: Floats) -> None:
    if positions_m.ndim != 2 or positions_m.shape[1] != 2 or not tracks.shape == frames.shape == positions_m.shape[:1]:
        raise ShapeError("tracks, frames, positions_m", expected="(n,), (n,), (n, 2)", got=(tracks.shape, frames.shape, positions_m.shape))
