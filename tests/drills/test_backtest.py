"""Other numbers on a recording, and an alert in words: the commands as people call them, without any server."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
from typer.testing import CliRunner

from cli.__main__ import app
from drills import compare
from drills.recording import About, Entry, Recorder, tick
from pipelines import units
from pipelines.codec import encode_body, schema_id
from pipelines.detect.eye import Eye
from pipelines.errors import ConfigError
from pipelines.events import AlertCommand, CrowdZones, SensorFire
from plan.load import parse, plan_hash
from plan.trying import changed
from plan.views import view_of
from tests.plans import plan_dict

START = 1_767_225_600_000_000
SECONDS = 60
RUN = CliRunner()


def plan():
    posts = [{"call_sign": name, "role": {"en": "monitor", "zh": "监看员"}, "rights": ["acknowledge"]} for name in ("M1", "M2")]
    return parse(
        plan_dict(posts=posts, lines=[], lanes=[], devices=plan_dict()["devices"][:1])
        | {"zones": [{**zone, "filled_by": []} for zone in plan_dict()["zones"]]}
    )


def pressing(made) -> list[CrowdZones]:
    """A hall in which a hundred people come ever closer, and a queue without anybody."""
    found = []
    for camera in made.cameras:
        eye = Eye(view_of(made, camera), start_us=START)
        for frame in range(5 * SECONDS):
            event_us, spacing = START + frame * units.MICRO // 5, max(120 - frame * 0.45, 36)
            row = np.arange(100 if camera.id == "c1" else 0)
            at = np.rint(np.stack([1000 + (row % 10 - 4.5) * spacing, 1000 + (row // 10 - 4.5) * spacing], axis=1)).astype(np.int64)
            found += [each for each in eye.frame(event_us, row, at.reshape(-1, 2), received_us=event_us) if isinstance(each, CrowdZones)]
    return found


def entry(thing: str, record, clock_us: int) -> Entry:
    return Entry(clock_us=clock_us, thing=thing, schema=schema_id(type(record)), body=encode_body(record))


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    """A minute of it, with a smoke alarm and its acknowledgement."""
    made = plan()
    smoke = SensorFire(
        device="s-1",
        event_time_us=START + 20 * units.MICRO,
        received_us=START + 20 * units.MICRO,
        zone="hall",
        kind="smoke",
        state="alarm",
        output="",
        x_cm=100,
        y_cm=200,
    )
    entries = [
        entry(
            "crowd.zones", dataclasses.replace(row, received_us=row.slice_start_us + 210_000), row.slice_start_us + units.SLICE_US - 50_000
        )
        for row in pressing(made)
    ]
    entries.append(entry("sensor.p1", smoke, START + 20 * units.MICRO))
    entries += [tick(at_us) for at_us in range(START - 100_000, START + (SECONDS + 2) * units.MICRO, units.TICK_INTERVAL_US)]
    path = tmp_path_factory.mktemp("recorded") / "evening.mcap"
    with path.open("wb") as out:
        about = About(mode="drill-x", site="site", plan_hash=plan_hash(made), version="0", plan=made.model_dump(mode="json"))
        recorder = Recorder(out, about)
        for each in sorted(entries, key=lambda row: row.order):
            recorder.put(each)
        recorder.finish(ended=True)
    return path


def run(*arguments: str):
    return RUN.invoke(app, ["rules", *map(str, arguments)])


def test_a_higher_threshold_loses_and_delays_levels_and_says_what_it_spares(recording, tmp_path):
    report = tmp_path / "out.json"
    result = run("backtest", recording, "--set", "hall.warning=4.6", "--set", "hall.act_now=7", "--report", report)
    assert result.exit_code == 0, result.output
    found = json.loads(report.read_text())
    assert {(row["what"], row["rule"], row["level"]) for row in found["differences"]} >= {("later", "crowd_density", "warning")}
    assert all(row["what"] in ("later", "lost") for row in found["differences"])
    assert (found["operators"], found["seconds"]) == (2, pytest.approx(SECONDS + 2, abs=0.2))
    assert "later " in result.stdout
    assert "cards per hour and operator (2): " in result.stdout


def test_a_lower_threshold_of_an_area_type_comes_earlier(recording, tmp_path):
    report = tmp_path / "out.json"
    assert run("backtest", recording, "--set", "standing.watch=1.5", "--set", "standing.warning=3.5", "--report", report).exit_code == 0
    found = json.loads(report.read_text())
    assert ("earlier", "warning") in {(row["what"], row["level"]) for row in found["differences"]}
    assert not {row["what"] for row in found["differences"] if row["rule"] == "crowd_density"} & {"lost", "later"}


def test_the_same_numbers_change_nothing(recording):
    result = run("backtest", recording, "--set", "hall.warning=4.0")
    assert "levels: 0 gained, 0 lost, 0 earlier, 0 later" in result.stdout


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("north.warning=3.5", "there is no zone or area type 'north' (hall, queue, standing"),
        ("hall.warning", "expected PATH=VALUE"),
        ("timing.hold_s=3", "the plan has no such number (hold_up_s"),
        ("signs.rain.hold_s=3", "there is no 'rain' (counter_flow"),
        ("hall.warning=9", "the ladder does not rise"),
        ("timing.hold_up_s=much", "timing.hold_up_s: Input should be a valid number"),
    ],
)
def test_a_number_that_cannot_be_is_refused_with_a_sentence(recording, text, sentence):
    result = run("backtest", recording, "--set", text)
    assert result.exit_code == 2
    assert sentence in result.output
    with pytest.raises(ConfigError):
        changed(plan(), [text])


def test_a_number_deep_in_the_plan_is_found_by_ids():
    assert changed(plan(), ["zones.hall.coverage=0.5", "signs.growth.hold_s=20", "zones.hall.response_s=60"]).zones[0].coverage == 0.5


def test_nothing_to_try_and_no_recording_are_usage_errors(recording, tmp_path):
    (tmp_path / "no.mcap").write_bytes(b"hello")
    assert run("backtest", recording).exit_code == 2
    assert run("backtest", tmp_path / "no.mcap", "--set", "hall.warning=4").exit_code == 2
    assert run("backtest", tmp_path / "none.mcap", "--set", "hall.warning=4").exit_code == 2


def test_an_alert_of_a_recording_is_explained_with_its_numbers_sources_and_times(recording):
    from cli.rules import _from_recording

    _, changes = _from_recording(recording)
    crowd = next(row for row in changes if row.rule == "crowd_density")
    result = run("explain", crowd.alert_id[:10], "--recording", recording)
    assert result.exit_code == 0, result.output
    for words in (
        "crowd_density at hall (x): ",
        "the local peak has been at or above a threshold",
        "warning 4, critical 5",
        "our proposal, to be signed by the safety officer",
        "timing.hold_up_s: 10",
        "first met",
        "warning, ",
        "It is latched: ",
    ):
        assert words in result.stdout
    fire = next(row for row in changes if row.rule == "fire")
    assert "2026-01-01 00:00:20.0Z critical, 0.0 s after" in run("explain", fire.alert_id, "--recording", recording).stdout
    unknown = run("explain", "zzz", "--recording", recording)
    assert unknown.exit_code == 2
    assert "there is no alert zzz" in unknown.output


def test_rules_check_says_how_many_can_fire_and_what_is_wrong(tmp_path):
    import yaml

    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text(yaml.safe_dump(plan_dict()))
    bad.write_text(yaml.safe_dump(plan_dict(signs={"collapse": {"share": 1}})))
    assert "rules and 0 combinations can fire; phase entry" in run("check", good).output
    refused = run("check", bad)
    assert (refused.exit_code, "can never vanish" in refused.output) == (1, True)


def test_acts_of_people_are_among_the_steps():
    from pipelines.alerts.kernel import Kernel
    from plan.explaining import explain

    made = plan()
    subject = Kernel(made, plan_hash=plan_hash(made), mode="drill-t")
    smoke = SensorFire(
        device="s-1", event_time_us=START, received_us=START, zone="hall", kind="smoke", state="alarm", output="", x_cm=100, y_cm=200
    )
    changes = subject.p1(smoke)
    command = AlertCommand(
        command_id="c",
        alert_id=changes[0].alert_id,
        action="acknowledge",
        actor="M1",
        actor_role="monitor",
        second_gesture=True,
        reason="I look",
        received_us=START + units.MICRO,
    )
    lines = explain([*changes, *subject.command(command)[0]], made)
    assert any(line.endswith("in_progress by M1 (monitor): I look") for line in lines)


def test_an_episode_that_begins_a_little_later_is_the_same_one():
    old = compare.Episode(alert_id="a", rule="growth", place="hall", levels={"caution": 10}, card=True, start_us=5, end_us=100)
    new = compare.Episode(alert_id="b", rule="growth", place="hall", levels={"caution": 30}, card=True, start_us=25)
    other = compare.Episode(alert_id="c", rule="growth", place="queue", levels={"caution": 30}, card=False, start_us=25)
    assert [(row.what, row.place) for row in compare.differences([old], [new, other])] == [("later", "hall"), ("gained", "queue")]
    assert compare.cards_per_hour([old, new, other], over_us=1_800_000_000, operators=2) == 2.0
