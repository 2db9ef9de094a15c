"""`muster up`, a changed plan, `status`, `topics tail`, `doctor` and `down`, as an operator uses them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from cli.paths import HOME, ROOT
from tests.plans import plan_dict
from tests.recorder.films import film

pytestmark = pytest.mark.stack


def muster(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "cli", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=400, check=False)


def write(path: Path, **changes) -> Path:
    path.write_text(yaml.safe_dump(plan_dict(**changes), allow_unicode=True))
    return path


def cameras(folder: Path) -> list[dict]:
    """One that plays a film, and one that nobody has plugged in; both are to be recorded, and own the floor."""
    shown = folder / "shown.ts"
    film(shown, seconds=20)
    first, second = plan_dict()["cameras"]
    pixels = [[0, 0], [160, 0], [160, 120], [0, 120]]
    floors = [{"pixels": pixels, "metres": [[x, 0], [x + 20, 0], [x + 20, 20], [x, 20]]} for x in (0, 20)]
    return [
        {**first, "kind": "video", "source": str(shown), "record": True, "calibration": floors[0]},
        {**second, "kind": "video", "source": "rtsp://127.0.0.1:1/unplugged", "record": True, "calibration": floors[1]},
    ]


def parts() -> dict[str, str]:
    return {row["name"]: row["state"] for row in json.loads(muster("status", "--json").stdout)["parts"]}


def pids() -> list[int]:
    return [row["pid"] for path in (HOME / "run").glob("status-*.json") for row in json.loads(path.read_text())["parts"] if row["pid"]]


def test_an_event_goes_up_takes_a_changed_plan_and_goes_down(tmp_path):
    assert muster("status").returncode == 3, "nothing runs yet"
    assert muster("down").returncode == 3
    broken = muster("up", "--plan", str(write(tmp_path / "broken.yaml", phase="party")))
    assert (broken.returncode, "there is no 'party' among the phases" in broken.stderr) == (2, True)

    watched = cameras(tmp_path)
    up = muster("up", "--plan", str(write(tmp_path / "plan.yaml", cameras=watched)))
    assert up.returncode == 0, up.stderr
    try:
        status = json.loads(muster("status", "--json").stdout)
        states = {row["name"]: row["state"] for row in status["parts"]}
        assert {"detect-c1", "detect-c2", "recorder-c1"} <= states.keys()
        assert set(states.values()) <= {"ready", "done"}, "one camera that is not there keeps nobody else"
        told = muster("topics", "tail", "camera.health", "--mode", "live", "--limit", "8").stdout.splitlines()
        assert {row["state"] for row in map(json.loads, told) if row["camera"] == "c2"} == {"stale"}
        stages = {row["stage"]: row for row in status["stages"]["live"]}
        assert {"alerts", "ingest", "store"} <= stages.keys()
        assert {"lag", "late", "clamped", "tick_age_us"} <= stages["alerts"].keys()
        assert muster("doctor").returncode == 0
        flow = muster("topics", "tail", "crowd.density", "--mode", "live", "--ticks", "--limit", "6")
        rows = [json.loads(line) for line in flow.stdout.splitlines()]
        assert any(row["progress"] for row in rows)
        assert "hall" in {row["zone"] for row in rows}, "the camera that is there is counted by"
        assert muster("topics", "tail", "crowd.nothing", "--mode", "live").returncode == 2
        before = set(pids())
        changed = muster("up", "--plan", str(write(tmp_path / "plan.yaml", cameras=watched, timing={"hold_up_s": 5})))
        assert changed.returncode == 0, changed.stderr
        assert "is in force" in changed.stderr
        assert parts()["recorder-c1"] == "ready", "a changed plan goes on recording"
        after = set(pids())
        assert before & after, "the servers go on"
        assert before - after, "the stages take the plan up anew"
        assert (HOME / "run" / "modes" / "live.json").exists(), "the page still knows the mode"
    finally:
        left = pids()
        assert muster("down").returncode == 0
    assert [pid for pid in left if Path(f"/proc/{pid}").exists()] == []
    assert muster("status").returncode == 3
