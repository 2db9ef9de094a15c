"""Stops one part after the other on a running machine: each is called out in time, by a way that shares nothing with the path."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli.paths import HOME, ROOT
from stack.callout import WORDS
from stack.watch_file import path_of
from tests.plans import plan_dict
from tests.whole.conftest import part_pid

pytestmark = pytest.mark.stack
PATIENCE_S = 150.0
STEADY_S = 5.0
# Flink and Kafka last: jobs may start again some seconds after these go on, and while measures stand still nothing lesser is called out
STOPPED = ("ingest", "alerts", "dispatch", "ticker", "store", "flink-jobs", "flink-jobmanager", "flink-taskmanager", "kafka")
IN_THE_PATH = ("ingest", "alerts", "dispatch", "ticker", "flink-taskmanager", "kafka")


class Machine:
    """A machine that is up, and what its watchdog has called out."""

    def __init__(self, folder: Path) -> None:
        self.called = folder / "called.jsonl"
        self.called.touch()
        config = folder / "callout.yaml"
        config.write_text(json.dumps({"command": ["/bin/sh", "-c", f"cat >> {self.called}; echo >> {self.called}"]}))
        self._environment = {**os.environ, "MUSTER_CALLOUT": str(config), "MUSTER_ANCHOR": str(folder / "anchors")}
        self._plan = folder / "plan.yaml"
        self._plan.write_text(yaml.safe_dump(plan_dict(), allow_unicode=True))

    def muster(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "cli", *arguments]
        return subprocess.run(command, cwd=ROOT, env=self._environment, capture_output=True, text=True, timeout=400, check=False)

    def up(self) -> None:
        up = self.muster("up", "--plan", str(self._plan))
        assert up.returncode == 0, up.stderr
        until(lambda: said()["state"] == "ok", "the first event that came through")

    def calls(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.called.read_text().splitlines() if line]

    def call_about(self, *what: str, after: int) -> tuple[dict[str, Any], float]:
        """The first call after so many that holds one of the words, and how many seconds it took."""
        found: list[dict[str, Any]] = []

        def came() -> bool:
            found[:] = [call for call in self.calls()[after:] if any(word in f"{call['words']} {call['en']}" for word in what)]
            return bool(found)

        took_s = until(came, f"a call about {what}")
        return found[0], took_s


def said() -> dict[str, Any]:
    with contextlib.suppress(OSError, ValueError):
        found: dict[str, Any] = json.loads(path_of(HOME, "live").read_text())
        return found
    return {"state": "none"}


def is_steady() -> bool:
    """Whether the path has lived for a while: what was stopped before, Flink's jobs among it, has found its way back."""
    found = said()
    return bool(found["state"] == "ok" and time.time() - found["since_us"] / 1e6 > STEADY_S)


def until(true: Callable[[], bool], what: str) -> float:
    """Seconds until it was so."""
    begun = time.monotonic()
    while time.monotonic() - begun < PATIENCE_S:
        if true():
            return time.monotonic() - begun
        time.sleep(0.05)
    pytest.fail(f"{what} did not come; the watchdog says {said()}")


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    made = Machine(tmp_path_factory.mktemp("trust"))
    made.up()
    try:
        yield made
    finally:
        made.muster("down")


@pytest.mark.parametrize("name", STOPPED)
def test_a_part_that_stops_is_called_out_within_fifteen_seconds(machine: Machine, name: str) -> None:
    until(is_steady, "a path that lives steadily")
    before, pid = len(machine.calls()), part_pid("up", name)
    os.kill(pid, signal.SIGSTOP)
    try:
        call, took_s = machine.call_about(WORDS if name in IN_THE_PATH else name, after=before)
        print(f"{name} stopped: called out after {took_s:.1f} s: {call['words']}: {call['en']}")
        assert took_s <= 15
        if name in IN_THE_PATH:
            assert machine.muster("watchdog").returncode == 1
    finally:
        os.kill(pid, signal.SIGCONT)
    print(f"{name} goes on: the path lives again after {until(lambda: said()['state'] == 'ok', 'a path that lives'):.1f} s")


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_a_watchdog_that_is_dead_itself_is_told_of_within_thirty_seconds(machine: Machine, how: signal.Signals) -> None:
    until(is_steady, "a path that lives steadily")
    before, pid = len(machine.calls()), part_pid("up", "watchdog")
    os.kill(pid, how)
    call, took_s = machine.call_about("watchdog", after=before)
    print(f"watchdog {how.name}: called out after {took_s:.1f} s: {call['en']}")
    assert took_s <= 30
    until(lambda: said()["state"] == "ok" and said()["pid"] != pid, "another watchdog")


def test_the_ledger_and_the_audit_are_whole_after_all_that(machine: Machine) -> None:
    ledger = machine.muster("ledger", "check", "--json")
    print({key: value for key, value in json.loads(ledger.stdout).items() if key != "gaps"})
    assert ledger.returncode == 0, ledger.stderr
    audit = machine.muster("audit", "verify")
    assert audit.returncode == 0, audit.stderr
    assert "the chain is whole" in audit.stderr


def test_a_supervisor_that_is_killed_is_called_out_and_the_watchdog_outlives_it(machine: Machine) -> None:
    until(is_steady, "a path that lives steadily")
    before, pid = len(machine.calls()), part_pid("up", "watchdog")
    supervisor = json.loads((HOME / "run" / "status-up.json").read_text())["supervisor_pid"]
    os.kill(supervisor, signal.SIGKILL)
    call, took_s = machine.call_about("supervisor", after=before)
    print(f"supervisor killed: called out after {took_s:.1f} s: {call['words']}: {call['en']}")
    assert took_s <= 15
    assert call["words"] == WORDS
    ended_s = until(lambda: not Path(f"/proc/{pid}").exists() or _is_zombie(pid), "the end of the watchdog")
    print(f"the watchdog lived on for {ended_s:.0f} s")


def _is_zombie(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
