"""What is deleted, and what never is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pipelines.recorder.keeping import Disk, Hold, Keep, Stored, sentence, what_to_delete
from pipelines.recorder.naming import DAY_US
from plan.model import Plan
from plan.recording import Recording
from tests.plans import plan_dict

NOW_US = 20_000 * DAY_US
HOUR_US = DAY_US // 24
KEEP = Keep(floor_us=30 * DAY_US, keep_us=60 * DAY_US)


def stored(age_days: float, *, camera: str = "c1", size_bytes: int = 100) -> Stored:
    end_us = NOW_US - round(age_days * DAY_US)
    return Stored(camera=camera, start_us=end_us - 30_000_000, end_us=end_us, file=f"{camera}/{end_us}", size_bytes=size_bytes)


segments = st.lists(
    st.builds(stored, st.floats(-1, 100), camera=st.sampled_from(["c1", "c2"]), size_bytes=st.integers(0, 1000)), max_size=40
)
holds = st.lists(
    st.builds(
        lambda camera, age, length: Hold(
            id="h", camera=camera, from_us=NOW_US - age * HOUR_US, until_us=NOW_US - (age - length) * HOUR_US, why="w", by="b", at_us=0
        ),
        st.sampled_from(["", "c1", "c2"]),
        st.integers(0, 2400),
        st.integers(1, 400),
    ),
    max_size=3,
)
keeps = st.tuples(st.integers(30, 90), st.integers(0, 60)).map(
    lambda days: Keep(floor_us=days[0] * DAY_US, keep_us=(days[0] + days[1]) * DAY_US)
)


@given(segments, holds, keeps, st.integers(0, 10**9))
def test_what_lies_within_the_floor_is_never_deleted(rows: list[Stored], held: list[Hold], keep: Keep, wanted: int) -> None:
    for row in what_to_delete(rows, now_us=NOW_US, keep=keep, wanted=wanted, holds=held):
        assert NOW_US - row.end_us >= keep.floor_us >= 30 * DAY_US


@given(segments, holds, keeps, st.integers(0, 10**9))
def test_what_is_held_is_never_deleted(rows: list[Stored], held: list[Hold], keep: Keep, wanted: int) -> None:
    for row in what_to_delete(rows, now_us=NOW_US, keep=keep, wanted=wanted, holds=held):
        assert not any(hold.camera in ("", row.camera) and row.start_us < hold.until_us and row.end_us > hold.from_us for hold in held)


@given(segments, keeps, st.integers(0, 10_000))
def test_the_oldest_goes_first_and_no_more_than_is_wanted(rows: list[Stored], keep: Keep, wanted: int) -> None:
    gone = what_to_delete(rows, now_us=NOW_US, keep=keep, wanted=wanted)
    kept = [row for row in rows if row not in gone and NOW_US - row.end_us >= keep.floor_us]
    assert all(one.end_us <= two.end_us for one in gone for two in kept)
    young = [row for row in gone if row.end_us > NOW_US - keep.keep_us]
    if young:
        assert sum(row.size_bytes for row in gone) - young[-1].size_bytes < wanted
    if kept:
        assert sum(row.size_bytes for row in gone) >= wanted


@given(segments, keeps)
def test_what_is_older_than_the_plans_days_goes_though_there_is_room(rows: list[Stored], keep: Keep) -> None:
    gone = what_to_delete(rows, now_us=NOW_US, keep=keep, wanted=0)
    assert sorted(row.file for row in gone) == sorted(row.file for row in rows if NOW_US - row.end_us >= keep.keep_us)


def test_a_full_disk_takes_only_what_lies_between_the_floor_and_the_plans_days() -> None:
    rows = [stored(age) for age in (70, 50, 40, 31, 29, 10, 0)]
    gone = what_to_delete(rows, now_us=NOW_US, keep=KEEP, wanted=10**12)
    assert gone == tuple(rows[:4])


@pytest.mark.parametrize(
    ("free_percent", "state", "wants"),
    [(50, "ok", False), (20, "disk_80", False), (12, "disk_80", False), (9, "disk_90", True), (2, "stopped", True), (0, "stopped", True)],
)
def test_a_disk_is_alarmed_at_80_and_90_and_stops_before_it_is_full(*, free_percent: int, state: str, wants: bool) -> None:
    disk = Disk(total=10**10, free=free_percent * 10**8)
    assert (disk.state, disk.wanted > 0) == (state, wants)


def test_a_large_disk_is_written_to_its_last_gigabyte() -> None:
    assert Disk(total=10**14, free=2 * 10**9).state == "disk_90"
    assert Disk(total=10**14, free=10**9).state == "stopped"


def test_what_people_are_told_is_loud_and_in_both_languages() -> None:
    english, chinese = sentence("stopped", Disk(total=10**10, free=10**8), days=30)
    assert english.startswith("RECORDING HAS STOPPED") and chinese.startswith("录像已停止")
    assert sentence("ok", Disk(total=10**10, free=10**10), days=30) == ("", "")
    assert all(sentence("disk_90", Disk(total=10**10, free=10**9), days=30))


@pytest.mark.parametrize("days", [{"floor_days": 29}, {"video_days": 29}, {"video_days": 91}, {"floor_days": 60, "video_days": 40}])
def test_a_plan_cannot_keep_less_than_thirty_days_or_less_than_its_floor(days: dict[str, int]) -> None:
    with pytest.raises(ValidationError):
        Recording(**days)


def test_a_plan_records_video_cameras_with_a_source_only() -> None:
    camera = plan_dict()["cameras"][0]
    with pytest.raises(ValidationError, match="record is for a camera of kind video with a source"):
        Plan.model_validate(plan_dict(cameras=[{**camera, "record": True}, plan_dict()["cameras"][1]]))
    sound = {**camera, "record": True, "kind": "video", "source": "rtsp://10.0.0.1/s"}
    assert Plan.model_validate(plan_dict(cameras=[sound, plan_dict()["cameras"][1]])).cameras[0].record
