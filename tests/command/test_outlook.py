"""What stands beside the alerts: outlooks, queues, balance, and who is called next."""

from __future__ import annotations

import pytest

from command.climbing import next_step
from command.outlook import Outlook, full_in_s
from command.picture import Picture
from tests.command import feed
from tests.command.feed import NOW_US, S


def outlook(*rows: feed.Fed) -> Outlook:
    made = Outlook()
    takes = {"crowd.forecast": made.take_forecast, "crowd.queue": made.take_queue, "crowd.balance": made.take_balance}
    for thing, record in rows:
        takes[thing](record, 0)
    return made


def test_an_outlook_older_than_three_seconds_is_not_told() -> None:
    made = outlook(feed.forecast("west", NOW_US, "watch", "caution", (240, 170, 400)), feed.queue("gate", NOW_US, 40, 300))
    assert made.zone("west", NOW_US + 3 * S) == {"level": "caution", "s": 240, "low_s": 170, "high_s": 400}
    assert made.zone("west", NOW_US + 4 * S) is None
    assert (made.gate("gate", NOW_US) or {})["wait_s"] == 300
    assert made.gate("gate", NOW_US + 4 * S) is None


def test_a_queue_that_is_not_known_and_a_level_that_is_not_reached_say_nothing() -> None:
    made = outlook(feed.queue("gate", NOW_US, 40, None, known=False), feed.forecast("west", NOW_US, "watch", "caution", None))
    assert made.gate("gate", NOW_US) is None
    assert made.zone("west", NOW_US) is None


def test_full_holds_the_error_of_the_count_and_of_the_rate() -> None:
    balance = {"inside": 1000.0, "low": 900.0, "high": 1100.0}
    found = full_in_s(balance, approved=2000, in_per_min=120, out_per_min=20)
    assert found is not None
    low, guess, high = found["low_s"], found["s"], found["high_s"]
    assert guess == 600
    assert low is not None
    assert high is not None
    assert low < 540  # the count's error alone
    assert high > 660


@pytest.mark.parametrize(("into", "out", "open_end"), [(30, 28, True), (20, 20, None), (10, 40, None), (None, None, None)])
def test_full_has_no_upper_end_where_it_may_never_fill_and_is_silent_where_it_does_not(
    into: int, out: int, *, open_end: bool | None
) -> None:
    found = full_in_s({"inside": 190.0, "low": 185.0, "high": 195.0}, approved=200, in_per_min=into, out_per_min=out)
    assert (found is None) == (open_end is None)
    assert found is None or (found["high_s"] is None) == open_end


def test_the_next_step_names_who_is_on_call_at_that_time() -> None:
    plan = feed.stadium()
    step = next_step(plan, priority="P2", place="gate-c-queue", since_us=NOW_US, begun=())
    assert step is not None
    assert (step["step"], step["at_us"], step["posts"]) == ("sector", NOW_US + 30 * S, ["C2"])
    assert (next_step(plan, priority="P2", place="hall-1", since_us=NOW_US, begun=("sector", "command")) or {})["step"] == "everyone"
    assert next_step(plan, priority="P1", place="hall-1", since_us=NOW_US, begun=("deputies", "everyone")) is None
    assert next_step(plan, priority="P3", place="hall-1", since_us=NOW_US, begun=()) is None


def test_a_card_says_who_is_called_next_until_somebody_has_it() -> None:
    made = Picture(feed.stadium(), mode="drill-demo")
    crowd = {"rule": "crowd_density", "place": "gate-c-queue", "start_us": NOW_US}
    made.apply("alerts.changes", feed.change("c", **crowd), NOW_US)
    assert made.snapshot(NOW_US)["alerts"][0]["climbs"]["step"] == "sector"
    made.apply("alerts.changes", feed.change("c", **crowd, number=2, priority="P1", level="critical"), NOW_US + 20 * S)
    assert made.snapshot(NOW_US)["alerts"][0]["climbs"]["at_us"] == NOW_US + 50 * S
    made.apply(
        "alerts.changes", feed.change("c", **crowd, axis="work", work="in_progress", priority="P1", level="critical"), NOW_US + 30 * S
    )
    assert made.snapshot(NOW_US)["alerts"][0]["climbs"] is None


def test_what_is_under_an_alert_is_counted_on_it() -> None:
    made = Picture(feed.small_plan(), mode="drill-demo")
    made.apply("alerts.changes", feed.change("head", "growth", "west", start_us=NOW_US), NOW_US)
    for name in ("a", "b"):
        row = feed.change(name, "growth", "east", start_us=NOW_US, card=False, grouped_under="head")
        made.apply("alerts.changes", row, NOW_US)
    found = {row["alert_id"]: row["grouped"] for row in made.snapshot(NOW_US)["alerts"]}
    assert found == {"head": 2, "a": 0, "b": 0}


def test_open_orders_are_in_the_picture_and_those_that_ended_for_five_minutes() -> None:
    made = Picture(feed.stadium(), mode="drill-demo")
    for thing, record in feed.evening_orders(NOW_US):
        made.apply(thing, record, NOW_US)
    made.apply(*feed.order("o4", 1, "done", NOW_US, effect=""), NOW_US)
    waits = {row["order_id"]: row["waits"] for row in made.snapshot(NOW_US)["orders"]}
    assert waits == {"o1": False, "o2": False, "o3": True, "o4": False}
    assert "o4" not in {row["order_id"] for row in made.snapshot(NOW_US + 301 * S)["orders"]}
