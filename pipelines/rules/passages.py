"""Free passages that pass too little. A gate with turnstiles is judged by its queue instead: a turnstile passes 0.18 p/s."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pipelines.measures.bottleneck import chokes, outflow_per_m_s
from pipelines.rules.evidence import Met
from pipelines.rules.ground import width_m

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipelines.outlook.second import Second
    from pipelines.rules.facts import Facts

BOTTLENECK: Final = "bottleneck"


def bottleneck(facts: Facts, now: Second) -> Iterator[Met]:
    """Lines with `upstream` at gates without turnstiles."""
    rule = facts.plan.signs.bottleneck
    holds = facts.ground.holds(warning=0)
    for line in facts.plan.lines:
        zone = facts.plan.zone(line.upstream) if line.upstream else None
        if zone is None or line.gate in facts.ground.controlled:
            continue
        entered, exited, seen = facts.memory.crossed(line.id, rule.over_s, now.second)
        outflow = outflow_per_m_s(people=exited if _lies_inside(line, zone) else entered, width_m=width_m(line), over_s=rule.over_s)
        upstream = facts.memory.zones[zone.id].peak_trend(rule.trend_s, coverage=zone.coverage)
        known = seen and upstream is not None
        choked = (
            seen
            and upstream is not None
            and chokes(
                outflow=outflow,
                upstream=upstream,
                least_flow=rule.flow_per_m_s,
                per_m2=rule.per_m2,
                rise_per_s=rule.rise_per_m2_min / 60,
            )
        )
        yield Met(
            rule=BOTTLENECK, place=line.id, level="warning" if choked else "none", known=known, holds=holds, value=outflow, unit="p/m/s"
        )


def _lies_inside(line: Any, zone: Any) -> bool:
    """Whether the zone lies on the line's in side, left of a → b, so that who leaves it goes out over the line."""
    x = sum(point[0] for point in zone.polygon) / len(zone.polygon)
    y = sum(point[1] for point in zone.polygon) / len(zone.polygon)
    (ax, ay), (bx, by) = line.a, line.b
    return bool((bx - ax) * (y - ay) - (by - ay) * (x - ax) > 0)
