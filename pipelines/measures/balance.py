"""People in an area by conservation: several counts of the same people, reconciled."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

DISAGREE = "disagree"


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """One count: people, and the half width of its 95 % interval, > 0."""

    people: float
    error: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """The best estimate with its interval, the largest difference of two counts, and which count the others contradict."""

    inside: float
    low: float
    high: float
    residual: float
    suspect: str


def balance(*, counts: Mapping[str, Count]) -> Balance | None:
    """What all *counts* (by name) say together; None without any.

    Counts that agree (their difference is within √(e₁² + e₂²)) are weighed by 1/e², and the interval is ± √(1/Σ(1/e²)),
    never narrower than a half of the best count's, because their errors are not independent. Of three, the one that the
    other two contradict while they agree is the suspect, and is left out. When nobody can say which is wrong, the
    interval holds them all: the approved number is judged on its upper end.
    """
    if not counts:
        return None
    names = sorted(counts)
    differ = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :] if _apart(counts[a], counts[b])]
    residual = max((abs(counts[a].people - counts[b].people) for a in names for b in names), default=0.0)
    suspect = _suspect(names, differ)
    used = [counts[name] for name in names if name != suspect]
    weight = sum(1 / count.error**2 for count in used)
    inside = sum(count.people / count.error**2 for count in used) / weight
    if suspect == DISAGREE:
        low = min(count.people - count.error for count in used)
        high = max(count.people + count.error for count in used)
    else:
        half = max(math.sqrt(1 / weight), min(count.error for count in used) / 2)
        low, high = inside - half, inside + half
    return Balance(inside=max(inside, 0.0), low=max(low, 0.0), high=max(high, 0.0), residual=residual, suspect=suspect)


def _apart(one: Count, other: Count) -> bool:
    return abs(one.people - other.people) > math.hypot(one.error, other.error)


def _suspect(names: list[str], differ: list[tuple[str, str]]) -> str:
    if not differ:
        return ""
    if len(names) == 3 and len(differ) == 2:
        (shared,) = set(differ[0]) & set(differ[1])
        return shared
    return DISAGREE
