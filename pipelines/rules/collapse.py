"""Suspected collapse: people vanish inside a dense patch. Nothing else of the zone clears or falls while it is open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipelines.measures.vanished import vanished_share
from pipelines.rules.evidence import Met

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipelines.outlook.second import Second
    from pipelines.rules.facts import Facts

COLLAPSE: Final = "suspected_collapse"
PROMPT: Final = (
    "Send the nearest people and first aid now, hold the inflow; only a report from the scene clears this",
    "立即派最近人员和急救到场,远端截流;只有现场报告才能解除",
)


def collapse(facts: Facts, now: Second) -> Iterator[Met]:
    """Each zone; without a hold, because seconds count and the share is that of several seconds already."""
    rule = facts.plan.signs.collapse
    holds = facts.ground.holds(critical=0)
    for zone in facts.plan.zones:
        trace = facts.memory.zones[zone.id]
        share = vanished_share(lost=trace.lost[-rule.over_s :], patch_people=trace.patches[-rule.over_s :], least=rule.people)
        met = "critical" if share > rule.share else "none"
        yield Met(
            rule=COLLAPSE,
            place=zone.id,
            level=met,
            known=facts.ground.covered(now.rows.get(zone.id)),
            holds=holds,
            value=share * 100,
            unit="%",
            prompt=PROMPT,
        )
