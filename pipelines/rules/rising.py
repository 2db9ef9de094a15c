"""A crowd that grows: fast, or while less and less of it is seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipelines.measures.observability import fallen_share, grows_unseen
from pipelines.rules.evidence import Met

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipelines.outlook.second import Second
    from pipelines.rules.facts import Facts

GROWTH: Final = "growth"
BLIND: Final = "blind_rising"
_NOW_S: Final = 10


def growth(facts: Facts, now: Second) -> Iterator[Met]:
    """Each zone: the lower end of the local peak's growth."""
    rule = facts.plan.signs.growth
    holds = facts.ground.holds(caution=rule.hold_s)
    for zone in facts.plan.zones:
        trace = facts.memory.zones[zone.id]
        dense = trace.mean_peak(_NOW_S) >= rule.per_m2 / 2  # a cheap look before the dear one
        line = trace.peak_trend(rule.trend_s, coverage=zone.coverage) if dense else None
        surely = line.low_per_s * 60 if line is not None else 0.0
        met = "caution" if line is not None and surely >= rule.per_m2_min and line.value >= rule.per_m2 else "none"
        known = facts.ground.covered(now.rows.get(zone.id)) and (line is not None or not dense)
        yield Met(rule=GROWTH, place=zone.id, level=met, known=known, holds=holds, value=surely, unit="p/m2/min")


def blind_rising(facts: Facts, now: Second) -> Iterator[Met]:
    """Each zone: what is still seen grows, and the seen share has fallen."""
    rule = facts.plan.signs.blind_rising
    holds = facts.ground.holds(warning=rule.hold_s)
    for zone in facts.plan.zones:
        trace = facts.memory.zones[zone.id]
        shares = trace.seen_shares(rule.over_s)
        line = trace.peak_trend(rule.over_s, coverage=0.0) if fallen_share(shares=shares) >= rule.fall else None
        lowest = facts.ground.steps[zone.id].thresholds[0]
        blind = line is not None and grows_unseen(peak=line, shares=shares, fall=rule.fall, per_m2=lowest)
        met = "warning" if blind else "none"
        value = line.value if line is not None else 0.0
        yield Met(
            rule=BLIND, place=zone.id, level=met, known=facts.ground.covered(now.rows.get(zone.id)), holds=holds, value=value, unit="p/m2"
        )
