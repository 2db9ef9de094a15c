"""The replay's order of sending: ticks in their place, ALERTS waited for at commands, what cannot be placed is counted."""

from __future__ import annotations

import threading
from dataclasses import replace
from itertools import pairwise
from typing import Any

from drills.recording import TICKS, Entry, tick
from drills.replay import Replayer
from pipelines.codec import decode, encode_body, schema_id
from pipelines.topics import BY_THING
from pipelines.units import TICK_INTERVAL_US
from tests.drills.test_order import command, zones
from tests.drills.test_recording import T0, health
from tests.rules.test_evidence import behaves

TICKED = ("crowd.zones", "crowd.crossings", "camera.health", "sensor.fire")


class Sent:
    """A sender that remembers, and an ALERTS that is always where it should be."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    def send(self, thing: str, record: Any, *, key: str = "", partition: int | None = None, headers: Any = ()) -> None:
        if getattr(record, "tick", False):
            at_us = record.slice_start_us if hasattr(record, "slice_start_us") else record.event_time_us
            self.calls.append(("tick", thing, partition, at_us))
        else:
            self.calls.append(("record", thing, partition, key, record, dict(headers)))

    def send_encoded(self, thing: str, body: bytes, *, partition: int | None = None) -> None:
        self.send(thing, decode(body, BY_THING[thing].record), partition=partition)

    def flush(self, timeout_s: float = 10) -> None:
        pass

    def wait_for_step(self, tick_us: int) -> None:
        self.calls.append(("step", tick_us))

    def wait_for_lane(self, thing: str, offset: int) -> None:
        self.calls.append(("lane", thing, offset))


def entry(thing: str, record: Any, clock_us: int, *, partition: int = 0, **other: Any) -> Entry:
    return replace(
        Entry(clock_us=clock_us, thing=thing, partition=partition, schema=schema_id(type(record)), body=encode_body(record)), **other
    )


def replayed(entries: list[Entry], *, ended: bool = True) -> tuple[Replayer, list[tuple[Any, ...]], int]:
    sent = Sent()
    replayer = Replayer(sent, sent, rate=0, stop=threading.Event(), ticked=TICKED)
    replayer.play(entries)
    return replayer, sent.calls, replayer.finish(ended=ended)


def ticks(count: int) -> list[Entry]:
    return [tick(T0 + index * TICK_INTERVAL_US) for index in range(count)]


def test_a_tick_goes_into_every_partition_of_every_topic_that_somebody_waits_for():
    _, calls, last_us = replayed(ticks(1))
    assert {call[1:3] for call in calls} == {
        (topic.thing, place) for topic in map(BY_THING.__getitem__, TICKED) for place in range(topic.partitions)
    }
    assert last_us == T0


def test_a_record_goes_to_its_partition_as_it_was_with_the_hash_of_the_original():
    record = zones(T0, camera="c7")
    replayer, calls, _ = replayed([*ticks(1), entry("crowd.zones", record, T0, partition=3)])
    kind, thing, partition, key, sent, headers = calls[-1]
    assert (kind, thing, partition, key, sent) == ("record", "crowd.zones", 3, "c7", record)
    assert len(headers["original"]) == 16
    assert replayer.sent == {TICKS: 1, "crowd.zones": 1}


def test_a_command_waits_for_its_step_and_is_waited_for():
    rows = ticks(60)
    last_us = rows[-1].clock_us
    replayer, calls, _ = replayed([*rows, entry("alerts.commands", command(0), last_us), tick(last_us + TICK_INTERVAL_US)])
    place = next(index for index, call in enumerate(calls) if call[0] == "record")
    assert calls[place - 1] == ("step", last_us)
    assert calls[place + 1 : place + 3] == [("lane", "sensor.p1", 0), ("lane", "alerts.commands", 1)]
    assert replayer.waits == 1


def test_a_record_that_came_after_its_window_is_skipped_and_a_reading_waits_for_alerts():
    rows = ticks(60)
    last_us = rows[-1].clock_us
    replayer, calls, _ = replayed([*rows, entry("crowd.zones", zones(T0), last_us), entry("camera.health", health(T0), last_us)])
    assert replayer.skipped == {"crowd.zones: came after its window": 1}
    assert calls[-2] == ("step", last_us)
    assert calls[-1][:2] == ("record", "camera.health")


def test_behaviour_is_replayed_as_it_was_and_one_that_came_late_waits_for_alerts():
    rows = ticks(60)
    record = behaves("fence_line", place="north")
    _, calls, _ = replayed([*rows, entry("camera.events", record, rows[-1].clock_us)])
    assert calls[-2][0] == "step"
    assert (calls[-1][1], calls[-1][3], calls[-1][4]) == ("camera.events", "c1", record)


def test_bad_records_are_counted_and_passed():
    good = entry("crowd.zones", zones(T0), T0)
    bad = [
        replace(good, body=b"\xff" * 9),
        replace(good, schema=9999),
        replace(good, thing="camera.health"),
        replace(good, body=good.body + b"x"),
    ]
    replayer, calls, _ = replayed([*ticks(1), *bad, good])
    assert sum(replayer.skipped.values()) == 4
    assert [call[4] for call in calls if call[0] == "record"] == [zones(T0)]


def test_a_recording_without_an_end_gets_ticks_past_its_last_window():
    _, calls, last_us = replayed([tick(T0 + 12_345)], ended=False)
    times = sorted({call[3] for call in calls})
    assert last_us == times[-1] >= T0 + 2_000_000
    assert last_us % 200_000 == 0
    assert all(0 < after - before <= TICK_INTERVAL_US for before, after in pairwise(times))


def test_nothing_is_ticked_where_nothing_was():
    _, calls, last_us = replayed([], ended=False)
    assert (calls, last_us) == ([], -1)
