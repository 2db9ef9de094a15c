"""Records become columns, and blocks that are inserted whole or not at all."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pipelines.codec import to_plain
from pipelines.detect.cells import CELL
from pipelines.detect.frames import pack
from pipelines.events import AlertChange, CameraFrame, CameraHealth, CrowdCells, CrowdDensity, CrowdFlow, CrowdZones, LevelStep
from pipelines.store.rows import LARGEST_BLOCK_RECORDS, Batch, Block, Intake, floors_of, starts
from pipelines.store.tables import NOT_MEASURABLE, TABLES
from simulation.alerts import alert_change

HOUR_US = 3_600_000_000


def add(batch: Batch, thing: str, record: Any, *, offset: int, partition: int = 0, appended_us: int = 0, raw: bytes = b"") -> list[str]:
    return batch.add(thing, to_plain(record), partition=partition, offset=offset, appended_us=appended_us, raw=raw)


def values(block: Block) -> dict[str, list[Any]]:
    return {name: column.tolist() for name, column in block.columns().items()}


def tables(batch: Batch) -> list[str]:
    return [block.table.name for block in batch.blocks()]


def flow(line: str = "gate-c-line", *, progress: bool = False, window_end_us: int = 1_000_000) -> CrowdFlow:
    return CrowdFlow(progress=progress, rows=0, window_end_us=window_end_us, gate="gate-c", line=line, entered=2, exited=1, cameras_seen=1)


def change() -> AlertChange:
    steps = (LevelStep(level="warning", event_time_us=2), LevelStep(level="critical", event_time_us=3))
    return alert_change(alert_id="0" * 32, mode="drill-t1", number=2, event_time_us=3, x_m=1.0, y_m=2.0, levels=steps)


def frame(event_us: int, people: int = 2, *, camera: str = "c1", tile_cm: tuple[int, int] = (1000, -500)) -> CameraFrame:
    place = np.arange(2 * people, dtype=np.int64).reshape(people, 2) + np.asarray(tile_cm)
    tracks = np.arange(people, dtype=np.int64) + 7
    packed = pack(place, np.full((people, 2), -3, dtype=np.int64), tracks, origin_cm=tile_cm)
    x, y = tile_cm
    return CameraFrame(
        camera=camera, event_time_us=event_us, received_us=event_us, tile_x_cm=x, tile_y_cm=y, people=people, positions=packed
    )


def cells(period_us: int, rows: list[tuple[int, ...]], *, row_bytes: int = CELL.itemsize) -> CrowdCells:
    packed = np.array(rows, dtype=CELL).view(np.uint8).reshape(-1, CELL.itemsize)[:, :row_bytes].tobytes()
    return CrowdCells(camera="c1", event_time_us=20_000_000, period_us=period_us, cells=packed, row_bytes=row_bytes)


def test_a_record_becomes_one_value_a_column_after_where_it_stood() -> None:
    batch = Batch()
    add(batch, "crowd.flow", flow(), offset=7, appended_us=5_000_001)
    (block,) = batch.blocks()
    assert block.table.name == "line_seconds"
    assert values(block) == {
        "source_partition": [0],
        "source_offset": [7],
        "appended_at": [5],
        "window_end_us": [1_000_000],
        "gate": ["gate-c"],
        "line": ["gate-c-line"],
        "entered": [2],
        "exited": [1],
        "cameras_seen": [1],
        "width_m": [0.0],
        "entered_per_min": [0.0],
        "exited_per_min": [0.0],
        "entered_per_m_min": [0.0],
        "exited_per_m_min": [0.0],
        "counter_share": [0.0],
        "entered_total": [0],
        "exited_total": [0],
    }


def test_only_windows_that_end_on_a_whole_second_are_stored() -> None:
    batch = Batch()
    for offset, end_us in enumerate((800_000, 1_000_000, 1_200_000)):
        add(batch, "crowd.flow", flow(window_end_us=end_us), offset=offset)
    assert values(batch.blocks()[0])["source_offset"] == [1]
    assert batch.places == {("crowd.flow", 0): 2}


def test_the_levels_of_an_alert_become_two_arrays() -> None:
    batch = Batch()
    add(batch, "alerts.changes", change(), offset=0)
    columns = values(batch.blocks()[0])
    assert columns["levels.level"] == [["warning", "critical"]]
    assert columns["levels.event_time_us"] == [[2, 3]]


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
    add(batch, "camera.health", tick, offset=40)
    add(batch, "crowd.flow", flow(progress=True), offset=9)
    add(batch, "crowd.zones", CrowdZones(tick=True, camera="", slice_start_us=1, received_us=1, plan=""), offset=3)
    assert batch.blocks() == []
    assert batch.places == {("camera.health", 0): 40, ("crowd.flow", 0): 9, ("crowd.zones", 0): 3}


def test_partial_sums_are_kept_whole_as_they_came() -> None:
    batch = Batch()
    sums = CrowdZones(camera="c1", slice_start_us=200_000, received_us=450_000, plan="abc")
    for thing in ("crowd.zones", "crowd.late"):
        add(batch, thing, sums, offset=3, raw=b"\0as it came")
    assert tables(batch) == ["crowd_zones", "crowd_late"]
    assert [values(block)["record"] for block in batch.blocks()] == [[b"\0as it came"]] * 2
    assert values(batch.blocks()[0])["slice_start_us"] == [200_000]


def test_the_first_frame_of_each_second_becomes_a_row_a_person_in_the_venues_frame() -> None:
    batch = Batch()
    for offset, event_us in enumerate((900_000, 1_010_000, 1_210_000, 2_000_000)):
        add(batch, "camera.frames", frame(event_us), offset=offset, appended_us=9_000_000)
    frames, positions = batch.blocks()
    assert values(frames)["event_time_us"] == [900_000, 1_010_000, 1_210_000, 2_000_000]
    assert positions.rows == 6
    columns = values(positions)
    assert columns["source_offset"] == [0, 0, 1, 1, 3, 3]
    assert columns["at"] == [0, 0, 1, 1, 2, 2]
    assert columns["track"][:2] == [7, 8]
    assert columns["x_cm"][:2] == [1000, 1002]
    assert columns["y_cm"][:2] == [-499, -497]
    assert columns["vx_cmps"][:2] == [-3, -3]
    assert columns["appended_at"] == [9] * 6


def test_a_first_frame_without_people_is_still_the_first() -> None:
    batch = Batch()
    for offset, people in enumerate((0, 3)):
        add(batch, "camera.frames", frame(1_000_000 + offset, people), offset=offset)
    assert tables(batch) == ["camera_frames"]


def test_each_camera_has_a_first_frame_of_its_own_and_a_clock_set_back_loses_none() -> None:
    batch = Batch()
    for offset, (camera, event_us) in enumerate((("a", 5_000_000), ("b", 5_100_000), ("a", 5_200_000), ("a", 2_000_000), ("a", 3_000_000))):
        add(batch, "camera.frames", frame(event_us, 1, camera=camera), offset=offset)
    assert values(batch.blocks()[1])["source_offset"] == [0, 1, 3, 4]


def test_the_grid_takes_the_ten_second_cells_with_pressure_where_it_was_measured() -> None:
    batch = Batch()
    row = (3, -4, 250, 10, -20, 123)
    add(batch, "crowd.cells", cells(1_000_000, [row]), offset=0)
    add(batch, "crowd.cells", cells(10_000_000, [row, (4, -4, 100, 0, 0, 9)]), offset=1)
    add(batch, "crowd.cells", cells(10_000_000, [row], row_bytes=10), offset=2)
    add(batch, "crowd.cells", cells(10_000_000, []), offset=3)
    whole, grid = batch.blocks()
    assert len(whole.taken) == 4
    columns = values(grid)
    assert columns["source_offset"] == [1, 1, 2]
    assert [columns[name][0] for name in ("at", "x_m", "y_m", "density_centi", "vx_cmps", "vy_cmps")] == [20, 3, -4, 250, 10, -20]
    assert columns["pressure_milli"] == [123, 9, NOT_MEASURABLE]


def test_bytes_that_are_no_rows_are_said_and_what_came_is_kept() -> None:
    batch = Batch()
    broken = CameraFrame(camera="c", event_time_us=0, received_us=0, tile_x_cm=0, tile_y_cm=0, people=1, positions=b"x" * 15)
    far = CameraFrame(camera="d", event_time_us=0, received_us=0, tile_x_cm=-(2**63), tile_y_cm=0, people=1, positions=b"x" * 14)
    bare = CrowdCells(camera="c", event_time_us=0, period_us=10_000_000, cells=b"x" * 10, row_bytes=0)
    assert add(batch, "camera.frames", broken, offset=0) == ["positions: positions: 15 bytes are no rows of 14"]
    assert add(batch, "camera.frames", far, offset=1) == [f"positions: the tile's origin {-(2**63)}, 0 cm is on no plan"]
    assert add(batch, "crowd.cells", bare, offset=0) == ["grid_10s: cells: 10 bytes are no rows of 0"]
    assert tables(batch) == ["camera_frames", "crowd_cells"]


def test_a_table_takes_nothing_twice_that_it_holds_and_misses_nothing_that_another_holds() -> None:
    floors = floors_of({("camera.frames", 0): 4}, {"camera_frames": {0: 9, 1: 3}, "positions": {0: 6}})
    assert floors == {("camera_frames", 0): 9, ("camera_frames", 1): 3, ("positions", 0): 6}
    assert starts(floors) == {("camera.frames", 0): 7, ("camera.frames", 1): 0}
    batch = Batch(Intake(floors, {"c1": 6}))
    for offset in range(7, 12):
        add(batch, "camera.frames", frame(offset * 1_000_000), offset=offset)
    frames, positions = batch.blocks()
    assert values(frames)["source_offset"] == [10, 11]
    assert sorted(set(values(positions)["source_offset"])) == [7, 8, 9, 10, 11]


@pytest.mark.parametrize(("former_second", "taken"), [(1, [2]), (0, [0, 2])])
def test_what_was_the_first_frame_before_a_restart_is_known_after_it(former_second: int, taken: list[int]) -> None:
    batch = Batch(Intake({}, {"c1": former_second}))
    for offset, event_us in enumerate((1_400_000, 1_600_000, 2_000_000)):
        add(batch, "camera.frames", frame(event_us, 1), offset=offset)
    assert values(batch.blocks()[1])["source_offset"] == taken


def test_frames_are_inserted_before_the_positions_that_were_told_from_them() -> None:
    batch = Batch()
    for hour in range(3):
        add(batch, "camera.frames", frame(hour * HOUR_US), offset=hour, appended_us=hour * HOUR_US)
    assert tables(batch) == ["camera_frames"] * 3 + ["positions"] * 3


def test_a_token_names_the_table_the_offsets_of_each_partition_and_when_the_first_came() -> None:
    batch = Batch()
    for partition, offset in ((1, 5), (0, 10), (1, 6), (0, 12)):
        add(batch, "crowd.flow", flow(), partition=partition, offset=offset, appended_us=3_000_000 + offset * 1_000_000)
    assert [block.token for block in batch.blocks()] == ["line_seconds/0:10-12,1:5-6@8"]


def test_a_block_lies_within_one_hour_of_append_time_and_keeps_the_order() -> None:
    batch = Batch()
    for offset, appended_us in enumerate((HOUR_US - 2, HOUR_US - 1, HOUR_US, HOUR_US - 1, HOUR_US)):
        add(batch, "crowd.flow", flow(), offset=offset, appended_us=appended_us)
    assert [(block.hour, block.ranges) for block in batch.blocks()] == [
        (0, {0: (0, 1)}),
        (1, {0: (2, 2)}),
        (0, {0: (3, 3)}),
        (1, {0: (4, 4)}),
    ]


def test_a_block_has_a_largest_size() -> None:
    batch = Batch()
    row = to_plain(flow())
    for offset in range(LARGEST_BLOCK_RECORDS + 1):
        batch.add("crowd.flow", row, partition=0, offset=offset, appended_us=0)
    assert [block.rows for block in batch.blocks()] == [LARGEST_BLOCK_RECORDS, 1]


def test_an_append_time_that_no_column_holds_is_brought_into_range() -> None:
    batch = Batch()
    for offset, appended_us in enumerate((-1000, 2**62)):
        add(batch, "crowd.flow", flow(), offset=offset, appended_us=appended_us)
    assert [values(block)["appended_at"] for block in batch.blocks()] == [[0], [2**32 - 1]]


def test_a_measure_that_nobody_has_stays_absent() -> None:
    assert "speed_mps" in TABLES["zone_seconds"].columns
    row = CrowdDensity(
        progress=False,
        rows=0,
        window_end_us=1_000_000,
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
    add(batch, "crowd.density", row, offset=0)
    assert values(batch.blocks()[0])["speed_mps"] == [None]
