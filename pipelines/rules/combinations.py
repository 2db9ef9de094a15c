"""One thing and another near each other, within a short time: alerts that a plan adds."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from pipelines.rules.evidence import Evidence
from pipelines.units import MICRO

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipelines.outlook.second import Second
    from pipelines.rules.facts import Facts

Seen = tuple[str, str, int, float, float]


def combine(facts: Facts, now: Second) -> Iterator[Evidence]:
    """Once a second: what is open counts, and what was until `within_s` ago."""
    combinations = facts.plan.rules.combinations
    if not combinations:
        return
    watch = facts.watch
    for alert in facts.open_alerts(*{rule for row in combinations for rule in row.all_of}):
        if alert.measured_level != "none" or alert.latched:
            watch.recent["/".join(alert.key)] = (alert.rule, alert.place, now.now_us, alert.x_m, alert.y_m)
    oldest_us = now.now_us - round(max(row.within_s for row in combinations) * MICRO)
    watch.recent = {key: row for key, row in watch.recent.items() if row[2] >= oldest_us}
    for row in combinations:
        yield from _judge(facts, now.now_us, row, [seen for seen in watch.recent.values() if now.now_us - seen[2] <= row.within_s * MICRO])


def _judge(facts: Facts, now_us: int, combination: Any, recent: list[Seen]) -> Iterator[Evidence]:
    first, *others = combination.all_of
    for rule, place, _, x_m, y_m in recent:
        near = {seen[0] for seen in recent if math.dist(seen[3:], (x_m, y_m)) <= combination.within_m}
        if rule == first and near.issuperset(others):
            name = (combination.name.en, combination.name.zh)
            alert = facts.open_alert(combination.id, place)
            start_us = alert.start_us if alert else now_us
            yield Evidence(
                rule=combination.id,
                place=place,
                start_us=start_us,
                now_us=now_us,
                levels=(combination.level,),
                at_m=(x_m, y_m),
                prompt=name,
            )
