"""Alerts as people see them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from command.alert_book import AlertBook
from pipelines.events import AlertAnswer, AlertChange, AlertCommand
from tests.command import feed
from tests.command.feed import NOW_US, S


def crowding(**fields: Any) -> AlertChange:
    """A change of one alert."""
    return feed.change("a", "crowd_density", "west", start_us=NOW_US, **fields)


def acknowledged() -> AlertChange:
    """The work change of an acknowledgement."""
    return crowding(axis="work", work="in_progress", actor="S1", actor_role="shift leader", event_time_us=NOW_US + S)


def book(*changes: AlertChange) -> AlertBook:
    """A book with *changes*, appended a millisecond apart."""
    made = AlertBook()
    for index, change in enumerate(changes):
        made.apply_change(change, NOW_US + index * 1000)
    return made


def test_a_repeated_change_is_ignored() -> None:
    first = crowding(level="warning")
    again = crowding(level="critical")
    assert book(first, again).shown(NOW_US, now_us=NOW_US) == book(first).shown(NOW_US, now_us=NOW_US)


def test_the_highest_number_counts_whatever_the_order() -> None:
    older, newer = crowding(number=1, level="caution"), crowding(number=2, level="critical")
    assert book(newer, older).shown(NOW_US, now_us=NOW_US)[0]["level"] == "critical"


def test_the_axes_are_merged() -> None:
    row = book(crowding(), acknowledged(), crowding(number=2, level="critical", work="new")).shown(NOW_US, now_us=NOW_US)[0]
    assert (row["level"], row["work"], row["acknowledged_by"], row["acknowledged_role"]) == (
        "critical",
        "in_progress",
        "S1",
        "shift leader",
    )


def test_life_safety_comes_first_and_cleared_alerts_last() -> None:
    made = book(
        feed.change("low", "crowd_density", "west", start_us=NOW_US, level="act_now"),
        feed.change("p1", "fire", "east", start_us=NOW_US - 60 * S, priority="P1", level="critical"),
        feed.change("gone", "fire", "east", start_us=NOW_US, priority="P1", level="critical", condition="cleared"),
    )
    assert [row["alert_id"] for row in made.shown(NOW_US, now_us=NOW_US)] == ["p1", "low", "gone"]


def test_a_cleared_alert_stays_two_minutes() -> None:
    made = book(crowding(condition="cleared"))
    assert len(made.shown(NOW_US + 119 * S, now_us=NOW_US)) == 1
    assert made.shown(NOW_US + 120 * S, now_us=NOW_US) == []


def test_a_closed_alert_is_not_shown() -> None:
    assert book(crowding(), crowding(axis="work", work="closed")).shown(NOW_US, now_us=NOW_US) == []


def test_a_receipt_tells_how_long_the_delivery_took_even_when_it_comes_first() -> None:
    made = AlertBook()
    made.apply_receipt(feed.receipt("a", "C2", NOW_US)[1], NOW_US + 250_000)
    assert made.shown(NOW_US, now_us=NOW_US) == []
    made.apply_change(crowding(), NOW_US)
    assert made.shown(NOW_US, now_us=NOW_US)[0]["receipts"] == [
        {"channel": "webhook", "recipient": "C2", "state": "delivered", "delay_ms": 250}
    ]


def test_a_command_is_asked_for_until_a_change_comes_after_it() -> None:
    made = book(crowding())
    command = AlertCommand(
        command_id="1",
        alert_id="a",
        action="acknowledge",
        actor="S1",
        actor_role="shift leader",
        second_gesture=False,
        reason="",
        received_us=NOW_US,
    )
    made.apply_command(command, NOW_US + 5000)
    assert made.shown(NOW_US, now_us=NOW_US)[0]["asked"] == {"action": "acknowledge", "actor": "S1"}
    assert made.shown(NOW_US, now_us=NOW_US + 11 * S)[0]["asked"] is None
    made.apply_change(acknowledged(), NOW_US + 9000)
    assert made.shown(NOW_US, now_us=NOW_US)[0]["asked"] is None
    made.apply_command(command, NOW_US + 5000)
    assert made.shown(NOW_US, now_us=NOW_US)[0]["asked"] is None


def test_a_refusal_stands_for_ten_seconds_in_both_languages_and_one_of_before_in_the_language_it_has() -> None:
    made = book(crowding())
    answer = AlertAnswer(
        command_id="1",
        alert_id="a",
        action="hold",
        actor="S1",
        refusal="work is put on hold only with a reason",
        received_us=NOW_US,
        command_offset=0,
        step_us=NOW_US,
        p1_offset=0,
        refusal_zh="搁置须写明原因",
    )
    made.apply_answer(answer, NOW_US + 5000)
    shown = made.shown(NOW_US, now_us=NOW_US)[0]["refused"]
    assert shown == {"action": "hold", "actor": "S1", "why": {"en": answer.refusal, "zh": "搁置须写明原因"}}
    made.apply_answer(replace(answer, refusal_zh=""), NOW_US + 6000)
    assert made.shown(NOW_US, now_us=NOW_US)[0]["refused"]["why"] == {"en": answer.refusal, "zh": answer.refusal}
    assert made.shown(NOW_US, now_us=NOW_US + 11 * S)[0]["refused"] is None


def test_the_load_counts_cards_of_ten_minutes_for_each_operator() -> None:
    times = {index: NOW_US - index * 100 * S for index in reversed(range(10))}
    rows = [feed.change(str(row), "fire", "west", start_us=at, event_time_us=at, card=row % 2 == 0) for row, at in times.items()]
    load = book(*rows).load(NOW_US, operators=2)
    assert (load.per_operator, load.verdict, load.standing, load.chattering) == (1.5, "manageable", 5, (("fire", "west"),))
