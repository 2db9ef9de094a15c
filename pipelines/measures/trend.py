"""The straight line through samples of a measure, with an interval that knows how alike neighbouring samples are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

_Z: Final = 1.959964  # two-sided 95 %
_LEAST: Final = 10  # samples
_MOST_ALIKE: Final = 0.97


@dataclass(frozen=True, slots=True, kw_only=True)
class Bend:
    """The parabola through the same samples: value + slope s + bend s² at s seconds from now.

    Its bend is one standard error farther from straight than the samples say: a bend that cannot be told from none yet
    still bends what comes.
    """

    value: float
    slope_per_s: float
    bend_per_s2: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """A fitted line, seen from the newest sample.

    Args:
        value: of the line at the newest sample, in the samples' unit.
        slope_per_s: its growth, unit/s.
        value_var, slope_var, cov: variances and covariance of the two.
        factor: half width of a 95 % interval, in standard errors (Student's t of the effective sample size).
        span_s: seconds from the oldest to the newest sample.
        bend: the parabola; None where samples are too few to bend.
    """

    value: float
    slope_per_s: float
    value_var: float
    slope_var: float
    cov: float
    factor: float
    span_s: float
    bend: Bend | None = None

    @property
    def low_per_s(self) -> float:
        """Lower end of the 95 % interval of the growth, unit/s."""
        return self.slope_per_s - self.factor * math.sqrt(self.slope_var)


def trend(*, seconds: Sequence[float], values: Sequence[float], least_noise: float = 0.03) -> Trend | None:
    """Least-squares line through samples; None for fewer than 10, or all at one time.

    Samples of a crowd are not independent: the residuals' lag-1 correlation r reduces n samples to an effective
    n (1 - r) / (1 + r), which widens the variances and Student's t. A curved course leaves residuals that are alike
    over long runs, so that it widens the interval too.

    Args:
        seconds: when, rising; gaps are allowed, what is unknown is left out.
        values: as many, any unit.
        least_noise: standard deviation that the samples have at least, same unit: a local peak is a count over 4 m².

    Source: effective sample size as in von Storch and Zwiers, Statistical Analysis in Climate Research, 1999, chapter 6.
    """
    if len(seconds) < _LEAST or seconds[-1] <= seconds[0]:
        return None
    n = len(seconds)
    mean_t, mean_v = sum(seconds) / n, sum(values) / n
    times = [second - mean_t for second in seconds]
    squared = sum(t * t for t in times)
    slope = sum(t * v for t, v in zip(times, values, strict=True)) / squared
    rest = [v - mean_v - slope * t for t, v in zip(times, values, strict=True)]
    noise = _noise(rest, freedom=2, least=least_noise)
    now = times[-1]
    return Trend(
        value=mean_v + slope * now,
        slope_per_s=slope,
        value_var=noise.variance * (1 / n + now * now / squared),
        slope_var=noise.variance / squared,
        cov=noise.variance * now / squared,
        factor=noise.factor,
        span_s=float(seconds[-1] - seconds[0]),
        bend=_bend(times, rest, (mean_v, slope, squared), least_noise),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Noise:
    """Variance of one sample, as if the samples were independent, and Student's t."""

    variance: float
    factor: float


def _noise(rest: Sequence[float], *, freedom: int, least: float) -> _Noise:
    n, squares = len(rest), sum(e * e for e in rest)
    alike = sum(a * b for a, b in pairwise(rest)) / squares if squares > 0 else 0.0
    alike = min(max(alike + (1 + 4 * alike) / n, 0.0), _MOST_ALIKE)  # residuals of a fit look less alike than they are
    effective = max(n * (1 - alike) / (1 + alike), freedom + 2.0)
    variance = max(squares / n * effective / (effective - freedom), least * least) * n / effective
    return _Noise(variance=variance, factor=_student(effective - freedom))


def _bend(times: Sequence[float], rest: Sequence[float], line: tuple[float, float, float], least: float) -> Bend | None:
    """The parabola that is left in the residuals of the line; *times* about their mean."""
    n, (mean_v, slope, squared) = len(times), line
    lift, tilt = squared / n, sum(t**3 for t in times) / squared
    shape = [t * t - lift - tilt * t for t in times]  # at right angles to the line
    size = sum(p * p for p in shape)
    if size <= 0:
        return None
    bend = sum(p * e for p, e in zip(shape, rest, strict=True)) / size
    noise = _noise([e - bend * p for p, e in zip(shape, rest, strict=True)], freedom=3, least=least)
    error = math.sqrt(noise.variance / size)
    now = times[-1]
    return Bend(
        value=mean_v + slope * now + bend * shape[-1],
        slope_per_s=slope + bend * (2 * now - tilt),
        bend_per_s2=bend + math.copysign(error, bend),
    )


def _student(freedom: float) -> float:
    """Two-sided 95 % quantile of Student's t, for 2 degrees of freedom and more.

    Source: expansion in 1/freedom, Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.5.
    """
    z = _Z
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + first / freedom + second / freedom**2 + third / freedom**3
