"""Time until a measure reaches a threshold, from its own trend."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pipelines.measures.trend import Bend, Trend

HORIZON_S: Final = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """When a threshold is reached, s from now; None = not within an hour.

    Args:
        at_s: when the line reaches it.
        low_s: when the upper edge of the line's 95 % band does, the earliest that must be expected.
        high_s: when the lower edge does: until then it has been reached, if the trend goes on.
    """

    at_s: float | None
    low_s: float | None
    high_s: float | None


def crossing(*, trend: Trend, threshold: float) -> Crossing:
    """When the line reaches *threshold* (the samples' unit), with a 95 % interval.

    The band's half width at time s is factor · √(var(value) + 2 s cov + s² var(slope)); its edges meet the threshold at the
    roots of a quadratic (Fieller's interval of a ratio). A trend that does not surely rise has no upper end. The
    interval reaches to where the parabola of the samples meets the threshold, and has no upper end if it never does.
    It says what happens if the trend goes on: a crowd that stops growing, or is held back, arrives later or never.

    Source: E. C. Fieller, Some problems in interval estimation, Journal of the Royal Statistical Society B 16, 1954.
    """
    gap = trend.value - threshold
    slope, k2 = trend.slope_per_s, trend.factor**2
    line = 0.0 if gap >= 0 else (-gap / slope if slope > 0 else None)
    a = slope * slope - k2 * trend.slope_var
    b = 2 * (gap * slope - k2 * trend.cov)
    c = gap * gap - k2 * trend.value_var
    low = _edge(gap, a, b, c, upper=True)
    high = _edge(gap, a, b, c, upper=False) if a > 0 and slope > 0 else (0.0 if gap > 0 and c >= 0 else None)
    if trend.bend is not None and low != 0.0:
        bent = _parabola(trend.bend, threshold)
        high = max(high, bent) if high is not None and bent is not None else None
        low = min((at_s for at_s in (low, bent) if at_s is not None), default=None)
    return Crossing(at_s=_within(line), low_s=_within(low), high_s=_within(high))


def _parabola(bend: Bend, threshold: float) -> float | None:
    """First time from now on at which the parabola is at the threshold."""
    gap = bend.value - threshold
    if gap >= 0:
        return 0.0
    inside = bend.slope_per_s**2 - 4 * bend.bend_per_s2 * gap
    if inside < 0:
        return None
    steps = ((-bend.slope_per_s + sign * math.sqrt(inside)) / (2 * bend.bend_per_s2) for sign in (-1, 1))
    return min((step for step in steps if step > 0), default=None)


def _edge(gap: float, a: float, b: float, c: float, *, upper: bool) -> float | None:
    """First time from now on at which the band's upper (or lower) edge is at or above the threshold."""
    if (upper and (gap >= 0 or c <= 0)) or (not upper and gap >= 0 and c >= 0):
        return 0.0
    if abs(a) < 1e-15:
        root = -c / b if b else -1.0
        return root if root > 0 else None
    inside = b * b - 4 * a * c
    if inside < 0:
        return None
    roots = sorted(((-b - math.sqrt(inside)) / (2 * a), (-b + math.sqrt(inside)) / (2 * a)))
    ahead = [root for root in roots if root > 0]
    if not ahead:
        return None
    return ahead[0] if upper else ahead[-1]


def _within(at_s: float | None) -> float | None:
    return at_s if at_s is not None and at_s <= HORIZON_S else None
