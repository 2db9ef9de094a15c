"""Storms, causes, alerts that come and go, and the load on people."""

from __future__ import annotations

from collections import Counter

from command.alarm_load import Loads
from pipelines.units import MICRO, SLICE_US
from pipelines.words import NOTHING
from tests.alerts.scene import START, ask, crowd, fire, flow, health, kernel, steps, vehicle

KINDS = ("improper_stop", "wrong_way")


def storm(subject, seconds: int, per_s: int, p1_at=()):
    """A storm of vehicles, each of its own; true fires of zones in between, as steps of changes."""
    number = 0
    for step in range(seconds * 5):
        now_us = START + step * SLICE_US
        rows = [vehicle(KINDS[index % 2], now_us, name=f"v{number + index}") for index in range(per_s // 5)]
        number += len(rows)
        yield now_us, subject.step(now_us, [*crowd(now_us), *rows]).changes
        if step in p1_at:
            yield now_us, subject.p1(fire(now_us, zone=f"zone-{step}"))


def test_a_storm_of_a_thousand_a_second_is_grouped_and_loses_nothing_and_life_safety_comes_at_once() -> None:
    subject, loads, newest = kernel(), Loads(), {}
    fires = tuple(range(10, 300, 30))
    at_once = []
    for now_us, changes in storm(subject, 60, 1000, fires):
        for change in changes:
            newest[change.alert_id] = change
            loads.take(change, at_us=now_us)
            if change.rule == "fire":
                at_once.append((change.event_time_us == now_us, change.card, change.grouped_under, change.inhibited_by))
    assert len(newest) == 60_000 + 10
    assert at_once == [(True, True, "", "")] * 10
    shown = [change for change in newest.values() if change.card and change.priority != "P1"]
    assert Counter(change.rule for change in shown) == {"improper_stop": 1, "wrong_way": 1}
    heads = {change.alert_id for change in shown}
    assert {change.grouped_under for change in newest.values() if not change.card} == heads
    now = loads.at(START + 60 * MICRO, operators=1)
    assert (now.standing, now.kept_back) == (12, 60_000 - 2)


def test_a_head_stays_until_the_last_that_it_stands_for_is_over() -> None:
    subject = kernel(storm_alerts=2)
    found = []
    for index, name in enumerate("abcd"):
        now_us = START + index * 10 * MICRO
        found += subject.step(now_us, [*crowd(now_us), vehicle("wrong_way", now_us, name=name)]).changes
    head = found[0].alert_id
    assert {change.grouped_under for change in found if change.grouped_under} == {head}
    over = steps(subject, START + 30 * MICRO, 65)
    [held, *_, last] = [change for change in over if change.alert_id == head]
    assert (held.condition, held.reason) == ("active", "clearing is held back: it stands for 3 others")
    assert last.condition == "cleared"
    assert over[-1] is last
    assert [change.card for change in over if change.alert_id != head] == [False] * 3


def test_when_a_person_clears_the_head_the_oldest_of_the_others_stands_for_them() -> None:
    subject = kernel(storm_alerts=2)
    ids = []
    for index, name in enumerate("abcd"):
        now_us = START + index * MICRO
        changes = subject.step(now_us, [*crowd(now_us), vehicle("wrong_way", now_us, name=name)]).changes
        ids += [change.alert_id for change in changes if change.number == 1]
    subject.command(ask(ids[0], "escalate", choice="critical"))
    changes, refused = subject.command(ask(ids[0], "clear"))
    assert refused == NOTHING
    newest = {change.alert_id: change for change in changes}
    assert [newest[key].grouped_under for key in ids] == ["", "", ids[1], ids[1]]
    assert newest[ids[1]].card


def test_an_alert_that_has_come_and_gone_too_often_is_kept_open_and_says_so() -> None:
    subject = kernel(flap_times=2, flap_s=120)
    changes = []
    for second in range(6):
        now_us = START + second * MICRO
        state = "frozen" if second % 2 == 0 else "ok"
        changes += subject.step(now_us, [*crowd(now_us), health("c1", state, now_us)]).changes
    assert [change.condition for change in changes] == ["active", "cleared", "active", "cleared", "active", "active"]
    assert changes[-1].reason == "clearing is held back: it has come and gone too often"
    over = [change for change in steps(subject, START + 6 * MICRO, 130) if change.alert_id == changes[-1].alert_id]
    assert [(change.condition, (change.event_time_us - START) // MICRO) for change in over] == [("cleared", 125)]


def test_a_zone_that_is_known_to_be_dark_explains_its_cameras_until_it_is_seen_again() -> None:
    subject = kernel()
    dark = [
        change
        for second in range(12)
        for now_us in (START + second * MICRO,)
        for change in subject.step(now_us, [*crowd(now_us, seen=0), flow(9, now_us), health("c1", "black", START)]).changes
    ]
    camera, unknown, explained = dark
    assert (unknown.rule, explained.rule, explained.inhibited_by) == ("unknown_while_filling", "camera_health", unknown.alert_id)
    assert camera.inhibited_by == ""
    subject.command(ask(unknown.alert_id, "acknowledge"))
    changes, _ = subject.command(ask(unknown.alert_id, "verify", choice="false"))
    assert [(change.rule, change.inhibited_by) for change in changes] == [("unknown_while_filling", ""), ("camera_health", "")]
