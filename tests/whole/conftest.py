"""Runs the real commands, each as a process of its own, in the project's own runtime folder."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli.paths import HOME, ROOT

PATIENCE_S = 420


class Command:
    """A muster command that runs beside the test."""

    def __init__(self, *arguments: str) -> None:
        self.log = HOME / "run" / f"test-{abs(hash(arguments))}.log"
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self._out = self.log.open("w")
        environment = {**os.environ, "MUSTER_CWD": str(Path.cwd()), "MUSTER_ROOT": str(ROOT)}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "cli", *arguments], cwd=ROOT, stdout=self._out, stderr=self._out, env=environment
        )

    def text(self) -> str:
        return self.log.read_text()

    def wait_for(self, found: Callable[[], bool], what: str) -> None:
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            if found():
                return
            assert self.process.poll() is None, f"it ended while the test waited for {what}:\n{self.text()}"
            time.sleep(0.2)
        pytest.fail(f"{what} did not come:\n{self.text()}")

    def end(self) -> int:
        try:
            return self.process.wait(PATIENCE_S)
        finally:
            self._out.close()

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(90)
        self._out.close()


def part_pid(holder: str, name: str) -> int:
    """The process of a part, by the status file of the command that holds it."""
    found = json.loads((HOME / "run" / f"status-{holder}.json").read_text())
    return next(row["pid"] for row in found["parts"] if row["name"] == name)


def kill(holder: str, name: str) -> int:
    """kill -9 of a part; returns the pid that it had."""
    pid = part_pid(holder, name)
    os.kill(pid, signal.SIGKILL)
    return pid


def restarts(holder: str) -> dict[str, int]:
    """How often each part was started again."""
    found = json.loads((HOME / "run" / f"status-{holder}.json").read_text())
    return {row["name"]: row["restarts"] for row in found["parts"]}


def report(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(path.read_text())
    return loaded


@pytest.fixture(scope="session")
def jam(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Synthetic people who press together before a door for 40 s: every level of the ladder, in order."""
    path = tmp_path_factory.mktemp("jam") / "jam.txt"
    rows = ["# id frame x y z: rows of people who come ever closer"]
    for frame in range(400):
        spacing = max(1.1 - 0.0025 * frame, 0.36)
        for person in range(100):
            x, y = (person % 10 - 4.5) * spacing, (person // 10 - 4.5) * spacing
            rows.append(f"{person} {frame} {x + 8:.3f} {y + 8:.3f} 1.7")
    path.write_text("\n".join(rows) + "\n")
    return path
