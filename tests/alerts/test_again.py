"""After a crash commands are taken between the same steps again."""

from __future__ import annotations

from pipelines.alerts.again import NEVER_US, Again
from pipelines.events import AlertAnswer
from tests.alerts.scene import ask


def answer(offset: int, *, step_us: int, p1_offset: int = 0) -> AlertAnswer:
    fields = {"command_id": "c", "alert_id": "a", "action": "hold", "actor": "S1", "refusal": "", "received_us": 1}
    return AlertAnswer(**fields, command_offset=offset, step_us=step_us, p1_offset=p1_offset)


def due(subject: Again, **at: int) -> list[int]:
    return [offset for offset, _ in subject.due(**at)]


def test_a_command_that_was_never_answered_waits_for_nothing() -> None:
    subject = Again([], since=4)
    subject.put(4, ask("a", "hold"))
    assert (due(subject, step_us=-1, p1_offset=0), subject.offset, subject.until_us()) == ([4], 5, NEVER_US)


def test_a_command_waits_for_the_step_and_the_reading_that_came_before_it_and_the_next_step_for_the_command() -> None:
    subject = Again([answer(3, step_us=100), answer(4, step_us=600, p1_offset=2)], since=4)
    subject.put(4, ask("a", "hold"))
    subject.put(5, ask("a", "resume"))
    assert subject.until_us() == 600
    assert due(subject, step_us=400, p1_offset=2) == []
    assert due(subject, step_us=600, p1_offset=1) == []
    assert subject.offset == 4
    assert due(subject, step_us=600, p1_offset=2) == [4, 5]
    assert (subject.offset, subject.until_us()) == (6, NEVER_US)


def test_alerts_do_not_wait_for_a_command_that_never_comes() -> None:
    subject = Again([answer(4, step_us=600)], since=4)
    subject.forget()
    assert subject.until_us() == NEVER_US
    subject.skip(4)
    assert subject.offset == 5


def test_a_reading_is_taken_after_the_commands_that_had_been_answered_before_it_about_its_alert_whatever_step_they_wait_for() -> None:
    subject = Again(
        [answer(4, step_us=600, p1_offset=2), answer(5, step_us=600, p1_offset=2), answer(6, step_us=600, p1_offset=3)], since=4
    )
    assert subject.reading
    for offset, alert in ((4, "other"), (5, "a"), (6, "a")):
        subject.put(offset, ask(alert, "clear"))
    assert not subject.reading
    assert [offset for offset, _ in subject.before(2, lambda alert: alert == "a")] == [5]
    assert (subject.offset, subject.until_us(), subject.place(5)) == (4, 600, (600, 2))
    assert due(subject, step_us=600, p1_offset=3) == [4, 6]
    assert subject.offset == 7


def test_a_command_that_nobody_has_answered_comes_before_no_reading() -> None:
    subject = Again([], since=0)
    subject.put(0, ask("a", "clear"))
    assert list(subject.before(9, lambda _: True)) == []


def test_shortly_after_a_start_a_command_waits_for_its_alert_to_come_again_and_then_for_nothing() -> None:
    subject, alerts = Again([answer(0, step_us=0)], since=0), {"a"}
    for offset, alert in enumerate(("gone", "a", "b")):
        subject.put(offset, ask(alert, "clear"))

    def known(alert: str) -> bool:
        return alert in alerts

    assert [offset for offset, _ in subject.due(step_us=0, p1_offset=0, known=known)] == [0, 1]
    alerts.add("b")
    assert [offset for offset, _ in subject.due(step_us=0, p1_offset=0, known=known)] == [2]
    subject.put(3, ask("never", "clear"))
    assert list(subject.due(step_us=0, p1_offset=0, known=known)) == []
    subject.forget()
    assert [offset for offset, _ in subject.due(step_us=0, p1_offset=0, known=known)] == [3]
