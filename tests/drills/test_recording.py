"""The file of a recording: what was written is read, whatever was cut from it or spoilt in it."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drills.recording import MAGIC, THINGS, TICKS, About, Entry, Recorder, Recording, tick
from pipelines import events
from pipelines.codec import decode_body, encode_body, schema_id
from pipelines.errors import ConfigError
from pipelines.topics import ALL, BY_THING
from pipelines.units import TICK_INTERVAL_US

ABOUT = About(mode="drill-test", site="here", plan_hash="0123456789ab", version="0.1.0", plan={"version": 1, "name": "回放"})
T0 = 1_767_225_600_000_000


def health(at_us: int, camera: str = "cam") -> events.CameraHealth:
    return events.CameraHealth(
        camera=camera,
        event_time_us=at_us,
        received_us=at_us,
        state="ok",
        since_us=at_us,
        fps=10.0,
        width_px=0,
        height_px=0,
        calibrated=True,
        people=7,
    )


def message(clock_us: int, offset: int, *, thing: str = "camera.health", partition: int = 0) -> Entry:
    return Entry(
        clock_us=clock_us,
        thing=thing,
        partition=partition,
        offset=offset,
        appended_us=clock_us + 251_000,
        schema=schema_id(events.CameraHealth),
        body=encode_body(health(clock_us + 100_000, camera=f"cam-{offset * 7919 % 100_003}")),
    )


def entries(count: int) -> list[Entry]:
    found = []
    for index in range(count):
        found += [tick(T0 + index * TICK_INTERVAL_US), message(T0 + index * TICK_INTERVAL_US, index)]
    return found


def written(rows: list[Entry], *, ended: bool = True) -> bytes:
    out = io.BytesIO()
    recorder = Recorder(out, ABOUT, chunk_bytes=4096)
    for row in rows:
        recorder.put(row)
    recorder.finish(ended=ended)
    return out.getvalue()


def read(raw: bytes) -> tuple[Recording, list[Entry]]:
    recording = Recording(io.BytesIO(raw))
    return recording, list(recording.entries())


ROWS = entries(300)
RAW = written(ROWS)
SHORT = written(entries(12))


def test_what_was_written_is_read():
    recording, found = read(RAW)
    assert found == ROWS
    assert recording.about == ABOUT
    assert (recording.truncated, recording.ended, recording.skipped) == (False, True, {})
    assert decode_body(found[1].body, found[1].schema) == health(T0 + 100_000, camera="cam-0")


def test_a_recording_says_whether_its_last_tick_is_past_its_last_window():
    recording, _ = read(written(ROWS[:10], ended=False))
    assert (recording.truncated, recording.ended) == (False, False)


def test_every_verified_topic_is_recorded_and_nothing_that_a_stage_makes_of_it():
    made = {"crowd.density", "crowd.flow", "crowd.occupancy", "crowd.forecast", "crowd.queue", "crowd.balance", "vehicle.events"}
    other = (
        "raw.",
        "ledger.",
        "deadletter.",
        "dispatch.",
        "stage.",
        "orders.",
        "audit.",
        "probe.",
        "linkage.",
        "camera.preview",
        "camera.segments",
        "recorder.",
    )
    other += ("alerts.changes", "alerts.state", "alerts.answers")
    assert set(THINGS) == {topic.thing for topic in ALL} - made - {topic.thing for topic in ALL if topic.thing.startswith(other)}
    assert TICKS not in BY_THING


def test_a_file_has_several_chunks_so_that_a_cut_takes_little():
    assert len({len(read(RAW[:cut])[1]) for cut in range(60, len(RAW), len(RAW) // 40)}) >= 4


@given(st.integers(0, len(RAW) - 1))
@settings(max_examples=100, deadline=None)
def test_a_file_cut_anywhere_gives_the_messages_before_the_cut(cut):
    try:
        recording, found = read(RAW[:cut])
    except ConfigError:
        assert cut < 60, "only a file without its first record is none"
        return
    assert found == ROWS[: len(found)]
    assert recording.truncated
    assert recording.about in (None, ABOUT)


def test_a_small_file_cut_at_every_third_byte_never_fails():
    for cut in range(0, len(SHORT), 3):
        try:
            recording, found = read(SHORT[:cut])
        except ConfigError:
            continue
        assert found == entries(12)[: len(found)]
        assert recording.truncated


@given(st.integers(0, len(RAW) - 1), st.integers(1, 255))
@settings(max_examples=100, deadline=None)
def test_a_spoilt_byte_costs_no_more_than_its_chunk_or_what_follows(place, change):
    spoilt = bytearray(RAW)
    spoilt[place] ^= change
    try:
        recording, found = read(bytes(spoilt))
    except ConfigError:
        return
    known = {(row.clock_us, row.thing): row for row in ROWS}
    assert all(known[row.clock_us, row.thing] == row for row in found)
    assert [row.clock_us for row in found] == sorted(row.clock_us for row in found)
    assert len(found) == len(ROWS) or recording.truncated or recording.skipped


def test_a_damaged_chunk_in_the_middle_is_counted_and_the_rest_is_read():
    chunk = [place for place in range(len(RAW)) if RAW.startswith(b"\x28\xb5\x2f\xfd", place)][-2]  # where its packed bytes begin
    recording, found = read(RAW[: chunk + 200] + bytes([RAW[chunk + 200] ^ 0xFF]) + RAW[chunk + 201 :])
    assert recording.skipped == {"damaged chunk": 1}
    assert not recording.truncated
    assert 0 < len(found) < len(ROWS)
    assert (found[0], found[-1]) == (ROWS[0], ROWS[-1])


@pytest.mark.parametrize("raw", [b"", b"hello world", MAGIC, MAGIC + bytes(40), RAW[:20], b"\x89PNG\r\n\x1a\n" + bytes(100)])
def test_a_file_that_is_no_recording_is_refused_with_a_sentence(raw):
    with pytest.raises(ConfigError, match="is no recording"):
        Recording(io.BytesIO(raw))


def test_a_file_of_another_program_is_refused():
    from mcap.writer import Writer

    out = io.BytesIO()
    writer = Writer(out)
    writer.start(profile="ros2", library="other")
    writer.finish()
    with pytest.raises(ConfigError, match="is no recording of Muster"):
        Recording(io.BytesIO(out.getvalue()))
