"""The folder of recordings: names, index, what a kill leaves behind, and what is deleted from it."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.recorded import examine
from pipelines.errors import ConfigError
from pipelines.events import CameraSegment
from pipelines.recorder.app import PyAv
from pipelines.recorder.keeping import Disk, Hold, Keep
from pipelines.recorder.library import Library
from pipelines.recorder.naming import DAY_US, Named, day_of, day_start_us, file_of, iso, read_name
from pipelines.recorder.repair import repair
from pipelines.recorder.upkeep import SteadyClock, Upkeep
from tests.recorder.films import film

NOW_US = 1_790_000_000_000_000


def segment(library: Library, start_us: int, *, camera: str = "c1", body: bytes = b"x" * 10, length_us: int = 30_000_000) -> CameraSegment:
    """A file in the folder and in its index."""
    file = file_of(camera, start_us)
    (library.root / file).parent.mkdir(parents=True, exist_ok=True)
    (library.root / file).write_bytes(body)
    row = CameraSegment(
        camera=camera,
        start_us=start_us,
        end_us=start_us + length_us,
        file=file,
        size_bytes=len(body),
        codec="h264",
        width_px=1920,
        height_px=1080,
        frames=750,
        key_frames=15,
        damaged=0,
        blake2b="",
        gap_us=0,
        ended="length",
    )
    library.add(row)
    return row


@given(st.integers(0, 4_000_000_000_000_000))
def test_a_files_name_says_its_camera_and_start(start_us: int) -> None:
    name = Path(file_of("gate-c", start_us)).name
    assert read_name(name) == Named(camera="gate-c", start_us=start_us, partial=False)
    assert read_name(f"{name}.part") == Named(camera="gate-c", start_us=start_us, partial=True)
    day_us = day_start_us(day_of(start_us))
    assert day_us is not None and day_us <= start_us < day_us + DAY_US


@pytest.mark.parametrize(
    "name", ["", "index.jsonl", "c1_20260101T000000.ts", "C1_20260101T000000.000000Z.ts", "c1_20261301T000000.000000Z.ts"]
)
def test_other_files_are_no_recordings(name: str) -> None:
    assert read_name(name) is None
    assert day_start_us(name) is None


def test_times_are_said_in_utc() -> None:
    assert iso(1_777_664_999_123_000) == "2026-05-01T19:49:59.123Z"


def test_the_index_gives_what_touches_a_stretch_over_midnight(tmp_path: Path) -> None:
    library, midnight_us = Library(tmp_path), NOW_US - NOW_US % DAY_US
    rows = [segment(library, midnight_us + offset_us) for offset_us in (-60_000_000, -10_000_000, 20_000_000, DAY_US)]
    assert library.index("c1", from_us=midnight_us, until_us=midnight_us + 30_000_000) == rows[1:3]
    assert library.index("c1") == rows
    assert library.last("c1") == rows[-1]


def test_a_line_that_a_kill_has_cut_is_passed_over(tmp_path: Path) -> None:
    library = Library(tmp_path)
    row = segment(library, NOW_US)
    index = (tmp_path / row.file).parent / "index.jsonl"
    index.write_text(index.read_text() + index.read_text()[:40])
    assert library.index("c1") == [row]


def test_a_file_that_is_gone_or_cut_short_is_missing(tmp_path: Path) -> None:
    library = Library(tmp_path)
    rows = [segment(library, NOW_US + number * 30_000_000) for number in range(3)]
    (tmp_path / rows[0].file).unlink()
    (tmp_path / rows[1].file).write_bytes(b"x")
    assert library.missing(rows) == [rows[0].file, rows[1].file]


def test_nothing_is_ever_written_over(tmp_path: Path) -> None:
    library = Library(tmp_path)
    first = segment(library, NOW_US)
    part = library.part_for("c1", NOW_US)
    part.write_bytes(b"other")
    assert library.whole(part, "c1", NOW_US) != first.file
    assert (tmp_path / first.file).read_bytes() == b"x" * 10


def test_what_a_kill_has_left_is_kept_as_far_as_it_can_be_read(tmp_path: Path) -> None:
    library, said = Library(tmp_path), list[str]()
    before = segment(library, NOW_US)
    body = film(seconds=3)
    part = library.part_for("c1", NOW_US + 40_000_000)
    part.write_bytes(body[: len(body) * 2 // 3 + 51])
    unindexed = tmp_path / file_of("c1", NOW_US + 60_000_000)
    unindexed.write_bytes(body)
    (empty := library.part_for("c1", NOW_US + 70_000_000)).touch()
    (noise := library.part_for("c1", NOW_US + 80_000_000)).write_bytes(b"noise" * 100)
    made = list(repair(library, "c1", PyAv(), said.append))
    assert [(row.start_us, row.ended) for row in made] == [(NOW_US + 40_000_000, "killed"), (NOW_US + 60_000_000, "killed")]
    assert made[0].gap_us == made[0].start_us - before.end_us == 10_000_000
    assert 10 <= made[0].frames < 30
    assert made[0].frames == len(examine(tmp_path / made[0].file).packets)
    assert (made[1].frames, made[1].width_px, made[1].key_frames) == (30, 160, 3)
    assert not empty.exists() and not noise.exists()
    assert noise.with_name(noise.name + ".unreadable").exists()
    assert len(said) == 4 and "cut off by a kill" in said[0]
    for row in made:
        library.add(row)
    assert list(repair(library, "c1", PyAv(), said.append)) == []


def upkeep(library: Library, *, total: int, free: list[int], keep: Keep | None = None, wall_us: int | None = None) -> Upkeep:
    now_us = wall_us or NOW_US
    clock = SteadyClock(lambda: now_us, lambda: 0)
    keep = keep or Keep(floor_us=30 * DAY_US, keep_us=90 * DAY_US)
    return Upkeep(library, keep, clock=clock, disk=lambda: Disk(total=total, free=free[0]))


def test_a_full_disk_clears_what_is_beyond_the_floor_and_then_stops_the_recording(tmp_path: Path) -> None:
    library = Library(tmp_path)
    rows = [segment(library, NOW_US - age * DAY_US) for age in (45, 40, 29, 1)]
    library.hold(Hold(id="h1", camera="c1", from_us=rows[0].start_us, until_us=rows[0].end_us, why="case 7", by="supervisor", at_us=NOW_US))
    found = upkeep(library, total=1000, free=[5])
    assert found.turn()
    assert not found.has_room
    assert found.sentences[0].startswith("RECORDING HAS STOPPED")
    assert library.missing(rows) == [rows[1].file]
    assert library.release("h1", by="supervisor", why="closed", at_us=NOW_US)
    assert not library.release("h1", by="supervisor", why="closed", at_us=NOW_US)
    found.turn()
    assert library.missing(rows) == [rows[0].file, rows[1].file]
    assert not (tmp_path / rows[0].file).parent.exists()


def test_a_disk_with_room_again_lets_the_recording_go_on(tmp_path: Path) -> None:
    free = [0]
    found = upkeep(Library(tmp_path), total=1000, free=free)
    found.turn()
    assert not found.has_room
    free[0] = 500
    assert found.turn()
    assert found.has_room and found.sentences == ("", "")


def test_what_is_older_than_the_plans_days_goes_though_there_is_room(tmp_path: Path) -> None:
    library = Library(tmp_path)
    rows = [segment(library, NOW_US - age * DAY_US) for age in (91, 89)]
    upkeep(library, total=1000, free=[900]).turn()
    assert library.missing(rows) == [rows[0].file]


def test_a_clock_that_is_set_forward_deletes_nothing(tmp_path: Path) -> None:
    library, wall_us = Library(tmp_path), [NOW_US]
    row = segment(library, NOW_US - DAY_US)
    clock = SteadyClock(lambda: wall_us[0], lambda: time.monotonic_ns() // 1000)
    wall_us[0] += 400 * DAY_US
    found = Upkeep(library, Keep(), clock=clock, disk=lambda: Disk(total=1000, free=1))
    found.turn()
    assert library.missing([row]) == []


def test_a_hold_that_cannot_be_read_keeps_everything(tmp_path: Path) -> None:
    library = Library(tmp_path)
    row = segment(library, NOW_US - 200 * DAY_US)
    (tmp_path / "holds").mkdir()
    (tmp_path / "holds" / "x.json").write_text("{")
    with pytest.raises(ConfigError, match="nothing is deleted until it is mended"):
        library.holds()
    found = upkeep(library, total=1000, free=[1])
    found.turn()
    assert library.missing([row]) == []


def test_one_recorder_clears_the_folder_and_another_only_looks(tmp_path: Path) -> None:
    library = Library(tmp_path)
    first, second = (upkeep(library, total=1000, free=[900]) for _ in range(2))
    first.turn()
    row = segment(library, NOW_US - 100 * DAY_US)
    second.turn()
    assert second.has_room
    assert library.missing([row]) == []


def test_a_file_that_is_in_no_index_counts_until_the_next_begins(tmp_path: Path) -> None:
    library = Library(tmp_path)
    one = segment(library, NOW_US)
    two = segment(library, NOW_US + 50_000_000)
    (tmp_path / one.file).parent.joinpath("index.jsonl").unlink()
    assert [row.end_us for row in library.stored_before(NOW_US + DAY_US)] == [two.start_us, two.start_us + DAY_US]


def test_an_indexed_file_that_was_mended_counts_once(tmp_path: Path) -> None:
    library = Library(tmp_path)
    row = segment(library, NOW_US)
    library.add(replace(row, ended="killed"))
    assert [found.ended for found in library.index("c1")] == ["killed"]
