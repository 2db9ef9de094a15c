"""Wrong way and driving towards people, from `vehicle.tracks` to `vehicle.events`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from connectors import flink_tables as tables
from connectors.flink_sql import Job, end_us, statements

if TYPE_CHECKING:
    from plan.model import Plan

NAME: Final = "vehicles-wrong-way"
PATIENCE_MS: Final = 1000  # readings of vehicles may come this much later than sums of cameras


def build(addresses: tables.Addresses, plan: Plan) -> Job:
    """The job with the plan's vehicle rules; tables at *addresses*."""
    rules = plan.vehicle_rules
    return Job(
        name=NAME,
        tables=(
            tables.source("vehicle.tracks", addresses, time_field="event_time_us", patience_ms=PATIENCE_MS),
            tables.sink("vehicle.events", addresses),
        ),
        statements=statements(
            __file__,
            end_us=end_us("window_time", shift_ms=PATIENCE_MS),
            cmps=str(round(rules.wrong_way_mps * 100)),
            microseconds=str(round(rules.wrong_way_s * 1_000_000)),
            centimetres=str(round(rules.wrong_way_m * 100)),
            people_cmps=str(round(rules.people_speed_kmh / 0.036)),
            ahead_seconds=str(round(rules.towards_people_s)),
        ),
    )
