"""The kernel: one alert a key, latching, the other rules, saved state."""

from __future__ import annotations

import json
from dataclasses import replace

from pipelines.alerts.kernel import Kernel
from pipelines.events import AlertCommand, SensorFire
from pipelines.units import MICRO
from plan.load import parse
from tests.alerts.scene import START, ask, density, fire, flow, health, kernel, run, vehicle
from tests.plans import plan_dict


def command(alert_id: str, action: str, *, second: bool = False) -> AlertCommand:
    return ask(alert_id, action, second_gesture=second, reason="")


def fire_at(at_s: float, **fields: str) -> SensorFire:
    return fire(START + round(at_s * MICRO), **fields)


def test_a_rising_peak_is_one_alert_whose_id_is_that_of_its_start():
    subject = kernel()
    changes = run(subject, 10.2, 2.2) + run(subject, 20, 5.2, start_s=10.2)
    assert {change.alert_id for change in changes} == {changes[0].alert_id}
    assert [change.number for change in changes] == list(range(1, len(changes) + 1))
    assert changes[0].start_us == START
    assert changes[-1].level == "critical"
    assert changes[-1].latched
    assert [step.level for step in changes[-1].levels] == ["watch", "caution", "warning", "critical"]


def test_a_peak_that_is_a_lower_bound_is_told_so_until_it_is_told_again_without():
    subject = kernel()
    found = []
    for index in range(150):
        now_us = START + index * MICRO // 5
        full = index < 80
        thing, row = density("hall", now_us, 2.2 if full else 3.4)
        found += subject.step(now_us, [(thing, replace(row, saturated=full)), density("queue", now_us, 0.0)]).changes
    assert [(change.level, change.value, change.at_least) for change in found] == [("watch", 2.2, True), ("caution", 3.4, False)]


def test_a_saved_lower_bound_is_one_after_a_restart():
    subject = kernel()
    for index in range(60):
        now_us = START + index * MICRO // 5
        thing, row = density("hall", now_us, 5.2)
        subject.step(now_us, [(thing, replace(row, saturated=True))])
    again = kernel()
    again.load(json.loads(json.dumps(subject.dump())))
    assert (
        [alert.at_least for alert in again.open_alerts("crowd_density")]
        == [alert.at_least for alert in subject.open_alerts("crowd_density")]
        == [True]
    )


def test_the_mode_is_beside_the_id_and_never_in_it():
    other = Kernel(parse(plan_dict()), plan_hash="zzz", mode="live")
    assert run(kernel(), 11, 5.5)[0].alert_id == run(other, 11, 5.5)[0].alert_id


def test_a_level_below_critical_clears_by_itself_and_a_latched_one_waits_for_a_person():
    low, high = kernel(), kernel()
    run(low, 11, 4.5)
    run(high, 11, 5.5)
    assert run(low, 62, 0.0, start_s=20)[-1].condition == "cleared"
    assert run(high, 62, 0.0, start_s=20)[-1].condition == "active"


def test_a_person_clears_a_latched_alert_only_when_the_place_is_measured_clear():
    subject = kernel()
    alert_id = run(subject, 11, 5.5)[0].alert_id
    assert subject.command(command(alert_id, "clear"))[1].en == "the place is still measured at critical"
    run(subject, 62, 0.0, start_s=20)
    changes, refusal = subject.command(command(alert_id, "clear"))
    assert (refusal.en, changes[0].condition, changes[0].axis, changes[0].actor) == ("", "cleared", "work", "S1")


def test_life_safety_needs_the_second_gesture_to_be_acknowledged():
    subject = kernel()
    alert = subject.p1(fire())[0]
    assert subject.command(command(alert.alert_id, "acknowledge"))[1].en == "a life-safety alert needs the second gesture"
    changes, refusal = subject.command(command(alert.alert_id, "acknowledge", second=True))
    assert (refusal.en, changes[0].work, changes[0].number) == ("", "in_progress", 1)
    assert subject.command(command(alert.alert_id, "acknowledge", second=True))[1].en == "it has been acknowledged already"


def test_a_command_for_an_unknown_alert_is_refused_with_a_sentence():
    assert kernel().command(command("nope", "clear")) == ([], ("there is no alert nope", "没有告警 nope"))


def test_two_detectors_of_one_place_are_one_latched_fire_alert():
    subject = kernel()
    first = subject.p1(fire())
    assert (first[0].rule, first[0].place, first[0].level, first[0].latched, first[0].priority) == ("fire", "hall", "critical", True, "P1")
    assert subject.p1(fire_at(5, kind="heat")) == []


def test_an_unsigned_alarm_is_shown_as_unverified_until_a_signed_one_comes():
    subject = kernel()
    assert subject.p1(fire(verified=False))[0].verified is False
    assert subject.p1(fire_at(1))[0].verified is True


def test_feedback_that_stays_away_for_ten_seconds_is_life_safety_and_feedback_in_time_is_nothing():
    started = [(0, ("sensor.fire", fire(state="output_started", kind="panel", output=output))) for output in ("broadcast", "sprinkler")]
    answered = (15, ("sensor.fire", fire_at(3, state="feedback", kind="panel", output="broadcast")))
    changes = run(kernel(), 12, 0.0, extra=[*started, answered])
    assert [(change.rule, change.place, change.unit, change.event_time_us - START) for change in changes] == [
        ("fire_feedback", "hall", "sprinkler", 10 * MICRO)
    ]


def test_repeated_evidence_of_one_vehicle_is_one_alert_that_clears_after_quiet():
    subject = kernel()
    changes = run(
        subject, 5, 0.0, extra=[(0, vehicle("wrong_way", START)), (5, vehicle("wrong_way", START)), (10, vehicle("wrong_way", START))]
    )
    assert [(change.rule, change.level, change.latched) for change in changes] == [("wrong_way", "warning", False)]
    assert run(subject, 62, 0.0, start_s=5)[-1].condition == "cleared"


def test_a_vehicle_towards_people_is_life_safety_only_where_somebody_is():
    subject = kernel()
    assert [c.rule for c in run(subject, 1, 0.0, extra=[(2, vehicle("towards_people", START, zone="hall"))])] == ["vehicle_towards_people"]
    empty = kernel()
    now = START
    assert empty.step(now, [density("hall", now, 0.0, people=0.0), vehicle("towards_people", START, zone="hall")]).changes == []


def test_a_zone_that_fills_while_it_cannot_be_seen_pages_and_one_that_does_not_fill_stays_quiet():
    filling = run(kernel(), 12, 0.0, seen=0, extra=[(0, flow(9, START))])
    assert [(change.rule, change.place, change.level) for change in filling] == [("unknown_while_filling", "hall", "warning")]
    assert run(kernel(), 30, 0.0, seen=0) == []


def test_a_frozen_camera_is_on_the_list_without_a_card_and_leaves_it_when_it_lives_again():
    changes = run(kernel(), 4, 0.0, extra=[(0, health("c1", "frozen", START)), (10, health("c1", "ok", START))])
    assert [(change.rule, change.level, change.card, change.condition) for change in changes] == [
        ("camera_health", "watch", False, "active"),
        ("camera_health", "watch", False, "cleared"),
    ]


def test_a_saved_kernel_goes_on_with_the_same_changes():
    whole, broken = kernel(), kernel()
    expected = run(whole, 8, 5.5) + run(whole, 8, 5.5, start_s=8)
    found = run(broken, 8, 5.5)
    resumed = kernel()
    resumed.load(json.loads(json.dumps(broken.dump())))
    assert found + run(resumed, 8, 5.5, start_s=8) == expected
