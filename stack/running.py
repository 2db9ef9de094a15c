"""One part as it runs: its process, its probe and its way from one state to the next."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from stack.child import Nursery, last_lines, rotate
from stack.parts import UP, Part, PartState, PartStatus

FIRST_BACKOFF_S, LONGEST_BACKOFF_S = 0.2, 5.0
STEADY_S = 30.0  # ready for this long: the next death starts with the first backoff again
PROBE_EVERY_S = 0.1
ALIVE_EVERY_S = 1.0


class RunningPart:
    """A part and its process; turned by the supervisor, never by itself."""

    def __init__(self, part: Part, log: Path, nursery: Nursery, probes: ThreadPoolExecutor) -> None:
        """Nothing is started here."""
        self.part = part
        self.state: PartState = "waiting"
        self.failure = ""
        self._log, self._nursery, self._probes = log, nursery, probes
        self._process: subprocess.Popen[bytes] | None = None
        self._probe: Future[bool] | None = None
        self._sign: Future[bool] | None = None
        self._was_ready = False
        self._restarts = 0
        self._backoff_s = FIRST_BACKOFF_S
        self._since_s = time.time()
        self._entered = self._started = self._next_probe = self._due = time.monotonic()
        self._ready_after_s: float | None = None

    def status(self) -> PartStatus:
        """A snapshot."""
        return PartStatus(
            name=self.part.name,
            state=self.state,
            pid=self._process.pid if self._process else None,
            restarts=self._restarts,
            since_s=self._since_s,
            ready_after_s=self._ready_after_s,
        )

    def turn(self, states: Mapping[str, PartState]) -> None:
        """Look once at the process and take the step that is due; *states* are those of all parts by name."""
        if self._process is not None:
            self._watch(self._process)
        elif self._is_due(states):
            self._start()

    def kill(self) -> None:
        """Kill what is left of the process group, and reap it."""
        if self._process is not None:
            self._nursery.kill_group(self._process)
            self._process = None

    def stopped(self) -> None:
        """Mark as stopped for good."""
        self.kill()
        if self.state not in {"done", "failed"}:
            self._enter("stopped")

    @property
    def group(self) -> int | None:
        """The process group while a process runs."""
        if self._process is None or self._process.poll() is not None:
            return None
        return self._process.pid

    def _is_due(self, states: Mapping[str, PartState]) -> bool:
        if self.state == "waiting":
            return all(states[name] in UP for name in self.part.after)
        return self.state == "restarting" and time.monotonic() >= self._due

    def _start(self) -> None:
        rotate(self._log)
        self._started = self._next_probe = time.monotonic()
        self._probe, self._sign, self._ready_after_s = None, None, None
        try:
            if self.part.before_start is not None:
                self.part.before_start()
            self._process = self._nursery.start(self.part.command, self.part.env, self._log, outlives=self.part.outlives)
        except OSError as error:
            self._stumbled(f"cannot be run: {error}")
            return
        self._enter("restarting" if self._restarts else "starting")

    def _watch(self, process: subprocess.Popen[bytes]) -> None:
        code = process.poll()
        if code is not None:
            self._ended(code)
        elif self.state == "ready":
            if time.monotonic() - self._entered > STEADY_S:
                self._backoff_s = FIRST_BACKOFF_S
            if self._is_silent():
                self.kill()
                self._stumbled("gave no sign of life")
        elif not self.part.one_shot and self._answers():
            self._ready_after_s = round(time.monotonic() - self._started, 2)
            self._was_ready = True
            self._next_probe = time.monotonic() + ALIVE_EVERY_S
            self._enter("ready")
        elif time.monotonic() - self._started > self.part.ready_timeout_s:
            self.kill()
            self._stumbled(f"was not ready after {self.part.ready_timeout_s:g} s")

    def _answers(self) -> bool:
        """Whether the probe that runs beside has said yes; starts the next one when it is time."""
        if self._probe is not None and self._probe.done():
            probe, self._probe = self._probe, None
            if probe.result():
                return True
        if self._probe is None and time.monotonic() >= self._next_probe:
            self._next_probe = time.monotonic() + PROBE_EVERY_S
            self._probe = self._probes.submit(_says_yes, self.part.ready)
        return False

    def _is_silent(self) -> bool:
        """Whether the part has been found to give no sign of life; asks again when it is time."""
        if self.part.alive is None:
            return False
        if self._sign is not None and self._sign.done():
            sign, self._sign = self._sign, None
            return not sign.result()
        if self._sign is None and time.monotonic() >= self._next_probe:
            self._next_probe = time.monotonic() + ALIVE_EVERY_S
            self._sign = self._probes.submit(_says_yes, self.part.alive)
        return False

    def _ended(self, code: int) -> None:
        self.kill()
        if self.part.one_shot and code == 0:
            self._ready_after_s = round(time.monotonic() - self._started, 2)
            self._enter("done")
        else:
            self._stumbled(f"ended with {'signal ' if code < 0 else 'code '}{abs(code)}")

    def _stumbled(self, what: str) -> None:
        """After a death: one that never worked has failed, one that did is tried again, ever more slowly."""
        if self.part.one_shot or not (self._was_ready or self.part.keeps_trying or not self.part.awaited):
            self.failure = f"{self.part.name} {what}; its log {self._log.name} ends:\n{last_lines(self._log)}"
            self._enter("failed")
            return
        if self.part.on_death is not None:
            self._probes.submit(self.part.on_death, f"{self.part.name} {what}; it is started again")
        self._restarts += 1
        self._due = time.monotonic() + self._backoff_s
        self._backoff_s = min(2 * self._backoff_s, LONGEST_BACKOFF_S)
        self._enter("restarting")

    @property
    def settled(self) -> bool:
        """Whether nobody need wait for it any longer: it is up, or is not awaited and has had its first try."""
        return self.state in UP or (not self.part.awaited and self._restarts > 0)

    def _enter(self, state: PartState) -> None:
        self.state, self._since_s, self._entered = state, time.time(), time.monotonic()


def _says_yes(ready: Callable[[], bool]) -> bool:
    try:
        return ready()
    except Exception:  # noqa: BLE001  a probe may meet anything while its server starts: all of it means "not yet"
        return False
