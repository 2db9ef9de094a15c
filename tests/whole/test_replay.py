"""Record and replay on the real stack: one hash, at every rate, at every parallelism, and across kill -9."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from cli.paths import ROOT
from cli.replay import mode_of
from stack.machine import Machine
from tests.whole.conftest import HOME, Command, kill, report, restarts

pytestmark = pytest.mark.stack
HASHES = ("hash", "measures_hash", "conditions_hash", "by_topic", "rows")


@pytest.fixture(scope="module")
def base():
    """One base machine for this module: plays and replays join it instead of starting one each."""
    with Machine(HOME, ROOT, name="test-base", join=False) as machine:
        machine.start([])
        yield machine


def replay(file: Path, out: Path, *, rate: str = "0", parallelism: str = "1") -> Command:
    return Command("replay", str(file), "--rate", rate, "--parallelism", parallelism, "--report", str(out))


def hashes(found: dict) -> dict:
    return {name: found[name] for name in HASHES}


def test_a_replay_finds_what_the_play_found_whatever_its_rate_its_parallelism_and_what_is_killed(base, jam, tmp_path):
    file = tmp_path / "jam.mcap"
    played = Command(
        "play",
        "positions",
        str(jam),
        "--unit",
        "m",
        "--fps",
        "10",
        "--rate",
        "0",
        "--report",
        str(tmp_path / "play.json"),
        "--record",
        str(file),
    )
    assert played.end() == 0, played.text()
    expected = report(tmp_path / "play.json")
    assert expected["rows"]["crowd.density"] > 200
    assert expected["rows"]["alerts.changes"] == 5

    wide = replay(file, tmp_path / "wide.json", parallelism="4")
    assert wide.end() == 0, wide.text()
    found = report(tmp_path / "wide.json")
    assert hashes(found) == hashes(expected)
    assert [row["id"] for row in found["alerts"]] == [row["id"] for row in expected["alerts"]]
    assert (found["truncated"], found["skipped"], found["conflicts"]) == (False, {}, 0)

    holder = mode_of(file)
    killed = replay(file, tmp_path / "killed.json", rate="10", parallelism="2")
    killed.wait_for(lambda: "replaying jam.mcap" in killed.text(), "the start of the replay")
    time.sleep(1)
    kill(holder, "alerts")
    kill("test-base", "flink-taskmanager")
    killed.wait_for(lambda: restarts(holder)["alerts"] >= 1, "the restart of alerts")
    assert killed.end() == 0, killed.text()
    assert hashes(report(tmp_path / "killed.json")) == hashes(expected)

    cut = tmp_path / "cut.mcap"
    cut.write_bytes(file.read_bytes()[: file.stat().st_size * 2 // 3])
    short = replay(cut, tmp_path / "cut.json")
    assert short.end() == 0, short.text()
    found = report(tmp_path / "cut.json")
    assert found["truncated"]
    assert "is truncated" in short.text()
    assert 0 < sum(found["records"].values()) < sum(expected["rows"].values()) * 4
    assert found["hash"] != expected["hash"]


def test_what_is_no_recording_is_refused_before_anything_starts(tmp_path):
    (tmp_path / "no.mcap").write_bytes(b"hello world, this is text")
    command = replay(tmp_path / "no.mcap", tmp_path / "out.json")
    assert command.end() == 2
    assert "is no recording" in command.text()


def test_a_recording_cut_before_its_plan_replays_nothing_and_says_so(tmp_path):
    from io import BytesIO

    from drills.recording import About, Recorder

    out = BytesIO()
    Recorder(out, About(mode="drill-x", site="x", plan_hash="x", version="0", plan={}))
    (tmp_path / "cut.mcap").write_bytes(out.getvalue()[:150])
    command = replay(tmp_path / "cut.mcap", tmp_path / "out.json")
    assert command.end() == 0, command.text()
    assert report(tmp_path / "out.json")["truncated"]
    assert "nothing can be replayed" in command.text()
