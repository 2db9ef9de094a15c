"""The merge: one order, whatever the order of arrival, repeats and restarts."""

from __future__ import annotations

import random
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.alerts import saved
from pipelines.alerts.merge import Merge
from pipelines.units import SLICE_US


@dataclass(frozen=True)
class Result:
    window_end_us: int
    zone: str = ""
    progress: bool = False
    rows: int = 0


@dataclass(frozen=True)
class Reading:
    event_time_us: int
    tick: bool = False
    name: str = ""


def window(index: int) -> int:
    return 1_000_000_000_000 + index * SLICE_US


def stream(windows: int, zones: int) -> list[Result]:
    rows = []
    for index in range(windows):
        rows += [Result(window(index), zone=f"z{zone}") for zone in range(zones)]
        rows.append(Result(window(index), progress=True, rows=zones))
    return rows


def taken(merge: Merge) -> list[tuple[int, list[str]]]:
    return [(now, [getattr(row, "zone", "") or getattr(row, "name", "") for _, row in rows]) for now, rows in merge.steps()]


def put(merge: Merge, rows: list[Result]) -> None:
    for offset, row in enumerate(rows):
        merge.put_result("crowd.density", offset, row, key=row.zone)


def test_a_step_waits_for_every_input():
    merge = Merge(results=["crowd.density"], readings=["sensor.fire"])
    put(merge, stream(3, 2))
    assert taken(merge) == []
    merge.put_reading("sensor.fire", 0, Reading(window(1), tick=True))
    assert [now for now, _ in taken(merge)] == [window(0), window(1)]


def test_a_progress_row_that_overtakes_its_results_closes_nothing():
    merge = Merge(results=["crowd.density"], readings=[])
    merge.put_result("crowd.density", 0, Result(window(0), progress=True, rows=2), key="")
    merge.put_result("crowd.density", 1, Result(window(0), zone="a"), key="a")
    assert taken(merge) == []
    merge.put_result("crowd.density", 2, Result(window(0), zone="b"), key="b")
    assert taken(merge) == [(window(0), ["a", "b"])]


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10_000), repeats=st.integers(0, 30))
def test_order_and_repeats_change_nothing(seed, repeats):
    rows = stream(12, 3)
    straight = Merge(results=["crowd.density"], readings=[])
    put(straight, rows)
    expected = taken(straight)
    chance = random.Random(seed)
    # progress rows come in order, since one operator writes them; results come as they like, and repeats of both
    results = [row for row in rows if not row.progress]
    chance.shuffle(results)
    progress = [row for row in rows if row.progress]
    mixed: list[Result] = []
    while results or progress:
        mixed.append((results if results and (not progress or chance.random() < 0.7) else progress).pop(0))
        if repeats and chance.random() < 0.3:
            mixed.append(chance.choice(mixed))
            repeats -= 1
    shuffled = Merge(results=["crowd.density"], readings=[], last_us=window(0) - SLICE_US)
    found = []
    for offset, row in enumerate(mixed):
        shuffled.put_result("crowd.density", offset, row, key=row.zone)
    found += taken(shuffled)
    assert found == expected


@settings(max_examples=50, deadline=None)
@given(cut=st.integers(1, 47))
def test_a_restart_from_the_saved_offsets_takes_each_step_once(cut):
    rows = stream(12, 3)
    whole = Merge(results=["crowd.density"], readings=[])
    put(whole, rows)
    expected = taken(whole)
    first = Merge(results=["crowd.density"], readings=[])
    put(first, rows[:cut])
    found = taken(first)
    second = Merge(results=["crowd.density"], readings=[], last_us=first.last_us)
    for offset in range(first.offsets()["crowd.density"], len(rows)):
        second.put_result("crowd.density", offset, rows[offset], key=rows[offset].zone)
    assert found + taken(second) == expected


def test_a_reading_belongs_to_the_step_that_ends_after_it_and_a_late_one_to_the_next():
    merge = Merge(results=[], readings=["sensor.fire"])
    merge.put_reading("sensor.fire", 0, Reading(window(0), name="on the edge"))
    merge.put_reading("sensor.fire", 1, Reading(window(2), tick=True))
    assert [row for row in taken(merge) if row[1]] == [(window(1), ["on the edge"])]
    merge.put_reading("sensor.fire", 2, Reading(window(0), name="late"))
    merge.put_reading("sensor.fire", 3, Reading(window(3), tick=True))
    assert taken(merge) == [(window(3), ["late"])]


def test_the_newest_complete_set_counts_and_a_torn_one_does_not():
    chance = random.Random(1)
    big = {"value": [chance.random() for _ in range(60_000)]}
    old = [record for _, record in saved.pieces({"value": 1}, set_number=4)]
    torn = [record for _, record in saved.pieces(big, set_number=5)]
    assert len(torn) > 1
    assert saved.newest([*old, *torn[:-1]]) == (4, {"value": 1})
    assert saved.newest([*old, *torn]) == (5, big)
    assert saved.newest([]) == (0, None)


@given(st.integers(1, 40), st.integers(1, 40))
@settings(max_examples=40, deadline=None)
def test_the_first_step_is_the_first_window_that_a_topic_finished_however_much_came_before_it_was_asked(first, ticks):
    rows = [Result(window(index), progress=True, rows=0) for index in range(40)]
    merge = Merge(results=["crowd.density"], readings=["sensor.fire"])
    put(merge, rows[:first])
    merge.put_reading("sensor.fire", 0, Reading(window(-3), name="early"))
    merge.put_reading("sensor.fire", 1, Reading(window(min(first, ticks) - 1), tick=True))
    assert taken(merge)[0] == (window(0), ["early"])
