"""Rules of behaviour in a plan: what is watched where and when, and what a plan is told."""

from __future__ import annotations

from typing import Any

import pytest

from pipelines.detect.behaviour.watching import Behaviour
from plan import needs
from plan.load import check, parse
from plan.model import Plan
from plan.views import behaviour_of
from tests.plans import plan_dict

NAME = {"en": "Fence", "zh": "围栏"}
FENCE = {"id": "north", "name": NAME, "a": [1, 15], "b": [19, 15]}


def made(**behaviour: Any) -> Plan:
    return parse(plan_dict(behaviour=behaviour))


def kinds(found: Behaviour | None) -> list[str]:
    return [watched.rule.kind for watched in found._watched] if found else []


def watched_by(plan: Plan) -> dict[str, list[str]]:
    return {camera.id: kinds(behaviour_of(plan, camera)) for camera in plan.cameras}


def test_a_plan_without_rules_of_behaviour_watches_nobody_and_ticks_nothing_for_it() -> None:
    plan = made()
    assert watched_by(plan) == {"c1": [], "c2": []}
    assert needs.EVENTS not in needs.ticked(plan)


def test_each_camera_has_the_rules_of_the_floor_that_it_owns_and_the_ticks_follow() -> None:
    plan = made(closed_zones=[{"zone": "queue"}], fences=[FENCE], running={"zones": ["hall", "queue"]}, lying={"zones": ["hall"]})
    assert watched_by(plan) == {"c1": ["fence_line", "running", "lying"], "c2": ["closed_zone", "running"]}
    assert needs.EVENTS in needs.ticked(plan)
    assert needs.EVENTS in needs.readings(plan)


def test_a_rule_of_another_phase_does_not_hold_now() -> None:
    phases = [{"id": name, "name": NAME} for name in ("entry", "show")]
    closed = [{"zone": "hall", "phases": ["show"]}]
    for phase, expected in (("entry", []), ("show", ["closed_zone"])):
        plan = parse(plan_dict(phases=phases, phase=phase, behaviour={"closed_zones": closed}))
        assert watched_by(plan)["c1"] == expected


@pytest.mark.parametrize(
    ("behaviour", "sentence"),
    [
        ({"running": {"zones": ["attic"]}}, "behaviour.running: there is no 'attic' among the zones (hall, queue)"),
        ({"fences": [{**FENCE, "b": [1, 15]}]}, "behaviour.fences 'north': its ends are one point"),
        (
            {"fences": [{**FENCE, "a": [50, 50], "b": [60, 50]}]},
            "behaviour.fences 'north': it can never fire: no camera owns the floor beside it",
        ),
        ({"fences": [{**FENCE, "id": "hall"}]}, "behaviour.fences 'hall': the id is there twice"),
        ({"loitering": {"phases": ["show"]}}, "behaviour: a rule never holds in 'show': the plan has no such phase (entry)"),
    ],
)
def test_a_rule_that_cannot_hold_is_named(behaviour: dict[str, Any], sentence: str) -> None:
    assert sentence in check(Plan.model_validate(plan_dict(behaviour=behaviour)))
