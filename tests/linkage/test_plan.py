"""The linkage in a plan: each mistake has its sentence; and the cameras that show a place."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.errors import ConfigError
from pipelines.settings import Settings
from plan.load import parse
from plan.nearest import nearest_cameras, place_of
from stack import modes
from tests.linkage.scene import DEVICES, POSTS, at, linkage_dict, plan_of
from tests.plans import plan_dict

ROOT = Path(__file__).resolve().parents[2]


def outputs(**changes: Any) -> dict[str, Any]:
    plain = linkage_dict(enabled=True)
    return {**plain, "outputs": {**plain["outputs"], **changes}}


def request(**changes: Any) -> dict[str, Any]:
    return {"equipment": "hall-sprinkler", "code": 7, "address": 0, "echo": 0, **changes}


EQUIPMENT = linkage_dict()["equipment"]
MISTAKES = [
    (linkage_dict(device="s-1"), "no panel 's-1'"),
    (linkage_dict(detectors=[{"device": "p-1", "alarm": at(0)}]), "no smoke or heat detector 'p-1'"),
    (linkage_dict(detectors=[{"device": "s-1", "alarm": at(0)}, {"device": "s-1", "alarm": at(9)}]), "'s-1' is there twice"),
    (linkage_dict(equipment=[{**EQUIPMENT[0], "zone": "roof"}]), "no 'roof' among the zones"),
    (linkage_dict(equipment=[EQUIPMENT[0], {**EQUIPMENT[1], "id": "hall-broadcast"}]), "the id 'hall-broadcast' is there twice"),
    (linkage_dict(equipment=[EQUIPMENT[0], {**EQUIPMENT[1], "kind": "broadcast"}]), "feedback of one would stand for the other"),
    (linkage_dict(fault=at(0)), "same place as"),
    (linkage_dict(fault={"table": "coil", "address": 1, "bit": 1}), "neither bit nor equals"),
    (linkage_dict(fault={"table": "input", "address": 1}), "either bit or equals"),
    (linkage_dict(simulator=1502), "address of the panel itself"),
    (linkage_dict() | {"simulator": {"host": "10.0.9.3"}}, "not on this machine"),
    (linkage_dict() | {"simulator": {"host": "localhost", "port": 1502}}, "address of the panel itself"),
    (linkage_dict(silent_s=0.3), "silent_s 0.3"),
    (outputs(requests=[]), "nothing to request"),
    (outputs(unit=1), "a unit of their own"),
    (outputs(drop_after_s=1.5), "at least twice refresh_s"),
    (outputs(credentials="../live/panel.credentials"), "credentials"),
    (outputs(requests=[request(equipment="roof")]), "no 'roof' among the equipment"),
    (outputs(requests=[request(), request(equipment="hall-broadcast", address=4, echo=2)]), "the code 7 is there twice"),
    (outputs(requests=[request(), request(equipment="hall-broadcast", code=8, address=3, echo=2)]), "one request overlap"),
    (outputs(requests=[request(), request(equipment="hall-broadcast", code=8, address=4, echo=1)]), "one echo overlap"),
    (outputs(requests=[request(), request(code=8, address=4, echo=2)]), "'hall-sprinkler' is requested twice"),
]


@pytest.mark.parametrize(("linkage", "word"), MISTAKES, ids=[row[1] for row in MISTAKES])
def test_a_mistake_is_a_sentence(linkage, word):
    with pytest.raises(ConfigError, match="linkage") as caught:
        parse(plan_dict(devices=DEVICES, posts=POSTS, linkage=linkage))
    assert word in str(caught.value)


def test_a_request_that_nobody_may_make_is_refused():
    with pytest.raises(ConfigError, match="no post has the right fire_output"):
        parse(plan_dict(devices=DEVICES, posts=POSTS[1:], linkage=outputs()))
    with pytest.raises(ConfigError, match="zone 'hall' has 1, expected at least 2"):
        parse(plan_dict(devices=[DEVICES[0], *DEVICES[2:]], posts=POSTS, linkage=outputs() | {"detectors": []}))


def test_outputs_are_off_unless_the_plan_turns_them_on():
    bare = {key: value for key, value in linkage_dict().items() if key != "outputs"}
    plan = parse(plan_dict(devices=DEVICES, linkage=bare))
    assert plan.linkage is not None
    assert not plan.linkage.outputs.enabled


def test_the_camera_that_owns_a_place_comes_before_one_that_hangs_nearer():
    plan = plan_of()
    assert [(row.camera, row.owns, row.gap_m, row.distance_m) for row in nearest_cameras(plan, (19, 0))] == [
        ("c1", True, 0.0, 19.0),
        ("c2", False, 1.0, 1.0),
    ]


def test_a_place_that_nobody_owns_has_its_nearest_cameras_all_the_same():
    assert [row.camera for row in nearest_cameras(plan_of(), (50, 10))] == ["c2", "c1"]
    assert len(nearest_cameras(plan_of(), (50, 10), most=1)) == 1


def test_a_camera_that_sees_no_floor_owns_no_place():
    plan = plan_of()
    blind = plan.cameras[0].model_copy(update={"kind": "video"})
    found = nearest_cameras(plan.model_copy(update={"cameras": (blind, plan.cameras[1])}), (3, 4))
    assert [(row.camera, row.owns, row.gap_m) for row in found] == [("c1", False, 5.0), ("c2", False, 17.0)]


def test_what_has_a_name_in_the_plan_has_a_place():
    plan = plan_of()
    assert [place_of(plan, name) for name in ("hall", "road", "door", "g", "c2", "nothing")] == [
        (10, 10),
        (20, 18),
        (22, 6.5),
        (20, 10),
        (20, 0),
        None,
    ]


def test_the_example_of_the_documents_is_sound():
    page = (ROOT / "docs" / "linkage.md").read_text(encoding="utf-8")
    reading, outputs_part = re.findall(r"```yaml\n(.*?)```", page, flags=re.DOTALL)
    outputs_only, _, posts = outputs_part.partition("posts:")
    plain = yaml.safe_load((ROOT / "plan" / "examples" / "stadium.yaml").read_text(encoding="utf-8"))
    own = yaml.safe_load(f"posts:{posts}")["posts"]
    plain |= yaml.safe_load(reading + outputs_only)
    plain["posts"] = [*own, *(post for post in plain["posts"] if post["call_sign"] not in {row["call_sign"] for row in own})]
    linkage = parse(plain).linkage
    assert linkage is not None
    assert linkage.outputs.enabled


def test_a_mode_has_a_gateway_where_it_has_a_panel_to_read(tmp_path):
    def parts(mode: str, *, ingest: bool = True, **how: Any) -> list[str]:
        settings = Settings(mode=mode, kafka="127.0.0.1:1", run=tmp_path)
        made = modes.Mode(settings=settings, plan=plan_of(**how), fresh=False, clock="wall")
        return [part.name for part in modes.stage_parts(made, after=(), ingest=ingest)]

    assert "linkage" in parts("live", simulator=None)
    assert "linkage" in parts("drill-t")
    assert "linkage" not in parts("drill-t", simulator=None)
    assert "linkage" not in parts("drill-t", ingest=False)
