"""Holds the parts up: starts them in order, starts again what dies, and leaves no process behind."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

from pipelines.errors import ConfigError
from stack.child import Nursery, signal_group
from stack.parts import Part, PartStatus, check_order
from stack.running import RunningPart

__all__ = ["Part", "PartStatus", "Supervisor"]
TURN_S = 0.05


class Supervisor:
    """Owner of all processes of the machine; every method may be called from any thread."""

    def __init__(
        self,
        parts: Sequence[Part],
        *,
        logs: Path,
        status_file: Path,
        on_change: Callable[[PartStatus], None] | None = None,
    ) -> None:
        """Nothing is started here.

        Args:
            parts: what to run; their order does not matter.
            logs: folder of ``<name>.log``.
            status_file: JSON, rewritten at each change of state.
            on_change: told each change, from the thread that noticed it.
        """
        check_order(parts)
        self._logs, self._status_file, self._on_change = logs, status_file, on_change
        logs.mkdir(parents=True, exist_ok=True)
        self._nursery = Nursery()
        self._probes = ThreadPoolExecutor(8, thread_name_prefix="probe")
        self._lock = threading.RLock()
        self._stopping = threading.Event()
        self._background: threading.Thread | None = None
        self._told: dict[str, PartStatus] = {}
        self._running = {part.name: self._new(part) for part in parts}

    def start(self) -> None:
        """Start every part as soon as those it waits for are ready; returns when all are that are awaited.

        Raises:
            ConfigError: with the last lines of the log of the part that failed; everything is stopped then.
        """
        try:
            self._until_up(list(self._running))
        except BaseException:
            self.stop()
            raise

    def add(self, parts: Sequence[Part]) -> None:
        """Start more parts by the same rules; returns when they are ready.

        Raises:
            ConfigError: one failed: the new parts are stopped and forgotten, the others stay.
        """
        with self._lock:
            check_order(parts, frozenset(self._running))
            self._running.update({part.name: self._new(part) for part in parts})
        try:
            self._until_up([part.name for part in parts])
        except BaseException:
            self.remove([part.name for part in parts])
            raise

    def remove(self, names: Sequence[str], *, timeout_s: float = 5.0) -> None:
        """Stop these parts and forget them; an unknown name is fine."""
        with self._lock:
            leaving = {name: self._running[name] for name in names if name in self._running}
            self._stop_in_order(leaving, timeout_s)
            for name in leaving:
                del self._running[name]
                self._told.pop(name, None)
            self._write_status()

    def poll(self) -> None:
        """One turn: notice deaths and answers, start what is due, tell the changes."""
        with self._lock:
            if self._stopping.is_set():
                return
            for running in self._running.values():
                running.turn({name: other.state for name, other in self._running.items()})
            self._tell_changes()

    def run_in_background(self) -> None:
        """Keep polling in a daemon thread until `stop`."""
        if self._background is None:
            self._background = threading.Thread(target=self._poll_on, name="supervisor", daemon=True)
            self._background.start()

    def stop(self, timeout_s: float = 10.0) -> None:
        """Stop all parts, those that others wait for last: TERM first, KILL to whole groups after *timeout_s*."""
        with self._lock:
            if self._stopping.is_set():
                return
            self._stopping.set()
            self._stop_in_order(self._running, timeout_s)
            self._tell_changes()
        if self._background is not None and self._background is not threading.current_thread():
            self._background.join()
        self._probes.shutdown(wait=False, cancel_futures=True)
        self._nursery.close()

    def status(self) -> list[PartStatus]:
        """How each part fares now."""
        with self._lock:
            return [running.status() for running in self._running.values()]

    def _new(self, part: Part) -> RunningPart:
        return RunningPart(part, self._logs / f"{part.name}.log", self._nursery, self._probes)

    def _until_up(self, names: Sequence[str]) -> None:
        while not self._stopping.is_set():
            self.poll()
            with self._lock:
                watched = [self._running[name] for name in names if name in self._running]
            for running in watched:
                if running.state == "failed":
                    raise ConfigError(running.failure)
            if all(running.settled for running in watched):
                return
            time.sleep(TURN_S)

    def _poll_on(self) -> None:
        while not self._stopping.wait(TURN_S):
            self.poll()

    def _stop_in_order(self, leaving: dict[str, RunningPart], timeout_s: float) -> None:
        """Stop in waves: a part goes when nobody that still runs waits for it."""
        deadline = time.monotonic() + timeout_s
        left = dict(leaving)
        while left:
            needed = {name for running in left.values() for name in running.part.after}
            wave = {name: running for name, running in left.items() if name not in needed} or left
            _stop_wave(list(wave.values()), deadline)
            left = {name: running for name, running in left.items() if name not in wave}

    def _tell_changes(self) -> None:
        changes = []
        for running in self._running.values():
            status = running.status()
            if self._told.get(status.name) != status:
                self._told[status.name] = status
                changes.append(status)
        if changes:
            self._write_status()
        if self._on_change is not None:
            for status in changes:
                self._on_change(status)

    def _write_status(self) -> None:
        content = {
            "supervisor_pid": os.getpid(),
            "guard_pid": self._nursery.guard_pid,
            "parts": [asdict(running.status()) for running in self._running.values()],
        }
        part = self._status_file.with_suffix(".part")
        with contextlib.suppress(FileNotFoundError):  # the runtime folder may be removed under a running machine
            part.write_text(json.dumps(content, indent=2) + "\n")
            part.replace(self._status_file)


def _stop_wave(wave: Sequence[RunningPart], deadline: float) -> None:
    for running in wave:
        if running.group is not None:
            signal_group(running.group, signal.SIGTERM)
    while time.monotonic() < deadline and any(running.group is not None for running in wave):
        time.sleep(0.02)
    for running in wave:
        running.stopped()
