"""Vehicles that a camera sees."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cli.paths import data_folder
from pipelines.detect.vehicles import CameraVehicles
from pipelines.errors import ConfigError
from pipelines.events import CrowdZones, VehicleTrack
from pipelines.measures.lane import LaneFloor
from pipelines.measures.road import Road
from plan import needs
from simulation.play_video import plan_for_video, play_video

START = 1_767_225_600_000_000
ROAD = Road(lanes=(LaneFloor(lane="east", a_m=(0, 5), b_m=(100, 5), width_m=4),))
CARS = data_folder() / "video" / "intel-car-detection.mp4"


def drive(vehicles: CameraVehicles, *, speed_mps: float, frames: int = 20, jitter_m: float = 0.0) -> list[VehicleTrack]:
    chance = np.random.default_rng(3)
    found = []
    for frame in range(frames):
        place = np.array([[50 + speed_mps * frame / 10, 5.0]]) + chance.normal(0, jitter_m, (1, 2)) * (jitter_m > 0)
        found += vehicles.take(START + frame * 100_000, np.array([7]), place, received_us=START)
    return found


def test_speed_and_heading_come_over_a_baseline_and_nothing_is_told_before_there_is_one():
    vehicles = CameraVehicles("cam", road=ROAD, extent_m=(0, 0, 100, 10))
    found = drive(vehicles, speed_mps=-6)
    assert found[0].event_time_us == START + 500_000
    assert {(row.vehicle, row.source, row.lane, row.speed_cmps, row.along_cmps) for row in found} == {("cam-7", "cam", "east", 600, -600)}


def test_the_jitter_of_a_standing_box_is_no_speed():
    found = drive(CameraVehicles("cam", road=ROAD, extent_m=(0, 0, 100, 10)), speed_mps=0, frames=60, jitter_m=0.1)
    assert np.mean([row.speed_cmps for row in found[5:]]) < 40


def test_what_is_outside_the_venue_is_refused_and_counted():
    vehicles = CameraVehicles("cam", road=ROAD, extent_m=(0, 0, 51, 10))
    found = drive(vehicles, speed_mps=5)
    assert vehicles.refused == 20 - 5 - len(found) > 0


class Recorder:
    """A player that keeps what it is sent."""

    stopped = False

    def __init__(self) -> None:
        self.clock_us = START
        self.records: list = []

    def advance(self, clock_us: int) -> None:
        self.clock_us = clock_us

    def send(self, records: list, *, partition: int = 0) -> None:
        self.records += records

    def finish(self) -> int:
        return self.clock_us


def test_of_four_recorded_cars_two_go_against_the_lane_and_none_is_a_person():
    if not CARS.is_file():
        pytest.skip(f"recorded cars are not here: {CARS.name} (MUSTER_DATA names their folder)")
    plan = plan_for_video(CARS, camera="cam", scale_px_per_m=75, lanes=["5.0,5.7 5.0,0 2.6"])
    assert needs.results(plan) == ("vehicle.events",)
    player = Recorder()
    play_video(CARS, plan, player, camera="cam")  # type: ignore[arg-type]  # plays no topic
    tracks = [record for record in player.records if isinstance(record, VehicleTrack)]
    assert not [record for record in player.records if isinstance(record, CrowdZones)]
    assert len({row.vehicle for row in tracks}) == 4
    assert {row.inside_zone for row in tracks} == {""}
    against = {row.vehicle for row in tracks if row.lane == "lane-1" and row.along_cmps <= -50}
    assert len(against) == 2
    assert {row.vehicle for row in tracks if row.lane == "lane-1"} == against


@pytest.mark.parametrize(("lane", "scale"), [("5,5", 75.0), ("a,b c,d", 75.0), ("1,1 2,2", None)])
def test_a_lane_that_cannot_be_used_is_refused(tmp_path: Path, lane, scale):
    if not CARS.is_file():
        pytest.skip(f"recorded cars are not here: {CARS.name} (MUSTER_DATA names their folder)")
    with pytest.raises(ConfigError, match="lane"):
        plan_for_video(CARS, camera="cam", scale_px_per_m=scale, lanes=[lane])
