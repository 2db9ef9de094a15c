"""A crowd that grows while less of it is seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipelines.measures.trend import Trend


def fallen_share(*, shares: Sequence[float]) -> float:
    """How far the observed share of a zone lies below its highest of the time, 0 to 1; *shares* each second, oldest first."""
    return max(shares) - shares[-1] if shares else 0.0


def grows_unseen(*, peak: Trend, shares: Sequence[float], fall: float, per_m2: float) -> bool:
    """Whether a peak of *per_m2* or more surely grew while the observed share fell by *fall* or more.

    What is not seen can only hide people, so the trend of what was seen is a lower bound of the true one.
    """
    return fallen_share(shares=shares) >= fall and peak.value >= per_m2 and peak.low_per_s > 0
