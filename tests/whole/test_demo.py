"""The demo as a newcomer runs it, with kill -9 of ingest and ALERTS in the middle: exactly the expected alerts come."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from tests.whole.conftest import HOME, Command, kill, report, restarts

pytestmark = pytest.mark.stack


def test_the_evening_brings_exactly_its_alerts_though_ingest_is_killed(tmp_path):
    demo = Command("demo", "--for", "120s", "--report", str(tmp_path / "out.json"))
    demo.wait_for(lambda: "Muster is ready" in demo.text(), "ready")
    pids = [row["pid"] for row in json.loads((HOME / "run" / "status-demo.json").read_text())["parts"] if row["pid"]]
    time.sleep(20)
    killed = kill("demo", "ingest")
    demo.wait_for(lambda: restarts("demo")["ingest"] >= 1, "ingest's restart")
    code = demo.end()
    assert code == 0, demo.text()
    found = report(tmp_path / "out.json")
    assert found["expected"] == {"missing": [], "unexpected": []}
    assert found["undelivered"] == []
    events = found["events"]
    assert events["in"] == events["accounted"] + events["dead_lettered"]
    assert events["dead_lettered"] == 2, "one badly signed reading and one message that is not Avro"
    assert found["zones"]["gate-c-queue"] == "warning"
    assert {level for zone, level in found["zones"].items() if zone != "gate-c-queue"} == {"none"}
    left = [pid for pid in [*pids, killed] if Path(f"/proc/{pid}").exists()]
    assert left == [], "a process is left behind"
