"""Accounting of what comes in: coverage, the ledger's proof, replays, the lane for life safety."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines import probe
from pipelines.codec import encode
from pipelines.errors import ConfigError
from pipelines.events import DeadLetter, LedgerEntry
from pipelines.ingest import ledger
from pipelines.ingest.coverage import Account, Covered, Patience, told
from pipelines.ingest.dedupe import Dedupe
from pipelines.ingest.event_time import FRESH_FOR_US
from pipelines.ingest.validate import Accepted, Duplicate, Refused, judge, may_be_p1, recall
from plan.load import parse
from tests.ingest.test_validate import NOW, SITE, SMOKE, TURNSTILE, envelope
from tests.plans import plan_dict

S = 1_000_000


@settings(max_examples=300, deadline=None)
@given(runs=st.lists(st.tuples(st.integers(0, 40), st.integers(1, 6)), max_size=20))
def test_what_is_covered_is_what_was_added(runs):
    covered, offsets = Covered(), set()
    for first, count in runs:
        added = set(range(first, first + count))
        assert covered.add(first, count) == bool(added - offsets)
        offsets |= added
    assert {offset for offset in range(60) if offset in covered} == offsets
    assert covered.highest == max(offsets, default=-1)
    assert {offset for first, after in covered.gaps(0, 50) for offset in range(first, after)} == set(range(50)) - offsets


def test_offsets_that_a_reader_has_gone_past_are_due_and_those_that_wait_for_their_turn_are_not():
    covered, patience, place = Covered(), Patience(10), ("raw.fire", 0)
    covered.add(5, 5)

    def due(now_s, end):
        return patience.due(now_s, place, begin=0, end=end, covered=covered)

    assert due(0, 20) == []
    covered.add(10)
    assert due(9, 20) == [], "not old enough"
    assert due(10, 20) == [(0, 5)], "gone past; what comes after waits for its turn"
    covered.add(0, 5)
    assert due(15, 20) == []
    assert due(30, 20) == [(11, 20)], "a reader that has not moved for that long will not come"


def entry(outcomes: bytes, first: int = 0, topic: str = "raw.fire") -> LedgerEntry:
    return LedgerEntry(stage="ingest", topic=topic, partition=0, first_offset=first, outcomes=outcomes, devices=b"", clamped=0)


def letter(offset: int) -> DeadLetter:
    return DeadLetter(stage="ingest", topic="raw.fire", partition=0, offset=offset, reason="", raw=b"", at_us=0)


def test_an_account_is_whole_when_each_offset_has_one_outcome_with_its_proof():
    account = Account({("raw.fire", 0): (2, 7)})
    account.take(entry(b"AADRA", 0))
    account.take(entry(b"DAR", 4))
    for offset in (2, 4, 5):
        assert account.prove(f"raw.fire/0/{offset}")
    assert not account.prove("raw.fire/0/99")
    assert not account.prove("nonsense")
    account.prove_refusal(letter(3))
    account.prove_refusal(letter(6))
    assert account.counts() == {"in": 5, "accepted": 2, "duplicate": 1, "refused": 2, "unaccounted": 0}
    assert (account.gaps(), account.unproved(), account.repeated, account.foreign) == ([], [], 1, 2)


def test_an_account_names_gaps_and_what_has_no_proof():
    account = Account({("raw.fire", 0): (0, 8)})
    account.take(entry(b"AR", 1))
    assert account.gaps() == ["raw.fire/0/0: no entry in the ledger", "raw.fire/0/3–7: no entry in the ledger"]
    assert account.unproved() == [
        "raw.fire/0/1: accepted, and no verified reading names it",
        "raw.fire/0/2: refused, and there is no dead letter of it",
    ]
    assert account.unproved({("raw.fire", 0): 2}) == ["raw.fire/0/2: refused, and there is no dead letter of it"]
    assert told([str(number) for number in range(25)])[-1] == "and 5 more"


def verdicts(raws, dedupe, *, at_us):
    return [judge(raw, appended_us=at_us, site=SITE, dedupe=dedupe) for raw in raws]


def hour(boots=("b1", "b2", "b3")):
    """An hour of two devices, which start again twice: an alarm each ten minutes."""
    found = []
    for second in range(0, 3600, 5):
        boot, at_us = boots[second // 1200], NOW + second * S
        smoke = replace(SMOKE, event_time_us=at_us, state="alarm" if second % 600 == 0 else "normal")
        found.append((at_us, encode(envelope(smoke, "sensor.fire", sequence=second, boot_id=boot))))
        found.append((at_us, encode(envelope(replace(TURNSTILE, event_time_us=at_us), "sensor.turnstile", sequence=second, boot_id=boot))))
    return found


def test_an_hour_of_capture_that_is_replayed_gives_nothing_new():
    capture, dedupe = hour(), Dedupe()
    for at_us, raw in capture:
        assert isinstance(judge(raw, appended_us=at_us, site=SITE, dedupe=dedupe), Accepted)
    kept = dedupe.dump_touched()
    restarted = Dedupe()
    restarted.restore(kept)
    shuffled = [raw for _, raw in capture]
    random.Random(1).shuffle(shuffled)
    for memory, raws in ((dedupe, [raw for _, raw in capture]), (restarted, shuffled)):
        found = verdicts(raws, memory, at_us=NOW + 3600 * S)
        accepted = [row for row in found if isinstance(row, Accepted)]
        shown = [row for row in found if isinstance(row, Refused) and row.p1 is not None]
        print(f"{len(raws)} envelopes replayed: {len(accepted)} accepted, {len(shown)} shown to a person")
        assert (accepted, shown) == ([], [])


def test_a_capture_that_nobody_has_seen_before_is_too_old_to_be_news_and_its_alarms_are_shown_once_as_unverified():
    found = verdicts([raw for _, raw in hour()] * 2, Dedupe(), at_us=NOW + 3600 * S + FRESH_FOR_US + 1)
    assert [row for row in found if isinstance(row, Accepted)] == []
    shown = [row.p1 for row in found if isinstance(row, Refused) and row.p1 is not None]
    assert len(shown) == 6
    assert {row.verified for row in shown} == {False}


def test_a_time_of_receipt_that_somebody_wrote_makes_nothing_fresh():
    made = replace(envelope(TURNSTILE, "sensor.turnstile"), received_us=NOW + 1)
    found = judge(encode(made), appended_us=NOW + FRESH_FOR_US + 1, site=SITE, dedupe=Dedupe())
    assert isinstance(found, Refused)
    assert "900 s old when it came in" in found.reason


def test_every_equivocation_is_found_and_an_alarm_in_it_is_shown_as_unverified():
    dedupe, found = Dedupe(), 0
    for number in range(100):
        first = envelope(replace(SMOKE, state="normal"), "sensor.fire", sequence=number)
        assert isinstance(judge(encode(first), appended_us=NOW, site=SITE, dedupe=dedupe), Accepted)
        second = judge(encode(envelope(SMOKE, "sensor.fire", sequence=number)), appended_us=NOW, site=SITE, dedupe=dedupe)
        assert isinstance(second, Refused)
        found += "same number, different body" in second.reason
        assert second.p1 is not None
        assert not second.p1.verified
    print(f"100 equivocations: {found} found")
    assert found == 100


def test_an_alarm_with_a_bad_signature_is_shown_once_and_touches_no_window_of_the_device():
    dedupe = Dedupe()
    forged = encode(envelope(SMOKE, "sensor.fire", sequence=7, key=b"x" * 32))
    first = judge(forged, appended_us=NOW, site=SITE, dedupe=dedupe)
    assert isinstance(first, Accepted)
    assert first.p1 is not None
    assert (first.readings, first.p1.verified) == ((), False)
    restarted = Dedupe()
    recall(restarted, first.p1.device, first.number)
    assert isinstance(judge(forged, appended_us=NOW, site=SITE, dedupe=restarted), Duplicate), "after a restart, too"
    assert isinstance(judge(forged, appended_us=NOW, site=SITE, dedupe=dedupe), Duplicate)
    real = judge(encode(envelope(SMOKE, "sensor.fire", sequence=7)), appended_us=NOW, site=SITE, dedupe=dedupe)
    assert isinstance(real, Accepted)
    assert real.p1 is not None
    assert real.p1.verified


def test_a_device_that_starts_again_is_heard_and_its_former_start_is_not():
    dedupe = Dedupe()

    def take(boot: str, sequence: int):
        made = envelope(TURNSTILE, "sensor.turnstile", boot_id=boot, sequence=sequence)
        return judge(encode(made), appended_us=NOW, site=SITE, dedupe=dedupe)

    assert isinstance(take("b1", 900), Accepted)
    assert isinstance(take("b2", 0), Accepted)
    former = take("b1", 901)
    assert isinstance(former, Refused)
    assert "an earlier start" in former.reason
    assert isinstance(take("b2", 1), Accepted), "what was refused has changed nothing"


def test_no_device_of_a_plan_may_have_the_probes_name():
    devices = [{"id": "probe", "kind": "vehicle", "at": [0, 18]}]
    with pytest.raises(ConfigError, match="kept for the dead man's switch"):
        parse(plan_dict(devices=devices))


def test_windows_written_before_former_starts_were_kept_are_still_read():
    dedupe = Dedupe()
    dedupe.restore({"t-1": ["boot", 3, {"3": "ab"}]})
    assert dedupe.look("t-1", "boot", 3, "ab") == "same"


def test_the_probe_goes_to_its_lane_and_nowhere_else():
    found = judge(encode(envelope(probe.reading(4, NOW), "sensor.fire", sequence=4)), appended_us=NOW + 5, site=SITE, dedupe=Dedupe())
    assert isinstance(found, Accepted)
    assert found.readings == ()
    assert found.p1 is not None
    assert probe.is_probe(found.p1)
    word = probe.passed(found.p1, stage="ingest", at_us=NOW + 9)
    assert (word.sequence, word.sent_us, word.stage) == (4, NOW, "ingest")


def test_nobody_but_the_probe_sends_its_kind_and_the_probe_sends_nothing_else():
    for made in (
        envelope(replace(SMOKE, kind="probe"), "sensor.fire"),
        envelope(replace(SMOKE, device="probe"), "sensor.fire"),
        envelope(probe.reading(1, NOW), "sensor.fire", key=b"x" * 32),
    ):
        found = judge(encode(made), appended_us=NOW, site=SITE, dedupe=Dedupe())
        assert isinstance(found, Refused)
        assert found.p1 is None


def test_the_probes_accounts_are_as_everybodys():
    made = ledger.entries({("raw.fire", 0, 0): ledger.ACCEPTED}, devices={}, clamped=0, stage="auditor")
    assert [(row.stage, row.outcomes) for row in made] == [("auditor", b"A")]


def test_the_lanes_reader_hands_over_alarms_and_the_synthetic_event_whoever_signed_them_and_nothing_else():
    smoke = replace(SMOKE, state="normal")
    assert may_be_p1(envelope(SMOKE, "sensor.fire"))
    assert may_be_p1(replace(envelope(SMOKE, "sensor.fire"), hmac=b""))
    assert may_be_p1(envelope(probe.reading(1, NOW), "sensor.fire"))
    assert not may_be_p1(envelope(smoke, "sensor.fire"))
    assert not may_be_p1(envelope(TURNSTILE, "sensor.turnstile"))
    assert not may_be_p1(replace(envelope(SMOKE, "sensor.fire"), payload=b"x"))
    assert not may_be_p1(object())
