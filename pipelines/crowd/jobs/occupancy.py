"""People inside each area by its turnstiles, from `sensor.turnstile` to `crowd.occupancy`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from connectors import flink_tables as tables
from connectors.flink_sql import Job, end_us, statements

if TYPE_CHECKING:
    from plan.model import Plan

NAME: Final = "crowd-occupancy"
PATIENCE_MS: Final = 1000  # counters of turnstiles may come this much later than sums of cameras


def build(addresses: tables.Addresses, plan: Plan) -> Job:  # noqa: ARG001 - every job is built alike
    """The job; tables at *addresses*."""
    return Job(
        name=NAME,
        tables=(
            tables.source("sensor.turnstile", addresses, time_field="event_time_us", patience_ms=PATIENCE_MS),
            tables.sink("crowd.occupancy", addresses),
        ),
        statements=statements(__file__, end_us=end_us("window_time", shift_ms=PATIENCE_MS)),
    )
