"""Plans: a wrong one is refused with a sentence that names the place."""

from __future__ import annotations

import re

import pytest

from cli.paths import ROOT
from pipelines.errors import ConfigError
from plan.load import load, parse, plan_hash
from plan.needs import results
from tests.plans import plan_dict


def test_the_demos_plan_is_sound():
    plan = load(ROOT / "plan" / "examples" / "stadium.yaml")
    assert len(plan.cameras) >= 30
    assert set(results(plan)) == {"crowd.density", "crowd.flow", "crowd.occupancy", "vehicle.events"}


def test_equal_plans_have_equal_hashes_and_a_changed_number_another():
    changed = plan_dict(timing={"hold_up_s": 11})
    assert plan_hash(parse(plan_dict())) == plan_hash(parse(plan_dict()))
    assert plan_hash(parse(plan_dict())) != plan_hash(parse(changed))


def test_names_and_outlines_of_places_are_worked_out_once_and_anew_for_a_plan_that_was_changed():
    plan = parse(plan_dict())
    assert plan.places is plan.places
    assert {"hall", "queue", "g", "door", "c1", "road", "inside"} <= plan.places.keys()
    assert plan.outlined["hall"] == plan.zones[0].polygon
    changed = plan.model_copy(update={"zones": plan.zones[1:], "gates": (), "lines": ()})
    assert changed.places.keys() & {"hall", "queue", "g", "door"} == {"queue"}
    assert changed.outlined.keys() == {"queue"}
    assert plan_hash(plan) == plan_hash(parse(plan_dict()))


NAME = {"en": "x", "zh": "某处"}
BOW = [[0, 0], [10, 10], [10, 0], [0, 10]]
POINTS = {"pixels": [[0, 0], [640, 0], [640, 480], [0, 480]], "metres": [[0, 9], [9, 9], [9, 0], [0, 0]]}
SMALL = {**POINTS, "picture": [640, 480]}
BARRIER = {"id": "bar", "name": NAME, "lane": "road", "at_m": 30, "queue_m": 10}
PERMIT = {"plate": "A1", "areas": ["yard"], "since": "2026-01-01T00:00:00Z", "until": "2026-01-02T00:00:00Z"}


def broken(**change):
    plan = plan_dict()
    for path, value in change.items():
        here = plan
        *steps, last = path.split("__")
        for step in steps:
            here = here[int(step)] if step.isdigit() else here[step]
        here[int(last) if last.isdigit() else last] = value
    return plan


@pytest.mark.parametrize(
    ("plan", "sentence"),
    [
        (broken(zones__0__polygon=[[0, 0], [10, 10], [10, 0], [0, 10]]), "zone 'hall': polygon crosses itself at [5 5]"),
        (broken(zones__0__polygon=[[0, 0], [90, 0], [0, 9]]), "zone 'hall': polygon leaves the venue's extent"),
        (broken(zones__0__area_type="way", area_types=plan_dict()["area_types"][:1]), "there is no 'way' among the area_types"),
        (broken(zones__0__filled_by=["gone"]), "zone 'hall': filled_by: there is no 'gone' among the lines"),
        (broken(zones__1__id="hall"), "zones: the id 'hall' is there twice"),
        (broken(cameras__1__owns=[10, 0, 40, 20]), "cameras 'c1' and 'c2' own the same floor"),
        (broken(lines__0__a=[20.2, 5]), "line 'door': expected at least 1 m inside the area that camera 'c2' owns"),
        (broken(lanes__0__b=[0, 18]), "lane 'road': its ends are one point"),
        (broken(zones__0__colour="red"), "zones[0] 'hall'.colour is not a key that a plan knows here"),
        (broken(event={"id": "x"}), "event 'x'.site is missing"),
        (broken(area_types__0__ladder={"watch": 3, "caution": 2, "warning": 4, "critical": 5, "act_now": 6}), "the thresholds must rise"),
        (broken(phase="party"), "phase: there is no 'party' among the phases"),
        (broken(devices__0__zone=None), "device 's-1': a smoke detector needs its zone"),
        (plan_dict(bays=[{"id": "b", "name": NAME, "polygon": [[0, 0], [0.5, 0], [0.5, 1]]}]), "bay 'b': polygon covers 0.25 m²"),
        (plan_dict(restricted=[{"id": "r", "name": NAME, "polygon": BOW}]), "restricted area 'r': polygon crosses itself"),
        (plan_dict(barriers=[{**BARRIER, "lane": "gone"}]), "barrier 'bar': lane: there is no 'gone' among the lanes (road)"),
        (plan_dict(barriers=[{**BARRIER, "at_m": 41}]), "barrier 'bar': at_m 41 is beyond the end of lane 'road' (40 m)"),
        (plan_dict(barriers=[BARRIER], lanes=[]), "lanes: bays, barriers and restricted areas need at least one lane"),
        (plan_dict(permits=[PERMIT]), "permit of 'A1': there is no 'yard' among the restricted areas (none)"),
        (plan_dict(permits=[{**PERMIT, "until": PERMIT["since"]}]), "since must be before until"),
        (plan_dict(permits=[{**PERMIT, "until": "2026-01-02T00:00:00"}]), "permits[0].until"),
        (plan_dict(vehicle_rules={"stop_s": 30, "park_s": 20}), "park_s must not be less than stop_s"),
        (plan_dict(vehicle_rules={"limit_kmh": 20}), "limit_kmh must not be more than people_speed_kmh"),
        (broken(cameras__0__calibration={**POINTS, "picture": [640, 360]}), "pixel 3, 640, 480, lies outside of its picture, 640 x 360"),
        (
            broken(cameras__0__calibration={**POINTS, "picture": [640, 0]}),
            "cameras[0] 'c1'.calibration.picture[1]: Input should be greater than 0",
        ),
        (
            broken(cameras__0__calibration=SMALL, cameras__0__masks=[[600, 10, 641, 20]]),
            "mask 600, 10, 641, 20 lies outside of the calibration's picture, 640 x 480",
        ),
        ([], "expected keys such as 'event' and 'zones'"),
    ],
)
def test_each_mistake_has_its_sentence(plan, sentence):
    with pytest.raises(ConfigError) as refusal:
        parse(plan)
    assert sentence in str(refusal.value)


@pytest.mark.parametrize(
    ("plan", "sentence"),
    [
        (broken(zones__0__foot_of="nowhere"), "zone 'hall': foot_of: there is no 'nowhere' among the zones"),
        (broken(zones__0__foot_of="queue"), "zone 'hall': foot_of: 'queue' is of the area type 'queue', expected stairs"),
        (broken(lines__0__upstream="nowhere"), "line 'door': upstream: there is no 'nowhere' among the zones"),
        (broken(gates__0__queue=["nowhere"]), "gate 'g': queue: there is no 'nowhere' among the zones"),
        (broken(areas__0__zones=["nowhere"]), "area 'inside': zones: there is no 'nowhere' among the zones"),
        (broken(signs={"queue_wait": {"watch_min": 40}}), "the times must rise from watch to warning"),
        (broken(signs={"stop_and_go": {"stop_mps": 1}}), "stop_mps must be below go_mps"),
        (broken(signs={"approved": {"watch": 2}}), "the shares must rise from watch to critical"),
        (broken(signs={"growth": {"per_m2_minute": 1}}), "signs.growth.per_m2_minute is not a key"),
    ],
)
def test_each_mistake_about_the_signs_has_its_sentence(plan, sentence):
    with pytest.raises(ConfigError, match=re.escape(sentence)):
        parse(plan)


def test_a_file_that_is_no_plan_is_refused(tmp_path):
    for content, sentence in ((b"\xff\xfe", "is not UTF-8"), (b"a: [", "is not YAML")):
        (tmp_path / "plan.yaml").write_bytes(content)
        with pytest.raises(ConfigError) as refusal:
            load(tmp_path / "plan.yaml")
        assert sentence in str(refusal.value)
    with pytest.raises(ConfigError):
        load(tmp_path / "none.yaml")
