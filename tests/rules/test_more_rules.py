"""Passes, gas, silence, reports, combinations, schedules and phases: each rule with its times."""

from __future__ import annotations

import json
import random
from dataclasses import replace

import pytest

from pipelines import rules
from pipelines.alerts.kernel import Kernel
from pipelines.codec import encode
from pipelines.events import AlertChange, AlertCommand, CameraHealth, DeadLetter, RawEnvelope, SensorFire, SensorIdentity, SensorTurnstile
from pipelines.rules import CROWD
from pipelines.units import MICRO, SLICE_US
from pipelines.words import NOTHING
from plan.load import parse
from tests.alerts.scene import density
from tests.alerts.scene import run as stands
from tests.plans import plan_dict

START = 1_767_225_600_000_000
NAME = {"en": "x", "zh": "某处"}
STEPS_PER_S = MICRO // SLICE_US
GATES = [
    {"id": name, "label": name[-1].upper(), "name": NAME, "at": at, "area": "inside"}
    for name, at in (("gate-a", [0, 0]), ("gate-b", [100, 0]), ("gate-c", [0, 100]))
]
READERS = [
    {"id": f"{way}-{gate['id']}", "kind": "id_reader", "at": gate["at"], "gate": gate["id"], "way": way}
    for gate in GATES
    for way in ("in", "out")
]


def gates_plan(*, reentry: bool = True, **changes):
    areas = [{"id": "inside", "name": NAME, "approved": {"value": 1000, "source": "permit"}, "reentry": reentry}]
    return plan_dict(extent=[0, 0, 120, 120], gates=GATES, lines=[], devices=READERS, areas=areas, **changes) | {
        "zones": [{**zone, "filled_by": []} for zone in plan_dict()["zones"]]
    }


def kernel(plan=None) -> Kernel:
    return Kernel(parse(plan or plan_dict()), plan_hash="abc", mode="drill-t")


def presented(pass_id: str, gate: str, at_s: float, *, way: str = "in", outcome: str = "match") -> SensorIdentity:
    at_us = START + round(at_s * MICRO)
    return SensorIdentity(
        device=f"{way}-{gate}",
        event_time_us=at_us,
        received_us=at_us,
        gate=gate,
        credential="ticket",
        pass_pseudonym=pass_id,
        outcome=outcome,
    )


def run(subject: Kernel, rows, until_s: float, *, start_s: float = 0) -> list[AlertChange]:
    """Steps from *start_s* to *until_s*; each row (seconds, topic, record) joins the step that ends after it."""
    waiting, changes = sorted(rows, key=lambda row: row[0]), []
    for index in range(round(start_s * STEPS_PER_S), round(until_s * STEPS_PER_S)):
        end_us = START + (index + 1) * SLICE_US
        due = []
        while waiting and START + round(waiting[0][0] * MICRO) < end_us:
            due.append(waiting.pop(0)[1:])
        changes += subject.step(end_us, due).changes
    return changes


def passes(*rows: SensorIdentity):
    return [((row.event_time_us - START) / MICRO, "sensor.identity", row) for row in rows]


def told(changes) -> list[tuple]:
    return [(row.rule, row.place, row.level, row.condition) for row in changes]


# -- passes -----------------------------------------------------------------------------------------------------------


def test_one_pass_at_two_gates_that_nobody_walks_between_in_that_time_is_known_within_a_second():
    changes = run(kernel(gates_plan()), passes(presented("ab" * 16, "gate-a", 1), presented("ab" * 16, "gate-b", 41)), 45)
    assert told(changes) == [(rules.TWO_GATES, "gate-b", "caution", "active")]
    assert changes[0].event_time_us - (START + 41 * MICRO) <= MICRO
    assert (changes[0].source, changes[0].priority, changes[0].value) == ("in-gate-b", "P2", 40)


def test_a_pass_that_comes_in_twice_without_leaving_is_passed_back_and_one_that_left_is_not():
    twice = passes(presented("aa" * 16, "gate-a", 1), presented("aa" * 16, "gate-b", 100))
    left = passes(presented("bb" * 16, "gate-a", 1), presented("bb" * 16, "gate-a", 60, way="out"), presented("bb" * 16, "gate-b", 130))
    assert told(run(kernel(gates_plan()), twice, 102)) == [(rules.PASS_BACK, "gate-b", "caution", "active")]
    assert run(kernel(gates_plan()), left, 135) == []
    assert told(run(kernel(gates_plan(reentry=False)), left, 135)) == [(rules.PASS_BACK, "gate-b", "caution", "active")]


def test_a_second_try_at_the_same_gate_and_a_refused_pass_are_nothing():
    rows = passes(
        presented("aa" * 16, "gate-a", 1, outcome="no_match"), presented("aa" * 16, "gate-a", 4), presented("aa" * 16, "gate-a", 9)
    )
    assert run(kernel(gates_plan()), rows, 12) == []


def test_the_alert_names_the_reader_and_never_the_pass_and_clears_after_quiet():
    changes = run(kernel(gates_plan()), passes(presented("cd" * 16, "gate-a", 1), presented("cd" * 16, "gate-b", 2)), 70)
    assert [row.condition for row in changes] == ["active", "cleared"]
    assert "cdcd" not in str(changes)


def test_an_evening_of_passes_finds_every_clone_and_hardly_anybody_else(capsys):
    """20,000 people: second tries, moves to the next lane, re-entries, readings out of order; 200 cloned or handed-back passes."""
    chance = random.Random(7)
    distance = {("gate-a", "gate-b"): 100, ("gate-a", "gate-c"): 100, ("gate-b", "gate-c"): 141.4}
    rows, guilty, honest = [], {}, 0
    for person in range(20_000):
        name = f"{person:032x}"[::-1]
        gate, at_s = chance.choice(GATES)["id"], chance.uniform(0, 7000)
        rows.append(presented(name, gate, at_s))
        honest += 1
        draw = chance.random()
        if draw < 0.06:  # once more at the same gate: the turnstile did not open
            rows.append(presented(name, gate, at_s + chance.uniform(0.5, 8)))
        elif draw < 0.11:  # out for a smoke and in again, by whichever gate is near
            back = chance.choice(GATES)["id"]
            walk_s = 0 if back == gate else distance[tuple(sorted((gate, back)))] / 1.34
            rows += [
                presented(name, gate, at_s + 400, way="out"),
                presented(name, back, at_s + 400 + max(walk_s, 60) + chance.uniform(0, 600)),
            ]
        elif draw < 0.115:  # a clone at another gate, or the pass handed over the fence
            other = chance.choice([row["id"] for row in GATES if row["id"] != gate])
            second = (
                presented(name, other, at_s + chance.uniform(1, 45))
                if draw < 0.1125
                else presented(name, gate, at_s + chance.uniform(15, 300))
            )
            rows.append(second)
            guilty[name[:12]] = second
    shuffled = [((row.event_time_us - START) / MICRO + chance.uniform(0, 0.15), "sensor.identity", row) for row in rows]
    subject = kernel(gates_plan())
    found: dict[str, AlertChange] = {}
    waiting = sorted(shuffled, key=lambda row: row[0])
    at = 0
    for index in range(8300 * STEPS_PER_S // 5):  # steps of one second: the rules of passes look at the rows alone
        end_us = START + (index + 1) * MICRO
        due = []
        while at < len(waiting) and START + round(waiting[at][0] * MICRO) < end_us:
            due.append(waiting[at][1:])
            at += 1
        before = set(subject._open)
        changes = [row for row in subject.step(end_us, due).changes if row.number == 1]
        new = [key for key in subject._open if key not in before]
        found |= {key[1]: change for key, change in zip(new, changes, strict=True)}
    false = [key for key in found if key not in guilty]
    late = [key for key in guilty if key in found and found[key].event_time_us - guilty[key].event_time_us > MICRO + 200_000]
    with capsys.disabled():
        print(
            f"\nidentity: {len(rows)} readings of {honest} passes, {len(guilty)} misused, found {len(guilty.keys() & found)},"
            f" false {len(false)} ({100 * len(false) / honest:.3f} %), state {len(json.dumps(subject.dump())) // 1024} kB"
        )
    assert guilty.keys() <= found.keys()
    assert late == []
    assert len(false) <= honest / 1000


# -- gas, equivocation -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["gas", "co"])
def test_gas_is_life_safety_of_its_own_and_waits_for_no_step(kind):
    alarm = SensorFire(
        device="s-1", event_time_us=START, received_us=START, zone="hall", kind=kind, state="alarm", output="", x_cm=100, y_cm=200
    )
    changes = kernel().p1(alarm)
    assert [(row.rule, row.place, row.level, row.latched, row.priority, row.unit) for row in changes] == [
        ("gas", "hall", "critical", True, "P1", kind)
    ]


def letter(reason: str, device: str = "t-1") -> DeadLetter:
    envelope = RawEnvelope(
        site="site",
        device=device,
        boot_id="b",
        sequence=7,
        event_time_us=START,
        received_us=START,
        topic="sensor.turnstile",
        mode="drill-t",
        schema_id=2,
        payload=b"",
        hmac=b"",
    )
    return DeadLetter(stage="ingest", topic="raw.turnstile", partition=0, offset=1, reason=reason, raw=encode(envelope), at_us=START)


def test_one_number_with_two_bodies_is_a_security_alert_and_other_refusals_are_not():
    from pipelines.ingest.dedupe import OTHER_BODY

    subject = kernel()
    changes = subject.refused(letter(f"device t-1, sequence 7: {OTHER_BODY}"))
    assert [(row.rule, row.place, row.level, row.source) for row in changes] == [("equivocation", "g", "caution", "t-1")]
    assert subject.refused(letter(f"device t-1, sequence 7: {OTHER_BODY}")) == []
    assert subject.refused(letter("device t-1, sequence 7: the signature is not the device's")) == []
    assert subject.refused(replace(letter(OTHER_BODY), raw=b"no envelope")) == []


# -- silence -----------------------------------------------------------------------------------------------------------


def gate_plan():
    """Three turnstiles at one gate, two detectors and a panel in the hall."""
    devices = [{"id": f"t-{n}", "kind": "turnstile", "at": [20, 10], "gate": "g"} for n in (1, 2, 3)]
    devices += [{"id": "s-1", "kind": "smoke", "at": [1, 2], "zone": "hall"}, {"id": "g-1", "kind": "gas", "at": [1, 2], "zone": "hall"}]
    devices += [{"id": "id-1", "kind": "id_reader", "at": [20, 10], "gate": "g"}]
    return plan_dict(devices=devices)


def beats(device: str, until_s: float, *, every_s: float = 1, from_s: float = 0):
    rows, at_s = [], from_s
    while at_s < until_s:
        at_us = START + round(at_s * MICRO)
        if device[0] == "t":
            row = SensorTurnstile(
                device=device, event_time_us=at_us, received_us=at_us, gate="g", area="inside", entries_total=1, exits_total=0
            )
            rows.append((at_s, "sensor.turnstile", row))
        elif device[0] == "c":
            health = CameraHealth(
                camera=device,
                event_time_us=at_us,
                received_us=at_us,
                state="ok",
                since_us=START,
                fps=5.0,
                width_px=1,
                height_px=1,
                calibrated=True,
                people=0,
            )
            rows.append((at_s, "camera.health", health))
        else:
            kind = "smoke" if device == "s-1" else "gas"
            fire = SensorFire(
                device=device, event_time_us=at_us, received_us=at_us, zone="hall", kind=kind, state="normal", output="", x_cm=0, y_cm=0
            )
            rows.append((at_s, "sensor.fire", fire))
        at_s += every_s
    return rows


@pytest.mark.parametrize(("device", "place", "limit_s"), [("s-1", "hall", 10), ("t-2", "g", 30)])
def test_a_device_that_falls_silent_is_listed_after_ten_seconds_where_life_depends_on_it_and_thirty_elsewhere(device, place, limit_s):
    every = {"t-1": 1, "t-2": 1, "t-3": 1, "s-1": 5, "g-1": 5}
    rows = [row for name, every_s in every.items() for row in beats(name, 20 if name == device else 80, every_s=every_s)]
    rows += beats(device, 80, from_s=60)
    changes = run(kernel(gate_plan()), rows, 80)
    assert [(row.rule, row.place, row.source, row.card, row.condition) for row in changes] == [
        ("device_silent", place, device, False, "active"),
        ("device_silent", place, device, False, "cleared"),
    ]
    last_s = 15 if device == "s-1" else 19
    assert limit_s <= (changes[0].event_time_us - START) / MICRO - last_s <= limit_s + 1
    assert changes[0].start_us == START + last_s * MICRO


def test_a_gate_whose_devices_all_fall_silent_is_one_alert_not_three():
    rows = [row for index in (1, 2, 3) for row in beats(f"t-{index}", 20, from_s=index * 0.3)]
    rows += beats("t-1", 90, from_s=60)
    changes = run(kernel(gate_plan()), rows, 90)
    assert told(changes)[:2] == [("link_loss", "g", "caution", "active"), ("link_loss", "g", "caution", "cleared")]
    assert {(row.rule, row.source) for row in changes[2:]} == {("device_silent", "t-2"), ("device_silent", "t-3")}


def test_a_device_never_heard_is_listed_a_minute_after_others_of_its_kind_speak():
    changes = run(kernel(gate_plan()), [*beats("t-1", 80), *beats("t-2", 80)], 80)
    assert [(row.rule, row.source) for row in changes] == [("device_silent", "t-3")]
    assert 60 <= (changes[0].event_time_us - START) / MICRO <= 62


def test_where_no_device_has_ever_spoken_nothing_is_silent():
    assert run(kernel(gate_plan()), [], 120) == []


def test_a_camera_without_a_word_is_on_the_list_as_silent():
    changes = run(kernel(), [*beats("c1", 10), *beats("c2", 60), *beats("c1", 60, from_s=50)], 60)
    assert [(row.rule, row.place, row.unit, row.condition) for row in changes] == [
        ("camera_health", "c1", "silent", "active"),
        ("camera_health", "c1", "silent", "cleared"),
    ]


# -- reports -----------------------------------------------------------------------------------------------------------


def said(kind: str, actor: str, role: str = "visitor", *, at_s: float = 0, at_m=(5.0, 5.0), zone: str = "hall") -> AlertCommand:
    return AlertCommand(
        command_id=f"{actor}-{at_s}",
        alert_id="",
        action="report",
        actor=actor,
        actor_role=role,
        second_gesture=False,
        reason="",
        received_us=START + round(at_s * MICRO),
        target=zone,
        choice=kind,
        x_m=at_m[0],
        y_m=at_m[1],
    )


def reported(subject: Kernel, *commands: AlertCommand) -> list[AlertChange]:
    found = [subject.command(command) for command in commands]
    assert {refusal for _, refusal in found} <= {NOTHING}
    return [change for changes, _ in found for change in changes]


@pytest.mark.parametrize("role", ["steward", "police officer", "警务人员", "safety officer"])
def test_the_word_of_one_steward_officer_or_post_is_enough_though_cameras_are_green(role):
    posts = [{"call_sign": "SO", "role": {"en": "safety officer", "zh": "安全责任人"}, "rights": []}]
    changes = reported(kernel(plan_dict(posts=posts)), said("cannot_move", "S7", role))
    assert [(row.rule, row.place, row.level, row.priority, row.latched, row.verified, row.unit) for row in changes] == [
        ("human_report", "hall", "critical", "P1", True, True, "cannot_move")
    ]


def test_three_visitors_within_ten_minutes_and_fifty_metres_are_enough_and_fewer_are_not():
    three = [said("cannot_move", "v1"), said("crowding", "v2", at_s=300), said("crowding", "v3", at_s=599)]
    changes = reported(kernel(), *three)
    assert [(row.rule, row.level, row.verified, row.source) for row in changes] == [("human_report", "warning", False, "visitors")]
    assert reported(kernel(), three[0], three[1], said("crowding", "v2", at_s=400)) == [], "one person twice"
    assert reported(kernel(), *three[:2], said("crowding", "v3", at_s=601)) == [], "the first is too old"
    assert reported(kernel(), *three[:2], said("crowding", "v3", at_s=500, at_m=(80.0, 5.0))) == [], "too far apart"
    assert reported(kernel(), *three[:2], said("lost_child", "v3", at_s=500)) == [], "something else"


def test_a_steward_verifies_what_visitors_said():
    subject = kernel()
    reported(subject, *(said("fire", f"v{index}") for index in range(3)))
    changes = reported(subject, said("fire", "S7", "steward", at_s=30))
    assert [(row.rule, row.verified, row.number) for row in changes] == [("human_report", True, 2)]


def test_a_report_at_every_level_waits_for_a_person():
    subject = kernel()
    (first,) = reported(subject, said("lost_child", "S7", "steward"))
    assert (first.level, first.latched) == ("caution", True)
    assert run(subject, [], 200) == []
    clear = replace(said("", "SO", "safety officer"), action="clear", alert_id=first.alert_id, reason="found at the gate")
    changes, refusal = subject.command(clear)
    assert (refusal.en, [row.condition for row in changes]) == ("", ["cleared"])


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (said("fire", "S7", zone="moon"), "there is no zone 'moon' to report of"),
        (said("rain", "S7"), "there is no kind of report 'rain'; there are cannot_move, crowding"),
        (said("fire", " "), "a report carries a name"),
    ],
)
def test_a_report_that_cannot_be_is_refused_with_a_sentence(command, sentence):
    changes, refusal = kernel().command(command)
    assert changes == []
    assert refusal.en.startswith(sentence)


def test_while_people_cannot_move_and_the_picture_is_green_its_camera_is_doubtful():
    subject = kernel()
    reported(subject, said("cannot_move", "S7", "steward"))
    green = [
        (index / STEPS_PER_S, *density(zone, START + (index + 1) * SLICE_US, 1.0)) for index in range(100) for zone in ("hall", "queue")
    ]
    changes = run(subject, green, 10)
    assert [(row.rule, row.place, row.source, row.card) for row in changes] == [("camera_doubtful", "c1", "hall", False)]
    red = [(10 + index / STEPS_PER_S, *density("hall", START + 10 * MICRO + (index + 1) * SLICE_US, 4.5)) for index in range(100)]
    later = run(subject, red, 25, start_s=10)
    assert [(row.rule, row.condition) for row in later if row.rule == rules.DOUBTFUL] == [("camera_doubtful", "cleared")]


# -- combinations, schedules, phases -----------------------------------------------------------------------------------

BOTH = {
    "id": "fire-and-report",
    "name": {"en": "Fire, seen", "zh": "火警属实"},
    "all_of": ["fire", "human_report"],
    "level": "critical",
    "source": "x y",
}


def smoke(at_s: float) -> SensorFire:
    at_us = START + round(at_s * MICRO)
    return SensorFire(
        device="s-1", event_time_us=at_us, received_us=at_us, zone="hall", kind="smoke", state="alarm", output="", x_cm=500, y_cm=500
    )


def test_this_and_that_near_each_other_are_an_alert_of_the_plan():
    subject = kernel(plan_dict(rules={"combinations": [BOTH]}))
    subject.p1(smoke(0))
    assert run(subject, [], 5) == []
    reported(subject, said("fire", "S7", "steward", at_s=5))
    changes = run(subject, [], 7, start_s=5)
    assert [(row.rule, row.place, row.level, row.prompt_zh) for row in changes] == [("fire-and-report", "hall", "critical", "火警属实")]


def test_that_which_is_too_far_away_or_long_over_does_not_combine():
    near = {**BOTH, "within_m": 3}
    subject = kernel(plan_dict(rules={"combinations": [near]}))
    subject.p1(smoke(0))
    reported(subject, said("fire", "S7", "steward", at_m=(15.0, 5.0)))
    assert run(subject, [], 5) == []
    pair = {**BOTH, "id": "pair", "all_of": ["pass_two_gates", "human_report"], "level": "warning", "within_m": 200}
    rows = passes(presented("ab" * 16, "gate-a", 1), presented("ab" * 16, "gate-b", 2))
    for report_s, expected in ((100, ["pair"]), (125, [])):
        late = kernel(gates_plan(rules={"combinations": [pair]}))
        run(late, rows, report_s)  # the pass is over after 62 s, and counts for a minute more
        reported(late, said("fire", "S7", "steward"))
        assert [row.rule for row in run(late, [], report_s + 2, start_s=report_s)] == expected


def test_a_rule_with_a_schedule_is_silent_outside_it():
    rows = passes(presented("ab" * 16, "gate-a", 1), presented("ab" * 16, "gate-b", 2))
    for schedule, expected in (
        ({"phases": ["entry"]}, 1),
        ({"until": "2026-01-01T00:00:02Z"}, 0),
        ({"since": "2026-01-01T00:00:02Z", "until": "2026-01-01T01:00:00Z"}, 1),
    ):
        plan = gates_plan(rules={"schedules": [{"rule": "pass_two_gates", "source": "x y", **schedule}]})
        assert len(run(kernel(plan), rows, 5)) == expected


def test_a_measured_rule_falls_when_its_schedule_ends():
    from tests.fillings import Scene, first_s, play
    from tests.fillings import kernel as hall

    ends = {"rule": "counter_flow", "until": "2026-01-01T00:00:40Z", "source": "x y"}
    scene = Scene(lines={"out": lambda _: (1, 2)})
    changes = play(scene, 150, hall(rules={"schedules": [ends]}))
    assert first_s(changes, rules.COUNTER_FLOW) is not None
    assert [row.condition for row in changes] == ["active", "cleared"]


def test_the_phase_has_its_own_ladder_and_times_and_a_zone_its_own():
    dispersal = {
        "id": "dispersal",
        "name": NAME,
        "ladders": [{"area_type": "standing", "warning": 3.4, "source": "x y"}],
        "timing": {"hold_up_s": 5, "source": "x y"},
    }
    plan = plan_dict(phases=[{"id": "entry", "name": NAME}, dispersal])
    entry, later = kernel(plan), kernel({**plan, "phase": "dispersal"})
    assert [row.level for row in stands(entry, 12, 3.5)] == ["caution"]
    changes = stands(later, 12, 3.5)
    assert [(row.rule, row.level, (row.event_time_us - START) // MICRO) for row in changes] == [(CROWD, "warning", 5)]
    plan["zones"][0]["ladder"] = {"warning": 3.2, "source": "a slope"}
    assert [row.level for row in stands(kernel(plan), 12, 3.3)] == ["warning"]


def test_at_dispersal_lanes_and_queues_turn_round():
    from pipelines.measures.road import lanes_of, road_of

    plan = plan_dict(
        phases=[{"id": "dispersal", "name": NAME, "turned_lanes": ["road"], "outward": True}],
        phase="dispersal",
        barriers=[{"id": "bar", "name": NAME, "lane": "road", "at_m": 30, "queue_m": 10}],
    )
    made = parse(plan)
    assert [(row.a_m, row.b_m) for row in lanes_of(made)] == [((40, 18), (0, 18))]
    assert [row.at_m for row in road_of(made).barriers] == [10]


def test_what_the_new_rules_remember_is_saved():
    subject = kernel(gates_plan(rules={"combinations": [{**BOTH, "all_of": ["pass_back", "human_report"]}]}))
    run(subject, passes(presented("ab" * 16, "gate-a", 1)), 5)
    reported(subject, said("crowding", "v1", at_s=1), said("crowding", "v2", at_s=2), said("fire", "S7", "steward"))
    subject.step(START + 6 * MICRO, [])
    resumed = kernel(gates_plan(rules={"combinations": [{**BOTH, "all_of": ["pass_back", "human_report"]}]}))
    resumed.load(json.loads(json.dumps(subject.dump())))
    assert resumed.watch == subject.watch
    after = passes(presented("ab" * 16, "gate-b", 7))
    assert run(resumed, after, 10, start_s=6) == run(subject, after, 10, start_s=6) != []
