"""The approved number, judged on the upper end of the people inside; and counts that contradict each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipelines.levels import NONE
from pipelines.rules.evidence import Met

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipelines.outlook.second import Second
    from pipelines.rules.facts import Facts

APPROVED: Final = "approved_number"
RESIDUAL: Final = "occupancy_residual"
PROMPT: Final = ("Stop checking tickets; the safety officer decides", "停止验票(放人),由安全责任人决定")


def approved(facts: Facts, now: Second) -> Iterator[Met]:
    """Each area with a balance."""
    rule, residual = facts.plan.signs.approved, facts.plan.signs.residual
    holds = facts.ground.holds(watch=rule.hold_s, caution=rule.hold_s, warning=rule.hold_s, critical=0.0)
    limits = (("critical", rule.critical), ("warning", rule.warning), ("caution", rule.caution), ("watch", rule.watch))
    for area in facts.plan.areas:
        row = now.balances.get(area.id)
        share = row.high / area.approved.value if row is not None and area.approved.value > 0 else 0.0
        met = next((level for level, limit in limits if share >= limit), NONE)
        yield Met(rule=APPROVED, place=area.id, level=met, known=row is not None, holds=holds, value=share * 100, unit="%", prompt=PROMPT)
        yield Met(
            rule=RESIDUAL,
            place=area.id,
            level="watch" if row is not None and row.suspect else NONE,
            known=row is not None,
            holds=facts.ground.holds(watch=residual.hold_s),
            value=row.residual if row is not None else 0.0,
            unit="p",
            source=row.suspect if row is not None else "",
        )
