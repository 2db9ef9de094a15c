"""Evidence about vehicles becomes one alert an episode."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pipelines.alerts.kernel import Kernel
from pipelines.dispatch.texts import WHAT
from pipelines.events import AlertChange, VehicleEvent
from pipelines.rules.vehicles import BEYOND_PERMIT, IMPROPER_STOP, QUIET, SPEEDING, TOWARDS_PEOPLE, WRONG_WAY
from plan.load import parse
from tests.plans import plan_dict

START = 1_767_225_600_000_000


def kernel(people: float = 0.0) -> Kernel:
    made = Kernel(parse(plan_dict()), plan_hash="h", mode="live")
    made.watch.people["hall"] = people
    return made


def event(kind: str, *, vehicle: str = "van-1", **more: Any) -> tuple[str, VehicleEvent]:
    row = {
        "progress": False,
        "rows": 0,
        "window_end_us": START,
        "kind": kind,
        "vehicle": vehicle,
        "lane": "road",
        "zone": "",
        "start_us": START,
        "event_time_us": START + 20_000_000,
        "distance_cm": 0,
        "speed_cmps": 611,
        "ahead_cm": -1,
        "x_cm": 1000,
        "y_cm": 1800,
    }
    return "vehicle.events", VehicleEvent(**{**row, **more})


def raised(made: Kernel, *rows: tuple[str, VehicleEvent], at_s: float = 0) -> list[AlertChange]:
    return [row for row in made.step(START + round(at_s * 1e6), rows).changes if row.condition == "active"]


@pytest.mark.parametrize(
    ("row", "rule", "place", "level", "prompt"),
    [
        (event("wrong_way"), WRONG_WAY, "road", "warning", ("WRONG WAY – STOP, TURN BACK", "逆行 请停车掉头")),
        (event("improper_stop", detail="stop"), IMPROPER_STOP, "road", "caution", ("NO STOPPING – DRIVE ON", "禁止停车 请驶离")),
        (event("improper_stop", detail="park"), IMPROPER_STOP, "road", "caution", ("NO PARKING – DRIVE ON", "禁止长时停放 请驶离")),
        (
            event("beyond_permit", zone="yard", detail="time"),
            BEYOND_PERMIT,
            "yard",
            "caution",
            ("PERMIT NOT VALID NOW – LEAVE", "通行证不在有效时段 请驶离"),
        ),
        (event("speeding", zone="hall"), SPEEDING, "hall", "caution", ("SLOW DOWN – LIMIT 5 km/h", "请减速 限速5 km/h")),
    ],
)
def test_each_kind_has_its_rule_level_and_sign(row, rule, place, level, prompt):
    (found,) = raised(kernel(), row)
    assert (found.rule, found.place, found.level, found.source) == (rule, place, level, "van-1")
    assert (found.prompt_en, found.prompt_zh) == prompt
    assert rule in WHAT


def test_a_vehicle_that_goes_on_into_another_lane_is_one_episode_and_a_second_vehicle_another():
    made = kernel()
    first = raised(made, event("wrong_way"), event("wrong_way", lane="other"), event("wrong_way", vehicle="van-2"))
    assert [(row.source, row.place) for row in first] == [("van-1", "road"), ("van-2", "road")]
    assert len({row.alert_id for row in first}) == 2
    assert raised(made, event("wrong_way", lane="other"), at_s=30) == []


def test_people_of_two_zones_are_two_episodes():
    made = kernel(people=3)
    made.watch.people["queue"] = 2
    found = raised(made, event("towards_people", zone="hall"), event("towards_people", zone="queue"))
    assert [(row.rule, row.place, row.priority) for row in found] == [(TOWARDS_PEOPLE, "hall", "P1"), (TOWARDS_PEOPLE, "queue", "P1")]


def test_fast_among_people_is_life_safety_and_not_speeding():
    fast = event("speeding", zone="hall", speed_cmps=500)
    assert raised(kernel(people=3), fast) == []
    assert [row.rule for row in raised(kernel(people=3), event("speeding", zone="hall", speed_cmps=300))] == [SPEEDING]
    assert [row.rule for row in raised(kernel(), fast)] == [SPEEDING]
    assert [row.rule for row in raised(kernel(people=3), event("towards_people", zone="hall"), fast)] == [TOWARDS_PEOPLE]


def test_evidence_that_stays_away_clears_all_but_what_latches():
    made = kernel(people=3)
    raised(made, event("wrong_way"), event("improper_stop", detail="stop"), event("towards_people", zone="hall"))
    made.step(START + 61_000_000, [])
    assert [alert.rule for rule in QUIET for alert in made.open_alerts(rule)] == [TOWARDS_PEOPLE]


def test_open_episodes_of_vehicles_survive_in_the_saved_state():
    made, again = kernel(), kernel()
    raised(made, event("wrong_way"), event("wrong_way", vehicle="van-2"))
    again.load(made.dump())
    assert raised(again, event("wrong_way"), event("wrong_way", vehicle="van-2"), at_s=1) == []
    assert len(json.loads(again.dump()["open"])) == 2


def test_a_stop_is_told_at_the_lane_of_its_mean_place():
    (found,) = raised(kernel(), event("improper_stop", lane="wrong-by-noise", detail="stop"))
    assert (found.place, found.value, found.unit) == ("road", 20.0, "s")
