"""On-call tables, prepared actions and response plans: a mistake is a sentence."""

from __future__ import annotations

import re
from typing import Any

import pytest

from cli.paths import ROOT
from pipelines.errors import ConfigError
from plan.duty import Shift, is_on
from plan.duty_check import notes
from plan.load import load, parse
from tests.plans import plan_dict

HOUR_US = 3_600_000_000
POSTS = [{"call_sign": sign, "role": {"en": f"role {sign}", "zh": "岗"}, "rights": ["acknowledge"]} for sign in ("S1", "S2", "G1", "F1")]
TWO = [{"channel": "radio", "address": "1"}, {"channel": "sms", "address": "2"}]
SOURCE = "to be signed by the safety officer"


def duty(**changes: Any) -> dict[str, Any]:
    return {
        "channels": [
            {"channel": "radio", "network": "venue"},
            {"channel": "sms", "network": "mobile"},
            {"channel": "pager", "network": "venue"},
        ],
        "reach": [{"post": post["call_sign"], "bearers": TWO} for post in POSTS],
        "shifts": [
            {"function": "command_post", "posts": ["S1"]},
            {"function": "deputy", "posts": ["S2"]},
            {"function": "fire_control_room", "posts": ["F1"]},
            {"function": "police_liaison", "posts": ["S2"]},
            {"function": "zone_guard", "posts": ["G1"]},
            {"function": "sector_lead", "posts": ["S2"]},
        ],
        **changes,
    }


def with_duty(made: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    return plan_dict(posts=POSTS, duty=made or duty(), **changes)


def shifts(function: str, **fields: Any) -> list[dict[str, Any]]:
    return [row | fields if row["function"] == function else row for row in duty()["shifts"]]


def reach(*bearers: dict[str, str]) -> list[dict[str, Any]]:
    return [{"post": "S1", "bearers": list(bearers)}, *duty()["reach"][1:]]


ACTION = {"id": "hold", "name": {"en": "Hold", "zh": "截流"}, "text": {"en": "hold", "zh": "截流"}, "authority": ["role S1"]}
STEP = {"id": "organiser_told", "within_s": 60, "functions": ["organiser"], "text": {"en": "tell", "zh": "告知"}}
RESPONSE = {"id": "r", "name": {"en": "R", "zh": "预案"}, "clause": "1", "rules": ["fire"], "steps": [STEP], "source": SOURCE}


def test_a_sound_table_is_taken_and_has_no_note() -> None:
    assert notes(parse(with_duty())) == []


def test_a_plan_without_a_table_is_sound_and_says_what_that_means() -> None:
    (note,) = notes(parse(plan_dict()))
    assert "no on-call table" in note


def test_the_demos_plan_has_a_full_table() -> None:
    plan = load(ROOT / "plan" / "examples" / "stadium.yaml")
    assert plan.duty is not None
    assert notes(plan) == []
    assert len({step.id for made in plan.response_plans for step in made.steps}) == 5
    assert {"hold_upstream", "one_way", "batch_release", "stop_checking_tickets", "stop_show"} < {row.id for row in plan.actions}


@pytest.mark.parametrize(
    ("plan", "sentence"),
    [
        (
            with_duty(duty(shifts=shifts("command_post", hours=["08:00", "20:00"]))),
            "duty: nobody is on shift as command_post in the hour from 00:00, and in 11 more hours (P1, step 'first')",
        ),
        (with_duty(duty(shifts=duty()["shifts"][:1] + duty()["shifts"][2:])), "duty: nobody is on shift as deputy in the hour from 00:00"),
        (
            with_duty(duty(shifts=shifts("zone_guard", places=["hall"]))),
            "duty: nobody is on shift as zone_guard for 'queue' in the hour from",
        ),
        (with_duty(duty(shifts=shifts("zone_guard", places=["gone"]))), "duty.shifts[4] zone_guard: there is no place 'gone'"),
        (with_duty(duty(shifts=shifts("deputy", posts=["X9"]))), "duty.shifts[1] deputy: there is no post 'X9'"),
        (with_duty(duty(reach=duty()["reach"][1:])), "nobody knows how 'S1' is reached"),
        (
            with_duty(duty(reach=reach({"channel": "radio"}, {"channel": "pager"}))),
            "duty.reach of 'S1': its two bearers share the network 'venue', so one fault cuts off both",
        ),
        (with_duty(duty(reach=reach({"channel": "radio"}, {"channel": "fax"}))), "there is no channel 'fax' among duty.channels"),
        (with_duty(duty(reach=reach({"channel": "radio"}))), "should have at least 2"),
        (with_duty(duty(p1=[{"step": "first", "after_s": 5, "functions": ["deputy"]}])), "p1: the steps must begin at 0 s"),
        (with_duty(duty(shifts=[*duty()["shifts"], {"function": "everyone", "posts": ["S1"]}])), "no function to be on shift in"),
        (with_duty(actions=[ACTION | {"authority": ["nobody"]}]), "action 'hold': authority: no post has the role 'nobody'"),
        (with_duty(actions=[ACTION | {"id": "stop_show"}]), "to stop the show needs the second gesture"),
        (with_duty(actions=[ACTION | {"id": "divert_a"}]), "an order to divert names the zone that it sends people to"),
        (with_duty(actions=[ACTION | {"id": "divert_a", "to": "gone"}]), "action 'divert_a': to: there is no 'gone' among the zones"),
        (with_duty(actions=[ACTION, ACTION]), "actions: the id 'hold' is there twice"),
        (
            with_duty(response_plans=[RESPONSE]),
            "nobody is on shift as organiser in the hour from 00:00, and in 23 more hours (response step",
        ),
        (plan_dict(response_plans=[RESPONSE]), "response_plans: they name functions, so the plan needs `duty`"),
        (with_duty(short={"gone": {"en": "g", "zh": "某"}}), "short: there is no place 'gone'"),
        (
            with_duty(actions=[ACTION | {"text": {"en": "stop the Stampede", "zh": "截流"}}]),
            "actions[0] 'hold'.text: 'stampede' must not be used",
        ),
        (with_duty(short={"hall": {"en": "hall", "zh": "踩踏厅"}}), "short.hall: '踩踏' must not be used in a text"),
    ],
)
def test_each_mistake_has_its_sentence(plan: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(sentence)):
        parse(plan)


def test_hours_are_half_open_and_may_pass_midnight() -> None:
    night = Shift(function="deputy", posts=("S1",), hours=("22:00", "06:00"))
    assert [is_on(night, hour * HOUR_US, utc_offset_min=0) for hour in (21, 22, 2, 6)] == [False, True, True, False]
    assert is_on(night, 14 * HOUR_US, utc_offset_min=480)
