"""Corrections on the real engine: rows as the sink puts them, late ones after them, kills in between."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from connectors.clickhouse import client
from connectors.clickhouse_sums import Sums
from pipelines.errors import RefusedError, TransientError
from pipelines.events import CrowdZones
from pipelines.store import revising
from pipelines.store.corrections import window_rows
from pipelines.store.revising import EVERY_S, LONGEST_S, QUIET_S, STILL_S, Corrections
from pipelines.units import MICRO, US_PER_S
from tests.store.sums import BOUNDS, NOW_S, START_US, Filled, later, sums

pytestmark = pytest.mark.stack
SECONDS = 4
ENDS = [START_US + second * US_PER_S for second in range(1, SECONDS + 1)]


@pytest.fixture
def filled(database: Any, address: str) -> Iterator[Filled]:
    made = Filled(address, database.name)
    yield made
    made.close()


class KilledError(Exception):
    """The process ended here."""


class Fragile(Sums):
    """The database of a store that is killed before the write that *dies* names."""

    dies = ""

    def note(self, corrections: Any) -> None:
        self._may_die("note")
        super().note(corrections)

    def revise(self, rows: Any) -> None:
        self._may_die("revise")
        super().revise(rows)

    def mark(self, windows: Any) -> None:
        self._may_die("mark")
        super().mark(windows)

    def _may_die(self, where: str) -> None:
        if self.dies == where:
            raise KilledError


@pytest.fixture
def connected(address: str) -> Iterator[Callable[[], Any]]:
    """Makes clients, and hangs up in the end."""
    made: list[Any] = []

    def one() -> Any:
        made.append(client(address))
        return made[-1]

    yield one
    for each in made:
        each.disconnect()


@pytest.fixture
def corrections(connected: Callable[[], Any]) -> Callable[..., Corrections]:
    """Makes corrections as a store has them that has just started."""

    def start(*, until_us: int | None = START_US + 3600 * MICRO, dies: str = "") -> Corrections:
        database = Fragile(connected(), "drill_t1")
        database.dies = dies
        made = Corrections(database, bounds_per_m2=BOUNDS)
        if until_us is not None:
            tell(made, until_us)
        return made

    return start


Start = Callable[..., Corrections]


def tell(made: Corrections, tick_us: int) -> None:
    for partition in range(4):
        made.stored_until.saw(partition, tick_us)
    made.stored_until.stored()


def run(made: Corrections, *, from_s: float = 0.0, for_s: float = 10.0) -> None:
    steps = int(for_s / EVERY_S) + 1
    for step in range(steps):
        made.turn(from_s + step * EVERY_S)


def rows_of(records: list[CrowdZones]) -> list[Any]:
    return [row for end_us in ENDS for row in window_rows(records, end_us=end_us, bounds_per_m2=BOUNDS)]


def late_by(records: list[CrowdZones], every: int = 7) -> tuple[list[CrowdZones], list[CrowdZones]]:
    """The records, and of them some that came two seconds late."""
    late = [later(record, 2 * MICRO) for record in records[3::every]]
    places = {(record.camera, record.slice_start_us) for record in late}
    return [record for record in records if (record.camera, record.slice_start_us) not in places], late


def truth(records: list[CrowdZones]) -> dict[tuple[str, int], Any]:
    return {(row.zone, row.window_end_us): row for row in rows_of(records)}


def test_late_sums_make_the_row_that_all_of_them_on_time_would_have_made(filled: Filled, corrections: Start) -> None:
    every = sums(SECONDS)
    on_time, late = late_by(every)
    filled.sums("crowd_zones", on_time)
    filled.densities(rows_of(on_time))
    filled.sums("crowd_late", late)
    run(corrections())
    found = filled.zones()
    assert {place: row for place, (_, row) in found.items()} == truth(every)
    assert {revision for revision, _ in found.values()} == {0, 1} or {revision for revision, _ in found.values()} == {1}
    seen = filled.ask("SELECT zone, toUnixTimestamp64Micro(at), revision, people FROM {db}.v_zones ORDER BY zone, at")
    assert seen == [(zone, end, found[zone, end][0], row.people) for (zone, end), row in sorted(truth(every).items())]


def test_the_same_sums_again_make_no_further_revision(filled: Filled, corrections: Start) -> None:
    on_time, late = late_by(sums(SECONDS))
    filled.sums("crowd_zones", on_time)
    filled.densities(rows_of(on_time))
    filled.sums("crowd_late", late)
    run(corrections())
    before = filled.ask("SELECT zone, window_end_us, revision, source_offset FROM {db}.zone_seconds ORDER BY ALL")
    filled.sums("crowd_late", late)
    filled.sums("crowd_zones", on_time[::3])
    again = corrections()
    run(again)
    assert again.counts["corrected"] == 0
    assert again.counts["unchanged"] > 0
    assert filled.ask("SELECT zone, window_end_us, revision, source_offset FROM {db}.zone_seconds ORDER BY ALL") == before


def test_a_further_late_sum_makes_a_further_revision_one_higher(filled: Filled, corrections: Start) -> None:
    every = sums(SECONDS)
    on_time, late = late_by(every)
    filled.sums("crowd_zones", on_time)
    filled.densities(rows_of(on_time))
    made = corrections()
    filled.sums("crowd_late", late[:1])
    run(made)
    filled.sums("crowd_late", late[1:])
    run(made, from_s=100)
    found = filled.zones()
    assert {place: row for place, (_, row) in found.items()} == truth(every)
    assert max(revision for revision, _ in found.values()) == 2


@pytest.mark.parametrize("dies", ["note", "revise", "mark"])
def test_a_kill_at_any_point_repeats_nothing_that_can_be_seen(filled: Filled, corrections: Start, dies: str) -> None:
    every = sums(SECONDS)
    on_time, late = late_by(every)
    filled.sums("crowd_zones", on_time)
    filled.densities(rows_of(on_time))
    filled.sums("crowd_late", late)
    with pytest.raises(KilledError):
        run(corrections(dies=dies))
    run(corrections())
    found = filled.zones()
    assert {place: row for place, (_, row) in found.items()} == truth(every)
    assert max(revision for revision, _ in found.values()) == 1
    notes = filled.ask("SELECT zone, window_end_us, revision FROM {db}.corrections FINAL ORDER BY ALL")
    assert notes == sorted((zone, end, 1) for (zone, end), (revision, _) in found.items() if revision == 1)


def test_a_window_all_of_whose_sums_were_late_gets_its_first_row_from_them(filled: Filled, corrections: Start) -> None:
    late = [later(record, 5 * MICRO) for record in sums(SECONDS)]
    filled.sums("crowd_late", late)
    run(corrections())
    assert filled.zones() == {place: (1, row) for place, row in truth(late).items()}


def test_nothing_is_corrected_before_what_came_in_time_is_stored(filled: Filled, corrections: Start) -> None:
    """The store reads topics one after another: after an outage late sums may be there before those in time."""
    every = sums(SECONDS)
    on_time, late = late_by(every)
    filled.sums("crowd_late", late)
    made = corrections(until_us=ENDS[0] - 1)
    run(made)
    assert filled.zones() == {}
    filled.sums("crowd_zones", on_time)
    filled.densities(rows_of(on_time))
    tell(made, ENDS[-1])
    run(made, from_s=20)
    assert {place: row for place, (_, row) in filled.zones().items()} == truth(every)


def test_a_store_that_starts_after_its_mode_has_ended_goes_by_the_rows_that_are_there(filled: Filled, corrections: Start) -> None:
    """No tick comes any more; a row says how many frames came in time."""
    every = sums(SECONDS)
    on_time, late = late_by(every)
    filled.sums("crowd_zones", on_time)
    filled.densities(rows_of(on_time))
    filled.sums("crowd_late", late)
    made = corrections(until_us=None)
    run(made)
    assert {revision for revision, _ in filled.zones().values()} == {0}
    run(made, from_s=STILL_S + 1)
    assert {place: row for place, (_, row) in filled.zones().items()} == truth(every)


def test_late_sums_whose_others_have_been_deleted_are_counted_and_make_no_row(
    filled: Filled, corrections: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    on_time, late = late_by(sums(SECONDS))
    filled.densities(rows_of(on_time))
    filled.sums("crowd_late", late)
    made = corrections()
    run(made)
    assert {revision for revision, _ in filled.zones().values()} == {0}
    assert made.counts["corrected"] == 0
    assert made.counts["gone"] > 0
    assert "had been deleted" in capsys.readouterr().out
    assert filled.ask("SELECT sum(gone) FROM {db}.corrected_windows FINAL") == [(made.counts["gone"],)]


def test_bytes_that_are_no_sum_are_counted_and_hold_nothing_up(filled: Filled, corrections: Start) -> None:
    every = sums(SECONDS)
    on_time, late = late_by(every)
    filled.sums("crowd_zones", on_time)
    filled.densities(rows_of(on_time))
    filled.sums("crowd_late", late)
    bad = f"INSERT INTO {{db}}.crowd_late SELECT 0, 900, toDateTime({NOW_S}), 'c9', {START_US}, {START_US}, unhex('00FF00')"
    filled.ask(bad)
    made = corrections()
    run(made)
    assert made.counts["unreadable"] == 1
    assert {place: row for place, (_, row) in filled.zones().items()} == truth(every)


def test_a_correction_leaves_the_place_where_the_sink_reads_on(filled: Filled, corrections: Start, database: Any) -> None:
    on_time, late = late_by(sums(SECONDS))
    filled.sums("crowd_zones", on_time)
    filled.densities(rows_of(on_time))
    before = database.highest_offsets("zone_seconds")
    filled.sums("crowd_late", late)
    run(corrections())
    assert database.highest_offsets("zone_seconds") == before


def test_a_note_names_the_alerts_whose_time_the_window_falls_into(filled: Filled, corrections: Start) -> None:
    every = sums(SECONDS)
    on_time, late = late_by(every, every=5)
    filled.sums("crowd_zones", on_time)
    filled.densities(rows_of(on_time))
    rows = [
        ("before", 1, "north", "active", START_US - 9 * MICRO),
        ("before", 2, "north", "cleared", START_US - 5 * MICRO),
        ("ended", 1, "north", "active", START_US),
        ("ended", 2, "north", "cleared", ENDS[1]),
        ("open", 1, "north", "active", ENDS[1]),
        ("elsewhere", 1, "south", "active", START_US),
    ]
    for offset, (alert, number, place, condition, at_us) in enumerate(rows):
        names = "source_partition, source_offset, appended_at, alert_id, axis, number, place, condition, event_time_us"
        filled.ask(
            f"INSERT INTO {{db}}.alerts_changes ({names}) SELECT 0, {offset}, toDateTime({NOW_S}), '{alert}', 'condition', {number},"
            f" '{place}', '{condition}', {at_us}"
        )
    filled.sums("crowd_late", late)
    run(corrections())
    seen = filled.ask(
        "SELECT zone, toUnixTimestamp64Micro(at), revision, local_peak_before_per_m2, local_peak_per_m2, peak_changed, late_s, alert_ids"
        " FROM {db}.v_corrections ORDER BY ALL"
    )
    flink, now = truth(on_time), truth(every)
    covering = {ENDS[0]: ["ended"], ENDS[1]: ["ended", "open"], ENDS[2]: ["open"], ENDS[3]: ["open"]}
    expected = []
    for zone, end in sorted({(row[0], row[1]) for row in seen}):
        before, after = flink[zone, end].local_peak_per_m2, now[zone, end].local_peak_per_m2
        expected.append((zone, end, 1, before, after, before != after, 2.0, covering[end] if zone == "north" else ["elsewhere"]))
    assert [(*row[:7], sorted(row[7])) for row in seen] == expected
    assert {row[0] for row in seen} == {"north", "south"}


def test_what_the_server_refuses_or_cannot_answer_waits_and_raises_nothing(
    filled: Filled, connected: Callable[[], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    every = sums(SECONDS)
    on_time, late = late_by(every)
    filled.sums("crowd_zones", on_time)
    filled.densities(rows_of(on_time))
    filled.sums("crowd_late", late)

    class Away(Sums):
        away = True

        def sums(self, *given: Any, **named: Any) -> list[bytes]:
            if self.away:
                raise TransientError("ClickHouse is not there")
            return super().sums(*given, **named)

    database = Away(connected(), "drill_t1")
    made = Corrections(database, bounds_per_m2=BOUNDS)
    tell(made, ENDS[-1])
    run(made, for_s=30)
    assert capsys.readouterr().out.count("ClickHouse is not there") == 1
    database.away = False
    run(made, from_s=200)
    assert {place: row for place, (_, row) in filled.zones().items()} == truth(every)


def test_a_burst_is_taken_by_one_correction_and_does_not_wait_for_ever(filled: Filled, corrections: Start) -> None:
    on_time, late = late_by(sums(1), every=2)
    filled.sums("crowd_zones", on_time)
    filled.densities(rows_of(on_time))
    made = corrections()
    for step, record in enumerate(late):
        filled.sums("crowd_late", [record])
        made.turn(step * QUIET_S)
    assert made.counts["windows"] <= 1 + len(late) * QUIET_S // LONGEST_S
    run(made, from_s=200)
    assert {place: row for place, (_, row) in filled.zones().items()} == truth(sums(1))


def test_a_turn_ends_in_a_small_part_of_a_second_however_much_is_late(filled: Filled, connected: Callable[[], Any]) -> None:
    """By a clock that the test moves: each look at it costs a tenth."""
    every = sums(40)
    filled.sums("crowd_late", [later(record, 2 * MICRO) for record in every])
    spent = iter(range(10**6))
    made = Corrections(Sums(connected(), "drill_t1"), bounds_per_m2=BOUNDS, spent_s=lambda: next(spent) * 0.1)
    tell(made, START_US + 3600 * MICRO)
    made.turn(0)
    made.turn(QUIET_S)
    assert 0 < made.counts["windows"] <= 2 * revising.AT_ONCE
    run(made, from_s=10, for_s=100)
    assert made.counts["windows"] == 40


def test_a_window_that_is_refused_holds_no_other_up(filled: Filled, connected: Callable[[], Any]) -> None:
    every = sums(SECONDS)
    on_time, late = late_by(every)
    filled.sums("crowd_zones", on_time)
    filled.densities(rows_of(on_time))
    filled.sums("crowd_late", late)

    class Refuses(Sums):
        def revise(self, rows: Any) -> None:
            kept = list(rows)
            if any(row.window_end_us == ENDS[1] for _, _, row in kept):
                raise RefusedError("a number does not fit")
            super().revise(kept)

    made = Corrections(Refuses(connected(), "drill_t1"), bounds_per_m2=BOUNDS)
    tell(made, ENDS[-1])
    run(made, for_s=30)
    expected = truth(every)
    found = filled.zones()
    assert {end for (zone, end), (revision, _) in found.items() if revision == 0} == {ENDS[1]}
    assert all(row == expected[place] for place, (revision, row) in found.items() if revision)
