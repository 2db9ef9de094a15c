"""Rows become columns, and blocks that are inserted whole or not at all."""

from __future__ import annotations

from pipelines.events import AlertChange, CameraHealth, CrowdDensity, CrowdFlow, LevelStep
from pipelines.store.rows import LARGEST_BLOCK_ROWS, TABLES, Batch
from simulation.alerts import alert_change

HOUR_US = 3_600_000_000


def flow(line: str = "gate-c-line", *, progress: bool = False) -> CrowdFlow:
    return CrowdFlow(progress=progress, rows=0, window_end_us=1_000_000, gate="gate-c", line=line, entered=2, exited=1, cameras_seen=1)


def change() -> AlertChange:
    steps = (LevelStep(level="warning", event_time_us=2), LevelStep(level="critical", event_time_us=3))
    return alert_change(alert_id="0" * 32, mode="drill-t1", number=2, event_time_us=3, x_m=1.0, y_m=2.0, levels=steps)


def test_a_row_becomes_one_value_a_column_after_where_it_stood() -> None:
    batch = Batch()
    batch.add("crowd.flow", flow(), partition=0, offset=7, appended_us=5_000_001)
    (block,) = batch.blocks()
    assert block.columns() == {
        "source_partition": (0,),
        "source_offset": (7,),
        "appended_at": (5,),
        "window_end_us": (1_000_000,),
        "gate": ("gate-c",),
        "line": ("gate-c-line",),
        "entered": (2,),
        "exited": (1,),
        "cameras_seen": (1,),
        "width_m": (0.0,),
        "entered_per_min": (0.0,),
        "exited_per_min": (0.0,),
        "entered_per_m_min": (0.0,),
        "exited_per_m_min": (0.0,),
        "counter_share": (0.0,),
        "entered_total": (0,),
        "exited_total": (0,),
    }


def test_the_levels_of_an_alert_become_two_arrays() -> None:
    batch = Batch()
    batch.add("alerts.changes", change(), partition=0, offset=0, appended_us=0)
    columns = batch.blocks()[0].columns()
    assert columns["levels.level"] == (["warning", "critical"],)
    assert columns["levels.event_time_us"] == ([2, 3],)


def test_ticks_and_progress_rows_are_passed_over_but_counted_as_read() -> None:
    batch = Batch()
    tick = CameraHealth(
        tick=True,
        camera="",
        event_time_us=1,
        received_us=1,
        state="",
        since_us=0,
        fps=0.0,
        width_px=0,
        height_px=0,
        calibrated=False,
        people=-1,
    )
    batch.add("camera.health", tick, partition=0, offset=40, appended_us=0)
    batch.add("crowd.flow", flow(progress=True), partition=0, offset=9, appended_us=0)
    assert batch.blocks() == []
    assert batch.places == {("camera.health", 0): 40, ("crowd.flow", 0): 9}


def test_a_token_names_the_table_and_the_offsets_of_each_partition() -> None:
    batch = Batch()
    for partition, offset in ((1, 5), (0, 10), (1, 6), (0, 12)):
        batch.add("crowd.flow", flow(), partition=partition, offset=offset, appended_us=0)
    assert [block.token for block in batch.blocks()] == ["crowd_flow/0:10-12,1:5-6"]


def test_a_block_lies_within_one_hour_of_append_time_and_keeps_the_order() -> None:
    batch = Batch()
    for offset, appended_us in enumerate((HOUR_US - 2, HOUR_US - 1, HOUR_US, HOUR_US - 1, HOUR_US)):
        batch.add("crowd.flow", flow(), partition=0, offset=offset, appended_us=appended_us)
    assert [(block.hour, block.ranges) for block in batch.blocks()] == [
        (0, {0: (0, 1)}),
        (1, {0: (2, 2)}),
        (0, {0: (3, 3)}),
        (1, {0: (4, 4)}),
    ]


def test_a_block_has_a_largest_size() -> None:
    batch = Batch()
    for offset in range(LARGEST_BLOCK_ROWS + 1):
        batch.add("crowd.flow", flow(), partition=0, offset=offset, appended_us=0)
    assert [len(block.rows) for block in batch.blocks()] == [LARGEST_BLOCK_ROWS, 1]


def test_an_append_time_that_no_column_holds_is_brought_into_range() -> None:
    batch = Batch()
    for offset, appended_us in enumerate((-1000, 2**62)):
        batch.add("crowd.flow", flow(), partition=0, offset=offset, appended_us=appended_us)
    assert [block.columns()["appended_at"] for block in batch.blocks()] == [(0,), (2**32 - 1,)]


def test_a_measure_that_nobody_has_stays_absent() -> None:
    assert "speed_mps" in TABLES["crowd.density"].columns
    row = CrowdDensity(
        progress=False,
        rows=0,
        window_end_us=1,
        zone="z",
        people=0.0,
        density_per_m2=0.0,
        local_peak_per_m2=0.0,
        peak_x_m=0.0,
        peak_y_m=0.0,
        around_per_m2=0.0,
        los="A",
        los_scale="walkway",
        cameras_expected=1,
        cameras_seen=1,
        frames_expected=5,
        frames_used=5,
    )
    batch = Batch()
    batch.add("crowd.density", row, partition=0, offset=0, appended_us=0)
    assert batch.blocks()[0].columns()["speed_mps"] == (None,)
