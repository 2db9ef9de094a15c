"""The process: real threads, real files; a slow channel holds up nobody, and a drill never leaves its inbox."""

from __future__ import annotations

import dataclasses
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.inbox import Inbox
from connectors.kafka import Rejected, Row
from pipelines.dispatch.app import Dispatch, Steady
from pipelines.dispatch.routing import Told, bearers, may_not_carry, network_faults, on_call
from pipelines.errors import RefusedError, TransientError
from pipelines.events import AlertChange, DeadLetter, DispatchReceipt, StageHealth
from pipelines.messages import Channel, Message, Texts
from pipelines.units import US_PER_S
from plan.model import Plan
from tests.dispatch.town import START_US, FakeChannel, bare, change

DRILL = "drill-t1"
P1_AT_GATE_C = {"S1", "C2", "F1"}


# -- routing --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "place", "expected"),
    [
        ("command_post", "gate-c-queue", ("S1",)),
        ("zone_guard", "gate-c-queue", ("C2",)),
        ("zone_guard", "gate-c", ("C2",)),
        ("zone_guard", "gate-c-line", ("C2",)),
        ("zone_guard", "hall-1", ("P3",)),
        ("zone_guard", "field", ("P4",)),
        ("sector_lead", "hall-1", ("B1",)),
        ("sector_lead", "field", ("S1",)),
        ("police_liaison", "anywhere", ("L1",)),
    ],
)
def test_the_table_says_who_holds_a_function_for_a_place(plan: Plan, function: Any, place: str, expected: tuple[str, ...]) -> None:
    assert on_call(plan, function, place, START_US) == expected


def test_who_is_on_shift_goes_by_the_hour(plan: Plan) -> None:
    assert on_call(plan, "command_post", "field", START_US + 10 * 3600 * US_PER_S) == ("S1", "M1")


def test_without_a_table_the_posts_are_guessed_from_their_roles_and_a_tie_is_nobodys(plan: Plan) -> None:
    guessed = plan.model_copy(update={"duty": None})
    assert on_call(guessed, "command_post", "field", 0) == ("S1",)
    assert on_call(guessed, "zone_guard", "gate-c-queue", 0) == ("C2",)
    assert on_call(guessed, "zone_guard", "concourse-west", 0) == ()
    assert on_call(guessed, "deputy", "field", 0) == ("SO",)


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
        (change(alert_id="0c" * 16, priority="P2", inhibited_by="0a" * 16), False),
        (change(alert_id="0d" * 16, priority="P1", grouped_under="0a" * 16), True),
    ]
    assert [told.is_news(step) for step, _ in steps] == [expected for _, expected in steps]


def test_a_drills_inbox_stands_in_for_what_carries_no_drills(plan: Plan) -> None:
    channels: Any = {"drill-inbox": Inbox(Path()), "sms": FakeChannel("sms"), "radio": FakeChannel("radio", takes_drills=False)}
    rows = bearers(plan, "C2", channels=channels, mode=DRILL, stands_in="drill-inbox")
    assert [row.channel for row in rows] == ["drill-inbox", "sms"]


@pytest.mark.parametrize(
    ("channel", "message_mode", "mode", "refused"),
    [
        (FakeChannel("x"), "live", "live", False),
        (FakeChannel("x"), DRILL, DRILL, False),
        (FakeChannel("x", takes_live=False), "live", "live", True),
        (FakeChannel("x", takes_drills=False), DRILL, DRILL, True),
        (FakeChannel("x"), DRILL, "live", True),
        (FakeChannel("x"), "live", DRILL, True),
        (FakeChannel("x"), "drill-other", DRILL, True),
        (None, "live", "live", True),
    ],
)
def test_dispatch_itself_refuses_a_channel_that_is_not_for_the_mode(channel: Any, message_mode: str, mode: str, refused: bool) -> None:  # noqa: FBT001
    assert bool(may_not_carry(channel, "x", message_mode=message_mode, mode=mode)) == refused


def test_a_channel_that_runs_over_another_network_than_the_table_says_is_named(plan: Plan) -> None:
    channels: Any = {"sms": FakeChannel("sms", network="venue-lan")}
    assert network_faults(plan, channels) == ["the channel 'sms' runs over 'venue-lan', but duty.channels says 'mobile'"]


# -- inbox ----------------------------------------------------------------------------------------------------------


def message(**fields: Any) -> Message:
    plain: dict[str, Any] = {
        "message_id": "0f" * 16,
        "mode": DRILL,
        "kind": "alert",
        "recipient": "S1",
        "texts": {"en": Texts(radio="EXERCISE", screen="EXERCISE")},
        "sent_us": 1,
        "change": change(mode=DRILL),
    }
    return Message(**(plain | fields))


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    made = Inbox(tmp_path / "inbox")
    made.start()
    return made


def test_the_inbox_is_a_channel_that_takes_nothing_live(inbox: Inbox) -> None:
    channel: Channel = inbox
    assert (channel.name, channel.takes_live, channel.takes_drills) == ("drill-inbox", False, True)
    channel.close()


def test_a_delivery_is_one_file_for_its_owner_with_its_receipt(inbox: Inbox, tmp_path: Path) -> None:
    receipt = inbox.deliver(message())
    (path,) = (tmp_path / "inbox").iterdir()
    assert (tmp_path / "inbox").stat().st_mode & 0o777 == 0o700
    assert path.name == f"{'0f' * 16}.json"
    assert json.loads(path.read_text())["to"] == "S1"
    assert len(receipt) == 32


def test_delivering_again_writes_nothing_and_gives_the_same_receipt(inbox: Inbox, tmp_path: Path) -> None:
    first = inbox.deliver(message())
    (path,) = (tmp_path / "inbox").iterdir()
    before = path.stat()
    assert inbox.deliver(message(recipient="other")) == first
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


@pytest.mark.parametrize("mode", ["live", "", "drill", "drill-../live"])
@pytest.mark.parametrize("where", ["message", "change"])
def test_the_inbox_itself_refuses_what_is_not_a_drills(inbox: Inbox, tmp_path: Path, mode: str, where: str) -> None:
    row = message(mode=mode) if where == "message" else message(change=change(mode=mode))
    with pytest.raises(RefusedError):
        inbox.deliver(row)
    assert list((tmp_path / "inbox").iterdir()) == []


@pytest.mark.parametrize("name", ["../../etc", "0A" * 16, ""])
def test_a_name_that_could_leave_the_folder_is_refused(inbox: Inbox, name: str) -> None:
    with pytest.raises(RefusedError, match="does not name a message"):
        inbox.deliver(message(message_id=name))


def test_a_disk_that_does_not_take_it_may_do_so_later(tmp_path: Path) -> None:
    with pytest.raises(TransientError):
        Inbox(tmp_path / "never-started").deliver(message())


# -- the process ----------------------------------------------------------------------------------------------------


_FROM_NOW_US = START_US - time.time_ns() // 1000


def noon() -> int:
    """A wall clock at which the plan's day shift is on."""
    return time.time_ns() // 1000 + _FROM_NOW_US


class FakeSender:
    def __init__(self) -> None:
        self.records: list[Any] = []

    def send(self, _: str, record: Any, *, key: str = "") -> None:
        del key
        self.records.append(record)

    def flush(self, _: float) -> None:
        pass

    @property
    def receipts(self) -> list[DispatchReceipt]:
        return [record for record in self.records if isinstance(record, DispatchReceipt)]

    def delivered(self) -> set[str]:
        return {row.recipient for row in self.receipts if row.state == "delivered" and row.step == "first"}


class FakeTail:
    def __init__(self, records: list[Any]) -> None:
        now_us = noon()
        self._rows = [
            Row(thing="alerts.changes", mode=DRILL, partition=0, offset=offset, appended_us=now_us, record=record)
            for offset, record in enumerate(records)
        ]

    def poll(self, _: float, *, most: int) -> list[Row]:
        given, self._rows = self._rows[:most], self._rows[most:]
        return given

    def read_to_end(self) -> Iterator[Row]:
        yield from self.poll(0, most=10_000)

    def lag(self) -> int:
        return len(self._rows)

    def close(self) -> None:
        pass


class Slow(FakeChannel):
    """A channel that answers only when it is let go."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.go = threading.Event()

    def deliver(self, message: Message) -> str:
        self.go.wait(30)
        return super().deliver(message)


def run(
    plan: Plan, channels: dict[str, Any], records: list[Any], *, mode: str, receipts: list[DispatchReceipt] | None = None, turns: int = 200
) -> FakeSender:
    """The process over *records*, until nothing more comes of them."""
    sender, parts = FakeSender(), {}
    parts = {"sender": sender, "tail": FakeTail(records)}
    dispatch = Dispatch(mode=mode, plan=bare(plan), channels=channels, receipts=receipts or [], wall=noon, **parts)  # type: ignore[arg-type]  # fakes
    dispatch.catch_up()
    for _ in range(turns):
        dispatch.turn()
        time.sleep(0.001)
    for channel in channels.values():
        if isinstance(channel, Slow):
            channel.go.set()
    dispatch.close()
    return sender


def test_each_recipient_of_a_drill_gets_one_file_with_the_exercise_mark_and_one_receipt(plan: Plan, tmp_path: Path) -> None:
    sender = run(plan, {"drill-inbox": Inbox(tmp_path / "inbox")}, [change(mode=DRILL)], mode=DRILL)
    assert sender.delivered() == P1_AT_GATE_C
    assert {row.channel for row in sender.receipts} == {"drill-inbox"}
    texts = [json.loads(path.read_text())["text"] for path in (tmp_path / "inbox").iterdir()]
    assert len(texts) == len(P1_AT_GATE_C)
    assert all(row[language][kind].startswith("EXERCISE 演练") for row in texts for language in row for kind in ("radio", "screen"))


def test_what_has_a_receipt_is_not_delivered_again(plan: Plan, tmp_path: Path) -> None:
    channels = {"drill-inbox": Inbox(tmp_path / "inbox")}
    given = run(plan, channels, [change(mode=DRILL)], mode=DRILL).receipts
    assert run(plan, channels, [change(mode=DRILL)], mode=DRILL, receipts=given).receipts == []
    rest = run(plan, channels, [change(mode=DRILL)], mode=DRILL, receipts=given[:1]).receipts
    assert {(row.recipient, row.receipt) for row in rest} == {(row.recipient, row.receipt) for row in given[1:]}


def test_a_repeated_change_is_delivered_once(plan: Plan, tmp_path: Path) -> None:
    sender = run(plan, {"drill-inbox": Inbox(tmp_path / "inbox")}, [change(mode=DRILL), change(mode=DRILL)], mode=DRILL)
    assert len(sender.receipts) == len(P1_AT_GATE_C)


def test_the_live_mode_without_channels_refuses_and_escalates(plan: Plan) -> None:
    sender = run(plan, {}, [change()], mode="live")
    assert {row.state for row in sender.receipts} == {"refused", "escalated"}
    assert {row.step for row in sender.receipts if row.state == "escalated"} == {"first", "deputies", "everyone"}


@pytest.mark.parametrize(("written", "mode"), [(DRILL, "live"), ("live", DRILL), ("drill-other", DRILL)])
def test_a_change_of_another_mode_reaches_nobody(plan: Plan, tmp_path: Path, written: str, mode: str) -> None:
    channels: dict[str, Any] = {name: FakeChannel(name) for name in ("radio", "pager", "sms", "webhook")}
    channels["drill-inbox"] = Inbox(tmp_path / "inbox")
    sender = run(plan, channels, [change(mode=written)], mode=mode)
    assert not sender.delivered()
    assert [row for channel in channels.values() if isinstance(channel, FakeChannel) for row in channel.heard] == []
    assert not (tmp_path / "inbox").exists()


def test_an_unreadable_change_goes_to_the_dead_letters(plan: Plan, tmp_path: Path) -> None:
    records = [Rejected(reason="not a record", raw=bytes(262_144)), change(mode=DRILL)]
    sender = run(plan, {"drill-inbox": Inbox(tmp_path / "inbox")}, records, mode=DRILL)
    assert [record.reason for record in sender.records if isinstance(record, DeadLetter)] == ["not a record"]
    assert sender.delivered() == P1_AT_GATE_C


def test_a_channel_that_never_answers_holds_up_no_other(plan: Plan) -> None:
    channels: dict[str, Any] = {"radio": Slow("radio"), "pager": FakeChannel("pager"), "sms": FakeChannel("sms")}
    sender = FakeSender()
    parts: Any = {"sender": sender, "tail": FakeTail([change()])}
    quick = bare(plan).model_copy(update={"duty": plan.duty.model_copy(update={"patience_s": 0.05})}) if plan.duty else plan
    dispatch = Dispatch(mode="live", plan=quick, channels=channels, wall=noon, **parts)
    for _ in range(200):
        dispatch.turn()
        time.sleep(0.001)
    before = sender.delivered()
    channels["radio"].go.set()
    dispatch.close()
    assert before == P1_AT_GATE_C
    assert {row.channel for row in sender.receipts if row.recipient == "C2"} >= {"sms"}


def test_a_channel_that_breaks_ends_no_thread_and_p1_goes_before_p2(plan: Plan) -> None:
    class Breaks(Slow):
        def deliver(self, message: Message) -> str:
            super().deliver(message)
            if len(self.heard) == 1:
                raise ValueError("a mistake of its author")
            return "r"

    channels: dict[str, Any] = {"radio": Breaks("radio")}
    p2 = [change(alert_id=f"{number:032x}", priority="P2", level="warning") for number in range(5)]
    parts: Any = {"sender": FakeSender(), "tail": FakeTail([*p2, change()])}
    dispatch = Dispatch(mode="live", plan=bare(plan), channels=channels, wall=noon, **parts)
    dispatch.turn()
    channels["radio"].go.set()
    for _ in range(50):
        dispatch.turn()
        time.sleep(0.002)
    dispatch.close()
    heard = [row.change.priority for row in channels["radio"].heard if row.change]
    assert heard[1:] == sorted(heard[1:])  # the first was under way, perhaps, before the P1 came
    assert {"P1", "P2"} == set(heard)


def test_a_full_queue_drops_the_least_urgent_and_says_so(plan: Plan) -> None:
    from queue import SimpleQueue

    from pipelines.dispatch.call import Handed
    from pipelines.dispatch.workers import Worker

    results: Any = SimpleQueue()
    channel = Slow("radio")
    worker = Worker(channel, results, depth=2)
    for number, priority in enumerate(("P2", "P2", "P2", "P1", "P1")):
        worker.offer(Handed(str(number), 0, "radio", message(), priority))
        time.sleep(0.02)
    channel.go.set()
    found = {(row := results.get(timeout=5)).handed.key: row.outcome for _ in range(5)}
    worker.close()
    assert {key for key, outcome in found.items() if outcome == "failed"} == {"1", "2"}


def test_health_says_what_has_reached_nobody(plan: Plan) -> None:
    channel: Any = FakeChannel("radio")

    def fail(_: Message) -> str:
        raise TransientError("busy", retry_after_s=60)

    channel.deliver = fail
    sender = FakeSender()
    parts: Any = {"sender": sender, "tail": FakeTail([change()])}
    dispatch = Dispatch(mode="live", plan=bare(plan).model_copy(update={"duty": None}), channels={"radio": channel}, wall=noon, **parts)
    for _ in range(40):
        dispatch.turn()
        time.sleep(0.002)
    dispatch._say_health()
    dispatch.close()
    assert [row.late for row in sender.records if isinstance(row, StageHealth)][-1] > 0


def test_the_steady_clock_begins_as_utc_and_follows_no_step_of_the_wall_clock() -> None:
    wall, monotonic = [START_US], [7_000_000_000]
    clock = Steady(wall=lambda: wall[0], monotonic_ns=lambda: monotonic[0])
    assert clock() == START_US
    wall[0] -= 30 * US_PER_S
    monotonic[0] += 1_000_000_000
    assert clock() == START_US + US_PER_S


def test_changes_are_frozen_so_that_a_mode_cannot_be_set_later() -> None:
    row: AlertChange = change()
    with pytest.raises(dataclasses.FrozenInstanceError):
        row.mode = "live"  # type: ignore[misc]
