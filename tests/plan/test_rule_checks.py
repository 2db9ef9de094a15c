"""Rules that cannot be right: each mistake has its sentence, at `plan check` and at `rules check`."""

from __future__ import annotations

import re

import pytest

from pipelines import rules
from pipelines.errors import ConfigError
from pipelines.rules import CROWD
from plan.load import parse
from plan.rulebook import RULES
from tests.plans import plan_dict

NAME = {"en": "x", "zh": "某处"}
BOTH = {"id": "both", "name": NAME, "all_of": ["fire", "crowd_density"], "source": "x y"}
OFF = {"rule": "growth", "phases": ["entry"], "source": "x y"}


def combined(*rows):
    return plan_dict(rules={"combinations": [{**BOTH, **row} for row in rows]})


def scheduled(**row):
    return plan_dict(rules={"schedules": [{**OFF, **row}]})


def phase(**row):
    return plan_dict(phases=[{"id": "entry", "name": NAME, **row}])


def hall(**row):
    plan = plan_dict()
    plan["zones"][0] |= row
    return plan


READER = {"id": "id-1", "kind": "id_reader", "at": [20, 10], "gate": "g"}
AREA = {"id": "inside", "name": NAME, "approved": {"value": 100, "source": "x y"}}

MISTAKES = [
    (hall(ladder={"act_now": 13, "source": "x y"}), "zone 'hall': act_now at 13 p/m² can never fire: no crowd is denser than 12"),
    (hall(ladder={"watch": 0.25, "source": "x y"}), "zone 'hall': watch at 0.25 p/m² always fires: one person alone is 0.25"),
    (
        hall(ladder={"watch": 0.4, "source": "x y"}),
        "zone 'hall': watch at 0.4 p/m² never clears: no peak is lower by the hysteresis of 0.5",
    ),
    (hall(ladder={"warning": 5.5, "source": "x y"}), "the ladder does not rise from watch to act_now"),
    (
        hall(polygon=[[0, 0], [20, 0], [20, 20], [0, 20]], coverage=1.0)
        | {"cameras": [*plan_dict()["cameras"][1:], {"id": "c1", "name": NAME, "at": [0, 0], "owns": [0, 0, 10, 20]}]},
        "zone 'hall': always unknown: cameras own 50% of its floor, and coverage asks for 100%",
    ),
    (plan_dict(signs={"growth": {"per_m2": 20}}), "signs.growth: per_m2 of 20 can never be reached"),
    (plan_dict(signs={"pressure": {"hold_s": 301}}), "signs.pressure: hold_s of 301 is longer than the 300 s that are remembered"),
    (plan_dict(timing={"hold_up_s": 400}), "timing: hold_up_s of 400 is longer than the 300 s"),
    (plan_dict(signs={"collapse": {"share": 1}}), "signs.collapse: more than a share of 1 of the people can never vanish"),
    (plan_dict(signs={"blind_rising": {"fall": 1}}), "signs.blind_rising: when the seen share has fallen by 1"),
    (
        plan_dict(signs={"stop_and_go": {"stops": 11, "over_s": 20}}),
        "signs.stop_and_go: 11 stops, each with a second of walking, do not fit into 20 s",
    ),
    (
        plan_dict(signs={"counter_flow": {"crossings": 60}}),
        "signs.counter_flow: 60 crossings in 10 s are more than the widest line can pass (55)",
    ),
    (plan_dict(areas=[{**AREA, "approved": {"value": 0, "source": "x y"}}]), "area 'inside': an approved number of 0 is never judged"),
    (plan_dict(areas=[{**AREA, "reentry": True}], devices=[READER]), "area 'inside': reentry without an ID reader of `way: out`"),
    (
        plan_dict(devices=[{**READER, "kind": "turnstile", "way": "out"}]),
        "device 'id-1': `way: out` is for ID readers, and it is a turnstile",
    ),
    (plan_dict(vehicle_rules={"wrong_way_m": 50}), "vehicle_rules: wrong_way_m of 50 can never be driven: the longest lane has 40 m"),
    (plan_dict(signs={"silence": {"together_s": 10}}), "together_s must be less than p1_s and other_s"),
    (plan_dict(signs={"reports": {"critical": ["rain"]}}), "there is no kind of report 'rain'"),
    (plan_dict(signs={"reports": {"warning": ["fire"]}}), "a kind of report has one level"),
    (phase(ladders=[{"area_type": "way", "watch": 1, "source": "x y"}] * 2), "phase 'entry': ladders: 'way' is there twice"),
    (phase(turned_lanes=["gone"]), "phase 'entry': turned_lanes: there is no 'gone' among the lanes (road)"),
    (combined({}, {}), "rules.combinations 'both': two rules with one key: there is another rule of that name"),
    (combined({"id": "one"}, {"id": "two"}), "rules.combinations 'two': two rules with one key: 'one' is all of the same rules"),
    (combined({"id": "fire"}), "rules.combinations 'fire': two rules with one key"),
    (combined({"all_of": ["fire", "fire"]}), "all_of names a rule twice: it always fires with the first of them"),
    (combined({"all_of": ["fire", "both"]}), "rules.combinations 'both': it waits for itself and can never fire"),
    (
        combined({"id": "a", "all_of": ["fire", "b"]}, {"id": "b", "all_of": ["gas", "a"]}),
        "it waits for itself by way of others and can never fire",
    ),
    (combined({"all_of": ["fire", "rain"]}), "rules.combinations 'both': there is no rule 'rain'"),
    (combined({"all_of": ["fire", "pass_back"]}), "it can never fire, since 'pass_back' cannot: the plan has no ID readers"),
    (scheduled(rule="rain"), "rules.schedules[0] 'rain': there is no such rule"),
    (scheduled(rule="fire"), "rules.schedules[0] 'fire': it is life safety and holds always"),
    (scheduled(phases=["show"]), "it never holds in 'show': the plan has no such phase (entry)"),
    (scheduled(since="2026-01-01T02:00:00Z", until="2026-01-01T01:00:00Z"), "it never holds: since must be before until"),
    (scheduled(phases=[]), "it always holds: a schedule names phases, since or until"),
]


@pytest.mark.parametrize(("plan", "sentence"), MISTAKES, ids=[sentence[:60] for _, sentence in MISTAKES])
def test_each_mistake_about_rules_has_its_sentence(plan, sentence):
    with pytest.raises(ConfigError, match=re.escape(sentence)):
        parse(plan)


def test_rules_that_can_fire_and_be_silent_are_sound():
    later = {"rule": "growth", "since": "2026-01-01T01:00:00Z", "source": "x y"}
    plan = combined({}, {"id": "three", "all_of": ["both", "gas"]}) | {
        "devices": [*plan_dict()["devices"], {"id": "g-1", "kind": "gas", "at": [1, 2], "zone": "hall"}]
    }
    plan["rules"]["schedules"] = [OFF, later]
    parse(plan)


def test_the_rulebook_has_every_rule_of_alerts_and_no_other():
    named = {value for name, value in vars(rules).items() if name.isupper() and isinstance(value, str)}
    assert set(RULES) == named | {CROWD}


def test_every_number_that_the_rulebook_names_is_in_the_plan_with_its_source():
    plan = parse(plan_dict())
    for rule in RULES.values():
        here = plan
        for step in rule.part.split(".") if rule.part and rule.part != "permits" else []:
            here = getattr(here, step)
        assert here is plan or len(here.source) > 2
        assert all(hasattr(here, number) for number in rule.numbers)
