"""How long ALERTS is away: its process started on a broker whose `alerts.state` holds 10,000 open alerts, until it says that it is ready.

Python's own start, the plan, the dialling and the reading are in it. The topics are as a running ALERTS leaves them: a set of
the whole state for each second of the last minute, which compaction has not reached yet, and the answers of a long evening.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from benchmarks import alerts_kernel
from benchmarks.alerts.broker import broker
from connectors.kafka import Sender, producer
from pipelines.alerts import saved
from pipelines.errors import MusterError
from pipelines.events import AlertAnswer
from pipelines.settings import Settings
from pipelines.topics import topic
from plan.load import load
from stack import modes
from stack.child import Nursery, last_lines

MODE: Final = "drill-bench-restart"
SETS: Final = 60
ANSWERS: Final = 10_000
STARTS: Final = 5
_PATIENCE_S: Final = 60.0


def restart(home: Path, *, alerts: int, starts: int = STARTS) -> dict[str, Any]:
    """Start ALERTS *starts* times with so many open *alerts*; the median counts, and the longest is said."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        with broker(home, folder, MODE) as kafka:
            size = _fill(kafka, alerts)
            plan = load(alerts_kernel.PLAN)
            modes.write_plan(folder, plan)
            settings = Settings(mode=MODE, kafka=kafka, plan=folder / "plan.yaml", run=folder, home=home, ready_file=folder / "ready")
            took_s = [_start(settings, folder / "alerts.log") for _ in range(starts)]
    return {"restart_s": round(statistics.median(took_s), 2), "restart_most_s": round(max(took_s), 2), "state_topic_bytes": size}


def _fill(kafka: str, alerts: int) -> int:
    """Write what a running ALERTS has written; gives the bytes of its state."""
    subject = alerts_kernel.kernel()
    alerts_kernel.opened(subject, alerts)
    sender, size = Sender(producer(kafka), MODE), 0
    for number in range(ANSWERS):
        sender.send("alerts.answers", _answer(number))
    state = {"last_us": alerts_kernel.START_US, "offsets": {"alerts.commands": ANSWERS}, "kernel": subject.dump()}
    for number in range(1, SETS + 1):
        for key, record in saved.pieces(state, set_number=number):
            sender.send("alerts.state", record, key=key)
            size += len(record.state)
        sender.flush(_PATIENCE_S)
    return size


def _answer(number: int) -> AlertAnswer:
    return AlertAnswer(
        command_id=f"{number:032x}",
        alert_id=f"{number:032x}",
        action="acknowledge",
        actor="S1",
        refusal="",
        received_us=alerts_kernel.START_US,
        command_offset=number,
        step_us=alerts_kernel.START_US,
        p1_offset=0,
    )


def _start(settings: Settings, log: Path) -> float:
    """Seconds from the start of the process until it is ready; it is killed then."""
    settings.ready_file.unlink(missing_ok=True)
    nursery, began_s = Nursery(), time.monotonic()
    process = nursery.start((sys.executable, "-m", "pipelines.alerts.app"), settings.environment(), log)
    try:
        while not settings.ready_file.exists():
            if process.poll() is not None or time.monotonic() - began_s > _PATIENCE_S:
                raise MusterError(f"ALERTS did not become ready on {topic('alerts.state').name(MODE)}:\n{last_lines(log)}")
            time.sleep(0.005)
        return time.monotonic() - began_s
    finally:
        nursery.kill_group(process)
        nursery.close()
