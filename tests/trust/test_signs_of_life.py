"""A part that is there and says nothing is started again, and somebody is told."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

from stack.supervisor import Part, Supervisor

PATIENCE_S = 30.0
SLEEP = "import time; time.sleep(600)"


def test_a_part_that_gives_no_sign_of_life_is_started_again_and_its_death_is_told(tmp_path: Path) -> None:
    lives, told = threading.Event(), list[str]()
    lives.set()
    part = Part(
        name="watch",
        command=(sys.executable, "-S", "-c", SLEEP),
        ready=lambda: True,
        alive=lives.is_set,
        on_death=told.append,
        outlives=True,
    )
    supervisor = Supervisor([part], logs=tmp_path / "logs", status_file=tmp_path / "status.json")
    try:
        supervisor.start()
        supervisor.run_in_background()
        first = supervisor.status()[0].pid
        lives.clear()
        until_s = time.monotonic() + PATIENCE_S
        while not told and time.monotonic() < until_s:
            time.sleep(0.02)
        lives.set()
        while supervisor.status()[0].state != "ready" and time.monotonic() < until_s:
            time.sleep(0.02)
        assert told == ["watch gave no sign of life; it is started again"]
        assert supervisor.status()[0].pid != first
        assert supervisor.status()[0].restarts == 1
    finally:
        supervisor.stop()
