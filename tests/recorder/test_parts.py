"""Recorders as parts of the machine."""

from __future__ import annotations

from pathlib import Path

from pipelines.settings import Settings, read
from plan.model import Plan
from stack.modes import Mode, recorder_parts
from tests.plans import plan_dict


def test_cameras_to_be_recorded_are_shared_out_four_to_a_recorder(tmp_path: Path) -> None:
    camera = plan_dict()["cameras"][0]
    cameras = [{**camera, "id": f"v{number}", "kind": "video", "source": "rtsp://10.0.0.1/s", "record": number != 3} for number in range(7)]
    plan = Plan.model_validate(plan_dict(cameras=[*cameras, plan_dict()["cameras"][1]]))
    settings = Settings(mode="live", kafka="127.0.0.1:9", run=tmp_path, recordings=tmp_path / "video")
    parts = recorder_parts(Mode(settings=settings, plan=plan, fresh=False, clock="wall"))
    assert [part.name for part in parts] == ["recorder-v0", "recorder-v5"]
    made = [read(part.env) for part in parts]
    assert [row.camera for row in made] == ["v0,v1,v2,v4", "v5,v6"]
    assert {row.recordings for row in made} == {tmp_path / "video"}


def test_a_plan_that_records_nothing_has_no_recorder(tmp_path: Path) -> None:
    settings = Settings(mode="live", kafka="127.0.0.1:9", run=tmp_path)
    assert recorder_parts(Mode(settings=settings, plan=Plan.model_validate(plan_dict()), fresh=False, clock="wall")) == []
