"""The store's turns: the same block until it arrives, nothing skipped, and a start where the tables end."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from connectors.kafka import Rejected, Row
from pipelines.codec import to_plain
from pipelines.errors import RefusedError, TransientError
from pipelines.events import CameraFrame, CrowdFlow, DeadLetter, StageHealth
from pipelines.store import app


class FakeDatabase:
    """Holds the blocks it took; raises what *errors* holds first."""

    name = "drill_t1"

    def __init__(self) -> None:
        self.errors: list[Exception] = []
        self.tried: list[tuple[str, Mapping[str, Any]]] = []
        self.taken: dict[str, Mapping[str, Any]] = {}
        self.offsets: dict[str, dict[int, int]] = {}
        self.saved: dict[tuple[str, int], int] = {}

    def _may_fail(self) -> None:
        if self.errors:
            raise self.errors.pop(0)

    def insert(self, _: str, columns: Mapping[str, Any], *, token: str) -> None:
        self.tried.append((token, columns))
        self._may_fail()
        self.taken[token] = columns

    def highest_offsets(self, table: str) -> dict[int, int]:
        return self.offsets.get(table, {})

    def last_frames(self, before: Mapping[int, int]) -> dict[str, int]:
        self.asked_frames = dict(before)
        return {}

    def places(self) -> dict[tuple[str, int], int]:
        return dict(self.saved)

    def save_places(self, places: Mapping[tuple[str, int], int]) -> None:
        self.saved.update(places)


class FakeUpkeep:
    """Fails as its database does."""

    def __init__(self, database: FakeDatabase) -> None:
        self._database, self.turns = database, 0

    def begin(self) -> None:
        self._database._may_fail()

    def turn(self) -> None:
        self.turns += 1


class FakeSender:
    """Keeps what was sent."""

    def __init__(self) -> None:
        self.records: list[Any] = []
        self.arrived = 0

    def send(self, _: str, record: Any, *, key: str = "") -> None:
        del key
        self.records.append(record)

    def flush(self, _: float) -> None:
        self.arrived = len(self.records)


class FakeTail:
    """Gives *rows* once."""

    def __init__(self, rows: list[Row], ends: Mapping[tuple[str, int], int]) -> None:
        self.rows, self._ends, self.closed = rows, ends, False
        self.errors: list[Exception] = []

    def poll(self, _: float, *, most: int) -> list[Row]:
        del most
        if self.errors:
            raise self.errors.pop(0)
        rows, self.rows = self.rows, []
        return rows

    def ends(self) -> Mapping[tuple[str, int], int]:
        return self._ends

    def lag(self) -> int:
        return 0

    def close(self) -> None:
        self.closed = True


class Bench:
    """A store among fakes; time passes only where a test lets it."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, rows: list[Row] | None = None, ends: Mapping[tuple[str, int], int] | None = None
    ) -> None:
        self.now_s = 1000.0
        monkeypatch.setattr(time, "monotonic", lambda: self.now_s)
        monkeypatch.setattr(time, "sleep", lambda seconds: setattr(self, "now_s", self.now_s + seconds))
        self.database, self.sender, self.was_ready = FakeDatabase(), FakeSender(), 0
        self.upkeep = FakeUpkeep(self.database)
        self.opened: list[dict[tuple[str, int], int]] = []
        self.tails: list[FakeTail] = []
        self._rows, self._ends = rows or [], ends or {}
        parts: Any = {
            "database": self.database,
            "upkeep": self.upkeep,
            "sender": self.sender,
            "open_tail": self._open,
            "ready": self._ready,
        }
        self.store = app.Store(**parts)

    def _open(self, offsets: Mapping[tuple[str, int], int]) -> FakeTail:
        self.opened.append(dict(offsets))
        self.tails.append(FakeTail(list(self._rows), self._ends))
        return self.tails[-1]

    def _ready(self) -> None:
        self.was_ready += 1

    def turns(self, number: int, *, each_s: float = 1.0) -> None:
        for _ in range(number):
            self.store.turn()
            self.now_s += each_s


def row(offset: int, record: Any = None) -> Row:
    flow = CrowdFlow(progress=False, rows=0, window_end_us=offset * 1_000_000, gate="g", line="l", entered=1, exited=0, cameras_seen=1)
    return Row(thing="crowd.flow", mode="drill-t1", partition=0, offset=offset, appended_us=0, record=record or to_plain(flow))


def test_a_batch_is_inserted_after_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(monkeypatch, [row(0), row(1)])
    bench.turns(2)
    assert bench.database.tried == []
    bench.turns(2)
    assert list(bench.database.taken) == ["line_seconds/0:0-1@0"]


def test_a_failed_insert_is_tried_again_with_the_same_block_and_token(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(monkeypatch, [row(0), row(1)])
    bench.turns(2)
    bench.database.errors = [TransientError("away"), RefusedError("no such table"), TransientError("away")]
    bench.turns(20)
    assert len(bench.database.tried) == 4
    assert len({token for token, _ in bench.database.tried}) == 1
    assert len({repr(columns) for _, columns in bench.database.tried}) == 1
    assert list(bench.database.taken) == ["line_seconds/0:0-1@0"]


def test_a_database_that_is_away_at_the_start_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(monkeypatch)
    bench.database.errors = [TransientError("away")] * 3
    bench.turns(2)
    assert bench.was_ready == 0
    assert [record.stage for record in bench.sender.records if isinstance(record, StageHealth)] == ["store", "store"]
    bench.turns(8)
    assert bench.was_ready == 1


def test_reading_starts_after_what_the_tables_hold_or_what_was_passed(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(monkeypatch)
    bench.database.offsets = {"line_seconds": {0: 9}, "sensor_fire": {0: 5}}
    bench.database.saved = {("sensor.fire", 0): 4000, ("crowd.flow", 0): 7}
    bench.turns(1)
    assert bench.opened == [{("crowd.flow", 0): 10, ("sensor.fire", 0): 4001}]


def test_a_topic_made_anew_is_read_from_its_start(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(monkeypatch, ends={("crowd.flow", 0): 3, ("sensor.fire", 0): 6})
    bench.database.offsets = {"line_seconds": {0: 9}, "sensor_fire": {0: 5}}
    bench.turns(1)
    assert bench.opened[-1] == {("sensor.fire", 0): 6}


def test_an_unreadable_record_goes_to_the_dead_letters_and_the_rest_is_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(monkeypatch, [row(0), row(1, Rejected(reason="not a record", raw=bytes(262_144))), row(2)])
    bench.turns(4)
    (letter,) = [record for record in bench.sender.records if isinstance(record, DeadLetter)]
    assert (letter.stage, letter.topic, letter.offset, letter.reason) == ("store", "crowd.flow", 1, "not a record")
    assert bench.database.taken["line_seconds/0:0-2@0"]["source_offset"].tolist() == [0, 2]
    assert bench.database.saved == {("crowd.flow", 0): 2}


def test_the_end_stores_what_was_read(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(monkeypatch, [row(0), row(1)])
    bench.turns(2, each_s=0)
    bench.store.close()
    assert list(bench.database.taken) == ["line_seconds/0:0-1@0"]
    assert bench.database.saved == {("crowd.flow", 0): 1}


def test_an_end_while_the_database_is_away_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(monkeypatch, [row(0)])
    bench.turns(2, each_s=0)
    bench.database.errors = [TransientError("away")]
    bench.store.close()
    assert bench.database.saved == {}


def test_after_a_broken_read_the_next_reader_starts_after_what_is_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(monkeypatch, [row(0), row(1)])
    bench.turns(2, each_s=0)
    bench.tails[0].errors = [TransientError("the broker is away")]
    bench.turns(8)
    assert bench.opened == [{}, {}]
    assert bench.tails[0].closed
    assert list(bench.database.taken) == ["line_seconds/0:0-1@0"]


def test_a_table_that_is_behind_another_of_its_topic_is_caught_up_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    frames = [
        Row(thing="camera.frames", mode="drill-t1", partition=0, offset=offset, appended_us=0, record=to_plain(frame(offset)))
        for offset in (5, 6, 7)
    ]
    bench = Bench(monkeypatch, frames)
    bench.database.offsets = {"camera_frames": {0: 6}, "positions": {0: 4}}
    bench.turns(4)
    assert bench.opened == [{("camera.frames", 0): 5}]
    assert bench.database.asked_frames == {0: 5}
    assert list(bench.database.taken) == ["camera_frames/0:7-7@0", "positions/0:5-7@0"]


def frame(second: int) -> CameraFrame:
    at_us = second * 1_000_000
    return CameraFrame(camera="c", event_time_us=at_us, received_us=at_us, tile_x_cm=0, tile_y_cm=0, people=1, positions=bytes(14))


def test_a_record_that_makes_no_rows_of_one_table_is_a_dead_letter_and_goes_into_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = replace(frame(1), positions=bytes(15))
    row_ = Row(thing="camera.frames", mode="drill-t1", partition=0, offset=0, appended_us=0, record=to_plain(broken), raw=b"raw")
    bench = Bench(monkeypatch, [row_])
    bench.turns(4)
    (letter,) = [record for record in bench.sender.records if isinstance(record, DeadLetter)]
    assert (letter.reason, letter.raw) == ("positions: positions: 15 bytes are no rows of 14", b"raw")
    assert list(bench.database.taken) == ["camera_frames/0:0-0@0"]


def test_a_full_disk_is_said_once_and_the_same_block_arrives_when_there_is_room(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bench = Bench(monkeypatch, [row(0), row(1)])
    bench.turns(2)
    bench.database.errors = [TransientError("ClickHouse, INSERT: its disk is full, make room: no space", retry_after_s=5)] * 20
    bench.turns(60)
    assert bench.database.taken == {}
    assert [record.lag for record in bench.sender.records if isinstance(record, StageHealth)][-1] == 2
    bench.turns(100)
    assert list(bench.database.taken) == ["line_seconds/0:0-1@0"]
    assert capsys.readouterr().out.count("its disk is full") == 1
