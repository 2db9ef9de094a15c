"""Crowd pressure of a box, with what the noise of positions adds to it taken away, and an interval.

    P = density * (Var(v) - noise variance)                           [1/s²]
    Var(v) = (sum v² - ((sum vx)² + (sum vy)²) / n) / (n - 1)         [m²/s²], both components together
    noise variance = 4 sigma² / T²                                    [m²/s²], jitter sigma an axis, baseline T

A velocity over the baseline T is the difference of two positions: jitter adds 2 sigma² / T² to each component.

The interval is that of the variance, 95 %: 2 (n - 1) Var / chi² with 2 (n - 1) degrees of freedom, which holds for
velocities that are independent, normal and alike in both components; neighbours are not quite independent, so the true
interval is wider. Quantiles by Wilson and Hilferty 1931, within 0.5 % from 14 degrees of freedom on (8 velocities).
All three are at least 0. The noise is taken as known; its own error is not in the interval.

P is measured on boxes of 2 m x 2 m whose corners are multiples of 0.5 m (venue frame), from one frame: summing frames
counts each person many times and makes the interval too narrow. Where the box holds fewer than 4 people/m² or fewer than
8 velocities, P is not measurable: None (NaN in the forms for arrays), which is not 0.

Source: the definition is Helbing, Johansson and Al-Abideen 2007, "The dynamics of crowd disasters", there with a Gaussian
weight of about 1 m; turbulence from about 0.02 1/s².
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipelines.errors import ShapeError
from pipelines.measures.polygon import Floats

Ints = NDArray[np.int64]
BOX_AREA_M2: Final = 4.0
LATTICE_CM: Final = 50
BOX_CELLS: Final = 4
LEAST_PER_M2: Final = 4.0
LEAST_VELOCITIES: Final = 8
_Z95: Final = 1.959963984540054
_CM2_PER_M2: Final = 10_000
_MEDIAN_TO_SIGMA: Final = 0.6744897501960817  # median of |x| for a normal x of variance 1
_SECOND_DIFFERENCE: Final = math.sqrt(6.0)  # 1² + 2² + 1²


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressure:
    """Crowd pressure and its 95 % interval, 1/s²."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pressures:
    """Crowd pressures and their 95 % intervals, 1/s², each of the sums' shape; NaN where not measurable."""

    value: Floats
    low: Floats
    high: Floats


def crowd_pressure(
    people: int, velocities_n: int, sum_vx: int, sum_vy: int, sum_v2: int, *, area_m2: float = BOX_AREA_M2, noise_variance: float
) -> Pressure | None:
    """Pressure of one box from its integer sums; None where not measurable.

    Args:
        people: people in the box.
        velocities_n: those of them who have a velocity.
        sum_vx: of their vx, cm/s.
        sum_vy: of their vy, cm/s.
        sum_v2: of their vx² + vy², cm²/s².
        area_m2: of the box (its walkable part).
        noise_variance: m²/s², of `velocity_noise_variance`.
    """
    if people < LEAST_PER_M2 * area_m2 or velocities_n < LEAST_VELOCITIES:
        return None
    squares = velocities_n * sum_v2 - sum_vx * sum_vx - sum_vy * sum_vy
    variance = squares / (velocities_n * (velocities_n - 1) * _CM2_PER_M2)
    below, above = _factors(velocities_n)
    density = people / area_m2
    value, low, high = (max(density * (variance * factor - noise_variance), 0.0) for factor in (1.0, below, above))
    return Pressure(value=value, low=low, high=high)


def crowd_pressures(
    people: Ints,
    velocities_n: Ints,
    sum_vx: Ints,
    sum_vy: Ints,
    sum_v2: Ints,
    *,
    area_m2: float | Floats = BOX_AREA_M2,
    noise_variance: float | Floats,
) -> Pressures:
    """Pressures of many boxes: `crowd_pressure` over int64 arrays of one shape.

    Raises:
        ShapeError: the sums differ in shape.
    """
    shapes = {part.shape for part in (people, velocities_n, sum_vx, sum_vy, sum_v2)}
    if len(shapes) != 1:
        raise ShapeError("sums of boxes", expected="one shape", got=sorted(shapes))
    measurable = (people >= LEAST_PER_M2 * np.asarray(area_m2)) & (velocities_n >= LEAST_VELOCITIES)
    n = np.maximum(velocities_n, LEAST_VELOCITIES)
    variance = (velocities_n * sum_v2 - sum_vx * sum_vx - sum_vy * sum_vy) / (n * (n - 1) * _CM2_PER_M2)
    below, above = _factors_of(n)
    density = people / np.asarray(area_m2)
    value, low, high = (
        np.where(measurable, np.maximum(density * (variance * factor - noise_variance), 0.0), np.nan) for factor in (1.0, below, above)
    )
    return Pressures(value=value, low=low, high=high)


def highest_pressure(*, positions_cm: Ints, velocities_cmps: Ints, known: NDArray[np.bool_], noise_variance: float) -> Pressure | None:
    """Pressure of the box where it is highest, among all 2 m x 2 m boxes on the 0.5 m lattice; None where none is measurable.

    Ties go to the lowest x, then the lowest y.

    Args:
        positions_cm: (n, 2) int64, people of one frame, venue frame.
        velocities_cmps: (n, 2) int64.
        known: (n,) bool, who has a velocity.
        noise_variance: m²/s².

    Raises:
        ShapeError: the arrays do not belong together.
    """
    if (
        positions_cm.ndim != 2
        or positions_cm.shape[1] != 2
        or positions_cm.shape != velocities_cmps.shape
        or known.shape != positions_cm.shape[:1]
    ):
        raise ShapeError(
            "positions_cm, velocities_cmps, known",
            expected="(n, 2), (n, 2), (n,)",
            got=(positions_cm.shape, velocities_cmps.shape, known.shape),
        )
    if len(positions_cm) < LEAST_PER_M2 * BOX_AREA_M2 or int(known.sum()) < LEAST_VELOCITIES:
        return None
    cell = positions_cm // LATTICE_CM
    cell -= cell.min(axis=0)
    shape = (int(cell[:, 0].max()) + 1, int(cell[:, 1].max()) + 1)
    people = _box_sums(cell, np.ones(len(cell), dtype=np.int64), shape)
    vx, vy = np.where(known[:, None], velocities_cmps, 0).T
    sums = [_box_sums(cell, weights, shape) for weights in (known.astype(np.int64), vx, vy, vx * vx + vy * vy)]
    found = crowd_pressures(people, *sums, noise_variance=noise_variance)
    if np.isnan(found.value).all():
        return None
    best = int(np.nanargmax(found.value))
    return Pressure(value=float(found.value.flat[best]), low=float(found.low.flat[best]), high=float(found.high.flat[best]))


def velocity_noise_variance(sigma_m: float, baseline_s: float) -> float:
    """Variance that position jitter adds to velocities, both components together, m²/s²: 4 sigma² / T²."""
    return 4.0 * sigma_m * sigma_m / (baseline_s * baseline_s)


def position_noise_m(*, tracks: Ints, frames: Ints, positions_m: Floats) -> float | None:
    """A camera's position jitter an axis, metres, from how tracks tremble; None without three frames in a row of anybody.

        sigma = median(|x(t+1) - 2 x(t) + x(t-1)|) / 0.6745 / sqrt(6),   x and y pooled

    The second difference takes steady motion away and is six variances of independent jitter. Limits: real acceleration
    counts as jitter (at 5 frames a second and less it is most of it); jitter that lasts over frames, as that of a smoothing
    tracker or of a calibration that is off, does not show, so that the estimate is then too low.

    Args:
        tracks: (n,) int64, each once in a frame.
        frames: (n,) int64.
        positions_m: (n, 2) float64, metres.

    Raises:
        ShapeError: the rows do not belong together.
    """
    if positions_m.ndim != 2 or positions_m.shape[1] != 2 or not tracks.shape == frames.shape == positions_m.shape[:1]:
        raise ShapeError("tracks, frames, positions_m", expected="(n,), (n,), (n, 2)", got=(tracks.shape, frames.shape, positions_m.shape))
    order = np.lexsort((frames, tracks))
    track, frame, at = tracks[order], frames[order], positions_m[order]
    in_a_row = (track[2:] == track[:-2]) & (frame[2:] == frame[:-2] + 2)
    return noise_of_second_differences_m((at[2:] - 2 * at[1:-1] + at[:-2])[in_a_row])


def noise_of_second_differences_m(second_differences_m: Floats) -> float | None:
    """`position_noise_m` for one who keeps the second differences (any shape, metres) while frames come; None for none."""
    if second_differences_m.size == 0:
        return None
    return float(np.median(np.abs(second_differences_m))) / _MEDIAN_TO_SIGMA / _SECOND_DIFFERENCE


def _factors(velocities_n: int) -> tuple[float, float]:
    """What the variance is multiplied by for the interval's two ends: degrees of freedom over the chi² quantiles."""
    spread = 1.0 / (9.0 * (velocities_n - 1))
    return (1 - spread + _Z95 * math.sqrt(spread)) ** -3, (1 - spread - _Z95 * math.sqrt(spread)) ** -3


def _factors_of(velocities_n: Ints) -> tuple[Floats, Floats]:
    spread = 1.0 / (9.0 * (velocities_n - 1))
    return (1 - spread + _Z95 * np.sqrt(spread)) ** -3.0, (1 - spread - _Z95 * np.sqrt(spread)) ** -3.0


def _box_sums(cell: Ints, weights: Ints, shape: tuple[int, int]) -> Ints:
    """Sums over every 2 m box that meets the cells (n, 2): exact in int64."""
    table = np.zeros((shape[0] + 2 * BOX_CELLS - 1, shape[1] + 2 * BOX_CELLS - 1), dtype=np.int64)
    np.add.at(table, (cell[:, 0] + BOX_CELLS, cell[:, 1] + BOX_CELLS), weights)
    table = table.cumsum(axis=0).cumsum(axis=1)
    w = BOX_CELLS
    return np.asarray(table[w:, w:] - table[:-w, w:] - table[w:, :-w] + table[:-w, :-w])
