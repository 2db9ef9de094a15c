"""`muster up` and `muster down`: the machine in the background, for an event."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Final

from cli.console import UNREACHABLE, USAGE, Progress, console, fail
from cli.paths import HOME, ROOT, from_caller
from cli.running import fetched
from pipelines.errors import MusterError
from pipelines.topics import check_mode
from plan.channels import load as load_channels
from plan.load import load, plan_hash
from plan.model import Plan
from stack import modes
from stack.jobs import cancel, jobs
from stack.machine import SERVERS, Machine
from stack.parts import UP, Part
from stack.submit import job_name, sql_changed

_PATIENCE_S: Final = 180.0


def _state_file() -> Path:
    return HOME / "run" / "up.json"


def _write_state(**values: object) -> None:
    draft = _state_file().with_suffix(".new")
    draft.write_text(json.dumps({"pid": os.getpid(), **values}))
    draft.replace(_state_file())


def holder() -> dict[str, object] | None:
    """What the process behind `up` last said, if it lives."""
    try:
        found: dict[str, object] = json.loads(_state_file().read_text())
        os.kill(int(str(found["pid"])), 0)
    except (OSError, ValueError, KeyError):
        return None
    return found


def up(plan: Path, mode: str, channels: Path | None, cameras_per_process: int | None = None) -> None:
    """Start in the background and return when all is ready; or hand a running one the changed plan."""
    path = from_caller(plan)
    try:
        check_mode(mode)
        loaded = load(path)
        ways = from_caller(channels) if channels is not None else Path()
        if channels is not None:
            load_channels(ways)
        running = holder()
        if running is not None:
            _same_as_begun(running, cameras_per_process=cameras_per_process, channels=None if channels is None else str(ways))
            _hand_over(running, loaded, mode)
            return
        with Progress().shown() as progress:
            fetched(progress)
    except MusterError as error:
        fail(error, USAGE)
    (HOME / "run").mkdir(parents=True, exist_ok=True, mode=0o700)
    _state_file().unlink(missing_ok=True)
    log = (HOME / "run" / "up.log").open("a")
    child = subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", "cli", "hold", str(path), mode, str(ways), str(cameras_per_process or 1)],
        cwd=ROOT,
        stdout=log,
        stderr=log,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    _await(child)


def _await(child: subprocess.Popen[bytes]) -> None:
    until_s = time.monotonic() + _PATIENCE_S
    while time.monotonic() < until_s:
        said = holder()
        if said is not None and said.get("state") == "ready":
            console.print(f"muster: ready; the page is {said['page']}", markup=False)
            _tell_trying(said)
            return
        if child.poll() is not None:
            fail(f"it could not start; the reason is at the end of {HOME.name}/run/up.log:\n{_last_lines()}")
        time.sleep(0.2)
    fail(f"it was not ready within {_PATIENCE_S:g} s; see {HOME.name}/run/up.log")


def _tell_trying(said: dict[str, object]) -> None:
    """Which parts nobody waits for, such as cameras, are not there yet."""
    trying = said.get("trying")
    if isinstance(trying, list) and trying:
        names = ", ".join(trying)
        console.print(f"muster: not there yet, and tried again: {names}; their logs are in {HOME.name}/run/logs/up", markup=False)


def _trying(machine: Machine) -> list[str]:
    assert machine.supervisor is not None
    return [row.name for row in machine.supervisor.status() if row.state not in UP]


def _last_lines() -> str:
    return "\n".join((HOME / "run" / "up.log").read_text().splitlines()[-6:])


def _same_as_begun(running: dict[str, object], *, cameras_per_process: int | None, channels: str | None) -> None:
    """A new plan is taken up with the groups of cameras and the channels as they were begun; who asks for others is told."""
    held = running.get("cameras_per_process", 1)
    if cameras_per_process is not None and cameras_per_process != held:
        fail(f"it is up with {held} to a process, not {cameras_per_process}: `./muster down` first", USAGE)
    ways = str(running.get("channels", ""))
    if channels is not None and channels != ways:
        fail(f"it is up with {f'the channels of {ways}' if ways else 'no channels'}, not {channels}: `./muster down` first", USAGE)


def _hand_over(running: dict[str, object], plan: Plan, mode: str) -> None:
    """Give a running machine a new plan."""
    if running.get("mode") != mode:
        fail(f"mode {running.get('mode')} is up; `./muster down` first", USAGE)
    wanted = plan_hash(plan)
    if running.get("plan") == wanted:
        console.print(f"muster: already up with this plan ({wanted})", markup=False)
        return
    modes.write_plan(modes.run_folder(HOME, mode), plan)
    os.kill(int(str(running["pid"])), signal.SIGHUP)
    until_s = time.monotonic() + 60
    while time.monotonic() < until_s:
        said = holder()
        if said is not None and said.get("plan") == wanted and said.get("state") == "ready":
            console.print(f"muster: the plan {wanted} is in force after {said['took_s']} s", markup=False)
            _tell_trying(said)
            return
        time.sleep(0.1)
    fail("the new plan was not taken up within 60 s")


def down() -> None:
    """Stop what `up` started, and wait until nothing is left."""
    running = holder()
    if running is None:
        fail("nothing is up", UNREACHABLE)
    pid = int(str(running["pid"]))
    os.kill(pid, signal.SIGTERM)
    until_s = time.monotonic() + 60
    while time.monotonic() < until_s:
        if holder() is None:
            console.print("muster: down")
            return
        time.sleep(0.1)
    fail(f"process {pid} did not stop within 60 s")


def hold(plan: Path, mode: str, channels: Path, cameras_per_process: int) -> None:
    """Hold the machine for a mode until SIGTERM; SIGHUP takes up the plan that was put in the mode's folder."""
    stop, changed = threading.Event(), threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGINT, lambda *_: stop.set())
    signal.signal(signal.SIGHUP, lambda *_: changed.set())
    try:
        with Machine(HOME, ROOT, name="up", join=False) as machine:
            loaded = load(plan)
            current = modes.prepare(
                HOME,
                machine.addresses,
                mode=mode,
                plan=loaded,
                clock="wall",
                fresh=False,
                channels=channels,
                cameras_per_process=cameras_per_process,
            )
            said = {
                "mode": mode,
                "page": f"{machine.addresses.page_url}/?mode={mode}",
                "cameras_per_process": cameras_per_process,
                "channels": "" if channels == Path() else str(channels),
            }
            machine.start(_parts(machine, current))
            _write_state(state="ready", plan=plan_hash(loaded), took_s=0, trying=_trying(machine), **said)
            while not stop.wait(0.2):
                if changed.is_set():
                    changed.clear()
                    begun = time.monotonic()
                    loaded = _take_up(machine, current)
                    took_s = round(time.monotonic() - begun, 1)
                    _write_state(state="ready", plan=plan_hash(loaded), took_s=took_s, trying=_trying(machine), **said)
        modes.withdraw(HOME, mode)
        _state_file().unlink(missing_ok=True)
    except MusterError as error:
        fail(error)


def _parts(machine: Machine, mode: modes.Mode) -> list[Part]:
    after = machine.after_servers()
    return [modes.setup_part(mode), *modes.plan_parts(mode, after=after)]


def _take_up(machine: Machine, current: modes.Mode) -> Plan:
    """Restart what holds the plan: the stages that read it, and those Flink jobs whose SQL it changes."""
    supervisor = machine.supervisor
    assert supervisor is not None
    plan = load(current.settings.plan)
    fresh = replace(current, plan=plan)
    changed = sql_changed(current.settings, plan)
    parts = [part for part in modes.plan_parts(fresh, after=()) if part.name != "flink-jobs" or changed]
    running = {status.name for status in supervisor.status()} - {*SERVERS, "page", "topics"}
    supervisor.remove([name for name in running if name != "flink-jobs" or changed])
    for job in jobs(machine.addresses.flink_url):
        name = job.name.removeprefix(f"{current.name}.")
        if name in changed and job.name == job_name(current.name, name) and job.state == "RUNNING":
            cancel(machine.addresses.flink_url, job.id)
            shutil.rmtree(current.settings.run / "checkpoints" / name, ignore_errors=True)
    for part in parts:
        (current.settings.run / "ready" / part.name).unlink(missing_ok=True)
    modes.announce(HOME, mode=current.name, plan=plan, clock="wall", state="running")
    supervisor.add(parts)
    return plan
