"""Who is called when nobody answers; that every P1 ends delivered or escalated, whatever fails, jumps or dies."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.dispatch.escalation import Step, due
from pipelines.units import US_PER_S
from plan.model import Plan
from tests.dispatch.town import Town, acknowledged, bare, change

STEPS = tuple(Step(name=name, after_us=after * US_PER_S, functions=("deputy",)) for name, after in (("a", 0), ("b", 30), ("c", 60)))
FIRST = {"S1", "C2", "F1"}


# -- the pure ladder ------------------------------------------------------------------------------------------------


@given(st.lists(st.integers(-100, 200), min_size=1, max_size=30), st.integers(0, 100))
def test_each_step_begins_once_never_early_and_none_after_an_answer(jumps_s: list[int], answer_at: int) -> None:
    begun: list[str] = []
    now_us = 0
    for turn, jump_s in enumerate(jumps_s):
        now_us = max(0, now_us + jump_s * US_PER_S)
        answered = turn >= answer_at
        for step in due(STEPS, since_us=0, now_us=now_us, begun=begun, failed=(), answered=answered):
            assert step.name not in begun
            assert now_us >= step.after_us
            assert not answered or step.name == "a"
            begun.append(step.name)
    assert begun == [step.name for step in STEPS][: len(begun)]
    assert begun[0] == "a"


def test_a_step_that_failed_brings_the_next_one_at_once() -> None:
    assert [step.name for step in due(STEPS, since_us=0, now_us=1, begun=["a"], failed=["a"], answered=False)] == ["b"]
    assert due(STEPS, since_us=0, now_us=1, begun=["a"], failed=["a"], answered=True) == ()


# -- at the desk ----------------------------------------------------------------------------------------------------


def test_p1_goes_to_command_post_zone_and_fire_control_room_then_to_deputies_then_to_everyone_and_the_police(plan: Plan) -> None:
    town = Town(bare(plan))
    town.tell(change())
    assert town.reached("first") == FIRST
    town.wait(29)
    assert town.reached("deputies") == set()
    town.wait(1)
    assert town.reached("deputies") == {"SO", "M1"}
    town.wait(30)
    assert town.reached("everyone") == {"A1", "B1", "D2", "P1", "P3", "P4", "L1"}
    assert [row for row in town.states("escalated") if row[0] == row[1]] == [("deputies", "deputies"), ("everyone", "everyone")]
    dues = {row.step: row.due_us - town.log[0][1] for row in town.receipts}
    assert dues == {"first": 0, "deputies": 30 * US_PER_S, "everyone": 60 * US_PER_S}


def test_p2_goes_to_the_zone_guard_then_the_sector_lead_then_the_command_post_then_everyone(plan: Plan) -> None:
    town = Town(bare(plan))
    town.tell(change(priority="P2", level="warning", place="hall-1"))
    told = [town.reached("first")]
    for seconds, step in ((30, "sector"), (30, "command"), (60, "everyone")):
        town.wait(seconds)
        told.append(town.reached(step))
    assert told[:3] == [{"P3"}, {"B1"}, {"S1"}]
    assert {"SO", "M1", "A1", "C2", "F1"} <= told[3]
    assert "L1" not in told[3]


def test_p3_stands_on_the_page(plan: Plan) -> None:
    town = Town(bare(plan))
    town.tell(change(priority="P3", level="watch"))
    town.wait(200, step_s=5)
    assert town.receipts == []


def test_an_acknowledge_is_the_answer_and_has_its_receipt(plan: Plan) -> None:
    town = Town(bare(plan))
    town.tell(change())
    town.wait(10)
    town.tell(acknowledged(change()))
    town.wait(200, step_s=5)
    assert town.states("answered") == [("first", "S1")]
    assert {step for step, _ in town.states("delivered")} == {"first"}


def test_a_level_that_rises_tells_those_who_were_told_again_with_a_reference_and_begins_no_second_ladder(plan: Plan) -> None:
    town = Town(bare(plan))
    town.tell(change())
    town.wait(40)
    town.tell(change(number=2, level="act_now"))
    updates = [row for channel in town.channels.values() for row in channel.heard if row.kind == "update"]
    assert {row.recipient for row in updates} == FIRST | {"SO", "M1"}
    assert all(len(row.references) == 1 for row in updates)
    town.wait(20)
    assert "L1" in town.reached("everyone", number=2)


def test_a_p2_that_becomes_p1_climbs_the_ladder_of_p1(plan: Plan) -> None:
    town = Town(bare(plan))
    town.tell(change(priority="P2", level="warning"))
    town.wait(100, step_s=1)
    town.tell(change(number=2))
    assert town.reached("first", number=2) | town.reached("command", number=2) | town.reached("sector", number=2) >= FIRST
    town.wait(60)
    assert town.reached("everyone", number=2) == {"A1", "B1", "D2", "P1", "P3", "P4", "L1"}


def test_a_clearing_is_told_to_everyone_who_was_told_and_to_nobody_else(plan: Plan) -> None:
    town = Town(bare(plan))
    town.tell(change())
    town.wait(30)
    town.tell(change(number=2, condition="cleared"))
    assert {name for name, _ in town.heard(kind="cancel")} == FIRST | {"SO", "M1"}
    town.wait(100, step_s=1)
    assert town.reached("everyone", number=2) == set()


def test_when_the_first_bearer_fails_the_second_is_used_at_once(plan: Plan) -> None:
    town = Town(bare(plan))
    for how in ("fail", "refuse"):
        town.channels["radio"].how = how
        town.tell(change(alert_id=("0b" if how == "fail" else "0c") * 16))
        town.step()
        assert {row.recipient for row in town.channels["sms"].heard} >= {"C2"}
    assert town.now_us == town.wall_us


def test_when_both_bearers_fail_the_next_step_begins_at_once(plan: Plan) -> None:
    town = Town(bare(plan))
    town.channels["radio"].how = town.channels["sms"].how = "fail"
    town.tell(change())
    town.step()
    assert ("first", "C2") in town.states("escalated")
    assert town.reached("deputies") == {"M1"}
    assert town.now_us - town.log[0][1] == 0


def test_a_bearer_that_keeps_silent_is_given_five_seconds(plan: Plan) -> None:
    town = Town(bare(plan))
    town.channels["radio"].how = "hang"
    town.tell(change())
    town.wait(4.5)
    assert "C2" not in town.reached("first")
    town.wait(0.5)
    assert "C2" in town.reached("first")


def test_what_failed_in_passing_is_tried_again_ever_more_slowly_with_the_same_message_id(plan: Plan) -> None:
    town = Town(bare(plan))
    for channel in town.channels.values():
        channel.how = "fail"
    town.tell(change())
    town.wait(20)
    attempts = [row.attempt for row in town.receipts if row.recipient == "C2" and row.channel == "radio"]
    assert attempts == list(range(1, len(attempts) + 1))
    assert 3 <= len(attempts) <= 6
    for channel in town.channels.values():
        channel.how = "deliver"
    town.wait(70)
    assert "C2" in town.reached("first")
    assert town.desk.undelivered == 0


def test_live_without_channels_refuses_and_escalates_to_the_end_for_all_to_see(plan: Plan) -> None:
    town = Town(bare(plan), names=())
    town.tell(change())
    for _ in range(3):
        town.step()
    assert {state for _, state in {(row.channel, row.state) for row in town.receipts}} == {"refused", "escalated"}
    assert {step for step, _ in town.states("escalated")} == {"first", "deputies", "everyone"}
    assert town.desk.undelivered > 0 or town.states("escalated")


def test_a_function_that_nobody_holds_is_escalated_by_name(plan: Plan) -> None:
    assert plan.duty is not None
    shifts = tuple(shift for shift in plan.duty.shifts if shift.function != "deputy")
    town = Town(bare(plan).model_copy(update={"duty": plan.duty.model_copy(update={"shifts": shifts})}))
    town.tell(change())
    town.wait(31)
    assert ("deputies", "deputy") in town.states("escalated")
    assert "L1" in town.reached("everyone")  # the step reached nobody, so the next one did not wait


def test_a_restart_goes_on_from_the_receipts_nothing_twice_nothing_forgotten(plan: Plan) -> None:
    town = Town(plan)
    town.tell(change())
    town.wait(35)
    town.begin()
    town.wait(100, step_s=1)
    town.begin()
    town.wait(10)
    keys = [(row.axis, row.number, row.order_id, row.step, row.recipient) for row in town.receipts if row.state == "delivered"]
    assert len(keys) == len(set(keys))
    heard = [row.message_id for channel in town.channels.values() for row in channel.heard]
    assert len(heard) == len(set(heard))
    assert town.reached("deputies") == {"SO", "M1"}
    assert "L1" in town.reached("everyone")
    assert len([1 for row in town.states("escalated") if row[0] == row[1]]) == 2


@settings(max_examples=60, deadline=None, database=None)
@given(st.data())
def test_every_p1_ends_delivered_or_escalated_whatever_fails_jumps_or_dies(plan: Plan, data: st.DataObject) -> None:
    town = Town(plan)
    number, taken = 1, False
    town.tell(change())
    for _ in range(data.draw(st.integers(1, 25))):
        match data.draw(st.sampled_from(["wait", "wait", "how", "jump", "die", "rise", "answer"])):
            case "wait":
                town.wait(data.draw(st.sampled_from([1, 5, 31])), step_s=1)
            case "how":
                name = data.draw(st.sampled_from(sorted(town.channels)))
                town.channels[name].how = data.draw(st.sampled_from(["deliver", "refuse", "fail", "hang"]))
            case "jump":
                town.wall_us += data.draw(st.sampled_from([-30, 3600])) * US_PER_S
            case "die":
                town.begin()
            case "rise":
                number += 1
                town.tell(change(number=number, level="act_now" if number % 2 == 0 else "critical"))
            case _ if not taken:
                taken = True
                town.tell(acknowledged(change()))
    town.wait(70, step_s=1)
    newest = [row for row in town.receipts if row.axis == "condition" and row.number == number]
    ended = {row.recipient for row in newest if row.state in ("delivered", "escalated")}
    begun = {row.recipient for row in town.receipts if row.axis == "condition" and row.step == "first"}
    assert begun >= FIRST
    assert ended >= FIRST
    keys = [(row.axis, row.number, row.order_id, row.step, row.recipient) for row in town.receipts if row.state == "delivered"]
    assert len(keys) == len(set(keys))


def test_a_jump_of_the_wall_clock_neither_skips_nor_repeats_a_step(plan: Plan) -> None:
    for jump_s in (-30, 3600):
        town = Town(bare(plan))
        town.tell(change())
        town.wait(10)
        town.wall_us += jump_s * US_PER_S
        town.wait(19)
        assert town.reached("deputies") == set()
        town.wait(1)
        assert town.reached("deputies") == {"SO", "M1"}
        town.wait(30)
        assert [row for row in town.states("escalated") if row[0] == row[1]] == [("deputies", "deputies"), ("everyone", "everyone")]


# -- faults ---------------------------------------------------------------------------------------------------------


def test_fault_15_a_channel_that_hangs_fails_or_is_gone_escalates_within_seconds_and_leaves_no_p1_behind(plan: Plan) -> None:
    worst_s, orphans, alerts = 0.0, 0, 0
    for one in ("deliver", "refuse", "fail", "hang"):
        for other in ("refuse", "fail", "hang"):
            town = Town(bare(plan))
            for name, how in (("radio", one), ("pager", one), ("sms", other), ("webhook", other)):
                town.channels[name].how = how
            alert = change(alert_id=f"{alerts:032x}")
            alerts += 1
            town.tell(alert)
            town.wait(30)
            rows = {name: [r for r in town.receipts if r.recipient == name and r.state in ("delivered", "escalated")] for name in FIRST}
            orphans += sum(not found for found in rows.values())
            worst_s = max([worst_s, *((min(r.at_us for r in found) - town.log[0][1]) / US_PER_S for found in rows.values() if found)])
    print(f"fault 15: {alerts} P1 over failing channels, {orphans} orphans, delivered or escalated after {worst_s:.1f} s at most")
    assert orphans == 0
    assert worst_s <= 30


def test_fault_42_a_false_alert_is_retracted_at_everyone_who_was_told_with_its_references(plan: Plan) -> None:
    town = Town(plan)
    town.tell(change())
    town.wait(61, step_s=1)
    told = {row.recipient for channel in town.channels.values() for row in channel.heard if row.kind != "order"}
    since_us = town.now_us
    town.tell(replace(acknowledged(change()), number=2, work="closed", verdict="false", closing="false", condition="cleared"))
    town.tell(change(number=2, condition="cleared"))
    cancels = [row for channel in town.channels.values() for row in channel.heard if row.kind == "cancel"]
    print(f"fault 42: {len(cancels)} of {len(told)} retracted after {(town.now_us - since_us) / US_PER_S:.1f} s of the desk's time")
    assert {row.recipient for row in cancels} >= told
    assert len(cancels) == len({row.recipient for row in cancels})
    assert all(row.references for row in cancels)
    assert "撤销" in cancels[0].texts["zh"].screen
