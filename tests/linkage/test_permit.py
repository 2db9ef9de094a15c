"""Whether the panel may be asked: every refusal has its sentence, in both languages."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipelines.linkage.gestures import Gestures, Hold, is_signed, sign
from pipelines.linkage.permit import Circumstances, Permit, Refusal, may_request
from pipelines.linkage.registers import Seen
from pipelines.units import MICRO
from plan.load import plan_hash
from tests.linkage.scene import LIVE_KEY, START, alarm, gesture, linkage_dict, plan_of

PLAN = plan_of(enabled=True)
SPRINKLER = "hall-sprinkler"
NOW = START + 2 * MICRO


def now(**changes) -> Circumstances:
    plan = changes.get("plan", PLAN)
    made = Circumstances(mode="live", plan=plan, plan_hash=plan_hash(plan), now_us=NOW, panel=Seen(), mode_key=LIVE_KEY)
    return replace(made, **changes)


def hold(held_s: float = 2.0, *, plan=PLAN, key=LIVE_KEY, held_changes=None, **changes) -> Hold:
    press = gesture(plan, "press", NOW - round(held_s * MICRO), key=key, **changes)
    return Hold(press=press, held=gesture(plan, "held", NOW, key=key, **{**changes, **(held_changes or {})}))


def two(**changes):
    found = {"s-1": alarm("s-1", START), "h-1": alarm("h-1", START, kind="heat")}
    return {name: replace(row, **changes) if name == "h-1" else row for name, row in found.items()}


def test_a_post_with_the_right_that_held_for_two_seconds_is_given_a_permit_in_its_name():
    found = may_request(SPRINKLER, hold(), now())
    assert isinstance(found, Permit)
    assert (found.equipment, found.zone, found.by, found.actor, found.mode) == (SPRINKLER, "hall", "right", "F1", "live")


def test_two_verified_detectors_of_the_zone_are_given_a_permit_in_their_names():
    found = may_request(SPRINKLER, None, now(alarms=two()))
    assert isinstance(found, Permit)
    assert (found.by, found.actor) == ("two_detectors", "h-1 + s-1")


DISABLED = plan_of(enabled=False)
BY_RIGHT = plan_of(
    enabled=True,
    outputs={"enabled": True, "requests": [{"equipment": SPRINKLER, "code": 7, "address": 0, "echo": 0, "by": ["right"]}]},
)
BY_TWO = plan_of(
    enabled=True,
    outputs={"enabled": True, "requests": [{"equipment": SPRINKLER, "code": 7, "address": 0, "echo": 0, "by": ["two_detectors"]}]},
)
REFUSALS = [
    # what is wrong, equipment, hold, circumstances, a word of the sentence
    ("a drill's process", SPRINKLER, hold(), now(mode="drill-t"), "never asks a panel"),
    ("a drill's gesture", SPRINKLER, hold(mode="drill-t"), now(), "came to the live panel"),
    ("a drill's process and two detectors", SPRINKLER, None, now(mode="drill-t", alarms=two()), "never asks a panel"),
    ("signed with another mode's key", SPRINKLER, hold(key=b"D" * 32), now(), "not signed"),
    ("changed after it was signed", SPRINKLER, Hold(press=hold().press, held=replace(hold().held, actor="S1")), now(), "not signed"),
    ("outputs are off", SPRINKLER, hold(plan=DISABLED), now(plan=DISABLED), "only reads"),
    ("no such equipment", "hall-lift", hold(equipment="hall-lift"), now(), "no request for 'hall-lift'"),
    ("equipment without a request", "hall-broadcast", hold(equipment="hall-broadcast"), now(), "no request for"),
    ("the panel does not answer", SPRINKLER, hold(), now(panel=None), "by hand at the panel"),
    ("it runs already", SPRINKLER, hold(), now(panel=Seen(started=frozenset({SPRINKLER}))), "runs already"),
    ("it is being asked for", SPRINKLER, hold(), now(used={SPRINKLER}), "being asked"),
    ("never pressed", SPRINKLER, Hold(press=None, held=hold().held), now(), "let go before"),
    ("the second gesture is no hold", SPRINKLER, hold(held_changes={"gesture": "press"}), now(), "let go before"),
    ("held by another person", SPRINKLER, hold(held_changes={"actor": "S1"}), now(), "one person"),
    ("held for another request", SPRINKLER, hold(held_changes={"request_id": "f" * 16}), now(), "one person and one request"),
    ("held too short", SPRINKLER, hold(1.999), now(), "expected 2 to 10 s"),
    ("held too long", SPRINKLER, hold(10.1), now(), "expected 2 to 10 s"),
    ("held before it was pressed", SPRINKLER, hold(-3), now(), "expected 2 to 10 s"),
    ("stale", SPRINKLER, hold(), now(now_us=NOW + 6 * MICRO), "older than 5 s"),
    ("another site", SPRINKLER, hold(site="elsewhere"), now(), "another site"),
    ("another plan", SPRINKLER, hold(plan=DISABLED), now(), "another plan"),
    ("used before", SPRINKLER, hold(), now(used={"0123456789abcdef"}), "permitted before"),
    ("no right", SPRINKLER, hold(actor="S1", actor_role="shift leader"), now(), "has not the right"),
    ("the role alone", SPRINKLER, hold(actor="X9"), now(), "has not the right"),
    ("the call sign with another role", SPRINKLER, hold(actor_role="shift leader"), now(), "has not the right"),
    ("a person where two detectors are needed", SPRINKLER, hold(plan=BY_TWO), now(plan=BY_TWO), "not requested by a person"),
    ("two detectors where a person is needed", SPRINKLER, None, now(plan=BY_RIGHT, alarms=two()), "not requested by two detectors"),
    ("one detector", SPRINKLER, None, now(alarms={"s-1": alarm("s-1", START)}), "1 verified detectors"),
    ("no detector", SPRINKLER, None, now(), "0 verified detectors"),
    ("the second one is not verified", SPRINKLER, None, now(alarms=two(verified=False)), "1 verified detectors"),
    ("the second one is in another zone", SPRINKLER, None, now(alarms=two(zone="queue")), "1 verified detectors"),
    (
        "the second one is no detector of the zone",
        SPRINKLER,
        None,
        now(alarms={"s-1": two()["s-1"], "s-2": alarm("s-2", START)}),
        "1 verified",
    ),
    ("the second one says to be another kind", SPRINKLER, None, now(alarms=two(kind="smoke")), "1 verified detectors"),
    ("the second one is old", SPRINKLER, None, now(alarms=two(event_time_us=NOW - 31 * MICRO)), "1 verified detectors"),
    ("the second one is of the future", SPRINKLER, None, now(alarms=two(event_time_us=NOW + 6 * MICRO)), "1 verified detectors"),
    ("the second one is back to normal", SPRINKLER, None, now(alarms=two(state="normal")), "1 verified detectors"),
]


@pytest.mark.parametrize(("equipment", "asked", "circumstances", "word"), [row[1:] for row in REFUSALS], ids=[row[0] for row in REFUSALS])
def test_it_is_refused_with_a_sentence_in_both_languages(equipment, asked, circumstances, word):
    found = may_request(equipment, asked, circumstances)
    assert isinstance(found, Refusal)
    assert word in found.en
    assert found.zh
    assert "确认" not in found.zh


def test_a_plan_without_linkage_permits_nothing():
    bare = PLAN.model_copy(update={"linkage": None})
    assert isinstance(may_request(SPRINKLER, hold(), now(plan=bare)), Refusal)


@pytest.mark.parametrize(
    "name", ["request_id", "mode", "site", "equipment", "gesture", "actor", "actor_role", "alert_id", "reason", "plan"]
)
def test_every_text_of_a_gesture_is_under_its_signature(name):
    signed = gesture(PLAN, "press", NOW, key=LIVE_KEY)
    assert is_signed(signed, LIVE_KEY)
    assert not is_signed(replace(signed, **{name: getattr(signed, name) + "x"}), LIVE_KEY)
    assert not is_signed(replace(signed, received_us=NOW + 1), LIVE_KEY)
    assert sign(signed, LIVE_KEY) == signed


def test_what_is_let_go_before_two_seconds_has_to_be_pressed_again():
    gestures = Gestures()
    rows = {which: gesture(PLAN, which, NOW, key=LIVE_KEY) for which in ("press", "release", "held")}
    assert gestures.take(rows["press"]) is None
    assert gestures.take(rows["release"]) is None
    assert gestures.take(rows["held"]) == Hold(press=None, held=rows["held"])
    assert gestures.take(rows["press"]) is None
    assert gestures.take(rows["held"]) == Hold(press=rows["press"], held=rows["held"])


def test_there_is_no_gesture_and_no_register_that_silences_or_resets_a_panel():
    fields = set(type(gesture(PLAN, "press", NOW, key=LIVE_KEY)).__slots__)
    assert fields.isdisjoint({"action", "value", "off", "stop", "silence", "reset"})
    with pytest.raises(ValueError, match="greater than or equal to 1"):
        type(PLAN.linkage).model_validate(
            linkage_dict(outputs={"enabled": True, "requests": [{"equipment": SPRINKLER, "code": 0, "address": 0, "echo": 0}]})
        )
