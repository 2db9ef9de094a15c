"""The life of an order, who may give it, and whether it worked."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.dispatch.orders import ENDS, PROGRESS, OrderBook, judge
from pipelines.dispatch.surroundings import Surroundings
from pipelines.events import CrowdDensity, CrowdFlow, CrowdQueue, OrderChange, OrderCommand
from pipelines.units import US_PER_S
from plan.model import Plan
from tests.dispatch.town import START_US, Town, acknowledged, bare, change

MIN_US = 60 * US_PER_S


def command(action: str = "issue", **fields: Any) -> OrderCommand:
    plain: dict[str, Any] = {
        "command_id": f"c-{action}",
        "order_id": "",
        "alert_id": "",
        "action": action,
        "kind": "hold_upstream" if action == "issue" else "",
        "place": "gate-c-queue" if action == "issue" else "",
        "recipient": "C2" if action == "issue" else "",
        "text_en": "",
        "text_zh": "",
        "actor": "S1",
        "actor_role": "shift leader",
        "second_gesture": False,
        "reason": "",
        "received_us": START_US,
    }
    return OrderCommand(**(plain | fields))


def density(zone: str, peak: float, *, seen: int = 1, saturated: bool = False) -> CrowdDensity:
    return CrowdDensity(
        progress=False,
        rows=0,
        window_end_us=1,
        zone=zone,
        people=1,
        density_per_m2=peak,
        local_peak_per_m2=peak,
        peak_x_m=0,
        peak_y_m=0,
        around_per_m2=peak,
        los="A",
        los_scale="queue",
        cameras_expected=1,
        cameras_seen=seen,
        frames_expected=1,
        frames_used=1,
        observed_share=1.0,
        saturated=saturated,
    )


@pytest.fixture
def town(plan: Plan) -> Town:
    return Town(bare(plan))


def states(town: Town) -> list[tuple[str, str]]:
    return [(row.state, row.actor) for row in town.order_changes]


def only(town: Town) -> str:
    (made,) = town.orders.book.orders
    return made


# -- the state machine ----------------------------------------------------------------------------------------------


def test_an_order_goes_from_issued_to_done_with_time_and_person(town: Town) -> None:
    assert town.command(command()) == ""
    for action in ("read", "accept", "on_scene", "done"):
        town.wait(1)
        assert town.command(command(action, order_id=only(town), actor="C2", actor_role="gate C sector lead")) == ""
    assert states(town) == [("issued", "S1"), ("delivered", ""), ("read", "C2"), ("accepted", "C2"), ("on_scene", "C2"), ("done", "C2")]
    assert [row.number for row in town.order_changes] == [1, 2, 3, 4, 5, 6]
    assert town.order_changes[-1].at_us - START_US == 4 * US_PER_S
    (message,) = town.channels["radio"].heard
    assert (message.kind, message.recipient, message.address) == ("order", "C2", "gate-c")
    assert message.texts["zh"].radio == "C口外场,远端截流,收到复述"


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from(["read", "accept", "on_scene", "done", "refuse", "cancel", "deliver", "late", "redo", "crash"]), max_size=20)
)
def test_states_only_move_on_repeats_change_nothing_and_a_restart_restores_them(acts: list[str]) -> None:
    first = OrderChange(
        order_id="o", alert_id="", mode="live", number=1, state="issued", kind="free", place="p", recipient="C2", text_en="e", text_zh="z",
        issued_by="S1", issued_role="r", actor="S1", actor_role="r", at_us=0, due_us=5, effect="", effect_due_us=0, reason="", plan="h",
    )  # fmt: skip
    book, log = OrderBook(), [first]
    book.issue(first)
    for act in acts:
        before = book.orders["o"].change
        match act:
            case "deliver":
                log += book.delivered("o", now_us=1)
            case "late":
                log += book.overdue(now_us=9, at_us=9)
            case "redo":
                assert book.issue(first) == []
            case "crash":
                known = book.orders["o"]
                book = OrderBook()
                book.restore(log)
                assert (book.orders["o"].change, book.orders["o"].progress) == (known.change, known.progress)
            case _:
                one = command(act, order_id="o")
                log += book.command(one, now_us=2)[0]
                assert book.command(one, now_us=2)[0] == []
        if before.state in ENDS:
            assert book.orders["o"].change == before
    assert [row.number for row in log] == list(range(1, len(log) + 1))
    reached = [PROGRESS.index(row.state) for row in log if row.state in PROGRESS]
    assert reached == sorted(set(reached))


def test_an_order_that_is_not_done_in_time_says_so_once_and_may_still_be_done(town: Town) -> None:
    town.command(command())
    town.wait(185, step_s=5)
    town.begin()
    town.wait(60, step_s=5)
    assert [row.state for row in town.order_changes] == ["issued", "delivered", "overdue"]
    town.command(command("done", order_id=only(town), actor="C2", actor_role="x"))
    assert town.order_changes[-1].state == "done"


def test_redelivered_commands_change_nothing_and_a_restart_delivers_nothing_twice(town: Town) -> None:
    town.command(command())
    town.command(command())
    town.begin()
    town.step()
    assert [row.state for row in town.order_changes] == ["issued", "delivered"]
    assert len(town.channels["radio"].heard) == 1


def test_an_order_that_reaches_nobody_is_overdue_at_once_and_says_why(town: Town) -> None:
    town.channels["radio"].how = town.channels["sms"].how = "refuse"
    town.command(command())
    town.step()
    assert town.order_changes[-1].state == "overdue"
    assert "no bearer reached the recipient (radio, sms)" in town.order_changes[-1].reason


def test_an_order_that_waited_for_dispatch_too_long_is_refused_visibly_and_for_ever(town: Town) -> None:
    assert "Give it again" in town.command(command(received_us=START_US - 400 * US_PER_S))
    town.begin()
    town.step()
    assert [row.state for row in town.order_changes] == ["refused"]
    assert town.channels["radio"].heard == []


# -- authority ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"kind": "dance"}, "there is no prepared action 'dance'"),
        ({"place": "moon"}, "there is no place 'moon'"),
        ({"recipient": "X9"}, "there is no post 'X9'"),
        ({"actor": ""}, "carries a name and a role"),
        ({"kind": "stop_checking_tickets"}, "may not order 'stop_checking_tickets'; in this plan safety officer may"),
        ({"actor": "M1"}, "'M1' as 'shift leader' may not"),
        ({"kind": "stop_show"}, "'stop_show' needs the second gesture"),
        ({"kind": "free"}, "needs its words in both languages"),
        ({"kind": "free", "text_en": "a stampede", "text_zh": "快"}, "must not hold 'stampede'"),
        ({"kind": "retract", "alert_id": "0a", "reason": "false"}, "needs the second gesture"),
        ({"kind": "retract", "alert_id": "0a", "reason": "false", "second_gesture": True}, "Nobody was told of this alert"),
    ],
)
def test_an_order_without_authority_is_refused_with_a_sentence_and_delivered_to_nobody(
    town: Town, fields: dict[str, Any], sentence: str
) -> None:
    assert sentence in town.command(command(**fields))
    assert [row.state for row in town.order_changes] == ["refused"]
    assert sentence in town.order_changes[0].reason
    assert town.order_changes[0].reason_zh not in ("", town.order_changes[0].reason)
    assert all(channel.heard == [] for channel in town.channels.values())


def test_a_mass_action_waits_for_a_second_person(town: Town) -> None:
    town.command(command(kind="stop_show", place="field", recipient="P4", second_gesture=True))
    assert [row.state for row in town.order_changes] == ["issued"]
    assert all(channel.heard == [] for channel in town.channels.values())
    assert "second person" in town.command(command("approve", order_id=only(town)))
    assert "may not approve" in town.command(command("approve", order_id=only(town), actor="M1", actor_role="monitor"))
    town.begin()
    assert town.command(command("approve", order_id=only(town), actor="SO", actor_role="safety officer")) == ""
    assert [(row.state, row.actor) for row in town.order_changes] == [("issued", "S1"), ("issued", "SO"), ("delivered", "")]
    (message,) = town.channels["radio"].heard
    assert "paused" in message.texts["en"].public


# -- where people are sent ------------------------------------------------------------------------------------------

DIVERT: dict[str, Any] = {"kind": "divert_c_to_b"}


def test_people_are_sent_only_where_it_is_known_to_be_free_and_the_order_says_so(town: Town) -> None:
    assert "is unknown" in town.command(command(**DIVERT))
    town.seen.take(density("gate-b-queue", 1.6), town.now_us)
    assert "is at caution itself" in town.command(command(**DIVERT, command_id="c-2"))
    town.seen.take(density("gate-b-queue", 0.4), town.now_us)
    assert town.command(command(**DIVERT, command_id="c-3")) == ""
    (message,) = town.channels["radio"].heard
    assert message.texts["en"].screen.endswith("there now 0.4 p/m², below watch")
    town.wait(6)
    assert "is unknown" in town.command(command(**DIVERT, command_id="c-4"))


def test_a_place_whose_camera_sees_nothing_is_unknown_and_needs_a_gesture_and_a_reason(town: Town) -> None:
    town.seen.take(density("gate-b-queue", 0.1, seen=0), town.now_us)
    assert "is unknown" in town.command(command(**DIVERT, second_gesture=True))
    assert town.command(command(**DIVERT, command_id="c-2", second_gesture=True, reason="B2 stands there, it is empty")) == ""
    (message,) = town.channels["radio"].heard
    assert message.texts["en"].screen.endswith("its state is UNKNOWN")


def test_where_people_hide_each_other_nobody_is_sent_without_a_gesture_and_a_reason_and_the_order_says_at_least(town: Town) -> None:
    town.seen.take(density("gate-b-queue", 0.6, saturated=True), town.now_us)
    assert "may be fuller than it looks" in town.command(command(**DIVERT, second_gesture=True))
    assert town.command(command(**DIVERT, command_id="c-2", second_gesture=True, reason="B2 counts forty there")) == ""
    (message,) = town.channels["radio"].heard
    assert message.texts["en"].screen.endswith("there now at least 0.6 p/m², people hide each other")
    assert message.texts["zh"].screen.endswith("该处至少0.6人/平方米,人群相互遮挡")
    town.seen.take(density("gate-b-queue", 1.6, saturated=True), town.now_us)
    assert "is at caution itself" in town.command(command(**DIVERT, command_id="c-3", second_gesture=True, reason="B2"))


# -- effects --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [(4.0, 3.6, "effective"), (4.0, 3.7, "not_effective"), (4.0, 5.0, "not_effective"), (None, 1.0, "unknown"), (4.0, None, "unknown")],
)
def test_an_effect_is_a_measure_that_has_fallen_by_its_share(before: float | None, after: float | None, expected: str) -> None:
    assert judge(before, after, fall=0.1) == expected


@pytest.mark.parametrize(("after", "expected"), [(3.6, "unknown"), (3.7, "not_effective"), (5.0, "not_effective")])
def test_a_fall_of_a_lower_bound_proves_no_effect(after: float, expected: str) -> None:
    assert judge(4.0, after, fall=0.1, at_least=True) == expected


def test_an_effect_that_may_only_be_people_who_hide_each_other_is_unknown_and_says_at_least(town: Town) -> None:
    town.seen.take(density("gate-c-queue", 4.2), town.now_us)
    town.command(command())
    town.wait(299, step_s=1)
    town.seen.take(density("gate-c-queue", 2.6, saturated=True), town.now_us)
    town.wait(1)
    assert (town.order_changes[-1].effect, town.order_changes[-1].reason) == ("unknown", "peak 4.20 → at least 2.60")


@pytest.mark.parametrize(("after", "expected"), [(3.0, "effective"), (4.1, "not_effective"), (None, "unknown")])
def test_the_effect_is_looked_at_after_its_minutes_even_after_a_restart(town: Town, after: float | None, expected: str) -> None:
    town.seen.take(density("gate-c-queue", 4.2), town.now_us)
    town.command(command())
    assert (town.order_changes[0].effect, town.order_changes[0].effect_due_us - START_US) == ("pending", 5 * MIN_US)
    town.begin()
    town.wait(299, step_s=1)
    if after is not None:
        town.seen.take(density("gate-c-queue", after), town.now_us)
    town.wait(1)
    assert [row.effect for row in town.order_changes if row.effect != "pending"] == [expected]
    assert town.order_changes[-1].reason.startswith("peak 4.20 → ")


def test_flow_is_a_minute_of_crossings_and_a_queue_is_its_people(plan: Plan) -> None:
    queued = plan.model_copy(
        update={"gates": tuple(g.model_copy(update={"queue": ("gate-c-queue",)}) if g.id == "gate-c" else g for g in plan.gates)}
    )
    seen = Surroundings(queued)
    for second in range(90):
        row = CrowdFlow(
            progress=False, rows=0, window_end_us=second * US_PER_S, gate="gate-c", line="gate-c-line", entered=2, exited=0, cameras_seen=1
        )
        seen.take(row, second * US_PER_S)
        seen.take(row, second * US_PER_S)  # Flink repeats windows after a restore
    assert seen.measure("flow", "gate-c-queue", 90 * US_PER_S) == 120
    seen.take(CrowdQueue(window_end_us=1, gate="gate-c", people=37, arriving_per_min=1, served_per_min=1, known=True), 0)
    assert seen.measure("queue", "gate-c-queue", US_PER_S) == 37
    assert seen.measure("queue", "gate-c-queue", 60 * US_PER_S) is None


# -- the standard's response ----------------------------------------------------------------------------------------


def test_the_response_is_classified_started_and_told_each_with_its_deadline_and_clause(plan: Plan) -> None:
    town = Town(plan)
    town.tell(change())
    ordered = {row.issued_role: row for row in town.order_changes if row.state == "issued"}
    assert set(ordered) == {"classification", "plan_started"}
    assert {(row.recipient, row.reason) for row in ordered.values()} == {("S1", "clause 4.2")}
    assert [ordered[name].due_us - START_US for name in ("classification", "plan_started")] == [60 * US_PER_S, 120 * US_PER_S]
    told = [row for row in town.receipts if row.axis == "response" and row.state == "delivered"]
    assert {row.step for row in told} == {"staff_told", "organiser_told", "authorities_told"}
    assert {(row.recipient, row.reason, row.due_us - START_US) for row in told if row.step == "organiser_told"} == {
        ("H1", "clause 4.2", 300 * US_PER_S)
    }


def test_who_is_told_of_an_alert_hears_of_it_first_and_of_the_response_with_a_reference(plan: Plan) -> None:
    town = Town(plan)
    town.tell(change())
    kinds = [(row.kind, len(row.references)) for channel in town.channels.values() for row in channel.heard if row.recipient == "C2"]
    assert kinds == [("alert", 0), ("update", 1)]
    assert [row.kind for row in town.channels["sms"].heard if row.recipient == "H1"] == ["alert"]


def test_what_is_overdue_in_the_response_says_so_once_with_its_clause(plan: Plan) -> None:
    town = Town(plan)
    town.channels["sms"].how = "refuse"
    town.channels["radio"].how = "hang"
    town.tell(change())
    for _ in range(2):
        town.wait(310, step_s=5)
        town.begin()
    late = [row for row in town.receipts if row.reason.startswith("overdue: organiser_told")]
    assert [(row.recipient, row.state, row.reason) for row in late] == [
        ("H1", "failed", "overdue: organiser_told was due after 300 s by clause 4.2")
    ]
    assert {row.issued_role for row in town.order_changes if row.state == "overdue"} == {"classification", "plan_started"}


def test_what_nobody_has_signed_goes_to_the_posts_alone_until_it_is_verified(plan: Plan) -> None:
    town = Town(plan)
    fire = change(rule="fire", place="hall-2", verified=False)
    town.tell(fire)
    assert {row.axis for row in town.receipts} == {"condition"}
    assert town.order_changes == []
    assert town.reached("first") == {"S1", "P3", "D2", "F1"}
    town.tell(replace(fire, number=2, verified=True))
    assert {row.step for row in town.receipts if row.axis == "response"} == {"staff_told", "organiser_told", "authorities_told"}


def test_a_false_alert_takes_back_what_its_response_ordered(plan: Plan) -> None:
    town = Town(plan)
    town.tell(change())
    town.command(replace(retract(), received_us=town.wall_us))
    town.step()
    ended = {row.issued_role: row.state for row in town.order_changes if row.kind == "response"}
    assert ended == {"classification": "cancelled", "plan_started": "cancelled"}


def test_a_retraction_that_does_not_reach_everyone_is_overdue_after_ten_seconds(plan: Plan) -> None:
    town = Town(plan)
    town.tell(change())
    town.channels["radio"].how = town.channels["sms"].how = "refuse"
    town.command(replace(retract(), received_us=town.wall_us))
    town.wait(10)
    assert [row.state for row in town.order_changes if row.kind == "retract"] == ["issued", "overdue"]


def test_a_verdict_does_the_classification(plan: Plan) -> None:
    town = Town(plan)
    town.tell(change())
    town.tell(replace(acknowledged(change()), verdict="real"))
    done = [row for row in town.order_changes if row.state == "done"]
    assert [(row.issued_role, row.actor, row.reason) for row in done] == [("classification", "S1", "real")]


# -- cancel ---------------------------------------------------------------------------------------------------------


def retract(**fields: Any) -> OrderCommand:
    return command(kind="retract", alert_id="0a" * 16, second_gesture=True, reason="sent by mistake", command_id="c-r", **fields)


def test_fault_42_a_retraction_reaches_everyone_who_was_told_within_ten_seconds_even_over_a_failing_channel(plan: Plan) -> None:
    town = Town(plan)
    town.tell(change())
    town.wait(61, step_s=1)
    told = {row.recipient for channel in town.channels.values() for row in channel.heard if row.kind != "order"}
    town.channels["radio"].how = "hang"
    since_us = town.now_us
    assert town.command(replace(retract(), received_us=town.wall_us)) == ""
    while town.order_changes[-1].state != "done" and town.now_us - since_us < MIN_US:
        town.wait(0.5)
    took_s = (town.now_us - since_us) / US_PER_S
    cancelled = {row.recipient for row in town.receipts if row.axis == "retracted" and row.state == "delivered"}
    print(f"fault 42: retracted at {len(cancelled)} of {len(told)} recipients in {took_s:.1f} s, one channel hanging")
    assert cancelled >= told
    assert took_s <= 10
    town.begin()
    town.wait(5)
    assert len([row for row in town.receipts if row.axis == "retracted" and row.state == "delivered"]) == len(cancelled)


def test_a_retraction_of_what_the_public_was_told_needs_two_persons(town: Town) -> None:
    town.tell(change())
    town.command(command(kind="stop_show", place="field", recipient="P4", second_gesture=True, alert_id="0a" * 16))
    stop = only(town)
    town.command(command("approve", order_id=stop, actor="SO", actor_role="safety officer"))
    assert town.command(retract()) == ""
    assert [row for channel in town.channels.values() for row in channel.heard if row.kind == "cancel"] == []
    (waiting,) = [row.order_id for row in town.order_changes if row.kind == "retract"]
    town.command(command("approve", order_id=waiting, command_id="c-a2", actor="F1", actor_role="fire control room"))
    assert {row.recipient for channel in town.channels.values() for row in channel.heard if row.kind == "cancel"} >= {
        "S1",
        "C2",
        "F1",
        "P4",
    }
