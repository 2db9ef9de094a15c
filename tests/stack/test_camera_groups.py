"""How the cameras of a plan are shared out among detect workers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from cli import up
from pipelines.errors import ConfigError
from pipelines.settings import Settings, read
from plan.load import load
from plan.model import Plan
from stack import modes
from stack.held import parts_of

STADIUM = load(Path(__file__).resolve().parents[2] / "plan" / "examples" / "stadium.yaml")


def plan_of(videos: int) -> Plan:
    """The stadium with that many cameras that have a source, every second one; the others are simulated."""
    points = next(row.calibration for row in STADIUM.cameras if row.calibration is not None)
    rows = [
        row.model_copy(update={"kind": "video", "source": f"rtsp://{row.id}/1", "calibration": points})
        if number % 2 and number // 2 < videos
        else row
        for number, row in enumerate(STADIUM.cameras)
    ]
    return STADIUM.model_copy(update={"cameras": tuple(rows)})


def mode_of(most: int, *, videos: int = 7, backend: str = "auto") -> modes.Mode:
    settings = Settings(mode="live", kafka="k:1", cameras_per_process=most, backend=backend)
    return modes.Mode(settings=settings, plan=plan_of(videos), fresh=False, clock="wall")


def watched(mode: modes.Mode) -> list[str]:
    return [row.id for row in mode.plan.cameras if row.source]


def test_each_camera_has_a_process_of_its_own_where_nothing_else_is_said() -> None:
    parts = modes.camera_parts(mode_of(1))
    cameras = watched(mode_of(1))
    assert [part.name for part in parts] == [f"detect-{camera}" for camera in cameras]
    assert [part.env["MUSTER_CAMERAS"] for part in parts] == cameras


def test_groups_are_formed_in_the_plans_order_and_simulated_cameras_are_in_none() -> None:
    mode = mode_of(3)
    a, b, c, d, e, f, g = watched(mode)
    parts = modes.camera_parts(mode)
    assert [part.env["MUSTER_CAMERAS"] for part in parts] == [f"{a},{b},{c}", f"{d},{e},{f}", g]
    assert [part.name for part in parts] == [f"detect-{a}+2", f"detect-{d}+2", f"detect-{g}"]
    assert {part.env["MUSTER_CAMERA"] for part in parts} == {""}
    for part in parts:
        assert read(part.env).cameras == part.env["MUSTER_CAMERAS"]


@given(most=st.integers(1, 20), videos=st.integers(0, 12))
def test_every_camera_is_watched_once_whatever_the_groups(most: int, videos: int) -> None:
    mode = mode_of(most, videos=videos)
    parts = modes.camera_parts(mode)
    named = [name for part in parts for name in part.env["MUSTER_CAMERAS"].split(",")]
    assert named == watched(mode)
    assert len({part.name for part in parts}) == len(parts) == -(-videos // most)


def test_fewer_than_one_camera_to_a_process_is_refused() -> None:
    with pytest.raises(ConfigError, match="cameras_per_process 0: expected 1 or more"):
        modes.camera_parts(mode_of(0))


def test_containers_form_the_same_groups_by_their_setting(tmp_path: Path) -> None:
    mode = mode_of(4)
    modes.write_plan(tmp_path, mode.plan)
    settings = read(
        {"MUSTER_MODE": "live", "MUSTER_KAFKA": "k:1", "MUSTER_PLAN": str(tmp_path / "plan.yaml"), "MUSTER_CAMERAS_PER_PROCESS": "4"}
    )
    assert [part.name for part in parts_of("cameras", settings)] == [part.name for part in modes.camera_parts(mode)]


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        ({"cameras_per_process": 2, "channels": None}, "it is up with 4 to a process, not 2"),
        ({"cameras_per_process": None, "channels": "b.yaml"}, "it is up with the channels of a.yaml, not b.yaml"),
    ],
)
def test_groups_and_channels_are_not_changed_while_it_is_up(
    capsys: pytest.CaptureFixture[str], wanted: dict[str, Any], sentence: str
) -> None:
    begun: dict[str, object] = {"cameras_per_process": 4, "channels": "a.yaml"}
    up._same_as_begun(begun, cameras_per_process=4, channels="a.yaml")
    up._same_as_begun(begun, cameras_per_process=None, channels=None)
    with pytest.raises(typer.Exit) as ended:
        up._same_as_begun(begun, **wanted)
    assert ended.value.exit_code == 2
    assert sentence in " ".join(capsys.readouterr().err.split())
