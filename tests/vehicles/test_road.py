"""A vehicle against the road: lane, bay, barrier, permit, and what no vehicle can do."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.events import SensorVehicle, VehicleTrack
from pipelines.measures.driving import Driving
from pipelines.measures.lane import LaneFloor
from pipelines.measures.road import (
    BarrierFloor,
    PermitFor,
    RestrictedFloor,
    Road,
    beyond_permit,
    excuse,
    impossible,
    inside,
    on_lane,
    track_of,
)

NOW = 1_767_225_600_000_000
EAST = LaneFloor(lane="east", a_m=(0, 0), b_m=(400, 0), width_m=3.5)
WEST = LaneFloor(lane="west", a_m=(400, 3.2), b_m=(0, 3.2), width_m=3.5)
YARD = ((0.0, 20.0), (50.0, 20.0), (50.0, 40.0), (0.0, 40.0))
ROAD = Road(
    lanes=(EAST, WEST),
    zones=(("plaza", ((390.0, -9.0), (399.0, -9.0), (399.0, 9.0), (390.0, 9.0))),),
    bays=(("bay", ((100.0, -1.7), (110.0, -1.7), (110.0, 0.5), (100.0, 0.5))),),
    barriers=(BarrierFloor(barrier="bar", lane="east", at_m=300, queue_m=50),),
    restricted=(RestrictedFloor(area="yard", polygon=YARD, level=2),),
    permits=(
        PermitFor(plate="OK", areas=("yard",), since_us=NOW - 1, until_us=NOW + 100, level=2),
        PermitFor(plate="LATE", areas=("yard",), since_us=NOW - 9, until_us=NOW, level=2),
        PermitFor(plate="LOW", areas=("yard",), since_us=NOW - 1, until_us=NOW + 100, level=1),
        PermitFor(plate="ELSEWHERE", areas=("garden",), since_us=NOW - 1, until_us=NOW + 100, level=9),
    ),
)


def reading(x: float = 0, y: float = 0, *, t_s: float = 0, vehicle: str = "van", **more) -> SensorVehicle:
    return SensorVehicle(
        **{
            "device": "v-1",
            "event_time_us": NOW + round(t_s * 1_000_000),
            "received_us": NOW,
            "vehicle": vehicle,
            "x_cm": round(x * 100),
            "y_cm": round(y * 100),
            "speed_cmps": 1000,
            "heading_deg": 0.0,
            "lane": "",
            **more,
        }
    )


@pytest.mark.parametrize(
    ("plate", "found"), [("OK", ""), ("LATE", "time:yard"), ("LOW", "level:yard"), ("ELSEWHERE", "area:yard"), ("", "area:yard")]
)
def test_a_permit_holds_for_its_areas_its_time_and_its_level(plate, found):
    assert beyond_permit((10, 30), plate=plate, at_us=NOW, road=ROAD) == found
    assert beyond_permit((60, 30), plate=plate, at_us=NOW, road=ROAD) == ""


def test_an_area_is_restricted_at_its_times_only():
    yard = replace(ROAD.restricted[0], times_us=((NOW - 10, NOW),))
    road = replace(ROAD, restricted=(yard,))
    assert beyond_permit((10, 30), plate="", at_us=NOW - 1, road=road) == "area:yard"
    assert beyond_permit((10, 30), plate="", at_us=NOW, road=road) == ""


def test_the_plate_counts_and_where_none_is_read_the_vehicles_id():
    assert track_of(reading(10, 30, vehicle="7", plate="OK"), road=ROAD).beyond == ""
    assert track_of(reading(10, 30, vehicle="OK"), road=ROAD).beyond == ""
    assert track_of(reading(10, 30, vehicle="OK", plate="LOW"), road=ROAD).beyond == "level:yard"


@pytest.mark.parametrize(("x", "found"), [(105, "bay:bay"), (249, ""), (251, "barrier:bar"), (300.5, "barrier:bar"), (302, ""), (20, "")])
def test_a_bay_and_the_queue_of_a_barrier_excuse_who_stands_there(x, found):
    lane = on_lane((x, 0), heading_deg=0, speed_mps=0, lanes=ROAD.lanes)
    assert excuse((x, 0), lane=lane, road=ROAD) == found


def test_a_lane_on_which_a_stop_is_allowed_excuses_a_short_one():
    road = replace(ROAD, lanes=(replace(EAST, stopping=True),))
    assert track_of(reading(20), road=road).excused == "lane:east"


def test_a_track_says_where_it_is_and_what_lies_ahead():
    found = track_of(reading(395, 0), road=ROAD)
    assert (found.inside_zone, found.ahead_zone, found.ahead_cm, found.lane) == ("plaza", "plaza", 0, "east")


@given(st.floats(-1, 11), st.floats(-1, 11))
def test_inside_a_square_is_what_it_says(x, y):
    if min(abs(x), abs(x - 10), abs(y), abs(y - 10)) > 1e-6:
        assert inside((x, y), [(0, 0), (10, 0), (10, 10), (0, 10)]) == (0 < x < 10 and 0 < y < 10)


def test_a_metre_of_noise_does_not_put_a_vehicle_onto_the_opposite_lane():
    chance, driving = random.Random(1), Driving(ROAD)
    lanes = []
    for step in range(150):
        x, y = 10 + 2 * step + chance.gauss(0, 1), chance.gauss(0, 1)
        found = driving.take(reading(x, y, t_s=step / 5))
        assert isinstance(found, VehicleTrack)
        lanes.append(found.lane)
    assert lanes[5:].count("west") <= 1


def test_a_leap_is_refused_once_and_the_vehicle_is_where_it_stays():
    driving = Driving(ROAD)
    assert isinstance(driving.take(reading(10)), VehicleTrack)
    assert driving.take(reading(300, t_s=0.2)) == "vehicle van: 290 m in 0.20 s is faster than 100 m/s"
    assert isinstance(driving.take(reading(12, t_s=0.4)), VehicleTrack)
    assert isinstance(driving.take(reading(300, t_s=0.6)), str)
    found = driving.take(reading(302, t_s=0.8))
    assert isinstance(found, VehicleTrack)
    assert found.s_cm == 30_200


def test_a_second_record_of_one_time_is_refused_and_one_of_another_sensor_is_not():
    driving = Driving(ROAD)
    driving.take(reading(10))
    driving.take(reading(12, t_s=0.2))
    assert "a second record of v-1" in str(driving.take(reading(10.5)))
    assert isinstance(driving.take(reading(10.5, device="v-2")), VehicleTrack)
    assert isinstance(driving.take(reading(11, t_s=0.1)), VehicleTrack)


def test_vehicles_that_are_gone_are_forgotten():
    driving = Driving(ROAD)
    for number in range(50):
        driving.take(reading(10, t_s=number * 10, vehicle=f"van-{number}"))
    assert len(driving._seen) <= 7


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"x_cm": 10**7}, "outside the venue"),
        ({"speed_cmps": 10_001}, "cannot be"),
        ({"speed_cmps": -1}, "cannot be"),
        ({"heading_deg": float("nan")}, "cannot be"),
        ({}, ""),
    ],
)
def test_what_cannot_be_has_its_sentence(change, sentence):
    found = impossible(replace(reading(10), **change), extent_m=(0, -10, 400, 60))
    assert sentence in found
    assert bool(found) == bool(sentence)
