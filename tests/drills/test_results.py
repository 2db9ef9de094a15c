"""The hash: the same for the same rows, whatever their order and repeats; another for any row that differs."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drills.results import CONDITIONS, Results, last_window_us
from pipelines.events import AlertChange, CrowdDensity, CrowdOccupancy, LevelStep
from pipelines.units import SLICE_US
from simulation.alerts import alert_change
from tests.drills.test_recording import T0


def density(index: int, zone: str = "north", *, people: float = 3.0) -> CrowdDensity:
    return CrowdDensity(
        progress=False,
        rows=0,
        window_end_us=T0 + index * SLICE_US,
        zone=zone,
        people=people,
        density_per_m2=0.1,
        local_peak_per_m2=0.5,
        peak_x_m=1.0,
        peak_y_m=2.0,
        around_per_m2=0.1,
        los="A",
        los_scale="way",
        cameras_expected=1,
        cameras_seen=1,
        frames_expected=10,
        frames_used=10,
    )


def progress(index: int, rows: int) -> CrowdDensity:
    return replace(density(index, ""), progress=True, rows=rows)


def change(number: int, *, mode: str = "drill-a", axis: str = "condition", **other: object) -> AlertChange:
    watch = {"priority": "IV", "level": "watch", "measured_level": "watch", "latched": False, "value": 3.0}
    made = alert_change(
        alert_id="a1",
        mode=mode,
        axis=axis,
        number=number,
        place="north",
        start_us=T0,
        event_time_us=T0 + number,
        levels=(LevelStep(level="watch", event_time_us=T0),),
        plan="p",
        **watch,
    )
    return replace(made, **other)


def rows() -> list[tuple[str, object]]:
    found: list[tuple[str, object]] = []
    for index in range(6):
        found += [("crowd.density", density(index, zone)) for zone in ("north", "south")]
        found.append(("crowd.density", progress(index, 2)))
    found.append(("crowd.occupancy", occupancy()))
    return found + [(CONDITIONS, change(number)) for number in (1, 2, 3)]


def occupancy() -> CrowdOccupancy:
    return CrowdOccupancy(progress=False, rows=0, window_end_us=T0, area="a", inside=5, entries_total=9, exits_total=4, turnstiles_seen=2)


def hashes(found: list[tuple[str, object]]) -> dict:
    results = Results()
    for thing, record in found:
        results.put(thing, record)
    return results.hashes()


@given(st.integers(0, 10**6))
@settings(max_examples=40, deadline=None)
def test_order_and_repeats_change_nothing(seed):
    chance = random.Random(seed)
    other = [*rows(), *chance.choices(rows(), k=9)]
    chance.shuffle(other)
    one, two = hashes(rows()), hashes(other)
    assert {key: one[key] for key in ("hash", "measures_hash", "conditions_hash", "by_topic", "rows", "conflicts")} == {
        key: two[key] for key in ("hash", "measures_hash", "conditions_hash", "by_topic", "rows", "conflicts")
    }


@pytest.mark.parametrize("at", [index for index, (_, row) in enumerate(rows()) if not getattr(row, "progress", False)])
def test_a_row_that_is_missing_changes_the_hash_of_its_topic_alone(at):
    found = rows()
    thing, _ = found.pop(at)
    one, two = hashes(rows()), hashes(found)
    assert one["hash"] != two["hash"]
    assert {name for name in one["by_topic"] if one["by_topic"][name] != two["by_topic"][name]} == {thing}
    assert (one["measures_hash"] == two["measures_hash"]) == (thing == CONDITIONS)


def test_the_smallest_difference_of_a_value_shows_and_is_a_conflict_beside_the_other():
    differs = density(0, people=3.0000000000000004)
    assert hashes([("crowd.density", density(0))])["hash"] != hashes([("crowd.density", differs)])["hash"]
    both = hashes([("crowd.density", density(0)), ("crowd.density", differs)])
    assert (both["conflicts"], both["rows"]["crowd.density"]) == (1, 1)


def test_the_mode_and_what_people_did_are_not_in_the_hash_of_conditions():
    one = hashes([(CONDITIONS, change(1))])
    assert one == hashes([(CONDITIONS, change(1, mode="drill-b", work="in_progress"))])
    assert one == hashes([(CONDITIONS, change(1)), (CONDITIONS, change(1, axis="work", actor="x"))])
    assert one["hash"] != hashes([(CONDITIONS, change(1, level="caution"))])["hash"]


def test_results_are_complete_when_the_last_window_and_every_promised_row_is_there():
    results = Results()
    last_us = T0 + SLICE_US
    results.put("crowd.density", progress(0, 2))
    results.put("crowd.density", density(0))
    assert "no progress" in results.lacking(["crowd.density"], last_us)[0]
    results.put("crowd.density", progress(1, 0))
    assert "without all their rows" in results.lacking(["crowd.density"], last_us)[0]
    results.put("crowd.density", density(0, "south"))
    assert results.lacking(["crowd.density"], last_us) == []


@pytest.mark.parametrize(("tick_us", "end_us"), [(T0, T0), (T0 - 1000, T0), (T0 - 1001, T0 - SLICE_US), (T0 + 150_000, T0)])
def test_the_last_window_that_a_tick_closes(tick_us, end_us):
    assert last_window_us(tick_us) == end_us
