"""The work axis: the table is the machine, and each act says why it is refused."""

from __future__ import annotations

import json

import pytest
from statemachine.exceptions import TransitionNotAllowed

from pipelines.alerts.commands import ACTS
from pipelines.alerts.work import TABLE, Work, after
from pipelines.units import MICRO
from pipelines.words import NOTHING
from tests.alerts.scene import START, ask, crowd, fire, health, kernel, steps, vehicle

EVENTS = sorted({event for _, event in TABLE})


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("state", [state.id for state in Work.states])
def test_the_table_says_what_the_machine_does(state: str, event: str) -> None:
    machine = Work(start_value=state)
    try:
        machine.send(event)
    except TransitionNotAllowed:
        assert after(state, event) is None
    else:
        assert after(state, event) == machine.current_state_value


def test_every_act_is_an_event_of_the_machine_and_the_system_has_one_of_its_own() -> None:
    assert set(EVENTS) == {*ACTS, "reopen"}


def stopped():
    subject = kernel()
    [alert] = subject.step(START, [*crowd(START), vehicle("improper_stop", START)]).changes
    return subject, alert.alert_id


def burning():
    subject = kernel()
    return subject, subject.p1(fire())[0].alert_id


def test_an_alert_goes_from_new_over_in_progress_and_on_hold_to_closed_with_its_reason() -> None:
    subject, alert = stopped()
    asked = [("acknowledge", {}), ("assign", {"target": "M1"}), ("verify", {"choice": "real"}), ("hold", {}), ("resume", {})]
    asked.append(("close", {"choice": "handled"}))
    found = [subject.command(ask(alert, action, **fields)) for action, fields in asked]
    assert [refused for _, refused in found] == [NOTHING] * 6
    changes = [changes[0] for changes, _ in found]
    assert [change.work for change in changes] == ["in_progress", "in_progress", "in_progress", "on_hold", "in_progress", "closed"]
    assert [change.number for change in changes] == [1, 2, 3, 4, 5, 6]
    assert (changes[-1].owner, changes[-1].verdict, changes[-1].closing, changes[-1].condition) == ("M1", "real", "handled", "active")


@pytest.mark.parametrize(
    ("life_safety", "action", "fields", "sentence"),
    [
        (False, "silence", {}, "there is no action 'silence'"),
        (False, "resume", {}, "its work is new: resume needs on_hold"),
        (False, "assign", {"target": "X9"}, "the plan has no post 'X9'"),
        (False, "verify", {"choice": "perhaps"}, "expected real, false"),
        (False, "close", {"choice": "bored"}, "expected handled, false, duplicate, drill, handed_over"),
        (False, "close", {"choice": "duplicate", "target": "nothing"}, "the alert that it duplicates"),
        (False, "close", {"choice": "handed_over", "target": "X9"}, "the plan has no post 'X9'"),
        (False, "shelve", {"until_us": START + 60 * MICRO, "reason": " "}, "only with a reason"),
        (False, "shelve", {"until_us": START}, "until a time that is to come"),
        (False, "shelve", {"until_us": START + 901 * MICRO}, "15 min at most"),
        (False, "shelve", {"until_us": START + 60 * MICRO, "role": "monitor", "actor": "M1"}, "may not shelve"),
        (False, "unshelve", {}, "it is not shelved"),
        (False, "escalate", {"choice": "caution"}, "a level above caution"),
        (False, "downgrade", {"choice": "watch"}, "still measured at caution"),
        (False, "clear", {}, "does not wait for a person"),
        (True, "acknowledge", {"second_gesture": False}, "second gesture"),
        (True, "hold", {}, "its work is new: hold needs in_progress"),
        (True, "close", {"choice": "false"}, "it must be cleared"),
        (True, "shelve", {"until_us": START + 60 * MICRO}, "never shelved"),
        (True, "downgrade", {"choice": "caution"}, "still measured at critical"),
    ],
)
def test_a_refused_act_says_why_and_changes_nothing(life_safety: bool, action: str, fields: dict, sentence: str) -> None:  # noqa: FBT001
    subject, alert = burning() if life_safety else stopped()
    before = subject.find(alert).dump()
    changes, refused = subject.command(ask(alert, action, **fields))
    assert changes == []
    assert sentence in refused.en
    assert refused.zh
    assert subject.find(alert).dump() == before


def test_a_shelving_ends_by_itself_at_the_time_that_was_given() -> None:
    subject, alert = stopped()
    until_us = START + 600 * MICRO
    [shelved], _ = subject.command(ask(alert, "shelve", until_us=until_us))
    assert (shelved.card, shelved.shelved_until_us) == (False, until_us)
    assert subject.wall_clock(until_us - 1) == []
    [back] = subject.wall_clock(until_us + 7 * MICRO)
    assert (back.card, back.shelved_until_us, back.axis, back.event_time_us, back.reason) == (
        True,
        0,
        "work",
        until_us,
        "the shelving is over",
    )


def test_an_alert_that_a_person_has_put_away_comes_back_when_it_gets_worse() -> None:
    for action, fields in (("shelve", {"until_us": START + 900 * MICRO}), ("close", {"choice": "false"})):
        subject = kernel()
        alert = steps(subject, START, 11, peak=3.3)[0].alert_id
        assert subject.command(ask(alert, action, at_us=START, **fields))[1] == NOTHING
        changes = steps(subject, START + 11 * MICRO, 11, peak=5.5)
        assert [(change.axis, change.work, change.level, change.shelved_until_us) for change in changes] == [
            ("condition", "new", "critical", 0),
            ("work", "new", "critical", 0),
        ]


def test_what_a_person_has_raised_outranks_the_picture_until_a_person_lets_it_go() -> None:
    subject = kernel()
    alert = steps(subject, START, 11, peak=3.3)[0].alert_id
    [raised], _ = subject.command(ask(alert, "escalate", choice="critical"))
    assert (raised.priority, raised.latched, raised.card, raised.axis) == ("P1", True, True, "work")
    assert steps(subject, START + 11 * MICRO, 90)[-1].condition == "active"
    refused = subject.command(ask(alert, "downgrade", choice="caution", actor="M1", role="monitor"))[1].en
    assert "only by a role that may clear it" in refused
    assert "second gesture" in subject.command(ask(alert, "downgrade", choice="caution", second_gesture=False))[1].en
    [lowered], _ = subject.command(ask(alert, "downgrade", choice="caution"))
    assert (lowered.level, lowered.latched, lowered.condition) == ("caution", True, "active")
    [cleared], _ = subject.command(ask(alert, "clear"))
    assert (cleared.condition, cleared.work, cleared.closing) == ("cleared", "closed", "handled")


def test_a_command_that_comes_again_changes_nothing_and_has_the_same_answer_after_a_restart_too() -> None:
    subject, alert = stopped()
    done, refused = ask(alert, "acknowledge"), ask(alert, "verify", choice="?")
    assert (len(subject.command(done)[0]), subject.command(done)) == (1, ([], NOTHING))
    sentence = subject.command(refused)[1]
    again = kernel()
    again.load(json.loads(json.dumps(subject.dump())))
    assert (again.command(done), again.command(refused)) == (([], NOTHING), ([], sentence))
    assert sentence


def test_the_evidence_of_an_episode_that_a_person_cleared_brings_the_same_alert_back() -> None:
    subject = kernel()
    towards = vehicle("towards_people", START, zone="hall")
    [alert] = subject.step(START, [*crowd(START), towards]).changes
    subject.command(ask(alert.alert_id, "clear"))
    changes = subject.step(START + MICRO, [*crowd(START + MICRO), towards]).changes
    assert [(change.alert_id, change.axis, change.number, change.condition, change.work) for change in changes] == [
        (alert.alert_id, "condition", 2, "active", "new"),
        (alert.alert_id, "work", 2, "active", "new"),
    ]


def test_a_state_of_version_2_is_taken_up() -> None:
    subject, alert = stopped()
    plain = subject.dump()
    old = {key: plain[key] for key in ("ladders", "signals", "memory", "watch")}
    again = kernel()
    again.load(old | {"version": 2, "open": json.loads(plain["open"]), "closed": []})
    assert again.command(ask(alert, "acknowledge"))[1] == NOTHING


def test_a_state_of_version_3_whose_refusals_were_in_one_language_is_taken_up() -> None:
    subject, alert = stopped()
    command = ask(alert, "shelve", reason="")
    sentence = subject.command(command)[1].en
    again = kernel()
    again.load(subject.dump() | {"version": 3, "answered": {command.command_id: sentence}})
    assert again.command(command) == ([], (sentence, sentence))


def test_evidence_that_is_repeated_is_counted_without_a_change() -> None:
    subject = kernel()
    for index in range(5):
        now_us = START + index * 200_000
        subject.step(now_us, [*crowd(now_us), health("c1", "frozen", START)])
    assert subject.open_alert("camera_health", "c1").repeats == 5
