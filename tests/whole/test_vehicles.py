"""Vehicles through real Kafka and Flink: who is told of, who is not, and how long after its condition was met."""

from __future__ import annotations

import csv
import json
import random
from pathlib import Path

import pytest

from cli.paths import ROOT, data_folder
from stack.machine import Machine
from tests.whole import vehicles_plan
from tests.whole.conftest import HOME, Command, report

pytestmark = pytest.mark.stack

ROAD = data_folder() / "vehicles" / "sumo-two-way-road.csv"
CARS = data_folder() / "video" / "intel-car-detection.mp4"
MOST_S = 3.0
BRAKING_S = 2.0  # the file labels a stop from speed 0 on; its last metres belong to the standing within 3 m


@pytest.fixture(scope="module")
def base():
    """One base machine for the plays of this module."""
    with Machine(HOME, ROOT, name="test-base", join=False) as machine:
        machine.start([])
        yield machine


def played(kind: str, path: Path, out: Path, *more: str) -> dict:
    command = Command("play", kind, str(path), "--rate", "0", "--wait", "--report", str(out), *more)
    assert command.end() == 0, command.text()
    return report(out)


def noisy(path: Path, to: Path) -> Path:
    """The file with 1 m of position noise in each direction and every tenth record lost, by chance with a seed."""
    chance = random.Random(20260101)
    with path.open() as source, to.open("w", newline="") as sink:
        reader = csv.DictReader(source)
        writer = csv.DictWriter(sink, reader.fieldnames or [])
        writer.writeheader()
        for row in reader:
            if chance.random() >= 0.1:
                row["x"], row["y"] = (f"{float(row[axis]) + chance.gauss(0, 1):.2f}" for axis in ("x", "y"))
                writer.writerow(row)
    return to


def delays_s(found: dict) -> dict[str, float]:
    """By vehicle: from the moment that its condition was met, by the file's labels, until the alert's event time."""
    began: dict[str, float] = {}
    with ROAD.open() as file:
        for row in csv.DictReader(file):
            if row["label"] in ("wrong_way", "stopped"):
                began.setdefault(row["id"], float(row["t"]))
    lasts = {"wrong_way": 2.0, "improper_stop": 20.0}
    return {
        row["source"]: (row["levels"][0]["event_time_us"] - found["start_us"]) / 1e6 - began[row["source"]] - lasts[row["rule"]]
        for row in found["alerts"]
    }


@pytest.mark.parametrize("noise", [False, True], ids=["as recorded", "1 m noise, 10 % lost"])
def test_ghost_and_stopper_are_told_of_and_parker_and_the_others_are_not(base, tmp_path, noise):
    if not ROAD.is_file():
        pytest.skip(f"recorded vehicles are not here: {ROAD.name} (MUSTER_DATA names their folder)")
    path = noisy(ROAD, tmp_path / "noisy.csv") if noise else ROAD
    found = played("vehicles", path, tmp_path / "out.json")
    delays = delays_s(found)
    print(json.dumps({"noise": noise, "refused": found["refused"], "positions": found["positions"], "delays_s": delays}))
    assert sorted((row["rule"], row["source"], row["level"]) for row in found["alerts"]) == [
        ("improper_stop", "stopper", "caution"),
        ("wrong_way", "ghost", "warning"),
    ]
    assert all(-BRAKING_S <= delay <= MOST_S for delay in delays.values()), delays
    assert {row["rule"]: row["prompt"]["zh"] for row in found["alerts"]}["wrong_way"] == "逆行 请停车掉头"


def test_queue_bay_and_permit_are_no_alert_and_their_opposites_are(base, tmp_path):
    path, plan = vehicles_plan.write(tmp_path)
    found = played("vehicles", path, tmp_path / "out.json", "--plan", str(plan))
    print(
        json.dumps({"refused": found["refused"], "alerts": [(row["rule"], row["source"], row["prompt"]["en"]) for row in found["alerts"]]})
    )
    assert sorted((row["rule"], row["source"], row["place"]) for row in found["alerts"]) == [
        ("beyond_permit", "van-7", "yard"),
        ("beyond_permit", "van-late", "yard"),
        ("beyond_permit", "van-none", "yard"),
        ("improper_stop", "standing", "east"),
        ("speeding", "speeder", "plaza"),
        ("wrong_way", "ghost", "east"),
    ]
    assert found["refused"] == len(vehicles_plan.BAD)


def test_two_of_four_cars_go_against_the_lane_that_a_camera_watches(base, tmp_path):
    if not CARS.is_file():
        pytest.skip(f"recorded cars are not here: {CARS.name} (MUSTER_DATA names their folder)")
    found = played("video", CARS, tmp_path / "out.json", "--scale-px-per-m", "75", "--lane", "5.0,5.7 5.0,0 2.6")
    print(json.dumps({"alerts": [(row["rule"], row["place"], row["source"]) for row in found["alerts"]]}))
    assert [(row["rule"], row["place"]) for row in found["alerts"]] == [("wrong_way", "lane-1")] * 2
    assert len({row["source"] for row in found["alerts"]}) == 2
