"""The scenario fits its plan, and its devices say what the story says."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from pipelines.codec import decode_body, encode
from pipelines.errors import ConfigError
from pipelines.events import CrowdZones, RawEnvelope, SensorFire, SensorTurnstile, SensorVehicle
from pipelines.ingest.signing import device_key, is_signed
from simulation import scenario as scenario_module
from simulation.cameras import FRAME_US, Cameras, Sent
from simulation.passages import Passages
from simulation.readings import Readings
from simulation.scenario import Story

SCENARIO = Path(scenario_module.__file__).parent / "scenario.yaml"
KEY = b"k" * 32
START_US = 1_760_000_000_000_000


@pytest.fixture(scope="module")
def story() -> Story:
    return scenario_module.load(SCENARIO)


def _readings(story: Story, *, first_us: int) -> Readings:
    passages = Passages(story.plan, story.walkers)
    return Readings(story, mode="drill-test", mode_key=KEY, start_us=START_US, first_us=first_us, passages=passages)


@pytest.fixture(scope="module")
def told(story: Story) -> list[Sent]:
    """Everything that devices send in the first 100 s."""
    readings = _readings(story, first_us=START_US - 1_000_000)
    return [sent for step in range(-5, 501) for sent in readings.step(START_US + step * FRAME_US)]


def _of(told: list[Sent], kind: type) -> list[tuple[RawEnvelope, object]]:
    rows = [(sent.record, decode_body(sent.record.payload, sent.record.schema_id)) for sent in told if isinstance(sent.record, RawEnvelope)]
    return [row for row in rows if isinstance(row[1], kind)]


def test_expected_alerts_name_places_of_the_plan(story: Story) -> None:
    assert len(story.scenario.expected) == 6
    assert scenario_module.check(story.scenario, story.plan) == []


def test_a_place_that_the_plan_lacks_is_told_in_a_sentence(tmp_path: Path) -> None:
    rows = yaml.safe_load(SCENARIO.read_text())
    rows["plan"] = str(SCENARIO.parent / rows["plan"])
    rows["expected"][0]["place"] = "gate-z-queue"
    path = tmp_path / "wrong.yaml"
    path.write_text(yaml.safe_dump(rows))
    with pytest.raises(ConfigError, match="no 'gate-z-queue' among the plan's places"):
        scenario_module.load(path)


def test_envelopes_are_signed_but_the_forged_one(told: list[Sent]) -> None:
    envelopes = [sent.record for sent in told if isinstance(sent.record, RawEnvelope)]
    bad = [row for row in envelopes if not is_signed(row, device_key(KEY, row.device))]
    assert [(row.device, row.topic) for row in bad] == [("t-b2", "sensor.turnstile")]


def test_some_envelopes_come_twice_and_one_message_is_no_record(told: list[Sent]) -> None:
    places = [(row.device, row.sequence) for row, _ in _of(told, SensorTurnstile)]
    assert 0.005 < 1 - len(set(places)) / len(places) < 0.015
    assert sum(isinstance(sent.record, bytes) for sent in told) == 1


def test_sequences_have_no_gap(told: list[Sent]) -> None:
    seen: dict[str, set[int]] = {}
    for sent in told:
        if isinstance(sent.record, RawEnvelope):
            seen.setdefault(sent.record.device, set()).add(sent.record.sequence)
    assert all(numbers == set(range(len(numbers))) for numbers in seen.values())


def test_turnstiles_report_every_second_and_never_fall(told: list[Sent], story: Story) -> None:
    for device in (row.id for row in story.plan.devices if row.kind == "turnstile"):
        mine = [reading for _, reading in _of(told, SensorTurnstile) if isinstance(reading, SensorTurnstile) and reading.device == device]
        times = [row.event_time_us for row in mine]
        assert max(later - earlier for earlier, later in pairwise(times)) <= 1_000_000
        assert [row.entries_total for row in mine] == sorted(row.entries_total for row in mine)


def test_a_later_start_goes_on_where_the_counters_would_be(told: list[Sent], story: Story) -> None:
    whole = {row.device: row.entries_total for _, row in _of(told, SensorTurnstile) if isinstance(row, SensorTurnstile)}
    late = _readings(story, first_us=START_US + 99 * 1_000_000)
    rest = [sent for step in range(495, 501) for sent in late.step(START_US + step * FRAME_US)]
    assert {row.device: row.entries_total for _, row in _of(rest, SensorTurnstile) if isinstance(row, SensorTurnstile)} == whole


def test_the_fire_devices_tell_the_story(told: list[Sent]) -> None:
    rows = [row for _, row in _of(told, SensorFire) if isinstance(row, SensorFire) and row.state != "normal"]
    first: dict[tuple[str, str, str], float] = {}
    for row in rows:
        first.setdefault((row.device, row.state, row.output), (row.event_time_us - START_US) / 1e6)
    assert first == {
        ("s-217", "alarm", ""): 75,
        ("h-031", "alarm", ""): 80,
        ("panel-1", "output_started", "broadcast"): 82,
        ("panel-1", "output_started", "sprinkler"): 82,
        ("panel-1", "feedback", "broadcast"): 85,
    }


def test_the_van_has_the_queue_60_m_ahead_after_two_seconds_against_the_lane(told: list[Sent]) -> None:
    van = [row for _, row in _of(told, SensorVehicle) if isinstance(row, SensorVehicle) and row.vehicle == "van-1"]
    row = next(row for row in van if row.event_time_us >= van[0].event_time_us + 2_000_000)
    assert row.speed_cmps == pytest.approx(610, abs=1)
    assert row.heading_deg == pytest.approx(180)
    assert row.x_cm - 12200 == pytest.approx(6000, abs=10)
    assert van[-1].speed_cmps == 0
    assert van[-1].x_cm > 12200 + 1000


def test_cameras_send_one_sum_a_slice_and_count_everybody_once(story: Story) -> None:
    cameras = Cameras(story.plan, story.walkers, start_us=START_US, first_us=START_US)
    sums: list[CrowdZones] = []
    people = 0
    for step in range(6):
        event_us = START_US + step * FRAME_US
        sums += [sent.record for sent in cameras.close(event_us, lambda: event_us) if sent.thing == "crowd.zones"]  # noqa: B023 - called at once
        frames = [sent.record for sent in cameras.frame(event_us, lambda: event_us)]  # noqa: B023 - called at once
        people += sum(frame.people for frame in frames)
    simulated = [camera for camera in story.plan.cameras if camera.kind == "simulated"]
    assert len(sums) == 5 * len(simulated)
    assert all(entry.frames_expected == entry.frames_used == 1 for row in sums for entry in row.entries)
    hall = next(camera for camera in story.plan.cameras if camera.kind == "video").owns
    expected = 0
    for step in range(6):
        _, positions = story.walkers.at(0.2 * step)
        x, y = positions.T / 100
        expected += int((~((x >= hall[0]) & (x < hall[2]) & (y >= hall[1]) & (y < hall[3])) & (x >= 0) & (y >= 0)).sum())
    assert people == expected
    assert all(len(encode(row)) < 4096 for row in sums)


def test_a_late_sum_goes_to_its_own_topic(story: Story) -> None:
    cameras = Cameras(story.plan, story.walkers, start_us=START_US, first_us=START_US)
    things = {sent.thing for sent in cameras.close(START_US + FRAME_US, lambda: START_US + FRAME_US + 100_001)}
    assert "crowd.late" in things
    assert "crowd.zones" not in things
