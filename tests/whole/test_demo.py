"""The demo as a newcomer runs it, with kill -9 of ingest and ALERTS in the middle: exactly the expected alerts come."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from dashboards.words import LANGS
from stack.addresses import read_addresses
from tests.dashboards.asking import asked, filled_elsewhere, run, values
from tests.whole.conftest import HOME, Command, kill, report, restarts

pytestmark = pytest.mark.stack
ASKED_AFTER_S = 122  # a forecast rests on two minutes
NOT_IN_THE_DEMO = {
    "Acts by role A",  # nobody sits at the page
    "Requests to the panel A",
    "Crowd pressure with its interval A",  # no crowd is dense enough to have one
    "Waiting at each gate A",  # its plan names no zones in which people wait
    "Wait at each gate A",
    "Recorders A",  # none of its cameras is recorded
}
AS_IT_COMES = {"Corrected windows and late sums B"}  # sums are late only where ingest took long to come back


def boards_without_rows() -> set[str]:
    """Ask every query of every board of the demo's database; those that answer without a row."""
    found = set()
    filled = filled_elsewhere(read_addresses(HOME).clickhouse, "drill-demo", hours_s=600)
    for lang in LANGS:
        chosen = values(filled, lang)
        for where, name, sql in asked():
            if where.startswith(lang) and not run(filled, sql, chosen, filled.span)[0]:
                found.add(name if lang == "en" else "")
    filled.client.disconnect()
    return found - {""}


def test_the_evening_brings_exactly_its_alerts_though_ingest_is_killed(tmp_path):
    demo = Command("demo", "--for", "140s", "--report", str(tmp_path / "out.json"))
    demo.wait_for(lambda: "Muster is ready" in demo.text(), "ready")
    ready_s = time.monotonic()
    pids = [row["pid"] for row in json.loads((HOME / "run" / "status-demo.json").read_text())["parts"] if row["pid"]]
    time.sleep(20)
    killed = kill("demo", "ingest")
    demo.wait_for(lambda: restarts("demo")["ingest"] >= 1, "ingest's restart")
    demo.wait_for(lambda: time.monotonic() - ready_s > ASKED_AFTER_S, "the fire's last alert")
    silent = boards_without_rows()
    code = demo.end()
    assert code == 0, demo.text()
    assert silent <= NOT_IN_THE_DEMO | AS_IT_COMES
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
