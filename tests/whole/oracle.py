"""What `crowd.density` must say of the partial sums that were sent: every window in which a zone has one.

The row itself is that of `pipelines/measures/zone_window.py`, by which the store corrects and backtests work out: one definition,
which tests/whole/test_oracle.py holds equal to Flink's answers, bit for bit, in every field.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from pipelines.detect.eye import view_records_late
from pipelines.events import CrowdDensity, CrowdZones
from pipelines.store.corrections import window_rows
from pipelines.units import SLICE_US, WINDOW_US
from plan.model import Plan


def densities(sent: Iterable[CrowdZones], plan: Plan, *, late: bool = False) -> dict[tuple[str, int], CrowdDensity]:
    """(zone, window end µs) → its row. A late sum counts only with *late*; one that came twice counts once."""
    bounds = {row.scale: row.bounds_per_m2 for row in plan.los}
    windows: dict[int, list[CrowdZones]] = defaultdict(list)
    for record in sent:
        if late or not view_records_late(record):
            for step in range(1, WINDOW_US // SLICE_US + 1):
                windows[record.slice_start_us + step * SLICE_US].append(record)
    rows = [row for end_us, records in windows.items() for row in window_rows(records, end_us=end_us, bounds_per_m2=bounds)]
    return {(row.zone, row.window_end_us): row for row in rows}
