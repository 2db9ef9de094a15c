"""Where a stream is cut, and when its pictures were."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipelines.recorder.cutting import JUMP_US, LONGEST_US, SEGMENT_US, Cut, Cutter, Piece, Timeline, parameter_sets

FRAME_US = 100_000


def piece(at_us: int, *, key: bool = False, sets: bytes = b"") -> Piece:
    return Piece(pts_us=at_us, dts_us=at_us, key=key, sets=sets)


def steps(pieces: list[Piece], cutter: Cutter | None = None) -> list[tuple[int, Cut]]:
    """Times at which something else than writing on happens."""
    cutter = cutter or Cutter()
    made = [(row.dts_us, cutter.take(row)) for row in pieces]
    return [(at_us, cut) for at_us, cut in made if cut != Cut(step="write")]


def test_nothing_is_written_before_the_first_key_frame() -> None:
    found = steps([piece(0), piece(FRAME_US), piece(2 * FRAME_US, key=True), piece(3 * FRAME_US)])
    assert found == [(0, Cut(step="wait")), (FRAME_US, Cut(step="wait")), (2 * FRAME_US, Cut(step="begin"))]


def test_a_file_ends_at_the_first_key_frame_after_its_length() -> None:
    pieces = [piece(at_us, key=at_us % 4_000_000 == 0) for at_us in range(0, 70_000_000, FRAME_US)]
    assert steps(pieces) == [
        (0, Cut(step="begin")),
        (32_000_000, Cut(step="begin", ended="length")),
        (64_000_000, Cut(step="begin", ended="length")),
    ]


def test_a_file_without_key_frames_ends_all_the_same() -> None:
    pieces = [piece(at_us, key=at_us == 0) for at_us in range(0, LONGEST_US + SEGMENT_US, FRAME_US)]
    assert steps(pieces) == [(0, Cut(step="begin")), (LONGEST_US, Cut(step="begin", ended="no key frame"))]


def test_time_that_leaps_ends_the_file_and_the_next_waits_for_a_key_frame() -> None:
    after_us = FRAME_US + JUMP_US + 1
    found = steps([piece(0, key=True), piece(FRAME_US), piece(after_us), piece(after_us + FRAME_US, key=True)])
    assert found[1:] == [(after_us, Cut(step="wait", ended="jump")), (after_us + FRAME_US, Cut(step="begin"))]


def test_time_that_runs_back_ends_the_file() -> None:
    found = steps([piece(5_000_000, key=True), piece(0, key=True)])
    assert found[1:] == [(0, Cut(step="begin", ended="jump"))]


def test_another_picture_size_begins_a_file() -> None:
    found = steps([piece(0, key=True, sets=b"a"), piece(FRAME_US, key=True, sets=b"a"), piece(2 * FRAME_US, key=True, sets=b"b")])
    assert found[1:] == [(2 * FRAME_US, Cut(step="begin", ended="size"))]


@given(st.lists(st.tuples(st.integers(0, 5_000_000), st.booleans()), max_size=80))
def test_every_file_begins_with_a_key_frame_or_says_that_there_was_none(rows: list[tuple[int, bool]]) -> None:
    at_us, cutter, is_open, began_us = 0, Cutter(), False, 0
    for step_us, key in rows:
        at_us += step_us
        cut = cutter.take(piece(at_us, key=key))
        assert cut.step != "begin" or key or cut.ended == "no key frame"
        assert not cut.ended or is_open
        if cut.step == "begin":
            began_us = at_us
        is_open = cut.step != "wait"
        assert not is_open or at_us - began_us < LONGEST_US


def test_the_least_delayed_packet_says_when_the_pictures_were() -> None:
    time = Timeline()
    for number, late_us in enumerate([800_000, 500_000, 20_000, 400_000]):
        time.take(number * FRAME_US, 1_000_000_000 + number * FRAME_US + late_us)
    assert (time.start_us, time.end_us) == (1_000_020_000, 1_000_020_000 + 4 * FRAME_US)


def test_pictures_out_of_order_count_by_the_time_at_which_they_are_shown() -> None:
    time = Timeline()
    for pts_us in (200_000, 100_000, 400_000, 300_000):
        time.take(pts_us, 1_000_000_000 + pts_us)
    assert (time.start_us, time.end_us) == (1_000_100_000, 1_000_500_000)


def test_parameter_sets_are_found_before_the_picture() -> None:
    h264 = b"\0\0\0\1\x09\xf0\0\0\0\1\x67size\0\0\0\1\x68more\0\0\1\x65picture\0\0\1\x67not"
    assert parameter_sets(h264, "h264") == b"\x67size"
    hevc = b"\0\0\0\1\x40\1vps\0\0\0\1\x42\1size\0\0\0\1\x44\1pps\0\0\1\x26\1picture"
    assert parameter_sets(hevc, "hevc") == b"\x42\1size"
    assert parameter_sets(b"\0\0\1\x41only a picture", "h264") == b""


@given(st.binary(max_size=300), st.sampled_from(["h264", "hevc"]))
def test_any_bytes_may_be_looked_through(body: bytes, codec: str) -> None:
    assert isinstance(parameter_sets(body, codec), bytes)
