"""What late sums correct, as properties: it is as if they had come in time, whatever their order, repeats and partitions."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.clickhouse_sums import Sums
from connectors.kafka import Rejected
from pipelines.codec import to_plain
from pipelines.events import CrowdDensity, CrowdZones
from pipelines.store.corrections import SUMS_KEPT_US, Correction, Stored, Verdict, WindowSums, kept_window_us, window_rows
from pipelines.store.revising import Corrections
from pipelines.store.settling import Settling, StoredUntil
from pipelines.units import MICRO, SLICE_US, US_PER_S
from tests.store.sums import BOUNDS, START_US, later, sums

END_US = START_US + US_PER_S
ALL = sums(1)


class Nothing(Sums):
    """A database that is asked for nothing."""

    def __init__(self) -> None:
        """There is none."""


def rows(records: list[CrowdZones]) -> dict[str, CrowdDensity]:
    return {row.zone: row for row in window_rows(records, end_us=END_US, bounds_per_m2=BOUNDS)}


def judged(
    on_time: list[CrowdZones], late: list[CrowdZones], stored: dict[str, Stored] | None = None, *, passed: bool = True, still: bool = False
) -> dict[str, Correction | Verdict]:
    window = WindowSums(END_US, on_time=on_time, late=late)
    known = stored or {}
    return {
        zone: window.judge(zone, stored=known.get(zone), passed=passed, still=still, bounds_per_m2=BOUNDS) for zone in sorted(window.zones)
    }


def of_flink(records: list[CrowdZones]) -> dict[str, Stored]:
    return {zone: Stored(revision=0, row=row, late_frames=0) for zone, row in rows(records).items()}


@st.composite
def split(draw: st.DrawFn) -> tuple[list[CrowdZones], list[CrowdZones]]:
    """Sums in time and late ones, both out of order and some of them twice."""
    came_late = draw(st.lists(st.booleans(), min_size=len(ALL), max_size=len(ALL)))
    delays = draw(st.lists(st.integers(100_001, SUMS_KEPT_US), min_size=len(ALL), max_size=len(ALL)))
    mix = random.Random(draw(st.integers(0, 2**16)))
    on_time = [record for record, late in zip(ALL, came_late, strict=True) if not late]
    late = [later(record, delay) for record, late, delay in zip(ALL, came_late, delays, strict=True) if late]
    on_time += mix.sample(on_time, len(on_time) // 3)
    late += mix.sample(late, len(late) // 2)
    return mix.sample(on_time, len(on_time)), mix.sample(late, len(late))


@given(split())
def test_in_time_and_late_together_give_what_all_in_time_would_have_given(parts: tuple[list[CrowdZones], list[CrowdZones]]) -> None:
    on_time, late = parts
    stored, truth = of_flink(on_time), rows(ALL)
    for zone, verdict in judged(on_time, late, stored).items():
        if isinstance(verdict, Correction):
            assert verdict.now == truth[zone]
            assert verdict.revision == 1
            assert verdict.was == (stored[zone].row if zone in stored else None)
        else:
            assert verdict is Verdict.UNCHANGED
            assert stored[zone].row == truth[zone]


@given(split(), st.integers(0, 100))
def test_late_sums_in_two_parts_end_where_they_end_together_and_the_same_set_again_changes_nothing(
    parts: tuple[list[CrowdZones], list[CrowdZones]], cut: int
) -> None:
    on_time, late = parts
    stored = of_flink(on_time)
    for some in (late[: cut % (len(late) + 1)], late):
        for zone, verdict in judged(on_time, some, stored).items():
            if isinstance(verdict, Correction):
                assert verdict.revision == (stored[zone].revision + 1 if zone in stored else 1)
                stored[zone] = Stored(revision=verdict.revision, row=verdict.now, late_frames=verdict.late_frames)
    assert set(judged(on_time, late[::-1], stored).values()) <= {Verdict.UNCHANGED}
    assert {zone: found.row for zone, found in stored.items()} == rows(ALL)


@given(split())
def test_what_is_incomplete_is_never_written(parts: tuple[list[CrowdZones], list[CrowdZones]]) -> None:
    """With any of the sums in time missing, a row is left as it is."""
    on_time, late = parts
    missing = {(record.camera, record.slice_start_us) for record in on_time[:1]}
    kept = [record for record in on_time if (record.camera, record.slice_start_us) not in missing]
    touched = {entry.zone for record in on_time[:1] for entry in record.entries}
    verdicts = judged(kept, late, of_flink(on_time))
    assert all(verdict is Verdict.GONE for zone, verdict in verdicts.items() if zone in touched)
    waiting = judged(kept, late, of_flink(on_time), passed=False, still=True)
    assert all(verdict is Verdict.WAITING for zone, verdict in waiting.items() if zone in touched)


@given(st.integers(0, 2**50))
def test_a_slice_touches_the_one_stored_window_that_it_lies_in(slice_number: int) -> None:
    start_us = slice_number * SLICE_US
    end_us = kept_window_us(start_us)
    assert end_us % US_PER_S == 0
    assert end_us - US_PER_S <= start_us < start_us + SLICE_US <= end_us


def test_sums_later_than_all_others_are_kept_correct_nothing() -> None:
    late = [later(ALL[0], SUMS_KEPT_US + 1)]
    assert judged(ALL[1:], late, of_flink(ALL[1:])) == {"north": Verdict.GONE}
    assert judged([], late) == {"north": Verdict.GONE}


def test_late_sums_that_a_revision_holds_and_that_are_gone_leave_it_as_it_is() -> None:
    on_time, first, then = ALL[2:], [later(ALL[0], MICRO)], [later(ALL[1], 2 * MICRO)]
    verdict = judged(on_time, first, of_flink(on_time))["north"]
    assert isinstance(verdict, Correction)
    stored = {"north": Stored(revision=1, row=verdict.now, late_frames=verdict.late_frames)}
    assert judged([], then, stored)["north"] is Verdict.GONE


def test_a_sum_that_came_both_in_time_and_late_counts_as_it_came_in_time() -> None:
    changed = dataclasses.replace(ALL[0], entries=tuple(dataclasses.replace(entry, n=entry.n + 7) for entry in ALL[0].entries))
    assert judged(ALL, [later(changed, MICRO)], of_flink(ALL)) == {}


def test_nothing_is_judged_before_the_ticks_have_passed_or_stand_still_beside_a_row() -> None:
    on_time, late = ALL[1:], [later(ALL[0], MICRO)]
    assert judged(on_time, late, of_flink(on_time), passed=False) == {"north": Verdict.WAITING}
    assert judged(on_time, late, passed=False, still=True) == {"north": Verdict.WAITING}
    assert isinstance(judged(on_time, late, of_flink(on_time), passed=False, still=True)["north"], Correction)


def test_sums_are_stored_up_to_the_tick_that_every_partition_has_had() -> None:
    until = StoredUntil(2)
    until.saw(0, 100)
    until.stored()
    assert until.event_us is None
    until.saw(1, 70)
    assert until.event_us is None
    until.stored()
    assert until.event_us == 70
    until.saw(1, 200)
    until.forgotten()
    until.stored()
    assert until.event_us == 70


@pytest.mark.parametrize("as_read", [lambda record: record, to_plain], ids=["event", "fields"])
def test_ticks_are_taken_from_what_the_sink_reads_and_from_nothing_else(as_read: Callable[[CrowdZones], Any]) -> None:
    made = Corrections(Nothing(), bounds_per_m2=BOUNDS)
    for partition in range(4):
        made.saw("crowd.zones", partition, as_read(CrowdZones(tick=True, camera="", slice_start_us=70, received_us=0, plan="")))
        made.saw("crowd.zones", partition, as_read(ALL[0]))
        made.saw("crowd.zones", partition, Rejected(reason="no bytes", raw=b""))
        made.saw("sensor.fire", partition, as_read(ALL[0]))
    made.stored_until.stored()
    assert made.stored_until.event_us == 70


def test_a_window_is_due_after_its_burst_and_at_last_in_the_midst_of_it() -> None:
    settling = Settling(quiet_s=3, longest_s=10)
    for now_s in range(0, 10, 2):
        settling.look({1: now_s}, now_s=now_s)
        assert settling.due(now_s=now_s) == []
    settling.look({1: 10, 0: 1}, now_s=10)
    assert settling.due(now_s=10) == [1]
    assert settling.due(now_s=13) == [0, 1]
    settling.later(1, at_s=20)
    settling.done(0)
    assert (settling.due(now_s=19), settling.due(now_s=20)) == ([], [1])
