"""What is worked out without Flink: which sums belong to which window of density, and plain arithmetic for lines and turnstiles.

A window's row is that of the oracle, which is held equal to the jobs, bit for bit, by tests/whole/test_oracle.py.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from drills.windows import Windows
from pipelines import units
from pipelines.detect.eye import Eye, view_records_late
from pipelines.events import CrowdCrossings, CrowdDensity, CrowdFlow, CrowdOccupancy, CrowdZones, LineCount, SensorTurnstile
from plan.load import parse
from plan.views import view_of
from tests.plans import plan_dict
from tests.whole.oracle import densities

START = 1_767_225_600_000_000


def plan():
    return parse(plan_dict())


def sums(seconds: int = 12) -> list[CrowdZones]:
    """Two cameras: people who sway, some pressed together, some pictures lost, one sum in twenty sent twice, one late."""
    made, found = plan(), []
    for number, camera in enumerate(made.cameras):
        chance = np.random.default_rng(number)
        x0, y0, x1, y1 = (round(value * 100) for value in camera.owns)
        base = np.stack([chance.uniform(x0, x1, 90), chance.uniform(y0, y1, 90)], axis=1)
        base[:40] = np.asarray([x0 + 500, y0 + 500]) + chance.uniform(-120, 120, size=(40, 2))
        eye = Eye(view_of(made, camera), start_us=START)
        for frame in range(5 * seconds):
            event_us = START + frame * units.MICRO // 5
            at = np.rint(base + 20 * np.sin(frame / 7 + np.arange(len(base))[:, None] + [0, 1])).astype(np.int64)
            at = np.clip(at, [x0, y0], [x1 - 1, y1 - 1])
            if frame % 17 != 3:
                found += [row for row in eye.frame(event_us, np.arange(len(base)), at, received_us=event_us) if isinstance(row, CrowdZones)]
    stamped = [dataclasses.replace(row, received_us=row.slice_start_us + units.SLICE_US + 10_000) for row in found]
    stamped[30] = dataclasses.replace(stamped[30], received_us=stamped[30].slice_start_us + 3 * units.MICRO)
    return sorted([*stamped, *stamped[::20]], key=lambda row: (row.received_us, row.camera))


def played(records, *, until_us: int, things=("crowd.density", "crowd.flow", "crowd.occupancy")):
    """Records in their order, ticks every 50 ms between them, and every row that comes."""
    windows, rows, waiting = Windows(plan(), things), [], list(records)
    for tick_us in range(START - units.MICRO, until_us, units.TICK_INTERVAL_US):
        while waiting and waiting[0].received_us - units.TICK_DELAY_US < tick_us:
            windows.take(waiting.pop(0))
        rows += windows.tick(tick_us)
    return rows


def test_density_is_that_of_the_oracle_in_every_window_and_field():
    records = [row for row in sums() if not view_records_late(row)]
    rows = [row for thing, row in played(records, until_us=START + 20 * units.MICRO) if thing == "crowd.density" and not row.progress]
    got = {(row.zone, row.window_end_us): row for row in rows}
    assert got == densities(records, plan())
    assert len(got) == len(rows) > 100
    assert {row.los for row in rows} & set("ABCDEF")


def test_each_window_comes_with_its_rows_before_its_progress_in_order():
    rows = played([row for row in sums(6) if not view_records_late(row)], until_us=START + 10 * units.MICRO)
    density = [row for thing, row in rows if thing == "crowd.density"]
    ends = [row.window_end_us for row in density if row.progress]
    assert ends == list(range(ends[0], ends[-1] + 1, units.SLICE_US))
    counted = 0
    for row in density:
        counted = 0 if row.progress and row.rows == counted else counted + 1
        assert isinstance(row, CrowdDensity)
    assert counted == 0


def test_lines_are_counted_by_the_second_with_sums_over_the_last_minute():
    def crossed(at_us: int, entered: int, exited: int) -> CrowdCrossings:
        entry = LineCount(line="door", gate="g", entered=entered, exited=exited, width_cm=200)
        return CrowdCrossings(camera="c2", slice_start_us=at_us, received_us=at_us + units.SLICE_US, entries=(entry,))

    records = [crossed(START + index * units.SLICE_US, index % 3, 1) for index in range(5 * 70)]
    rows = [row for _, row in played(records, until_us=START + 75 * units.MICRO, things=["crowd.flow"]) if not row.progress]
    assert [row.window_end_us for row in rows] == [START + (second + 1) * units.MICRO for second in range(70)]
    last: CrowdFlow = rows[-1]
    assert (last.entered, last.exited, last.cameras_seen, last.width_m) == (sum(index % 3 for index in range(345, 350)), 5, 1, 2.0)
    assert last.exited_per_min == 300
    assert last.exited_per_m_min == 150
    assert last.exited_total == 350
    assert last.counter_share == 49 / 99


def test_people_inside_are_the_newest_counters_of_three_seconds_a_second_later():
    def counted(device: str, second: float, entries: int, exits: int) -> SensorTurnstile:
        at_us = START + round(second * units.MICRO)
        return SensorTurnstile(
            device=device, event_time_us=at_us, received_us=at_us, gate="g", area="inside", entries_total=entries, exits_total=exits
        )

    records = [counted("t-1", 0.5, 10, 1), counted("t-2", 0.6, 5, 0), counted("t-1", 1.5, 12, 1)]
    rows: list[CrowdOccupancy] = [
        row for _, row in played(records, until_us=START + 9 * units.MICRO, things=["crowd.occupancy"]) if not row.progress
    ]
    assert [((row.window_end_us - START) / units.MICRO, row.inside, row.turnstiles_seen) for row in rows] == [
        (2, 14, 2),
        (3, 16, 2),
        (4, 16, 2),
        (5, 11, 1),
    ]
