"""The recorder's order: each record keeps its place among the ticks of its partition, however partitions were read."""

from __future__ import annotations

import random
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drills.order import Order, overtaken_at_us
from drills.recording import TICKS, Entry
from pipelines import events
from pipelines.topics import BY_THING
from pipelines.units import SLICE_US, TICK_DELAY_US, TICK_INTERVAL_US
from stack.ticker import tick_record
from tests.drills.test_recording import T0, health

HOLD_US = 500_000
TICKED = ("crowd.zones", "camera.health")


@dataclass(frozen=True)
class Row:
    thing: str
    partition: int
    offset: int
    appended_us: int
    record: object


def zones(slice_us: int, camera: str = "cam") -> events.CrowdZones:
    return events.CrowdZones(camera=camera, slice_start_us=slice_us, received_us=slice_us + SLICE_US, plan="p")


def command(number: int) -> events.AlertCommand:
    return events.AlertCommand(
        command_id=str(number),
        alert_id="a",
        action="acknowledge",
        actor="x",
        actor_role="duty",
        second_gesture=False,
        reason="",
        received_us=1_900_000_000_000_000,
    )


def partitions(ticks: int, seed: int) -> dict[tuple[str, int], list[Row]]:
    """Partitions as a ticker and stages fill them: ticks in all, records between them."""
    chance = random.Random(seed)
    found: dict[tuple[str, int], list[Row]] = {}
    for thing, count in (("crowd.zones", 4), ("camera.health", 1)):
        for partition in range(count):
            rows: list[Row] = []
            for index in range(ticks):
                at_us = T0 + index * TICK_INTERVAL_US
                now_us = at_us + TICK_DELAY_US
                rows.append(Row(thing, partition, len(rows), now_us, tick_record(BY_THING[thing], at_us)))
                for _ in range(chance.randrange(3)):
                    record = zones(now_us - now_us % SLICE_US - SLICE_US) if thing == "crowd.zones" else health(now_us)
                    rows.append(Row(thing, partition, len(rows), now_us + 5_000, record))
            found[thing, partition] = rows
    found["alerts.commands", 0] = [Row("alerts.commands", 0, n, T0 + TICK_DELAY_US + n * 777_777, command(n)) for n in range(3)]
    return found


def ordered(found: dict[tuple[str, int], list[Row]], seed: int, *, hold_us: int = HOLD_US) -> tuple[Order, list[Entry]]:
    chance = random.Random(seed)
    order = Order(list(found), ticked=TICKED, behind={place: len(rows) for place, rows in found.items()}, hold_us=hold_us)
    at = dict.fromkeys(found, 0)
    given_out = []
    while open_ := [place for place, index in at.items() if index < len(found[place])]:
        place = chance.choice(open_)
        for _ in range(chance.randrange(1, 40)):
            if at[place] == len(found[place]):
                break
            row = found[place][at[place]]
            order.put(
                Entry(clock_us=0, thing=row.thing, partition=row.partition, offset=row.offset, appended_us=row.appended_us), row.record
            )
            at[place] += 1
        given_out += order.ready()
    return order, given_out + order.rest()


@given(st.integers(0, 10**6), st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_the_order_is_one_however_partitions_are_read(first, second):
    rows = partitions(40, seed=first)
    _, one = ordered(rows, seed=second)
    _, other = ordered(rows, seed=second + 1)
    assert one == other
    assert [entry.clock_us for entry in one] == sorted(entry.clock_us for entry in one)


@given(st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_every_record_keeps_its_place_among_the_ticks_of_its_partition(seed):
    rows = partitions(40, seed=seed)
    order, found = ordered(rows, seed=seed)
    assert order.counts == {}
    assert sorted(entry.clock_us for entry in found if entry.thing == TICKS) == [T0 + n * TICK_INTERVAL_US for n in range(40)]
    for (thing, partition), there in rows.items():
        if thing == "alerts.commands":
            continue
        was, after = [], -1
        for row in there:
            if row.record.tick:
                after = row.record.slice_start_us if thing == "crowd.zones" else row.record.event_time_us
            else:
                was.append((row.offset, after))
        now, after = [], -1
        for entry in found:
            if entry.thing == TICKS:
                after = entry.clock_us
            elif (entry.thing, entry.partition) == (thing, partition):
                now.append((entry.offset, after))
        assert now == was


def test_entries_are_given_out_up_to_the_hold_behind_the_ticks_that_all_partitions_have():
    order = Order(
        [("crowd.zones", 0), ("camera.health", 0), ("alerts.commands", 0)],
        ticked=TICKED,
        behind={("alerts.commands", 0): 1},
        hold_us=HOLD_US,
    )
    for index in range(60):
        at_us = T0 + index * TICK_INTERVAL_US
        for thing in ("crowd.zones", "camera.health"):
            order.put(Entry(clock_us=0, thing=thing, offset=index, appended_us=at_us), tick_record(BY_THING[thing], at_us))
    assert order.ready() == [], "the commands of before are not read yet"
    order.put(Entry(clock_us=0, thing="alerts.commands", appended_us=T0 + 1), command(0))
    last_us = T0 + 59 * TICK_INTERVAL_US
    assert [entry.clock_us for entry in order.ready() if entry.thing == TICKS][-1] == last_us - HOLD_US - TICK_INTERVAL_US


def test_a_command_stands_where_it_was_appended_whatever_its_own_time_says():
    rows = partitions(40, seed=1)
    _, found = ordered(rows, seed=1)
    places = [(entry.offset, entry.clock_us) for entry in found if entry.thing == "alerts.commands"]
    assert places == [(0, T0), (1, T0 + 750_000), (2, T0 + 1_550_000)] or places[2][1] == T0 + 1_550_000


def test_records_before_the_first_tick_stand_before_it():
    rows = partitions(10, seed=2)
    early = Row("crowd.zones", 3, -1, T0, zones(T0 - SLICE_US))
    rows["crowd.zones", 3].insert(0, early)
    _, found = ordered(rows, seed=2)
    assert (found[0].thing, found[0].offset) == ("crowd.zones", -1)


def test_a_record_that_ticks_had_overtaken_is_set_before_them_and_counted():
    rows = partitions(40, seed=3)
    late = zones(T0)
    rows["crowd.zones", 0].append(Row("crowd.zones", 0, 10_000, T0 + 10**7, late))
    order, found = ordered(rows, seed=3, hold_us=10_000_000)
    entry = next(entry for entry in found if entry.offset == 10_000)
    limit_us = overtaken_at_us("crowd.zones", late)
    assert limit_us == T0 + SLICE_US - 1000
    assert entry.clock_us < limit_us
    assert order.counts == {"overtaken": 1}


def test_a_record_that_comes_after_its_place_was_written_is_counted_and_comes_next():
    rows = partitions(40, seed=4)
    order, found = ordered(rows, seed=4, hold_us=0)
    order.put(Entry(clock_us=0, thing="crowd.zones", partition=0, offset=10_000, appended_us=0), zones(T0))
    assert [entry.clock_us for entry in order.rest()] == [found[-1].clock_us]
    assert order.counts["displaced"] == 1


@pytest.mark.parametrize(
    ("thing", "at_us", "limit_us"),
    [
        ("crowd.zones", T0, T0 + 199_000),
        ("crowd.crossings", T0 + 400_000, T0 + 599_000),
        ("sensor.turnstile", T0 + 400_000, T0 + 1_999_000),
        ("vehicle.tracks", T0 + 400_500, T0 + 1_400_000),
        ("camera.health", T0 + 1, T0 + 199_000),
    ],
)
def test_the_tick_that_may_close_a_window_without_a_record(thing, at_us, limit_us):
    record = tick_record(BY_THING[thing], at_us)
    assert overtaken_at_us(thing, record) == limit_us


@pytest.mark.parametrize("thing", ["camera.frames", "crowd.cells", "sensor.p1", "alerts.commands", "crowd.late"])
def test_no_window_waits_for_what_is_only_kept(thing):
    assert overtaken_at_us(thing, zones(T0)) is None
