"""Ingest's verdicts: each raw record is exactly one of accepted, duplicate, refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.codec import encode, encode_body, schema_id
from pipelines.events import RawEnvelope, SensorFire, SensorTurnstile, SensorVehicle
from pipelines.ingest import ledger
from pipelines.ingest.dedupe import FORMER_BOOT, SAME, Dedupe, digest_of
from pipelines.ingest.signing import device_key, sign
from pipelines.ingest.validate import Accepted, Duplicate, Refused, judge, site_of
from pipelines.measures.driving import Driving
from plan.load import parse
from tests.plans import plan_dict

KEY = b"k" * 32
SITE = site_of(parse(plan_dict()), mode="drill-t", mode_key=KEY)
NOW = 1_767_225_600_000_000
TURNSTILE = SensorTurnstile(device="t-1", event_time_us=NOW, received_us=0, gate="g", area="inside", entries_total=5, exits_total=1)
SMOKE = SensorFire(device="s-1", event_time_us=NOW, received_us=0, zone="hall", kind="smoke", state="alarm", output="", x_cm=0, y_cm=0)


def envelope(reading, to, *, sequence=0, key=None, **changes) -> RawEnvelope:
    made = RawEnvelope(
        site="site",
        device=reading.device,
        boot_id="boot",
        sequence=sequence,
        event_time_us=reading.event_time_us,
        received_us=0,
        topic=to,
        mode="drill-t",
        schema_id=schema_id(type(reading)),
        payload=encode_body(reading),
        hmac=b"",
    )
    made = replace(made, **changes)
    return sign(made, key or device_key(KEY, made.device))


def verdict(made: RawEnvelope, dedupe: Dedupe | None = None, *, appended_us: int = NOW + 1000):
    return judge(encode(made), appended_us=appended_us, site=SITE, dedupe=dedupe or Dedupe())


def test_a_signed_reading_is_accepted_with_the_brokers_time_of_receipt():
    found = verdict(envelope(TURNSTILE, "sensor.turnstile"))
    assert isinstance(found, Accepted)
    assert found.readings == (("sensor.turnstile", "t-1", replace(TURNSTILE, received_us=NOW + 1000)),)


def test_the_same_envelope_again_is_a_duplicate_and_the_same_number_with_another_body_is_refused():
    dedupe = Dedupe()
    assert isinstance(verdict(envelope(TURNSTILE, "sensor.turnstile"), dedupe), Accepted)
    assert isinstance(verdict(envelope(TURNSTILE, "sensor.turnstile"), dedupe), Duplicate)
    other = verdict(envelope(replace(TURNSTILE, entries_total=9), "sensor.turnstile"), dedupe)
    assert other == Refused(reason="device t-1, sequence 0: same number, different body")


def test_the_mode_is_under_the_signature():
    drill = envelope(TURNSTILE, "sensor.turnstile", mode="live")
    assert verdict(drill) == Refused(reason="mode 'live' where 'drill-t' belongs")
    forged = replace(drill, mode="drill-t")
    assert verdict(forged) == Refused(reason="device t-1, sequence 0: the signature is not the device's")


def test_a_wrong_signature_is_refused_but_an_alarm_goes_to_a_person_unverified():
    assert isinstance(verdict(envelope(TURNSTILE, "sensor.turnstile", key=b"x")), Refused)
    alarm = verdict(envelope(SMOKE, "sensor.fire", key=b"x"))
    assert isinstance(alarm, Accepted)
    assert alarm.p1 is not None
    assert (alarm.p1.verified, alarm.readings) == (False, ())


def test_an_alarm_is_life_safety_and_a_normal_state_is_not():
    alarm, normal = verdict(envelope(SMOKE, "sensor.fire")), verdict(envelope(replace(SMOKE, state="normal"), "sensor.fire"))
    assert isinstance(alarm, Accepted)
    assert isinstance(normal, Accepted)
    assert alarm.p1 is not None
    assert normal.p1 is None


def test_a_time_in_the_future_is_clamped_to_a_second_after_receipt():
    found = verdict(envelope(replace(TURNSTILE, event_time_us=NOW + 86_400_000_000), "sensor.turnstile"))
    assert isinstance(found, Accepted)
    assert (found.clamped, found.readings[0][2].event_time_us) == (True, NOW + 1000 + 1_000_000)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"device": "ghost"}, "the plan knows no device 'ghost'"),
        ({"topic": "sensor.fire"}, "device t-1 is a turnstile and may not send to 'sensor.fire'"),
        ({"site": "elsewhere"}, "site 'elsewhere' where 'site' belongs"),
        ({"schema_id": 999}, "device t-1: schema id 999 is not that of sensor.turnstile"),
        ({"payload": b"\xff" * 40}, "not a sensor_turnstile record"),
    ],
)
def test_each_fault_has_its_sentence(change, sentence):
    found = verdict(envelope(TURNSTILE, "sensor.turnstile", **change))
    assert isinstance(found, Refused)
    assert sentence in found.reason


@pytest.mark.parametrize("change", [{"x_cm": 10**6}, {"speed_cmps": -1}, {"heading_deg": float("nan")}, {"vehicle": "a\x1b[2J"}])
def test_an_impossible_vehicle_is_refused(change):
    van = SensorVehicle(
        device="v-1", event_time_us=NOW, received_us=0, vehicle="van", x_cm=100, y_cm=1800, speed_cmps=600, heading_deg=180.0, lane=""
    )
    assert isinstance(verdict(envelope(replace(van, **change), "sensor.vehicle")), Refused)
    good = verdict(envelope(van, "sensor.vehicle"))
    assert isinstance(good, Accepted)
    track = {topic: record for topic, _, record in good.readings}["vehicle.tracks"]
    assert (track.lane, track.along_cmps) == ("road", -600)


def test_a_vehicle_that_leaps_and_a_second_record_of_one_time_are_refused_with_their_reason():
    van = SensorVehicle(
        device="v-1", event_time_us=NOW, received_us=0, vehicle="van", x_cm=100, y_cm=1800, speed_cmps=600, heading_deg=180.0, lane=""
    )
    driving, dedupe = Driving(SITE.road), Dedupe()
    later = [
        van,
        replace(van, x_cm=150),
        replace(van, x_cm=3900, event_time_us=NOW + 200_000),
        replace(van, x_cm=220, event_time_us=NOW + 86_400_000_000),
    ]
    found = []
    for sequence, reading in enumerate(later):
        raw = encode(envelope(reading, "sensor.vehicle", sequence=sequence))
        found.append(judge(raw, appended_us=NOW + 1000, site=SITE, dedupe=dedupe, driving=driving))
    assert isinstance(found[0], Accepted)
    assert isinstance(found[1], Refused)
    assert "a second record of v-1" in found[1].reason
    assert isinstance(found[2], Refused)
    assert "38 m in 0.20 s is faster than 100 m/s" in found[2].reason
    assert isinstance(found[3], Accepted)
    assert found[3].clamped


@settings(max_examples=200, deadline=None)
@given(raw=st.binary(max_size=300))
def test_no_bytes_whatever_do_more_than_be_refused(raw):
    assert isinstance(judge(raw, appended_us=NOW, site=SITE, dedupe=Dedupe()), Refused)


def test_the_ledger_counts_each_offset_once_whatever_was_taken_twice():
    first = ledger.entries({("raw.fire", 0, 0): b"A", ("raw.fire", 0, 1): b"D", ("raw.fire", 0, 3): b"R"}, devices={}, clamped=1)
    again = ledger.entries({("raw.fire", 0, 0): b"D", ("raw.fire", 0, 1): b"D"}, devices={}, clamped=0)
    assert [(entry.first_offset, entry.outcomes) for entry in first] == [(0, b"AD"), (3, b"R")]
    assert ledger.counts(ledger.fold([*first, *again])) == {"accepted": 1, "duplicate": 1, "refused": 1}


def test_windows_of_devices_survive_in_the_ledger():
    dedupe = Dedupe()
    verdict(envelope(TURNSTILE, "sensor.turnstile"), dedupe)
    entry = ledger.entries({("raw.turnstile", 0, 0): b"A"}, devices=dedupe.dump_touched(), clamped=0)[0]
    again = Dedupe()
    again.restore(ledger.devices_of(entry))
    assert isinstance(verdict(envelope(TURNSTILE, "sensor.turnstile"), again), Duplicate)


def test_a_window_that_another_worker_wrote_adds_to_what_is_known_and_takes_nothing_away():
    here, there = Dedupe(), Dedupe()
    here.take("t-1", "boot", 1, b"one")
    there.take("t-1", "boot", 2, b"two")
    here.restore(there.dump_touched())
    assert [here.look("t-1", "boot", number, digest_of(body)) for number, body in ((1, b"one"), (2, b"two"))] == [SAME, SAME]


def test_a_window_from_before_a_restart_of_the_device_changes_nothing():
    here, there = Dedupe(), Dedupe()
    there.take("t-1", "old", 1, b"one")
    here.take("t-1", "old", 1, b"one")
    here.take("t-1", "new", 0, b"zero")
    here.restore(there.dump_touched())
    assert (here.look("t-1", "old", 2, "x"), here.look("t-1", "new", 0, digest_of(b"zero"))) == (FORMER_BOOT, SAME)
