"""Crowd pressure: density times the variance of velocities, less what is only position noise.

P = rho * Var(v), with Var(v) = mean of |v - u(x)|² over the people of one box, both components together; u(x) is the plane
that fits the box's velocities best, so that speeding up towards an exit and the shear beside a wall do not count.
Its interval is that of the variance of a normal sample (chi-square, 2 (n - 3) degrees of freedom). Turbulence begins at
about 0.02 /s².

Source: Helbing, Johansson, Al-Abideen: Dynamics of crowd disasters, 2007, where rho and u are smoothed over about 1 m and
the variance is one over time; here it is one over the people of a box of 2 m, the same as the local peak's. Valid at
4 p/m² and more: below, people walk as they like.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

LEAST_PER_M2: Final = 4.0
LEAST_VELOCITIES: Final = 8
_PLANE: Final = 3  # numbers that fit a plane to one component
_Z: Final = 1.959964  # 95 %, two-sided
_SPREAD_BY_MEAN: Final = math.sqrt(math.pi / 2)  # standard deviation of a normal over its mean absolute value
_GRAIN_M: Final = 0.01
_SECOND_DIFFERENCE: Final = 6.0  # variance of x1 - 2 x2 + x3 over that of one x
_FLAT: Final = 1e-9
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Moments(NamedTuple):
    """Sums over the people of each box who have a velocity: (k,) int64; cm from any one origin, cm/s."""

    n: Ints
    x: Ints
    y: Ints
    xx: Ints
    xy: Ints
    yy: Ints
    vx: Ints
    vy: Ints
    x_vx: Ints
    y_vx: Ints
    x_vy: Ints
    y_vy: Ints
    vv: Ints


class Pressures(NamedTuple):
    """Pressure of each box and its 95 % interval, (k,) /s²; nan where it is not measurable."""

    value: Floats
    low: Floats
    high: Floats


def moments_of(positions_cm: Ints, velocities_cmps: Ints) -> list[Ints]:
    """What each person adds to the `Moments` of a box, in their order: 13 columns of (n,) int64."""
    (x, y), (vx, vy) = positions_cm.T, velocities_cmps.T
    return [np.ones_like(x), x, y, x * x, x * y, y * y, vx, vy, x * vx, y * vx, x * vy, y * vy, vx * vx + vy * vy]


def crowd_pressures(*, people: Ints, moments: Moments, area_m2: float, noise_variance_m2_s2: float) -> Pressures:
    """Crowd pressure of boxes from their sums.

    Args:
        people: (k,) people in each box, with a velocity or without.
        moments: of those with one.
        area_m2: area of one box, m².
        noise_variance_m2_s2: variance of one velocity, both components, that is only position noise.

    Returns:
        (k,) each; nan where there are fewer than 4 p/m² or 8 velocities.
    """
    freedom = 2.0 * np.maximum(moments.n - _PLANE, 1)
    squares = _about_plane(moments) / 1e4
    rho = people / area_m2
    measurable = (rho >= LEAST_PER_M2) & (moments.n >= LEAST_VELOCITIES)
    # the sum of squares over both components is sigma² chi², and the variance of both together is 2 sigma²
    ends = [2 * squares / by for by in (freedom, _chi_square(freedom, _Z), _chi_square(freedom, -_Z))]
    value, low, high = (np.where(measurable, rho * np.maximum(end - noise_variance_m2_s2, 0.0), np.nan) for end in ends)
    return Pressures(value=value, low=low, high=high)


def _about_plane(moments: Moments) -> Floats:
    """Squared distances of the velocities from the plane that fits them best, both components added, cm²/s²."""
    m = Moments(*(np.asarray(part, dtype=np.float64) for part in moments))  # type: ignore[arg-type]
    n = np.maximum(m.n, 1.0)
    xx, xy, yy = m.xx - m.x * m.x / n, m.xy - m.x * m.y / n, m.yy - m.y * m.y / n
    left = m.vv - (m.vx * m.vx + m.vy * m.vy) / n
    determinant = xx * yy - xy * xy
    bent = determinant > _FLAT * np.maximum(xx * yy, 1.0)  # on one line there is no plane
    for x_v, y_v, v in ((m.x_vx, m.y_vx, m.vx), (m.x_vy, m.y_vy, m.vy)):
        xv, yv = x_v - m.x * v / n, y_v - m.y * v / n
        explained = (yy * xv * xv - 2 * xy * xv * yv + xx * yv * yv) / np.where(bent, determinant, 1.0)
        left = left - np.where(bent, explained, 0.0)
    return np.asarray(np.maximum(left, 0.0))


def _chi_square(freedom: Floats, z: float) -> Floats:
    """Quantile of chi-square at the normal quantile *z*, by Wilson and Hilferty; within 1 % from 10 degrees of freedom on."""
    part = 2.0 / (9.0 * freedom)
    return np.asarray(freedom * np.maximum(1.0 - part + z * np.sqrt(part), 0.05) ** 3)


def velocity_noise_variance(*, sigma_m: float, baseline_s: float) -> float:
    """Variance (m²/s², both components) that position noise of *sigma_m* an axis gives a velocity over *baseline_s*: 4 s²/T²."""
    return 4.0 * sigma_m**2 / baseline_s**2


def position_noise_m(before_m: Floats, now_m: Floats, after_m: Floats) -> float:
    """Position noise of a camera, standard deviation an axis, from three frames that follow each other.

    A walk is smooth at that scale: what remains of x1 - 2 x2 + x3 is noise, of variance 6 sigma². Its mean over all people
    and both axes, each held to four times the median, is not moved by the few who jump, nor by whole centimetres. It sees
    noise that is new in each frame; a detector that errs alike in three frames is quieter to it than it is, and at 5 frames
    a second a sudden turn counts as noise.

    Args:
        before_m: (n, 2) float64, people in the first of three frames at equal intervals, metres.
        now_m: the same people in the second.
        after_m: and in the third.

    Returns:
        metres; 0 for nobody.
    """
    if len(now_m) == 0:
        return 0.0
    jump = np.abs(before_m - 2.0 * now_m + after_m)
    held = np.minimum(jump, 4.0 * max(float(np.median(jump)), _GRAIN_M))
    return float(held.mean() * _SPREAD_BY_MEAN / math.sqrt(_SECOND_DIFFERENCE))
