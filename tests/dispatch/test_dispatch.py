"""Who is told what, in which words, and that a drill never leaves its inbox."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from connectors.inbox import Inbox
from connectors.kafka import Rejected, Row
from pipelines.dispatch.app import Dispatch
from pipelines.dispatch.routing import Told, recipients
from pipelines.dispatch.texts import LEVEL, WHAT, line
from pipelines.errors import RefusedError, TransientError
from pipelines.events import AlertChange, DeadLetter, DispatchReceipt
from plan.load import load
from plan.model import LEVELS, Plan

ROOT = Path(__file__).resolve().parents[2]
P1_AT_GATE_C = ("S1 shift leader", "C2 gate C sector lead", "F1 fire control room")


@pytest.fixture(scope="module")
def plan() -> Plan:
    return load(ROOT / "plan" / "examples" / "stadium.yaml")


def change(**fields: Any) -> AlertChange:
    plain: dict[str, Any] = {
        "alert_id": "0a" * 16,
        "mode": "drill-t1",
        "axis": "condition",
        "number": 1,
        "rule": "crowd_density",
        "rule_version": 1,
        "place": "gate-c-queue",
        "priority": "P1",
        "level": "critical",
        "measured_level": "critical",
        "condition": "active",
        "work": "new",
        "latched": True,
        "card": True,
        "verified": True,
        "start_us": 1,
        "event_time_us": 2,
        "value": 6.1,
        "unit": "p/m2",
        "x_m": 0.0,
        "y_m": 0.0,
        "source": "",
        "actor": "",
        "actor_role": "",
        "reason": "",
        "plan": "abc",
    }
    return AlertChange(**(plain | fields))


# -- routing --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("priority", "place", "expected"),
    [
        ("P1", "gate-c-queue", P1_AT_GATE_C),
        ("P2", "gate-c-queue", ("C2 gate C sector lead",)),
        ("P2", "gate-a-queue", ("A1 gate A sector lead",)),
        ("P2", "service-road-east", ("P1 barrier guard, service road",)),
        ("P2", "hall-1", ("P3 patrol, halls",)),
        ("P2", "concourse-west", ("zone guard",)),
        ("P2", "nowhere", ("zone guard",)),
        ("P3", "gate-c-queue", ()),
    ],
)
def test_a_priority_goes_to_its_posts(plan: Plan, priority: str, place: str, expected: tuple[str, ...]) -> None:
    assert recipients(change(priority=priority, place=place), plan) == expected


def test_a_plan_without_posts_has_the_functions_names(plan: Plan) -> None:
    bare = plan.model_copy(update={"posts": ()})
    assert recipients(change(), bare) == ("command post", "zone guard", "fire control room")


def test_news_is_a_card_that_is_raised_rises_is_verified_or_clears() -> None:
    told = Told()
    steps = [
        (change(card=False, level="watch"), False),
        (change(level="warning"), True),
        (change(level="warning"), False),
        (change(level="warning", measured_level="caution"), False),
        (change(level="critical", verified=False), True),
        (change(level="critical"), True),
        (change(axis="work", work="in_progress"), False),
        (change(axis="work", work="closed", condition="cleared"), True),
        (change(axis="condition", condition="cleared"), False),
        (change(alert_id="0b" * 16), True),
    ]
    assert [told.is_news(step) for step, _ in steps] == [expected for _, expected in steps]


# -- words ----------------------------------------------------------------------------------------------------------


def test_a_drills_line_says_so_before_place_what_and_level(plan: Plan) -> None:
    assert line(change(), plan) == {
        "en": "EXERCISE 演练 – Gate C queue – crowding – critical I",
        "zh": "EXERCISE 演练,C口外场,拥挤,危急一级",
    }


def test_a_live_line_has_no_exercise_mark(plan: Plan) -> None:
    assert line(change(mode="live"), plan)["en"] == "Gate C queue – crowding – critical I"


def test_an_unverified_alert_and_a_cleared_one_say_so(plan: Plan) -> None:
    assert line(change(rule="fire", verified=False), plan)["zh"].endswith("火警,危急一级,未核实")
    assert line(change(condition="cleared"), plan)["en"].endswith("crowding – cleared")


def test_every_level_has_words_and_none_that_the_terms_forbid(plan: Plan) -> None:
    assert set(LEVEL) == set(LEVELS)
    texts = [line(change(rule=rule, level=level), plan) for rule in WHAT for level in LEVELS]
    assert not [text for text in texts if any(word in text["zh"] for word in ("踩踏", "爆炸", "预警", "确认", "正常"))]


# -- inbox ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    made = Inbox(tmp_path / "inbox")
    made.start()
    return made


def test_a_delivery_is_one_file_for_its_owner_with_its_receipt(inbox: Inbox, tmp_path: Path) -> None:
    receipt = inbox.deliver(change(), recipients=["S1"], text={"en": "EXERCISE"})
    (path,) = (tmp_path / "inbox").iterdir()
    assert (tmp_path / "inbox").stat().st_mode & 0o777 == 0o700
    assert path.name == f"{'0a' * 16}.condition.1.json"
    assert json.loads(path.read_text())["to"] == ["S1"]
    assert len(receipt) == 32


def test_delivering_again_writes_nothing_and_gives_the_same_receipt(inbox: Inbox, tmp_path: Path) -> None:
    first = inbox.deliver(change(), recipients=["S1"], text={"en": "EXERCISE"})
    (path,) = (tmp_path / "inbox").iterdir()
    before = path.stat()
    assert inbox.deliver(change(), recipients=["other"], text={}) == first
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


@pytest.mark.parametrize("mode", ["live", "", "drill", "drill-../live"])
def test_the_inbox_itself_refuses_what_is_not_a_drills(inbox: Inbox, tmp_path: Path, mode: str) -> None:
    with pytest.raises(RefusedError):
        inbox.deliver(change(mode=mode), recipients=["S1"], text={})
    assert list((tmp_path / "inbox").iterdir()) == []


@pytest.mark.parametrize("fields", [{"alert_id": "../../etc"}, {"alert_id": "0A" * 16}, {"axis": "../x"}, {"number": 0}])
def test_a_name_that_could_leave_the_folder_is_refused(inbox: Inbox, fields: dict[str, Any]) -> None:
    with pytest.raises(RefusedError, match="do not name a change"):
        inbox.deliver(change(**fields), recipients=[], text={})


def test_a_disk_that_does_not_take_it_may_do_so_later(tmp_path: Path) -> None:
    with pytest.raises(TransientError):
        Inbox(tmp_path / "never-started").deliver(change(), recipients=[], text={})


# -- the process ----------------------------------------------------------------------------------------------------


class FakeSender:
    def __init__(self) -> None:
        self.records: list[Any] = []

    def send(self, _: str, record: Any, *, key: str = "") -> None:
        del key
        self.records.append(record)

    @property
    def receipts(self) -> list[DispatchReceipt]:
        return [record for record in self.records if isinstance(record, DispatchReceipt)]


class FakeTail:
    def __init__(self, records: list[Any]) -> None:
        self._rows = [
            Row(thing="alerts.changes", mode="drill-t1", partition=0, offset=offset, appended_us=0, record=record)
            for offset, record in enumerate(records)
        ]

    def poll(self, _: float, *, most: int) -> list[Row]:
        given, self._rows = self._rows[:most], self._rows[most:]
        return given

    def lag(self) -> int:
        return len(self._rows)


def run(
    plan: Plan, folder: Path, records: list[Any], *, mode: str = "drill-t1", receipts: list[DispatchReceipt] | None = None
) -> FakeSender:
    sender, made = FakeSender(), Inbox(folder / "inbox")
    if mode != "live":
        made.start()
    parts: Any = {"sender": sender, "tail": FakeTail(records)}
    dispatch = Dispatch(mode=mode, plan=plan, inbox=made, receipts=receipts or [], **parts)
    for _ in records:
        dispatch.turn()
    return sender


def test_each_recipient_gets_one_receipt(plan: Plan, tmp_path: Path) -> None:
    receipts = run(plan, tmp_path, [change()]).receipts
    assert [(row.recipient, row.state, row.channel) for row in receipts] == [(name, "delivered", "drill-inbox") for name in P1_AT_GATE_C]
    (path,) = (tmp_path / "inbox").iterdir()
    assert json.loads(path.read_text())["text"]["en"].startswith("EXERCISE 演练")


def test_what_has_a_receipt_is_not_delivered_again(plan: Plan, tmp_path: Path) -> None:
    given = run(plan, tmp_path, [change()]).receipts
    assert run(plan, tmp_path, [change()], receipts=given).receipts == []
    rest = run(plan, tmp_path, [change()], receipts=given[:1]).receipts
    assert [(row.recipient, row.receipt) for row in rest] == [(row.recipient, row.receipt) for row in given[1:]]


def test_a_repeated_change_is_delivered_once(plan: Plan, tmp_path: Path) -> None:
    assert len(run(plan, tmp_path, [change(), change()]).receipts) == len(P1_AT_GATE_C)


def test_the_live_mode_refuses_and_says_so(plan: Plan, tmp_path: Path) -> None:
    receipts = run(plan, tmp_path, [change(mode="live")], mode="live").receipts
    assert {(row.state, row.receipt) for row in receipts} == {("refused", "")}
    assert not (tmp_path / "inbox").exists()


def test_the_live_mode_refuses_a_change_that_says_it_is_a_drills(plan: Plan, tmp_path: Path) -> None:
    assert {row.state for row in run(plan, tmp_path, [change()], mode="live").receipts} == {"refused"}
    assert not (tmp_path / "inbox").exists()


@pytest.mark.parametrize("mode", ["live", "drill-other"])
def test_a_drill_refuses_a_change_of_another_mode(plan: Plan, tmp_path: Path, mode: str) -> None:
    assert {row.state for row in run(plan, tmp_path, [change(mode=mode)]).receipts} == {"refused"}
    assert list((tmp_path / "inbox").iterdir()) == []


def test_an_unreadable_change_goes_to_the_dead_letters(plan: Plan, tmp_path: Path) -> None:
    sender = run(plan, tmp_path, [Rejected(reason="not a record", raw=bytes(262_144)), change()])
    assert [record.reason for record in sender.records if isinstance(record, DeadLetter)] == ["not a record"]
    assert len(sender.receipts) == len(P1_AT_GATE_C)


def test_changes_are_frozen_so_that_a_mode_cannot_be_set_later() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        change().mode = "live"  # type: ignore[misc]
