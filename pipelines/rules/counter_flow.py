"""Two directions over one counting line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pipelines.measures.minority import minority_share
from pipelines.rules.evidence import Met
from pipelines.rules.ground import width_m

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipelines.outlook.second import Second
    from pipelines.rules.facts import Facts

COUNTER_FLOW: Final = "counter_flow"


def counter_flow(facts: Facts, now: Second) -> Iterator[Met]:
    """Each line: caution, and warning where the way is narrow and dense."""
    rule = facts.plan.signs.counter_flow
    holds = facts.ground.holds(caution=0, warning=0)
    for line in facts.plan.lines:
        entered, exited, seen = facts.memory.crossed(line.id, rule.over_s, now.second)
        share = minority_share(entered=entered, exited=exited, least=rule.crossings)
        met = "none"
        if share is not None and share >= rule.share:
            met = "warning" if _narrow(facts, line, rule.narrow_m) and _peak(facts, line, now) >= rule.narrow_per_m2 else "caution"
        yield Met(rule=COUNTER_FLOW, place=line.id, level=met, known=seen, holds=holds, value=(share or 0.0) * 100, unit="%")


def _beside(facts: Facts, line: Any) -> list[Any]:
    return [zone for zone in facts.plan.zones if zone.id == line.upstream or line.id in zone.filled_by]


def _narrow(facts: Facts, line: Any, narrow_m: float) -> bool:
    """Whether the line, or a way beside it, is narrower than *narrow_m*."""
    widths = [width_m(line), *(zone.width_m for zone in _beside(facts, line) if zone.width_m is not None)]
    return bool(min(widths) < narrow_m)


def _peak(facts: Facts, line: Any, now: Second) -> float:
    return max((now.rows[zone.id].local_peak_per_m2 for zone in _beside(facts, line) if zone.id in now.rows), default=0.0)
