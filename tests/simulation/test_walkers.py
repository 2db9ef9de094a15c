"""The walkers: the same bytes each time, nobody jumps, and each zone is as full as the story says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipelines.detect.floor import ZoneFloor
from plan.load import load
from plan.model import Plan
from simulation import generate
from simulation.passages import STEP_US, Passages
from simulation.peaks import floors, window_peak_per_m2
from simulation.walkers import LOOP_US, PERIOD_US, Walkers

STORY_S = 150
END_S = (LOOP_US + PERIOD_US) // 1_000_000


@pytest.fixture(scope="module")
def plan() -> Plan:
    return load(generate.PLAN)


@pytest.fixture(scope="module")
def walkers() -> Walkers:
    return Walkers.load(generate.WALKERS)


@pytest.fixture(scope="module")
def queue(plan: Plan) -> ZoneFloor:
    return next(floor for floor in floors(plan) if floor.zone == "gate-c-queue")


def test_the_committed_walkers_are_what_the_generator_writes(tmp_path: Path) -> None:
    out = tmp_path / "walkers.npz"
    generate.generate(out)
    with np.load(out) as made, np.load(generate.WALKERS) as kept:
        assert made.files == kept.files
        assert all(np.array_equal(made[name], kept[name]) for name in made.files)


def test_about_2400_people_are_there(walkers: Walkers) -> None:
    assert 2200 <= len(walkers.at(60)[0]) <= 2500


def test_no_zone_but_gate_c_reaches_its_first_level(walkers: Walkers) -> None:
    assert generate.exceeded(walkers, step_s=1.0) == []


def test_gate_c_rises_through_the_levels(walkers: Walkers, queue: ZoneFloor) -> None:
    peaks = [window_peak_per_m2(walkers, queue, end_s) for end_s in (1, 8, 14, 24)]
    assert peaks == sorted(peaks)
    assert peaks[0] < 1.5 < peaks[1] < 2.5


def test_gate_c_stays_in_the_warning_band(walkers: Walkers, queue: ZoneFloor) -> None:
    peaks = [window_peak_per_m2(walkers, queue, end_s) for end_s in range(21, END_S, 3)]
    assert min(peaks) >= 2.75
    assert max(peaks) <= 3.3


@pytest.mark.parametrize("start_s", [0.0, 19.0, 100.0, 149.0, 209.0, 269.0])
def test_nobody_jumps(walkers: Walkers, start_s: float) -> None:
    for step in range(10):
        tracks, before = walkers.at(start_s + 0.2 * step)
        later_tracks, after = walkers.at(start_s + 0.2 * (step + 1))
        _, here, there = np.intersect1d(tracks, later_tracks, return_indices=True)
        assert len(here) > 0.98 * len(tracks)
        assert np.hypot(*(after[there] - before[here]).T).max() / 100 / 0.2 <= 1.7


def test_tracks_are_unique_and_time_may_go_back(walkers: Walkers) -> None:
    late, early = walkers.at(3600.2), walkers.at(3.4)
    assert len(set(late[0].tolist())) == len(late[0])
    assert np.array_equal(early[1], walkers.at(3.4)[1])
    assert np.array_equal(late[0], walkers.at(3600.2)[0])


def test_hall_1_is_empty_at_first_and_fills(walkers: Walkers, plan: Plan) -> None:
    hall = next(floor for floor in floors(plan) if floor.zone == "hall-1")
    held = [int(hall.holds(walkers.at(t_s)[1]).sum()) for t_s in (0, 30, 60, 100)]
    assert held[0] == 0
    assert held == sorted(held)
    assert held[-1] >= 40


def test_gates_pass_what_the_story_says(walkers: Walkers, plan: Plan) -> None:
    passages = Passages(plan, walkers)
    for minute in (0, 1, 2, 5):
        counts = {
            gate: (after[0] - before[0], after[1] - before[1])
            for (gate, before), after in zip(
                passages.totals(minute * 60_000_000 + STEP_US).items(),
                passages.totals((minute + 1) * 60_000_000 + STEP_US).values(),
                strict=True,
            )
        }
        assert 38 <= counts["gate-a"][0] <= 44
        assert 38 <= counts["gate-b"][0] <= 45
        assert counts["gate-c"] == (12, 4)
        assert 38 <= counts["gate-d"][0] <= 44
        assert counts["hall-1"][0] >= 20
    assert sum(row[0] - row[1] for gate, row in counts.items() if gate != "hall-1") == 0
