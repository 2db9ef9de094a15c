"""The unknown that fills: a zone that nobody can see, while people go in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipelines.rules.evidence import Evidence, GoesOn
from pipelines.units import MICRO

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pipelines.rules.facts import Facts
    from pipelines.rules.ladder import Reading

UNKNOWN: Final = "unknown_while_filling"
FLOW_S: Final = 60


def _net_inflow(facts: Facts, lines: Iterable[str], now_us: int) -> int:
    crossed = [facts.memory.crossed(line, FLOW_S, now_us // MICRO) for line in lines]
    return sum(entered - exited for entered, exited, _ in crossed)


def unknown(facts: Facts, now_us: int, readings: Mapping[str, Reading]) -> Iterator[Evidence | GoesOn]:
    """Zones with `filled_by` that have been unknown for too long while people go in."""
    hold_us = round(facts.ground.timing.unknown_hold_s * MICRO)
    for zone in facts.plan.zones:
        if not zone.filled_by:
            continue
        if readings[zone.id].covered:
            facts.watch.unknown_us.pop(zone.id, None)
            continue
        since_us = facts.watch.unknown_us.setdefault(zone.id, now_us)
        inflow = _net_inflow(facts, zone.filled_by, now_us)
        if facts.open_alert(UNKNOWN, zone.id) is not None:
            yield GoesOn(UNKNOWN, zone.id)
        elif now_us - since_us >= hold_us and inflow > 0 and inflow >= facts.ground.timing.filling_per_min:
            yield Evidence(
                rule=UNKNOWN,
                place=zone.id,
                start_us=since_us,
                now_us=now_us,
                levels=("warning",),
                value=float(inflow),
                unit="p/min",
                at_m=zone.polygon[0],
            )
