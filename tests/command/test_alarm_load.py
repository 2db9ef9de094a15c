"""The load that alerts put on people, against EEMUA 191."""

from __future__ import annotations

from command.alarm_load import Loads
from pipelines.units import MICRO
from tests.alerts.scene import START, crowd, health, kernel, vehicle


def test_the_load_is_judged_for_each_operator_and_names_what_chatters() -> None:
    subject, loads = kernel(flap_times=9), Loads()
    for second in range(8):
        now_us = START + second * MICRO
        rows = [health("c1", "frozen" if second % 2 == 0 else "ok", now_us), vehicle("wrong_way", now_us, name=f"v{second % 2}")]
        for change in subject.step(now_us, [*crowd(now_us), *rows]).changes:
            loads.take(change, at_us=now_us)
            loads.take(change, at_us=now_us)
    now = loads.at(START + 8 * MICRO, operators=1)
    assert (now.per_operator, now.verdict, now.standing, now.chattering) == (2.0, "manageable", 2, ())
    assert loads.at(START + 8 * MICRO, operators=2).verdict == "acceptable"
    late = loads.at(START + 700 * MICRO, operators=1)
    assert (late.per_operator, late.standing_long) == (0.0, 2)
