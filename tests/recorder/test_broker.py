"""The recorder with a real broker: files are told of, and a clip is found by its alert."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli import recording as command
from cli.__main__ import app
from connectors.kafka import Sender, Tail, producer
from pipelines.events import CameraSegment, RecorderState
from pipelines.recorder.library import Library
from tests.brokers import kafka_alone
from tests.command import feed
from tests.recorder.films import Feed, film
from tests.recorder.test_app import PATIENCE_S, partial, recorder, wait

MODE = "drill-video"


@pytest.mark.stack
def test_a_file_is_told_of_also_when_the_broker_came_later_and_a_clip_is_found_by_its_alert(
    tmp_path: Path, feeds: list[Feed], monkeypatch: pytest.MonkeyPatch
) -> None:
    feeds.append(Feed([film(seconds=60)], seconds=60))
    library = Library(tmp_path / "recordings" / MODE)
    with recorder(tmp_path, {"c1": feeds[0].address}) as process:  # no broker
        wait(lambda: partial(library, "c1") > 6_000, tmp_path)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0
    home = tmp_path / "home"
    home.mkdir()
    with kafka_alone(home, MODE) as broker:
        tail = Tail(broker, mode=MODE, things=("camera.segments", "recorder.state"))
        heard: list[object] = []
        with recorder(tmp_path, {"c1": feeds[0].address}, kafka=broker) as process:
            wait(lambda: partial(library, "c1") > 6_000, tmp_path)
            alert_us = time.time_ns() // 1000
            alert = feed.change("abcd1234", "fire", "west", start_us=alert_us, event_time_us=alert_us)
            sender = Sender(producer(broker), MODE)
            sender.send("alerts.changes", alert)
            sender.flush()
            monkeypatch.setenv("MUSTER_RECORDINGS", str(tmp_path / "recordings"))
            monkeypatch.setenv("MUSTER_CWD", str(tmp_path))
            monkeypatch.setattr(command, "HOME", home)
            words = ("--camera", "c1", "--alert", "abcd", "--before", "1s", "--after", "2s", "--out", "clip.mp4", "--mode", MODE, "--json")
            found = CliRunner().invoke(app, ["recording", "clip", *words])
            said = json.loads(found.stdout)
            assert (found.exit_code, said["holes"]) == (0, [])
            assert said["start_us"] <= alert_us - 900_000
            assert said["end_us"] >= alert_us + 1_500_000
            unknown = CliRunner().invoke(app, ["recording", "clip", *words[:3], "ffff", *words[4:9], "other.mp4", *words[10:]])
            assert unknown.exit_code == 1
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE_S) == 0
        until_s = time.monotonic() + PATIENCE_S
        while sum(isinstance(row, CameraSegment) for row in heard) < 2 and time.monotonic() < until_s:
            heard += [row.record for row in tail.poll(0.5)]
        tail.close()
    segments = [row for row in heard if isinstance(row, CameraSegment)]
    assert segments == library.index("c1")
    assert [row.ended for row in segments] == ["stop", "stop"]
    assert library.told_us("c1") == segments[-1].end_us
    states = [row for row in heard if isinstance(row, RecorderState)]
    assert states[0].cameras == 1
    assert (tmp_path / "clip.mp4").stat().st_size == said["size_bytes"]
