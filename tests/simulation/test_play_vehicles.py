"""A file of vehicles: what cannot be is refused row by row, with a reason, and the rest is played."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.errors import ConfigError
from pipelines.events import DeadLetter, VehicleTrack
from plan.load import load
from simulation.play_vehicles import plan_along, play_vehicles, read_vehicles
from tests.whole import vehicles_plan

HEADER = "t,id,x,y,speed,angle_deg,lane,label\n"
GOOD = [f"{step / 5:.1f},car,{step * 2},0,10,90,east,x" for step in range(50)]


class Recorder:
    """A player that keeps what it is sent."""

    stopped = False

    def __init__(self) -> None:
        self.clock_us = 1_767_225_600_000_000
        self.records: list = []

    def advance(self, clock_us: int) -> None:
        assert clock_us >= self.clock_us
        self.clock_us = clock_us

    def send(self, records: list, *, partition: int = 0) -> None:
        self.records += records

    def finish(self) -> int:
        return self.clock_us


def play(path: Path, plan=None) -> list:
    rows, player = read_vehicles(path), Recorder()
    play_vehicles(rows, plan or plan_along(rows, name="x"), player)  # type: ignore[arg-type]  # plays no topic
    return player.records


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("5.1,bad,nan,0,10,90,east,x", "not a finite number"),
        ("inf,bad,5,0,10,90,east,x", "not a finite number"),
        ("5.1,bad,1e300,0,10,90,east,x", "larger than"),
        ("5.1,bad,50,0,500,90,east,x", "cannot be"),
        ("5.1,bad,50,90000,10,90,east,x", "outside the venue"),
        ("5.0,car,50,1,10,90,east,x", "a second record"),
        ("86405,car,50,1,10,90,east,x", "more than an hour after"),
    ],
)
def test_a_row_that_cannot_be_is_a_dead_letter_and_the_rest_is_played(tmp_path, row, reason):
    path = tmp_path / "road.csv"
    path.write_text(HEADER + "\n".join([*GOOD, row]) + "\n")
    records = play(path)
    (letter,) = [record for record in records if isinstance(record, DeadLetter)]
    assert reason in letter.reason
    assert (letter.topic, letter.offset) == ("raw.vehicle", 52) or reason == "a second record"
    assert sum(isinstance(record, VehicleTrack) for record in records) == len(GOOD)


def test_a_file_of_nothing_but_bad_rows_is_refused(tmp_path):
    path = tmp_path / "road.csv"
    path.write_text(HEADER + "1,bad,nan,0,10,90,east,x\n")
    with pytest.raises(ConfigError, match="line 2: a value is not a finite number"):
        read_vehicles(path)


def test_the_small_road_of_the_whole_test_says_what_it_should(tmp_path):
    path, plan = vehicles_plan.write(tmp_path)
    records = play(path, load(plan))
    tracks = [record for record in records if isinstance(record, VehicleTrack)]
    assert sum(isinstance(record, DeadLetter) for record in records) == len(vehicles_plan.BAD)
    assert {row.vehicle: row.beyond for row in tracks if row.beyond} == {
        "van-7": "level:yard",
        "van-late": "time:yard",
        "van-none": "area:yard",
    }
    assert {row.vehicle for row in tracks if row.excused} == {"first", "second", "in-bay"}
