"""The early signs on fillings with known answers: before critical, and silent where nothing is wrong."""

from __future__ import annotations

import json
import uuid
import zlib

import pytest

from pipelines import rules
from pipelines.alerts.kernel import STATE_VERSION
from pipelines.detect.saturation import FROM_ABOVE, FROM_THE_SIDE
from pipelines.events import AlertCommand
from pipelines.rules import CROWD
from plan.signs import CannotExclude
from tests.fillings import Scene, crowd, first_s, kernel, people_per_s, play


def filling(start: float, end: float, over_s: int, **fields):
    return crowd(lambda second: min(start + (end - start) * second / over_s, end), **fields)


def choked(rate_per_s: float):
    out = people_per_s(rate_per_s)
    return {"out": lambda second: (0, out(second))}


def rules_of(changes) -> set[str]:
    return {change.rule for change in changes}


def command(alert_id: str, action: str = "clear", *, reason: str = "") -> AlertCommand:
    return AlertCommand(
        command_id=uuid.uuid4().hex,
        alert_id=alert_id,
        action=action,
        actor="SO",
        actor_role="safety officer",
        second_gesture=True,
        reason=reason,
        received_us=1,
    )


def test_every_sign_of_a_hall_that_fills_comes_before_critical():
    scene = Scene(zones={"hall": filling(1, 6, 360)}, lines=choked(0.6 * 1.2))
    changes = play(scene, 420)
    critical_s = first_s(changes, CROWD, level="critical")
    leads = {}
    for rule in (rules.GROWTH, rules.BOTTLENECK, rules.TIME_TO_ACT):
        at_s = first_s(changes, rule)
        assert at_s is not None, rule
        leads[rule] = round((critical_s - at_s) / 60, 1)
    print(f"\ncritical after {critical_s:.0f} s; minutes of lead: {leads}")
    assert leads[rules.GROWTH] > 2
    assert leads[rules.BOTTLENECK] > 2
    assert leads[rules.TIME_TO_ACT] > 1


def test_a_hall_that_stays_harmless_rings_nothing():
    out = people_per_s(1.1)
    scene = Scene(zones={"hall": filling(0.3, 1.2, 360)}, lines={"out": lambda second: (0, out(second))})
    assert play(scene, 600) == []


@pytest.mark.parametrize("seed", range(3))
def test_a_steady_crowd_whose_peak_only_fluctuates_gives_no_sign(seed):
    scene = Scene(zones={"hall": crowd(lambda _: 2.7, noise=0.3, seed=seed)}, lines=choked(0.5))
    assert rules_of(play(scene, 400)) <= {CROWD}


def test_counter_flow_needs_enough_crossings():
    few = Scene(lines={"out": lambda second: (1, 0) if second % 8 == 0 else ((0, 3) if second % 8 == 4 else (0, 0))})
    many = Scene(lines={"out": lambda second: (1, 2)})
    one_way = Scene(lines={"out": lambda second: (0, 2)})
    assert play(few, 60) == []
    assert play(one_way, 60) == []
    changes = play(many, 60)
    assert [(change.rule, change.place, change.level) for change in changes] == [(rules.COUNTER_FLOW, "out", "caution")]


def test_counter_flow_is_a_warning_where_the_way_is_narrow_and_dense():
    scene = Scene(zones={"hall": crowd(lambda _: 2.3, noise=0)}, lines={"out": lambda _: (1, 2)})
    assert first_s(play(scene, 30), rules.COUNTER_FLOW, level="warning") is not None
    assert first_s(play(Scene(lines=scene.lines), 30), rules.COUNTER_FLOW, level="warning") is None


def test_a_controlled_gate_is_no_bottleneck_but_has_a_queue():
    served = people_per_s(0.5)
    scene = Scene(
        zones={"queue": lambda second: {"people": min(200 + 2 * second, 1000), "local_peak_per_m2": 0.9}},
        lines={"door": lambda second: (served(second), 0)},
    )
    subject = kernel()
    changes, queues = [], []
    for step in scene.steps(subject, 760):
        changes += step.changes
        queues += [record for thing, _, record in step.outlook if thing == "crowd.queue"]
    assert rules_of(changes) == {rules.QUEUE_WAIT}
    assert [step.level for step in changes[-1].levels] == ["watch", "caution"]
    assert [change.card for change in changes] == [False, True]
    # 600 people at 0.5 a second wait 20 minutes; the queue holds 600 after 200 s, then 30 s of hold
    assert first_s(changes, rules.QUEUE_WAIT, level="watch") == pytest.approx(232, abs=3)
    at_100 = queues[100]
    assert (at_100.known, at_100.served_per_min, at_100.arriving_per_min) == (True, 30.0, pytest.approx(150, abs=1))
    assert not queues[30].known


def test_stop_and_go_is_seen_on_a_way_and_not_in_a_queue():
    waves = {"people": 80.0, "local_peak_per_m2": 2.4}
    moving = lambda second: {**waves, "speed_mps": 0.6 if second % 30 < 18 else 0.05}  # noqa: E731
    changes = play(Scene(zones={"way": moving, "queue": moving}), 150)
    assert {change.place for change in changes if change.rule == rules.STOP_AND_GO} == {"way"}
    steady = lambda _: {**waves, "speed_mps": 0.3}  # noqa: E731
    assert first_s(play(Scene(zones={"way": steady}), 150), rules.STOP_AND_GO) is None


def test_standstill_at_the_foot_of_stairs_is_level_one_by_itself():
    stands = lambda _: {"people": 20.0, "local_peak_per_m2": 1.5, "speed_mps": 0.03}  # noqa: E731
    flight = lambda _: {"people": 9.0, "local_peak_per_m2": 0.5, "speed_mps": 0.3}  # noqa: E731
    changes = play(Scene(zones={"foot": stands, "flight": flight}), 20)
    found = [change for change in changes if change.rule == rules.STAIRS]
    assert [(change.place, change.level, change.latched, change.priority) for change in found] == [("foot", "critical", True, "P1")]
    assert first_s(play(Scene(zones={"foot": stands}), 20), rules.STAIRS) is None


def test_a_crowd_that_grows_while_less_of_it_is_seen_pages_and_does_not_clear_while_it_is_dark():
    def dimming(second):
        seen = 4 if second < 100 else 2
        return {**filling(1.2, 3.6, 150)(second), "cameras_seen": seen, "observed_share": seen / 4}

    changes = play(Scene(zones={"hall": dimming}), 400)
    found = [change for change in changes if change.rule == rules.BLIND]
    assert [(change.level, change.condition) for change in found] == [("warning", "active")]
    bright = play(Scene(zones={"hall": filling(1.2, 3.6, 150)}), 400)
    assert first_s(bright, rules.BLIND) is None


def test_pressure_pages_on_the_lower_end_and_says_nothing_where_it_is_not_measurable():
    def dense(low, high):
        return lambda _: {
            "people": 300.0,
            "local_peak_per_m2": 4.4,
            "pressure_low_per_s2": low,
            "pressure_high_per_s2": high,
            "patch_people": 40,
        }

    assert first_s(play(Scene(zones={"hall": dense(0.021, 0.05)}), 30), rules.PRESSURE) == pytest.approx(11, abs=1)
    assert first_s(play(Scene(zones={"hall": dense(0.012, 0.9)}), 30), rules.PRESSURE) is None
    assert first_s(play(Scene(zones={"hall": dense(None, None)}), 30), rules.PRESSURE) is None


def test_an_interval_that_reaches_level_one_pages_after_thirty_seconds():
    near = lambda _: {"people": 200.0, "error_people": 20.0, "local_peak_per_m2": 4.7}  # noqa: E731
    far = lambda _: {"people": 200.0, "error_people": 2.0, "local_peak_per_m2": 4.7}  # noqa: E731
    assert first_s(play(Scene(zones={"hall": near}), 60), rules.UNCERTAIN) == pytest.approx(31, abs=1)
    assert first_s(play(Scene(zones={"hall": far}), 60), rules.UNCERTAIN) is None


def test_a_saturated_peak_may_hide_what_its_camera_hides_however_well_the_rest_of_the_zone_is_seen():
    seen = {"people": 200.0, "error_people": 2.0, "local_peak_per_m2": 1.75}
    assert first_s(play(Scene(zones={"hall": lambda _: {**seen, "saturated": True}}), 60), rules.UNCERTAIN) == pytest.approx(31, abs=1)
    assert first_s(play(Scene(zones={"hall": lambda _: seen}), 60), rules.UNCERTAIN) is None
    few = {**seen, "local_peak_per_m2": 1.5, "saturated": True}
    assert first_s(play(Scene(zones={"hall": lambda _: few}), 60), rules.UNCERTAIN) is None


def test_what_a_saturated_peak_hides_by_default_is_what_the_worst_view_does():
    assert CannotExclude().hides == max(FROM_ABOVE.error, FROM_THE_SIDE.error)


# -- suspected collapse ---------------------------------------------------------------------------------------------


def fallen(second: int):
    """A patch of 40 people at 5 p/m²; from second 30 on, 20 of them vanish within 8 s, and the density falls."""
    gone = min(max(second - 30, 0), 8) * 2.5
    peak = 5.3 - gone / 8
    return {
        "people": 60 - gone,
        "local_peak_per_m2": peak if second < 60 else 1.0,
        "patch_people": 40 if second < 40 else 0,
        "lost": int(2.5 * (second - 29)) - int(2.5 * (second - 30)) if 30 <= second < 38 else 0,
    }


def test_people_who_vanish_inside_a_patch_are_a_suspected_collapse():
    changes = play(Scene(zones={"hall": fallen}), 60)
    found = [change for change in changes if change.rule == rules.COLLAPSE]
    assert (found[0].level, found[0].latched, found[0].priority) == ("critical", True, "P1")
    assert first_s(changes, rules.COLLAPSE) == pytest.approx(36, abs=1)  # more than 16 of 40
    assert found[0].prompt_en
    assert found[0].prompt_zh


def test_people_who_walk_out_of_a_patch_and_small_patches_are_none():
    outflow = lambda second: {**fallen(second), "lost": 0}  # noqa: E731
    small = lambda second: {**fallen(second), "patch_people": 8 if second < 40 else 0}  # noqa: E731
    assert first_s(play(Scene(zones={"hall": outflow}), 60), rules.COLLAPSE) is None
    assert first_s(play(Scene(zones={"hall": small}), 60), rules.COLLAPSE) is None


def test_nothing_else_of_the_zone_falls_or_clears_until_the_scene_has_reported():
    scene, subject = Scene(zones={"hall": fallen}), kernel()
    changes = play(scene, 300, subject)
    crowding = [change for change in changes if change.rule == CROWD][-1]
    collapse = [change for change in changes if change.rule == rules.COLLAPSE][-1]
    assert (crowding.condition, crowding.measured_level) == ("active", "critical")
    assert "suspected collapse is open" in subject.command(command(crowding.alert_id, reason="looks fine"))[1].en
    assert "report from the scene" in subject.command(command(collapse.alert_id, reason="  "))[1].en
    cleared, refusal = subject.command(command(collapse.alert_id, reason="C2 on scene: nobody down"))
    assert (refusal.en, cleared[0].condition, cleared[0].reason) == ("", "cleared", "C2 on scene: nobody down")
    play(scene, 70, subject, start_s=300)
    assert subject.command(command(crowding.alert_id))[1].en == ""


# -- time to act, approved number, balance --------------------------------------------------------------------------


def test_a_forecast_needs_two_minutes_of_a_zone_that_is_not_empty():
    subject = kernel()
    records = [
        record
        for step in Scene(zones={"hall": filling(1, 6, 360)}).steps(subject, 200)
        for thing, _, record in step.outlook
        if thing == "crowd.forecast"
    ]
    assert {record.zone for record in records} == {"hall"}
    assert (len(records), records[0].history_s) == (80, 120.0)
    late = records[-1]
    true_s = (5 - (1 + 5 * 200 / 360)) * 360 / 5
    assert late.level == "caution"
    assert late.next_level == "warning"
    assert late.trend_per_m2_min == pytest.approx(5 / 6, rel=0.15)
    assert late.critical_high_s > true_s - 5


def test_the_approved_number_is_judged_on_the_upper_end():
    ins = people_per_s(0.5)
    total = lambda second: (int(0.5 * second), 0)  # noqa: E731
    scene = Scene(turnstiles={"inside": total}, lines={"door": lambda second: (ins(second), 0)})
    subject = kernel()
    changes, balances = [], []
    for step in scene.steps(subject, 220):
        changes += step.changes
        balances += [record for thing, _, record in step.outlook if thing == "crowd.balance"]
    found = [change for change in changes if change.rule == rules.APPROVED]
    assert [change.level for change in found] == ["watch", "caution", "warning", "critical"]
    assert [bool(change.prompt_en and change.prompt_zh) for change in found] == [False, False, False, True]
    critical_s = first_s(changes, rules.APPROVED, level="critical")
    assert 180 < critical_s < 200  # the best estimate alone reaches 100 people after 200 s
    assert rules.RESIDUAL not in rules_of(changes)
    assert balances[-1].low < 110 < balances[-1].high


def test_counts_that_contradict_each_other_are_a_fault_of_a_sensor():
    crossed = people_per_s(0.25)
    scene = Scene(turnstiles={"inside": lambda second: (int(0.5 * second), 0)}, lines={"door": lambda second: (crossed(second), 0)})
    changes = play(scene, 200)
    found = [change for change in changes if change.rule == rules.RESIDUAL]
    assert [(change.level, change.card, change.source, change.priority) for change in found] == [("watch", False, "disagree", "P3")]


# -- quality, ids, saved state --------------------------------------------------------------------------------------


def test_a_zone_whose_floor_is_not_seen_is_not_covered_though_its_cameras_are():
    subject = kernel()
    rising = Scene(zones={"hall": lambda second: {"people": 90.0, "local_peak_per_m2": 4.5}})
    half = Scene(zones={"hall": lambda second: {"people": 9.0, "local_peak_per_m2": 0.5, "observed_share": 0.5}})
    play(rising, 20, subject)
    assert play(half, 200, subject, start_s=20) == []


def everything() -> Scene:
    """A scene in which many rules speak."""
    out, ins = people_per_s(0.7), people_per_s(0.5)
    return Scene(
        zones={
            "hall": lambda second: {
                **filling(1, 6, 300, error_people=20.0)(second),
                "patch_people": 40,
                "lost": 3 if 280 < second < 290 else 0,
            },
            "queue": lambda second: {"people": 3000.0 + 2 * second, "local_peak_per_m2": 1.0},
            "way": lambda second: {"people": 80.0, "local_peak_per_m2": 2.4, "speed_mps": 0.6 if second % 30 < 18 else 0.05},
        },
        lines={"out": lambda second: (second % 2, out(second)), "door": lambda second: (ins(second) + 1, 1)},
        turnstiles={"inside": lambda second: (int(0.5 * second), 0)},
    )


def test_a_kernel_saved_in_the_middle_goes_on_with_the_same_changes_and_outlooks():
    scene, whole = everything(), kernel()
    expected, saved = [], {}
    for index, step in enumerate(scene.steps(whole, 310)):
        expected.append(step)
        if (index + 1) % 5 == 0 and (index + 1) // 5 in (131, 283):
            saved[(index + 1) // 5] = json.dumps(whole.dump())
    for cut_s, state in saved.items():
        resumed = kernel()
        resumed.load(json.loads(state))
        assert list(scene.steps(resumed, 310 - cut_s, start_s=cut_s)) == expected[cut_s * 5 :]
    said = {change.rule for step in expected for change in step.changes}
    wanted = (rules.GROWTH, rules.BOTTLENECK, rules.COUNTER_FLOW, rules.QUEUE_WAIT, rules.STOP_AND_GO, rules.COLLAPSE, rules.APPROVED)
    assert said >= {CROWD, *wanted}
    assert len(saved[283]) < 5 * 15_000
    assert len(zlib.compress(saved[283].encode(), level=1)) < 5 * 4_000


def test_a_state_of_the_version_before_is_taken_up_without_its_memory():
    subject = kernel()
    alert_id = play(Scene(zones={"hall": lambda _: {"people": 90.0, "local_peak_per_m2": 5.5}}), 12, subject)[0].alert_id
    plain = subject.dump()
    old = {
        "version": 1,
        "ladders": plain["ladders"],
        "open": json.loads(plain["open"]),
        "closed": json.loads(plain["ended"]),
        "watch": {"people": {}, "flow": {"door": [[1, 2]]}, "unknown_us": {}, "outputs": {}},
    }
    resumed = kernel()
    resumed.load(json.loads(json.dumps(old)))
    assert resumed.open_alert(CROWD, "hall").alert_id == alert_id
    assert resumed.dump()["version"] == STATE_VERSION


def test_a_sign_that_is_over_clears_after_quiet_and_a_new_one_is_a_new_alert():
    scene = Scene(lines={"out": lambda second: (1, 2) if second < 30 or 200 < second < 230 else (0, 3)})
    found = [change for change in play(scene, 320) if change.rule == rules.COUNTER_FLOW]
    assert [change.condition for change in found] == ["active", "cleared", "active", "cleared"]
    assert len({change.alert_id for change in found}) == 2


def test_outlooks_are_keyed_by_their_place_and_come_once_a_second():
    subject = kernel()
    steps = list(everything().steps(subject, 130))
    keys = {(thing, key) for step in steps for thing, key, _ in step.outlook}
    assert keys == {
        ("crowd.forecast", "hall"),
        ("crowd.forecast", "queue"),
        ("crowd.forecast", "way"),
        ("crowd.queue", "g"),
        ("crowd.balance", "inside"),
    }
    assert [bool(step.outlook) for step in steps[-10:]] == [False, False, False, False, True] * 2
