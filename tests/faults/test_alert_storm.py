"""Row 35 of the faults: a storm of alerts through the whole stack, with ten true fires in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.alerts.storm import FIRES, storm
from cli.paths import HOME, ROOT

pytestmark = pytest.mark.stack
PER_S, SECONDS = 1000, 15
FLOOD = 10  # alerts for one operator in ten minutes, by EEMUA 191


def test_a_storm_of_a_thousand_alerts_a_second_loses_nothing_shows_little_and_lets_every_fire_through(tmp_path: Path) -> None:
    found = storm(HOME, ROOT, per_s=PER_S, seconds=SECONDS, seed=35, manifest=tmp_path / "manifest.jsonl")
    print(json.dumps(found))
    assert found["expected"] == found["seen"] == PER_S * SECONDS + FIRES
    assert (found["lost"], found["duplicates"], found["conflicts"], found["gaps"]) == (0, 0, 0, 0), found["what"]
    assert found["p1_ms"]["samples"] == found["p1_told_ms"]["samples"] == FIRES
    assert found["came_up"] <= FLOOD
    assert found["restarts"] == 0
