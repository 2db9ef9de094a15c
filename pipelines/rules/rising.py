"""A crowd that grows: fast, or while less and less of it is seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipelines.measures.observability import fallen_share, grows_unseen

if TYPE_CHECKING:
    from pipelines.alerts.kernel import Kernel
    from pipelines.outlook.second import Second

GROWTH: Final = "growth"
BLIND: Final = "blind_rising"
_NOW_S: Final = 10


def growth(kernel: Kernel, now: Second) -> None:
    """Each zone: the lower end of the local peak's growth."""
    rule = kernel.plan.signs.growth
    holds = kernel.ground.holds(caution=rule.hold_s)
    for zone in kernel.plan.zones:
        trace = kernel.memory.zones[zone.id]
        dense = trace.mean_peak(_NOW_S) >= rule.per_m2 / 2  # a cheap look before the dear one
        line = trace.peak_trend(rule.trend_s, coverage=zone.coverage) if dense else None
        surely = line.low_per_s * 60 if line is not None else 0.0
        met = "caution" if line is not None and surely >= rule.per_m2_min and line.value >= rule.per_m2 else "none"
        known = kernel.covered(zone.id, now) and (line is not None or not dense)
        kernel.follow(GROWTH, zone.id, now, met, known=known, holds=holds, value=surely, unit="p/m2/min")


def blind_rising(kernel: Kernel, now: Second) -> None:
    """Each zone: what is still seen grows, and the seen share has fallen."""
    rule = kernel.plan.signs.blind_rising
    holds = kernel.ground.holds(warning=rule.hold_s)
    for zone in kernel.plan.zones:
        trace = kernel.memory.zones[zone.id]
        shares = trace.seen_shares(rule.over_s)
        line = trace.peak_trend(rule.over_s, coverage=0.0) if fallen_share(shares=shares) >= rule.fall else None
        lowest = kernel.ground.steps[zone.id].thresholds[0]
        blind = line is not None and grows_unseen(peak=line, shares=shares, fall=rule.fall, per_m2=lowest)
        met = "warning" if blind else "none"
        value = line.value if line is not None else 0.0
        kernel.follow(BLIND, zone.id, now, met, known=kernel.covered(zone.id, now), holds=holds, value=value, unit="p/m2")
