"""Flow over each counting line, by direction, from `crowd.crossings` to `crowd.flow`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from connectors import flink_tables as tables
from connectors.flink_sql import Job, end_us, statements

if TYPE_CHECKING:
    from plan.model import Plan

NAME: Final = "crowd-flow"


def build(addresses: tables.Addresses, plan: Plan) -> Job:  # noqa: ARG001 - every job is built alike
    """The job; tables at *addresses*."""
    return Job(
        name=NAME,
        tables=(
            tables.source("crowd.crossings", addresses, time_field="slice_start_us"),
            tables.sink("crowd.flow", addresses),
        ),
        statements=statements(__file__, row_end_us=end_us("ended"), end_us=end_us("window_time")),
    )
