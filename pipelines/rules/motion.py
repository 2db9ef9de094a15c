"""How a crowd moves: stop-and-go on ways and stairs, and standstill at the foot of stairs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipelines.measures.standstill import foot_stands
from pipelines.measures.stop_and_go import stops

if TYPE_CHECKING:
    from pipelines.alerts.kernel import Kernel
    from pipelines.outlook.second import Second

STOP_AND_GO: Final = "stop_and_go"
STAIRS: Final = "standstill_stairs"
_WALKED: Final = ("way", "stairs")  # a queue stops and goes by its making, a standing crowd does not walk


def stop_and_go(kernel: Kernel, now: Second) -> None:
    """Ways and stairs: several stops in a dense crowd that walks."""
    rule = kernel.plan.signs.stop_and_go
    holds = kernel.ground.holds(caution=0)
    for zone in kernel.plan.zones:
        if zone.area_type not in _WALKED:
            continue
        trace = kernel.memory.zones[zone.id]
        found = stops(speeds_mps=trace.speeds_mps(rule.over_s), stop_mps=rule.stop_mps, go_mps=rule.go_mps)
        met = "caution" if found >= rule.stops and trace.mean_peak(rule.over_s) >= rule.per_m2 else "none"
        known = kernel.covered(zone.id, now)
        kernel.follow(STOP_AND_GO, zone.id, now, met, known=known, holds=holds, value=float(found), unit="stops")


def standstill(kernel: Kernel, now: Second) -> None:
    """Zones with `foot_of`: level I by itself."""
    rule = kernel.plan.signs.stairs_foot
    holds = kernel.ground.holds(critical=rule.hold_s)
    for zone in kernel.plan.zones:
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
        known = kernel.covered(zone.id, now) and kernel.covered(zone.foot_of, now)
        value = (foot.speed_mps or 0.0) if foot is not None else 0.0
        kernel.follow(STAIRS, zone.id, now, "critical" if stands else "none", known=known, holds=holds, value=value, unit="m/s")
