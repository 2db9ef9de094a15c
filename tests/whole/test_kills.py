"""Eight processes are killed at random moments on a running machine: every incident comes once, and every P1 reaches somebody."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.alerts.killing import campaign
from cli.paths import HOME, ROOT

pytestmark = pytest.mark.stack
SEED = 15
KILLS = 8


def test_eight_kills_lose_no_incident_and_double_none(tmp_path: Path) -> None:
    found = campaign(HOME, ROOT, kills=KILLS, seed=SEED, manifest=tmp_path / "manifest.jsonl")
    print(json.dumps(found))
    assert found["kills"] == KILLS
    assert found["expected"] > 0
    assert (found["lost"], found["duplicates"], found["conflicts"], found["gaps"]) == (0, 0, 0, 0), found["what"]
