"""Clips around an instant: which packets, and what comes out of real files."""

from __future__ import annotations

import json
import time
from itertools import pairwise
from pathlib import Path

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from cli import recording as command
from cli.__main__ import app
from pipelines.errors import ConfigError
from pipelines.events import CameraSegment
from pipelines.recorder.clipping import Place, cut
from pipelines.recorder.clips import make_clip
from pipelines.recorder.library import Library, digest
from pipelines.recorder.naming import iso
from pipelines.recorder.proof import days_that_fit, prove
from tests.recorder.conftest import Station
from tests.recorder.films import Feed, film
from tests.recorder.test_library import segment

START_US = 1_790_000_000_000_000
FRAME_US = 100_000


def places(count: int, *, gop: int = 10, hole_at: int = -1, hole_us: int = 0) -> list[Place]:
    out = []
    for number in range(count):
        at_us = START_US + number * FRAME_US + (hole_us if number >= hole_at >= 0 else 0)
        out.append(Place(file="f", number=number, at_us=at_us, decode_us=at_us, key=number % gop == 0))
    return out


def test_a_clip_begins_at_the_key_frame_before_and_ends_with_its_last_picture() -> None:
    found = cut(places(100), from_us=START_US + 3_450_000, until_us=START_US + 6_020_000)
    assert (found.start_us, found.end_us) == (START_US + 3_000_000, START_US + 6_000_000)
    assert [found.places[0].number, found.places[-1].number] == [30, 60]
    assert found.holes == ()


def test_a_clip_of_which_the_beginning_is_not_there_begins_later() -> None:
    found = cut(places(50), from_us=START_US - 10_000_000, until_us=START_US + 2_000_000)
    assert (found.start_us, len(found.places)) == (START_US, 20)


def test_a_hole_in_a_clip_is_told() -> None:
    found = cut(places(50, hole_at=20, hole_us=4_000_000), from_us=START_US, until_us=START_US + 60_000_000)
    assert found.holes == ((START_US + 1_900_000, START_US + 6_000_000),)


def test_a_stretch_without_pictures_is_no_clip() -> None:
    assert cut(places(20), from_us=START_US + 5_000_000, until_us=START_US + 9_000_000).places == ()
    assert cut([], from_us=0, until_us=1).places == ()


@given(st.lists(st.tuples(st.integers(0, 3_000_000), st.booleans()), max_size=60), st.integers(0, 60), st.integers(0, 60))
def test_every_clip_begins_with_a_key_frame_and_its_time_only_rises(rows: list[tuple[int, bool]], begin_s: int, length_s: int) -> None:
    at_us, made = START_US, []
    for number, (step_us, key) in enumerate(rows):
        at_us += step_us
        made.append(Place(file="f", number=number, at_us=at_us, decode_us=at_us, key=key))
    found = cut(made, from_us=START_US + begin_s * 1_000_000, until_us=START_US + (begin_s + length_s) * 1_000_000)
    if found.places:
        assert found.places[0].key
        decoded = [place.decode_us for place in found.places]
        assert all(one < two for one, two in pairwise(decoded))


def recorded(folder: Path, *, codec: str = "libx264", bframes: int = 0, files: int = 3, camera: str = "c1") -> Library:
    """A camera with files of 3 s that follow on each other."""
    library = Library(folder)
    for number in range(files):
        body = film(seconds=3, codec=codec, bframes=bframes)
        segment(library, START_US + number * 3_000_000, camera=camera, body=body, length_us=3_000_000)
    return library


@pytest.mark.parametrize(("codec", "bframes", "name"), [("libx264", 0, "h264"), ("libx264", 2, "h264"), ("libx265", 0, "hevc")])
@pytest.mark.parametrize("suffix", [".mp4", ".ts"])
def test_a_clip_over_three_files_plays_from_its_first_to_its_last_picture(
    tmp_path: Path, codec: str, bframes: int, name: str, suffix: str
) -> None:
    library, out = recorded(tmp_path / "r", codec=codec, bframes=bframes), tmp_path / f"clip{suffix}"
    made = make_clip(library, "c1", from_us=START_US + 2_500_000, until_us=START_US + 7_000_000, out=out)
    assert (made.start_us, made.end_us, made.holes, made.codec) == (START_US + 2_000_000, START_US + 6_900_000, (), name)
    assert len(made.files) == 3
    with av.open(str(out)) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == name
        times = [float(frame.pts * stream.time_base) for frame in container.decode(stream)]
    assert len(times) == made.pictures == 50
    assert times == sorted(times)
    assert times[-1] - times[0] == pytest.approx(4.9, abs=0.02)
    assert list(tmp_path.glob("*.part")) == []


def test_the_pictures_of_a_clip_are_those_that_were_recorded_bit_for_bit(tmp_path: Path) -> None:
    library, out = recorded(tmp_path / "r", files=1), tmp_path / "clip.ts"
    make_clip(library, "c1", from_us=START_US, until_us=START_US + 60_000_000, out=out)

    def shown(path: Path) -> list[bytes]:
        with av.open(str(path)) as container:
            return [frame.to_ndarray().tobytes() for frame in container.decode(video=0)]

    assert shown(out) == shown(library.root / library.index("c1")[0].file)


def test_a_clip_of_a_time_that_is_not_recorded_says_what_there_is(tmp_path: Path) -> None:
    library = recorded(tmp_path / "r")
    with pytest.raises(ConfigError, match=f"there is video from {iso(START_US)}"):
        make_clip(library, "c1", from_us=START_US - 60_000_000, until_us=START_US - 30_000_000, out=tmp_path / "clip.mp4")
    with pytest.raises(ConfigError, match="no recording of it at all"):
        make_clip(library, "c9", from_us=0, until_us=1_000_000, out=tmp_path / "clip.mp4")
    assert not (tmp_path / "clip.mp4").exists()


def test_a_clip_takes_what_is_still_being_written(tmp_path: Path, stations: list[Station], feeds: list[Feed]) -> None:
    feeds.append(Feed([film(seconds=20)], seconds=20))
    stations.append(Station(tmp_path / "r", feeds[0].address, segment_us=30_000_000))
    stations[0].wait(lambda: stations[0].recorder.taken > 35)
    assert stations[0].made == []
    now_us = time.time_ns() // 1000
    made = make_clip(stations[0].library, "c1", from_us=now_us - 2_000_000, until_us=now_us, out=tmp_path / "clip.mp4")
    assert made.pictures >= 10
    assert made.files[0].endswith(".ts.part")


def test_a_clip_waits_for_what_is_still_to_come(folder: Path, stations: list[Station], feeds: list[Feed]) -> None:
    feeds.append(Feed([film(seconds=30)], seconds=30))
    stations.append(Station(folder / "recordings" / "live", feeds[0].address, segment_us=30_000_000))
    stations[0].wait(lambda: stations[0].recorder.taken > 25)
    now_us = time.time_ns() // 1000
    words = ("--camera", "c1", "--at", iso(now_us), "--before", "1s", "--after", "2s", "--out", "a.mp4", "--json")
    code, out = muster("clip", *words)
    said = json.loads(out)
    assert code == 0
    assert said["end_us"] > now_us + 1_500_000


# -- proof ------------------------------------------------------------------------------------------------------------


def rows(tmp_path: Path, *starts_s: int, length_s: int = 30) -> list[CameraSegment]:
    library = Library(tmp_path)
    return [segment(library, START_US + start_s * 1_000_000, body=b"x" * 3000, length_us=length_s * 1_000_000) for start_s in starts_s]


def test_proof_says_from_when_and_which_gaps(tmp_path: Path) -> None:
    found = prove("c1", rows(tmp_path, 0, 30, 70, 100), now_us=START_US + 131_000_000)
    assert (found.since_us, found.until_us) == (START_US, START_US + 130_000_000)
    assert [(gap.start_us, gap.length_s) for gap in found.gaps] == [(START_US + 60_000_000, 10.0)]
    assert found.recorded_us == 120_000_000
    assert found.bytes_a_day == 12_000 * 86_400 // 120
    assert found.faults == ("1 gaps, 10 s in all, the longest 10 s",)


def test_a_camera_that_is_not_recorded_any_more_has_a_gap_until_now(tmp_path: Path) -> None:
    found = prove("c1", rows(tmp_path, 0), now_us=START_US + 3_600_000_000)
    assert [gap.length_s for gap in found.gaps] == [3570.0]
    assert prove("c1", rows(tmp_path, 0), now_us=START_US + 3_600_000_000, wanted=False).gaps == ()


def test_a_camera_of_which_there_is_nothing_is_a_fault_where_the_plan_wants_it() -> None:
    assert prove("c1", [], now_us=START_US).faults == ("nothing is recorded within 30 days",)
    assert prove("c1", [], now_us=START_US, wanted=False).faults == ()


def test_the_days_that_fit_count_what_is_there_already(tmp_path: Path) -> None:
    proof = prove("c1", rows(tmp_path, 0, 30), now_us=START_US + 60_000_000)
    assert days_that_fit([proof], free_bytes=proof.bytes_a_day * 4, reserve_bytes=proof.bytes_a_day) == pytest.approx(3.0, abs=0.1)
    assert days_that_fit([], free_bytes=1, reserve_bytes=0) == float("inf")


# -- commands ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MUSTER_RECORDINGS", str(tmp_path / "recordings"))
    monkeypatch.setenv("MUSTER_CWD", str(tmp_path))
    monkeypatch.setattr(command, "HOME", tmp_path / "home")
    monkeypatch.setattr(command, "running_modes", list)
    return tmp_path


def muster(*words: str) -> tuple[int, str]:
    found = CliRunner().invoke(app, ["recording", *words])
    return found.exit_code, found.stdout


def test_one_call_makes_a_clip_and_says_its_true_start_and_end(folder: Path) -> None:
    recorded(folder / "recordings" / "live")
    at = iso(START_US + 4_500_000)
    words = ("clip", "--camera", "c1", "--at", at, "--before", "2s", "--after", "3s", "--out", "a.mp4")
    code, out = muster(*words, "--json")
    said = json.loads(out)
    assert (code, said["start"], said["end"], said["pictures"]) == (0, iso(START_US + 2_000_000), iso(START_US + 7_400_000), 55)
    assert (folder / "a.mp4").stat().st_size == said["size_bytes"]
    assert muster(*words)[0] == 2  # never written over
    assert muster(*words[:5], "--out", "b.mp4", "--alert", "x")[0] == 2
    assert muster("clip", "--camera", "c1", "--at", "2026-05-01T19:30:00", "--out", "b.mp4")[0] == 1


def test_the_check_proves_retention_as_json_and_fails_on_faults(folder: Path) -> None:
    library = Library(folder / "recordings" / "live")
    now_us = time.time_ns() // 1000
    for number in (3, 1):
        row = segment(library, now_us - number * 40_000_000, body=b"x" * 5000)
    code, out = muster("check", "--json")
    said = json.loads(out)
    assert code == 1
    assert [gap["length_s"] for gap in said["cameras"][0]["gaps"]] == [50.0]
    assert said["days_that_fit"] > 30
    assert said["faults"] == ["c1: 1 gaps, 50 s in all, the longest 50 s"]
    assert digest(library.root / row.file)[1] != row.blake2b
    code, out = muster("check", "--json", "--verify")
    assert len(json.loads(out)["cameras"][0]["missing"]) == 2


def test_evidence_is_held_shown_and_released(folder: Path) -> None:
    library = recorded(folder / "recordings" / "live")
    span = ("--from", iso(START_US), "--until", iso(START_US + 1_000_000))
    assert muster("hold", "--camera", "c1", *span, "--why", "case 7", "--by", "supervisor")[0] == 0
    code, out = muster("holds", "--json")
    said = json.loads(out)
    assert (code, said[0]["why"], said[0]["by"]) == (0, "case 7", "supervisor")
    assert muster("release", said[0]["id"], "--why", "closed", "--by", "supervisor")[0] == 0
    assert muster("release", said[0]["id"], "--why", "closed", "--by", "supervisor")[0] == 2
    assert library.holds() == []
    assert len(list((library.root / "holds").glob("*.released"))) == 1
