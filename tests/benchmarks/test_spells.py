"""What is told of behaviour is held against what was so by spans of time, not by the moments at which they begin."""

from __future__ import annotations

from benchmarks.detect.spells import Spell, crossings, held_against, so_by_chance, spells, unmet, unpaired
from pipelines.events import CameraEvent

S = 1_000_000


def event(at_s: float, state: str, place: str = "north") -> CameraEvent:
    at_us = round(at_s * S)
    return CameraEvent(
        camera="c",
        event_time_us=at_us,
        received_us=at_us,
        kind="fence_line",
        place=place,
        track=1,
        since_us=at_us,
        people=1,
        value=1.0,
        unit="people",
        x_cm=0,
        y_cm=0,
        state=state,
    )


def spell(begun_s: float, last_s: float, place: str = "north") -> Spell:
    return Spell(kind="fence_line", place=place, begun_us=round(begun_s * S), last_us=round(last_s * S))


def test_a_spell_ends_when_it_was_last_seen_and_one_that_never_ends_with_the_film() -> None:
    events = [event(1, "begin"), event(2, "begin", "south"), event(3, "going"), event(6, "end"), event(9, "begin")]
    found = spells(events, gaps_us={"fence_line": 2 * S}, end_us=20 * S)
    assert found == [spell(1, 4), spell(2, 20, "south"), spell(9, 20)]


def test_two_people_one_after_the_other_are_one_spell_and_missing_the_first_makes_no_false_alarm() -> None:
    true, told = [spell(10, 16)], [spell(15.5, 16)]
    assert held_against(unmet, told, true) == {"told": 1, "false": 0, "true": 1, "found": 1, "missed": 0}


def test_another_place_and_another_time_are_false() -> None:
    true = [spell(10, 12)]
    told = [spell(10, 12, "south"), spell(13.1, 16), spell(6, 8.9)]
    assert held_against(unmet, told, true) == {"told": 3, "false": 3, "true": 1, "found": 0, "missed": 1}


def test_only_what_begins_later_is_reported_though_all_is_held_against_it() -> None:
    true, told = [spell(8, 11), spell(30, 31)], [spell(10.5, 11), spell(9, 9)]
    assert held_against(unmet, told, true, since_us=10 * S) == {"told": 1, "false": 0, "true": 1, "found": 0, "missed": 1}


def crossing(at_s: float, x_cm: int = 0) -> Spell:
    return Spell(kind="fence_line", place="north", begun_us=round(at_s * S), last_us=round(at_s * S), at_cm=(x_cm, 0))


def test_a_crossing_is_one_other_crossings_at_most_near_in_time_and_at_the_same_spot() -> None:
    true = [crossing(10), crossing(20)]
    assert held_against(unpaired, [crossing(10.5), crossing(11)], true) == {"told": 2, "false": 1, "true": 2, "found": 1, "missed": 1}
    assert held_against(unpaired, [crossing(10.5, x_cm=300), crossing(23.5)], true)["false"] == 2
    assert unpaired([crossing(11), crossing(12)], [crossing(8.5), crossing(11.5)]) == ([crossing(12)], [crossing(8.5)])


def test_every_crossing_of_a_spell_is_one_of_its_own() -> None:
    found = crossings([event(1, "begin"), event(2, "going"), event(5, "end")])
    assert [row.begun_us for row in found] == [S, 2 * S]


def test_in_a_busy_place_much_is_so_by_chance() -> None:
    assert so_by_chance(unmet, [spell(5, 6)], [spell(0, 100)], end_us=100 * S) == 1.0
    assert so_by_chance(unmet, [spell(5, 6)], [spell(5, 6)], end_us=100 * S) == 0.0
