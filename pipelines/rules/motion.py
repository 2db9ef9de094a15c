"""How a crowd moves: stop-and-go on ways and stairs, and standstill at the foot of stairs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipelines.measures.standstill import foot_stands
from pipelines.measures.stop_and_go import stops
from pipelines.rules.evidence import Met

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipelines.outlook.second import Second
    from pipelines.rules.facts import Facts

STOP_AND_GO: Final = "stop_and_go"
STAIRS: Final = "standstill_stairs"
_WALKED: Final = ("way", "stairs")  # a queue stops and goes by its making, a standing crowd does not walk


def stop_and_go(facts: Facts, now: Second) -> Iterator[Met]:
    """Ways and stairs: several stops in a dense crowd that walks."""
    rule = facts.plan.signs.stop_and_go
    holds = facts.ground.holds(caution=0)
    for zone in facts.plan.zones:
        if zone.area_type not in _WALKED:
            continue
        trace = facts.memory.zones[zone.id]
        found = stops(speeds_mps=trace.speeds_mps(rule.over_s), stop_mps=rule.stop_mps, go_mps=rule.go_mps)
        met = "caution" if found >= rule.stops and trace.mean_peak(rule.over_s) >= rule.per_m2 else "none"
        known = facts.ground.covered(now.rows.get(zone.id))
        yield Met(rule=STOP_AND_GO, place=zone.id, level=met, known=known, holds=holds, value=float(found), unit="stops")


def standstill(facts: Facts, now: Second) -> Iterator[Met]:
    """Zones with `foot_of`: level I by itself."""
    rule = facts.plan.signs.stairs_foot
    holds = facts.ground.holds(critical=rule.hold_s)
    for zone in facts.plan.zones:
        if zone.foot_of is None:
            continue
        foot, flight = now.rows.get(zone.id), now.rows.get(zone.foot_of)
        stands = (
            foot is not None
            and flight is not None
            and foot_stands(
                speed_mps=foot.speed_mps,
                peak_per_m2=foot.local_peak_per_m2,
                flight_people=flight.people,
                standstill_mps=rule.standstill_mps,
                per_m2=rule.per_m2,
                least_flight_people=rule.flight_people,
            )
        )
        known = facts.ground.covered(foot) and facts.ground.covered(flight)
        value = (foot.speed_mps or 0.0) if foot is not None else 0.0
        yield Met(rule=STAIRS, place=zone.id, level="critical" if stands else "none", known=known, holds=holds, value=value, unit="m/s")
