"""The supervisor starts in order, starts again what dies, and leaves no process behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from pipelines.errors import ConfigError
from stack.child import last_lines
from stack.guard import groups_left
from stack.supervisor import Part, PartStatus, Supervisor
from stack.usage import usage

PATIENCE_S = 30.0
ROOT = Path(__file__).resolve().parents[2]
SLEEP = "import time; time.sleep(600)"
GRANDCHILD = f"""
import pathlib, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-S", "-c", {SLEEP!r}])
pathlib.Path(sys.argv[1]).write_text(str(child.pid))
time.sleep(600)
"""


def script(name: str, code: str, *arguments: str, after: tuple[str, ...] = ()) -> Part:
    return Part(name=name, command=(sys.executable, "-S", "-c", code, *arguments), ready=lambda: True, after=after)


def eventually(true: Callable[[], bool]) -> bool:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.02)
    return False


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


class Machine:
    """Makes supervisors in a folder, and stops each at the end."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.changes, self.made = folder, list[PartStatus](), list[Supervisor]()

    def __call__(self, *parts: Part) -> Supervisor:
        supervisor = Supervisor(parts, logs=self.folder / "logs", status_file=self.folder / "status.json", on_change=self.changes.append)
        self.made.append(supervisor)
        return supervisor


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    machine = Machine(tmp_path)
    yield machine
    for supervisor in machine.made:
        supervisor.stop()


def pid_of(supervisor: Supervisor, name: str) -> int:
    return next(status.pid for status in supervisor.status() if status.name == name and status.pid is not None)


def state_of(supervisor: Supervisor, name: str) -> str:
    return next(status.state for status in supervisor.status() if status.name == name)


def test_a_part_starts_only_when_those_it_waits_for_are_ready(machine: Machine) -> None:
    supervisor = machine(script("second", SLEEP, after=("first",)), script("first", SLEEP))
    supervisor.start()
    steps = [(change.name, change.state) for change in machine.changes]
    assert steps.index(("first", "ready")) < steps.index(("second", "starting"))


def test_a_one_shot_part_is_done_when_it_ended_with_zero(machine: Machine) -> None:
    once = Part(name="once", command=(sys.executable, "-S", "-c", ""), ready=lambda: False, one_shot=True)
    supervisor = machine(once, script("server", SLEEP, after=("once",)))
    supervisor.start()
    assert (state_of(supervisor, "once"), state_of(supervisor, "server")) == ("done", "ready")


def test_a_probe_that_raises_means_not_yet(machine: Machine) -> None:
    asked: list[int] = []

    def ready() -> bool:
        asked.append(1)
        if len(asked) < 3:
            raise ConnectionRefusedError
        return True

    supervisor = machine(Part(name="slow", command=(sys.executable, "-S", "-c", SLEEP), ready=ready))
    supervisor.start()
    assert len(asked) == 3


def test_a_part_that_dies_is_started_again(machine: Machine) -> None:
    supervisor = machine(script("server", SLEEP))
    supervisor.start()
    supervisor.run_in_background()
    first = pid_of(supervisor, "server")
    os.kill(first, signal.SIGKILL)
    assert eventually(lambda: supervisor.status()[0].restarts == 1 and state_of(supervisor, "server") == "ready")
    assert pid_of(supervisor, "server") != first


def test_what_a_dead_process_has_left_does_not_pass_for_the_word_of_the_next_one(machine: Machine, tmp_path: Path) -> None:
    note, once = tmp_path / "ready", tmp_path / "once"
    code = f"import pathlib, time; once = pathlib.Path({str(once)!r}); later = once.exists(); once.touch(); "
    code += f"later or pathlib.Path({str(note)!r}).touch(); time.sleep(600)"
    command = (sys.executable, "-S", "-c", code)
    part = Part(name="server", command=command, ready=note.exists, before_start=lambda: note.unlink(missing_ok=True))
    supervisor = machine(part)
    supervisor.start()
    supervisor.run_in_background()
    first = pid_of(supervisor, "server")
    os.kill(first, signal.SIGKILL)
    assert eventually(lambda: any(row.restarts == 1 and row.pid not in (None, first) for row in supervisor.status()))
    time.sleep(0.5)
    assert state_of(supervisor, "server") == "restarting"
    note.touch()
    assert eventually(lambda: state_of(supervisor, "server") == "ready")


def test_grandchildren_of_a_dead_part_die_before_it_is_started_again(machine: Machine, tmp_path: Path) -> None:
    note = tmp_path / "grandchild"
    supervisor = machine(script("server", GRANDCHILD, str(note)))
    supervisor.start()
    assert eventually(lambda: note.exists() and note.read_text() != "")
    grandchild = int(note.read_text())
    supervisor.run_in_background()
    os.kill(pid_of(supervisor, "server"), signal.SIGKILL)
    assert eventually(lambda: not alive(grandchild))


def test_a_part_that_fails_to_start_is_reported_with_its_last_lines_and_all_is_stopped(machine: Machine) -> None:
    failing = "import sys; print('the disk is full', file=sys.stderr); sys.exit(7)"
    never = Part(name="bad", command=(sys.executable, "-S", "-c", failing), ready=lambda: False)
    supervisor = machine(script("good", SLEEP), never)
    with pytest.raises(ConfigError, match=r"(?s)bad ended with code 7.*the disk is full"):
        supervisor.start()
    assert {status.name: status.state for status in supervisor.status()} == {"good": "stopped", "bad": "failed"}
    assert all(status.pid is None for status in supervisor.status())


def test_a_part_that_is_never_ready_fails_after_its_time(machine: Machine) -> None:
    command = (sys.executable, "-S", "-c", SLEEP)
    supervisor = machine(Part(name="mute", command=command, ready=lambda: False, ready_timeout_s=0.2))
    with pytest.raises(ConfigError, match=r"mute was not ready after 0\.2 s"):
        supervisor.start()


def test_a_command_that_does_not_exist_is_a_failed_part(machine: Machine) -> None:
    supervisor = machine(Part(name="nobody", command=("/does/not/exist",), ready=lambda: True))
    with pytest.raises(ConfigError, match="nobody cannot be run"):
        supervisor.start()


def test_a_later_part_that_fails_leaves_the_others_running(machine: Machine) -> None:
    supervisor = machine(script("base", SLEEP))
    supervisor.start()
    bad = Part(name="bad", command=(sys.executable, "-S", "-c", "raise SystemExit(1)"), ready=lambda: False)
    with pytest.raises(ConfigError, match="bad ended"):
        supervisor.add([bad])
    assert [(status.name, status.state) for status in supervisor.status()] == [("base", "ready")]
    supervisor.add([script("more", SLEEP, after=("base",))])
    assert state_of(supervisor, "more") == "ready"


def test_a_part_that_nobody_waits_for_fails_alone_and_is_tried_again_until_it_works(machine: Machine, tmp_path: Path) -> None:
    plugged = tmp_path / "plugged"
    code = f"import pathlib, time; pathlib.Path({str(plugged)!r}).exists() or exit(2); time.sleep(600)"
    camera = Part(name="camera", command=(sys.executable, "-S", "-c", code), ready=plugged.exists, awaited=False)
    supervisor = machine(script("base", SLEEP), camera)
    supervisor.start()
    assert (state_of(supervisor, "base"), state_of(supervisor, "camera")) == ("ready", "restarting")
    supervisor.run_in_background()
    plugged.touch()
    assert eventually(lambda: state_of(supervisor, "camera") == "ready")


def test_a_part_that_nobody_waits_for_has_its_first_try_before_the_start_is_over(machine: Machine) -> None:
    supervisor = machine(replace(script("camera", SLEEP), awaited=False))
    supervisor.start()
    assert state_of(supervisor, "camera") == "ready"


def test_a_removed_part_is_gone(machine: Machine) -> None:
    supervisor = machine(script("base", SLEEP), script("drill", SLEEP, after=("base",)))
    supervisor.start()
    pid = pid_of(supervisor, "drill")
    supervisor.remove(["drill", "unknown"])
    assert not alive(pid)
    assert [status.name for status in supervisor.status()] == ["base"]


def test_stop_ends_children_and_grandchildren_even_those_deaf_to_term(machine: Machine, tmp_path: Path) -> None:
    note = tmp_path / "grandchild"
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)" + GRANDCHILD
    supervisor = machine(script("deaf", deaf, str(note)))
    supervisor.start()
    assert eventually(lambda: note.exists() and note.read_text() != "")
    pids = [pid_of(supervisor, "deaf"), int(note.read_text())]
    supervisor.stop(timeout_s=0.2)
    assert not any(alive(pid) for pid in pids)
    assert [status.state for status in supervisor.status()] == ["stopped"]


def test_stop_goes_in_reverse_order(machine: Machine, tmp_path: Path) -> None:
    order = tmp_path / "order"
    code = """
import pathlib, signal, sys, time
def leave(*_):
    with open(sys.argv[1], "a") as order:
        order.write(sys.argv[2] + " ")
    sys.exit()
signal.signal(signal.SIGTERM, leave)
pathlib.Path(sys.argv[1] + sys.argv[2]).touch()
time.sleep(600)
"""
    first = script("first", code, str(order), "first")
    second = script("second", code, str(order), "second", after=("first",))
    supervisor = machine(first, second)
    supervisor.start()
    assert eventually(lambda: Path(f"{order}first").exists() and Path(f"{order}second").exists())
    supervisor.stop()
    assert order.read_text().split() == ["second", "first"]


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_whatever_ends_the_supervisor_leaves_nothing_behind(tmp_path: Path, end: signal.Signals) -> None:
    note = tmp_path / "grandchild"
    code = f"""
import sys, time
from pathlib import Path
from stack.supervisor import Part, Supervisor
note = Path({str(note)!r})
command = (sys.executable, "-S", "-c", {GRANDCHILD!r}, str(note))
part = Part(name="part", command=command, ready=note.exists)
Supervisor([part], logs=Path({str(tmp_path)!r}), status_file=Path({str(tmp_path)!r}) / "status.json").start()
time.sleep(600)
"""
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT) as supervisor:
        status = tmp_path / "status.json"
        assert eventually(lambda: status.exists() and json.loads(status.read_text())["parts"][0]["state"] == "ready")
        assert eventually(lambda: note.read_text() != "")
        content = json.loads(status.read_text())
        pids = [content["parts"][0]["pid"], int(note.read_text()), content["guard_pid"]]
        assert content["supervisor_pid"] == supervisor.pid
        supervisor.send_signal(end)
    assert eventually(lambda: not any(alive(pid) for pid in pids))


def test_the_status_file_says_what_the_supervisor_says(machine: Machine, tmp_path: Path) -> None:
    supervisor = machine(script("server", SLEEP))
    supervisor.start()
    content = json.loads((tmp_path / "status.json").read_text())
    assert content["supervisor_pid"] == os.getpid()
    assert (content["parts"][0]["state"], content["parts"][0]["pid"]) == ("ready", pid_of(supervisor, "server"))


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ([script("a", ""), script("a", "")], "two parts are called a"),
        ([script("a", "", after=("nobody",))], "a can never start: it waits for nobody"),
        ([script("a", "", after=("b",)), script("b", "", after=("a",))], "can never start"),
    ],
)
def test_an_order_that_cannot_be_is_refused(machine: Machine, parts: list[Part], sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        machine(*parts)


def test_a_log_that_grew_too_large_is_set_aside(machine: Machine, tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "server.log").write_bytes(b"x" * (10 * 1024 * 1024 + 1))
    machine(script("server", SLEEP)).start()
    assert (tmp_path / "logs" / "server.log.1").stat().st_size > 10 * 1024 * 1024
    assert (tmp_path / "logs" / "server.log").stat().st_size == 0


def test_the_last_lines_of_a_log_are_its_end(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text("\n".join(f"line {n}" for n in range(5000)))
    assert last_lines(log, count=2) == "line 4998\nline 4999"
    assert last_lines(tmp_path / "none.log") == ""


def test_the_guard_kills_only_groups_that_were_not_taken_off() -> None:
    assert groups_left(["+5\n", "+6\n", "-5\n"]) == {6}


def test_the_use_of_a_process_counts_its_children_and_none_for_one_that_is_gone() -> None:
    held = "import subprocess, sys; x = bytearray(50_000_000); print(flush=True); sys.stdin.read()"
    command = [
        sys.executable,
        "-S",
        "-c",
        f"import subprocess, sys; subprocess.run([sys.executable, '-S', '-c', {held!r}])",
    ]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        used = usage(process.pid)
        process.communicate()
    assert used.pss_mb > 50
    assert used.cpu_s > 0
    assert usage(process.pid).pss_mb == 0
