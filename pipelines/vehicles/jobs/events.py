"""Evidence about vehicles, from `vehicle.tracks` to `vehicle.events`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from connectors import flink_tables as tables
from connectors.flink_sql import Job, end_us, statements

if TYPE_CHECKING:
    from plan.model import Plan

NAME: Final = "vehicles-events"
PATIENCE_MS: Final = 1000  # readings of vehicles may come this much later than sums of cameras
_NOISE_CM: Final = 150  # the mean of half a second may be so far off
_LONGER_S: Final = 3  # a pattern may take so much longer than the slowest wrong way that counts


def build(addresses: tables.Addresses, plan: Plan) -> Job:
    """The job with the plan's vehicle rules; tables at *addresses*."""
    rules = plan.vehicle_rules
    within_s = max(rules.wrong_way_s, rules.wrong_way_m / rules.wrong_way_mps) + _LONGER_S
    return Job(
        name=NAME,
        tables=(
            tables.source("vehicle.tracks", addresses, time_field="event_time_us", patience_ms=PATIENCE_MS),
            tables.sink("vehicle.events", addresses),
        ),
        statements=statements(
            __file__,
            end_us=end_us("window_time", shift_ms=PATIENCE_MS),
            noise_cm=str(_NOISE_CM),
            cmps=str(round(rules.wrong_way_mps * 100)),
            microseconds=str(round(rules.wrong_way_s * 1_000_000)),
            centimetres=str(round(rules.wrong_way_m * 100)),
            quarter_cm=str(round(rules.wrong_way_m * 25)),
            within_s=str(min(round(within_s), 9999)),
            people_cmps=str(round(rules.people_speed_kmh / 0.036)),
            limit_cmps=str(round(rules.limit_kmh / 0.036)),
            ahead_seconds=str(round(rules.towards_people_s)),
            stop_cmps=str(round(rules.stop_mps * 100)),
            stop_cm2=str(round((rules.stop_radius_m * 100) ** 2)),
            stop_s=str(rules.stop_s),
            stop_window_s=str(rules.stop_s + 1),
            park_s=str(rules.park_s),
            park_window_s=str(rules.park_s + 1),
        ),
    )
