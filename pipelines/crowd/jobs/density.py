"""Density, local peak, mean speed and level of service of each zone, from `crowd.zones` to `crowd.density`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from connectors import flink_tables as tables
from connectors.flink_sql import Job, end_us, statements

if TYPE_CHECKING:
    from plan.model import Plan

NAME: Final = "crowd-density"


def build(addresses: tables.Addresses, plan: Plan) -> Job:
    """The job for the events of one plan; tables at *addresses*."""
    return Job(
        name=NAME,
        tables=(
            tables.source("crowd.zones", addresses, time_field="slice_start_us"),
            tables.sink("crowd.density", addresses),
        ),
        statements=statements(
            __file__,
            window_end_us=end_us("window_time"),
            progress_end_us=end_us("window_time"),
            level_of_service=_level_of_service(plan),
        ),
    )


def _level_of_service(plan: Plan) -> str:
    """WHEN clauses from the plan's bounds: the first bound that the mean density does not exceed."""
    return " ".join(
        f"WHEN los_scale = '{row.scale}' AND density_per_m2 <= {bound!r} THEN '{letter}'"
        for row in plan.los
        for letter, bound in zip("ABCDEF", (*row.bounds_per_m2, 1e9), strict=True)
    )
