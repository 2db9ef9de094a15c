"""The checker of the kill campaign: what is lost, doubled, contradicted or merely repeated is told apart."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.alerts.check import Found, judge
from benchmarks.alerts.manifest import Expected
from benchmarks.alerts.venue import PEAK_PER_M2, Cameras, venue
from pipelines.alerts.lifecycle import Alert
from pipelines.events import AlertAnswer, DispatchReceipt

MODE = "drill-check"
FIRE = Expected(id="f", seq=0, kind="fire", alert_id="a" * 32, zone="z0-0", start_us=1_000_000)
CROWD = Expected(id="c", seq=1, kind="crowd_density", alert_id="b" * 32, zone="z0-1", start_us=2_000_000)
CLEAR = Expected(id="k", seq=2, kind="clear", alert_id=FIRE.alert_id, zone="z0-0", start_us=3_000_000)
ANSWER = AlertAnswer(
    command_id="k", alert_id=FIRE.alert_id, action="clear", actor="S1", refusal="", received_us=1, command_offset=0, step_us=1, p1_offset=1
)
RECEIPT = DispatchReceipt(
    alert_id=FIRE.alert_id, axis="condition", number=1, channel="inbox", recipient="P1", state="delivered", receipt="", at_us=1
)


def began(expected: Expected):
    level = "critical" if expected.kind == "fire" else "caution"
    alert = Alert(
        alert_id=expected.alert_id, rule=expected.kind, rule_version=1, place=expected.zone, start_us=expected.start_us, level=level
    )
    return alert.change(axis="condition", now_us=expected.start_us, mode=MODE, plan="p")


def judged(*records, messages=()):
    found = Found()
    for record in records:
        found.take(record)
    found.messages.update(messages)
    return judge([FIRE, CROWD, CLEAR], found)


def test_what_came_once_and_reached_somebody_is_clean_and_a_repeat_word_for_word_is_legal():
    found = judged(began(FIRE), began(CROWD), ANSWER, RECEIPT, began(FIRE), ANSWER)
    assert [found[name] for name in ("lost", "duplicates", "conflicts", "gaps", "moved", "recovered")] == [0, 0, 0, 0, 0, 2]


@pytest.mark.parametrize("left_out", [0, 1, 2, 3])
def test_an_alert_an_answer_and_a_delivery_that_stay_away_are_lost(left_out):
    rows = [began(FIRE), began(CROWD), ANSWER, RECEIPT]
    del rows[left_out]
    assert judged(*rows)["lost"] == 1


def test_a_second_alert_of_one_incident_and_a_message_that_came_twice_are_duplicates():
    other = replace(began(FIRE), alert_id="d" * 32)
    message = (FIRE.alert_id, "condition", 1, "P1")
    found = judged(began(FIRE), other, began(CROWD), ANSWER, RECEIPT, replace(RECEIPT, alert_id="d" * 32), messages=[message, message])
    assert (found["lost"], found["duplicates"]) == (0, 2)


def test_an_equal_number_with_another_body_is_a_conflict_and_a_number_left_out_is_a_gap():
    rows = [began(FIRE), began(CROWD), ANSWER, RECEIPT]
    found = judged(*rows, replace(began(FIRE), value=7.0), replace(began(CROWD), number=3))
    assert (found["conflicts"], found["gaps"]) == (1, 1)


def test_a_crowd_whose_first_windows_never_were_is_moved_and_not_lost():
    later = replace(began(CROWD), alert_id="e" * 32, start_us=CROWD.start_us + 400_000)
    found = judged(began(FIRE), later, ANSWER, RECEIPT)
    assert (found["lost"], found["duplicates"], found["moved"]) == (0, 0, 1)


@pytest.mark.parametrize(("people", "per_m2"), PEAK_PER_M2.items())
def test_a_dense_zone_of_the_bench_has_the_peak_that_its_cycle_counts_on(people, per_m2):
    cameras = Cameras(venue(zones_a_camera=3, hold_up_s=0, hold_down_s=0), people=people)
    dense, *empty = sorted(cameras.slice(2, 0, dense={"z2-1"}, received_us=0).entries, key=lambda entry: entry.zone != "z2-1")
    assert dense.peak_sum / dense.frames_used / 4 == per_m2
    assert [entry.n for entry in empty] == [0, 0]
