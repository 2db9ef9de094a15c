"""The life of alerts under anything that may happen, in any order, on the kernel as it runs."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from pipelines.alerts.commands import ACTS, CLOSINGS, VERDICTS
from pipelines.alerts.kernel import Kernel
from pipelines.events import AlertChange
from pipelines.levels import LEVELS
from pipelines.units import MICRO
from tests.alerts.scene import START, ask, crowd, fire, flow, health, kernel, vehicle

TOLD = ("level", "measured_level", "condition", "work", "latched", "verified", "owner", "verdict", "closing")
KEPT_BACK = ("shelved_until_us", "grouped_under", "inhibited_by")
HANDLING: dict[str, Any] = {"storm_alerts": 2, "flap_times": 2, "flap_s": 120}
CHOICES = {"verify": VERDICTS, "close": CLOSINGS, "escalate": LEVELS, "downgrade": LEVELS}
MOSTLY = st.sampled_from([True, True, True, False])


def take(subject: Kernel, what: str, value: Any) -> tuple[list[AlertChange], str]:
    """One input, as the process gives it to its kernel."""
    match what:
        case "step":
            return subject.step(*value).changes, ""
        case "p1":
            return subject.p1(value), ""
        case "clock":
            return subject.wall_clock(value), ""
        case _:
            return subject.command(value)


class Life(RuleBasedStateMachine):
    """A live kernel, an exercise with the same inputs, and what was saved with all that has come since."""

    def __init__(self) -> None:
        super().__init__()
        self.live, self.drill = kernel("live", **HANDLING), kernel("drill-a", **HANDLING)
        self.now_us = self.clock_us = START
        self.newest: dict[str, AlertChange] = {}
        self.numbers: dict[tuple[str, str], int] = {}
        self.commands: list[Any] = []
        self.since: list[tuple[str, Any, tuple[list[AlertChange], str]]] = []
        self.saved = json.dumps(self.live.dump())

    def put(self, what: str, value: Any) -> None:
        found = take(self.live, what, value)
        drilled = take(self.drill, what, value)
        assert ([replace(change, mode="live") for change in drilled[0]], drilled[1]) == found
        assert all(change.mode == "drill-a" for change in drilled[0])
        self.since.append((what, value, found))
        for change in found[0]:
            self.tell(change)

    def tell(self, change: AlertChange) -> None:
        key = (change.alert_id, change.axis)
        assert change.number == self.numbers.get(key, 0) + 1
        self.numbers[key] = change.number
        before = self.newest.get(change.alert_id)
        if change.priority == "P1":
            assert not any(getattr(change, name) for name in KEPT_BACK)
            if change.condition == "cleared" and before is not None and before.condition == "active":
                assert change.axis == "work"
                assert change.actor
        if change.axis == "work":
            assert change.actor or change.reason
        self.newest[change.alert_id] = change

    def step(self, *rows: Any, seconds: float = 0.2, peak: float = 0.0, seen: int = 1) -> None:
        self.now_us += round(seconds * MICRO)
        self.clock_us += round(seconds * MICRO)
        self.put("step", (self.now_us, [*crowd(self.now_us, peak, seen=seen), *rows]))

    @initialize()
    def begin(self) -> None:
        self.step()

    @rule(name=st.sampled_from("abcdef"), kind=st.sampled_from(["improper_stop", "wrong_way"]))
    def evidence_of_a_vehicle(self, name: str, kind: str) -> None:
        self.step(vehicle(kind, self.now_us, name=name))

    @rule(name=st.sampled_from("ab"))
    def a_vehicle_towards_people(self, name: str) -> None:
        self.step(vehicle("towards_people", self.now_us, name=name, zone="hall", start_us=START))

    @rule(camera=st.sampled_from(["c1", "c2"]), state=st.sampled_from(["frozen", "ok"]))
    def a_camera(self, camera: str, state: str) -> None:
        self.step(health(camera, state, self.now_us))

    @rule(verified=st.booleans(), zone=st.sampled_from(["hall", "queue"]))
    def a_detector(self, verified: bool, zone: str) -> None:  # noqa: FBT001
        self.put("p1", fire(self.now_us, zone=zone, verified=verified))

    @rule(peak=st.sampled_from([0.0, 2.2, 3.3, 4.4, 5.5, 6.6]), seconds=st.sampled_from([0.2, 11.0, 61.0, 121.0]))
    def a_crowd_for_some_time(self, peak: float, seconds: float) -> None:
        self.step(peak=peak)
        self.step(seconds=seconds, peak=peak)

    @rule()
    def the_hall_goes_dark_while_it_fills(self) -> None:
        self.step(flow(9, self.now_us), seen=0)
        self.step(seconds=11, seen=0)

    @rule(by_s=st.sampled_from([-30, 60, 3600]))
    def the_wall_clock_steps(self, by_s: int) -> None:
        self.clock_us += by_s * MICRO
        self.put("clock", self.clock_us)

    @precondition(lambda self: self.newest)
    @rule(drawn=st.data(), action=st.sampled_from(sorted(ACTS)), right=MOSTLY, careful=MOSTLY, long_s=st.sampled_from([60, 900, 7200]))
    def a_person_asks(self, drawn: Any, action: str, right: bool, careful: bool, long_s: int) -> None:  # noqa: FBT001
        actor, role = ("S1", "shift leader") if right else ("M1", "monitor")
        asked = ask(
            drawn.draw(st.sampled_from(sorted(self.newest))),
            action,
            at_us=self.clock_us,
            actor=actor,
            role=role,
            second_gesture=careful,
            reason="seen at the place" if careful else "",
            choice=drawn.draw(st.sampled_from(["", *CHOICES[action]])) if action in CHOICES else "",
            target=drawn.draw(st.sampled_from(["S1", "nobody", *sorted(self.newest)])) if action in ("assign", "close") else "",
            until_us=self.clock_us + long_s * MICRO,
        )
        self.put("command", asked)
        self.commands.append(asked)

    @precondition(lambda self: any(change.condition == "active" and change.work != "closed" for change in self.newest.values()))
    @rule(drawn=st.data(), action=st.sampled_from(["acknowledge", "shelve", "close", "clear", "downgrade"]))
    def the_shift_leader_acts_on_what_is_open(self, drawn: Any, action: str) -> None:
        found = sorted(key for key, change in self.newest.items() if change.condition == "active" and change.work != "closed")
        choice = {"close": "handled", "downgrade": "watch"}.get(action, "")
        asked = ask(drawn.draw(st.sampled_from(found)), action, at_us=self.clock_us, choice=choice, until_us=self.clock_us + 900 * MICRO)
        self.put("command", asked)
        self.commands.append(asked)

    @precondition(lambda self: self.commands)
    @rule(drawn=st.data())
    def a_command_comes_again(self, drawn: Any) -> None:
        again = drawn.draw(st.sampled_from(self.commands))
        count = len(self.since)
        self.put("command", again)
        assert not [change for change in self.since[count][2][0] if change.actor]

    @rule()
    def the_state_is_saved(self) -> None:
        self.saved, self.since = json.dumps(self.live.dump()), []

    @rule()
    def it_is_killed_and_reads_again_what_came_since(self) -> None:
        self.live = kernel("live", **HANDLING)
        self.live.load(json.loads(self.saved))
        for what, value, found in self.since:
            assert take(self.live, what, value) == found

    @invariant()
    def one_open_alert_a_key(self) -> None:
        open_ones = [change for change in self.newest.values() if change.condition == "active"]
        keys = {(change.rule, change.place, change.source if change.rule in ("wrong_way", "improper_stop") else "") for change in open_ones}
        towards = {(change.place, change.source) for change in open_ones if change.rule == "vehicle_towards_people"}
        others = [change for change in open_ones if change.rule != "vehicle_towards_people"]
        assert len({key for key in keys if key[0] != "vehicle_towards_people"}) == len(others)
        assert len(towards) == len(open_ones) - len(others)

    @invariant()
    def what_was_told_last_is_what_is(self) -> None:
        for alert_id, change in self.newest.items():
            alert = self.live.find(alert_id)
            assert alert is not None
            assert [getattr(alert, name) for name in TOLD + KEPT_BACK] == [getattr(change, name) for name in TOLD + KEPT_BACK]
            assert change.card == alert.shown

    @invariant()
    def what_is_kept_back_has_somebody_that_stands_for_it(self) -> None:
        for change in self.newest.values():
            for name in ("grouped_under", "inhibited_by"):
                stands = getattr(change, name)
                if change.condition == "active" and stands:
                    assert self.newest[stands].condition == "active"
                    assert not self.newest[stands].grouped_under


Life.TestCase.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
TestLife = Life.TestCase
