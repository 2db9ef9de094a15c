"""The rules alone, without a kernel: what they are shown, and what they say."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any

from pipelines import rules
from pipelines.events import CameraEvent
from pipelines.outlook.second import Second
from pipelines.outlook.traces import Memory, Trace
from pipelines.rules import Evidence, GoesOn, Met, Over, Watch
from pipelines.rules.ground import Ground
from pipelines.rules.ladder import UNSEEN, reading_of
from pipelines.units import MICRO
from pipelines.words import NOTHING, Said
from plan.load import parse
from tests.alerts.scene import START, ask, density, fire, flow, health
from tests.plans import plan_dict


@dataclass
class Open:
    """An open alert, as rules see it."""

    rule: str
    place: str
    unit: str = ""
    start_us: int = START
    measured_level: str = "watch"
    latched: bool = False
    x_m: float = 0.0
    y_m: float = 0.0

    @property
    def key(self) -> tuple[str, str]:
        return self.rule, self.place


@dataclass
class Site:
    """A venue whose alerts nobody keeps: those that are open are given."""

    plan: Any = field(default_factory=lambda: parse(plan_dict()))
    open: tuple[Open, ...] = ()
    watch: Watch = field(default_factory=Watch)

    def __post_init__(self) -> None:
        self.ground = Ground(self.plan)
        self.memory = Memory(zones={zone.id: Trace() for zone in self.plan.zones})

    def open_alert(self, rule: str, place: str) -> Open | None:
        return next((row for row in self.open if row.key == (rule, place)), None)

    def open_alerts(self, *wanted: str) -> list[Open]:
        return [row for row in self.open if row.rule in wanted]


def step(site: Site, at_s: float, *rows: Any, seen: bool = True) -> list[Any]:
    reading = reading_of(density("hall", START, 1.0)[1], covered=True) if seen else UNSEEN
    return list(rules.step(site, START + round(at_s * MICRO), rows, dict.fromkeys((zone.id for zone in site.plan.zones), reading)))


def second(site: Site, at_s: int = 60, *, dark: tuple[str, ...] = ()) -> list[Any]:
    now_us = START + at_s * MICRO
    rows = {zone.id: density(zone.id, now_us, 1.0)[1] for zone in site.plan.zones if zone.id not in dark}
    levels = {zone.id: "none" for zone in site.plan.zones}
    now = Second(now_us=now_us, second=now_us // MICRO, rows=rows, levels=levels, forecasts={}, queues={}, balances={})
    return list(rules.second(site, now))


def test_an_alarm_is_evidence_of_fire_at_its_exact_place_and_a_fault_is_none() -> None:
    (found,) = rules.life_safety(fire())
    assert (found.rule, found.place, found.levels, found.at_m, found.start_us) == ("fire", "hall", ("critical",), (1.0, 2.0), START)
    assert list(rules.life_safety(fire(state="fault"))) == []


def test_a_camera_that_is_ok_says_that_its_alert_is_over_whether_there_is_one_or_not() -> None:
    assert [type(said) for said in step(Site(), 0, health("c1", "frozen", START)[1])] == [Evidence]
    assert step(Site(), 0, health("c1", "ok", START)[1]) == [Over("camera_health", "c1")]


def test_while_a_zone_stays_dark_the_alert_that_is_open_goes_on_and_nothing_is_begun_anew() -> None:
    site = Site()
    site.memory.take_flow(flow(9, START)[1], START // MICRO)
    assert step(site, 0, seen=False) == []
    (found,) = step(site, 10, seen=False)
    assert (found.rule, found.start_us, found.value) == ("unknown_while_filling", START, 9.0)
    site.open = (Open("unknown_while_filling", "hall"),)
    assert step(site, 11, seen=False) == [GoesOn("unknown_while_filling", "hall")]


def test_a_measured_rule_says_each_second_which_level_is_met_and_whether_that_is_surely_so() -> None:
    said = [one for one in second(Site()) if isinstance(one, Met)]
    assert {one.level for one in said} == {"none"}
    assert {one.known for one in said if one.place == "hall"} == {True}
    assert {one.known for one in second(Site(), dark=("hall",)) if getattr(one, "place", "") == "hall"} == {False}, "not seen is not over"
    assert said[0].rule == rules.COLLAPSE, "it comes first, since it holds the others of its zone"


def test_a_report_is_evidence_or_a_sentence_and_of_visitors_nothing_until_enough_say_it() -> None:
    site = Site()

    def told(who: str, role: str = "visitor", kind: str = "cannot_move") -> Evidence | Said:
        asked = ask("", "report", actor=who, role=role, target="hall", choice=kind)
        return rules.report(site, asked)

    refused = told("v1", kind="rain")
    assert isinstance(refused, Said)
    assert refused.en.startswith("there is no kind of report 'rain'")
    assert (told("v1"), told("v2")) == (NOTHING, NOTHING)
    by_visitors, by_staff = told("v3"), told("S7", "steward")
    assert isinstance(by_visitors, Evidence)
    assert isinstance(by_staff, Evidence)
    assert (by_visitors.verified, by_staff.verified) == (False, True)


def test_rules_leave_open_alerts_as_they_are() -> None:
    site = Site(open=tuple(Open(rule, place) for rule in ("fire", "camera_health", "human_report") for place in ("hall", "c1")))
    before = copy.deepcopy(site.open)
    second(site)
    step(site, 61, health("c1", "ok", START)[1], fire(state="fault"), seen=False)
    assert site.open == before


def behaves(kind: str, state: str = "begin", *, place: str = "hall", people: int = 1, x_cm: int = 510, since_s: float = -1) -> CameraEvent:
    return CameraEvent(
        camera="c1",
        event_time_us=START,
        received_us=START,
        kind=kind,
        place=place,
        track=7,
        since_us=START + round(since_s * MICRO),
        people=people,
        value=1.5,
        unit="s",
        x_cm=x_cm,
        y_cm=200,
        state=state,
    )


def test_a_breach_and_a_dispersal_are_life_safety_and_running_is_when_enough_run() -> None:
    for kind, people, rule in (
        ("closed_zone", 1, "breach"),
        ("fence_line", 2, "breach"),
        ("dispersal", 12, "mass_running"),
        ("running", 5, "mass_running"),
    ):
        (said,) = step(Site(), 0, behaves(kind, people=people))
        assert isinstance(said, Evidence)
        assert (said.rule, said.place, said.levels, said.value, said.unit) == (rule, "hall", ("critical",), float(people), "people")
        assert (said.start_us, said.at_m, said.source) == (START - MICRO, (5.1, 2.0), "c1")
    assert step(Site(), 0, behaves("running", people=4)) == []


def test_who_stays_is_watched_and_who_lies_waits_for_a_person_to_look_one_alert_a_spot() -> None:
    (stays,), (lies,), (same,), (other,) = [
        step(Site(), 0, row)
        for row in (behaves("loitering"), behaves("lying"), behaves("lying", "going", x_cm=900), behaves("lying", x_cm=1010))
    ]
    assert (stays.rule, stays.levels, stays.latched) == ("loitering", ("watch",), False)
    assert (lies.rule, lies.levels, lies.latched) == ("person_down", ("caution",), True)
    assert lies.subject == same.subject != other.subject


def test_the_end_of_a_spell_ends_no_alert_since_who_is_lost_to_a_camera_may_still_be_there() -> None:
    for kind in ("closed_zone", "fence_line", "running", "dispersal", "loitering", "lying"):
        assert step(Site(), 0, behaves(kind, "end", people=9)) == []
