"""Child processes that cannot outlive the one who started them, each in a process group of its own."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

PR_SET_PDEATHSIG = 1
ROTATE_BYTES = 10 * 1024 * 1024
_libc = ctypes.CDLL(None, use_errno=True)


class Nursery:
    """Starts children and knows their groups.

    All children are forked by one thread that lives as long as the nursery: the kernel's "kill me when my parent
    dies" watches the parent's *thread*. What that rule does not reach (grandchildren), the guard process kills.
    """

    def __init__(self) -> None:
        """Start the guard process and the forking thread."""
        self._forker = ThreadPoolExecutor(1, thread_name_prefix="forker")
        guard = Path(__file__).with_name("guard.py")
        command = [sys.executable, "-I", "-S", "-u", str(guard)]
        self._guard = subprocess.Popen(command, stdin=subprocess.PIPE, text=True, start_new_session=True)  # noqa: S603 - our own file

    @property
    def guard_pid(self) -> int:
        """The process that cleans up after a killed supervisor."""
        return self._guard.pid

    def start(self, command: tuple[str, ...], env: Mapping[str, str], log: Path, *, outlives: bool = False) -> subprocess.Popen[bytes]:
        """Start *command*, its output appended to *log*; OSError when it cannot be run at all.

        One that *outlives* its supervisor is left a minute by the guard, and no signal of the kernel ends it.
        """
        return self._forker.submit(self._start, command, env, log, outlives).result()

    def _start(self, command: tuple[str, ...], env: Mapping[str, str], log: Path, outlives: bool) -> subprocess.Popen[bytes]:  # noqa: FBT001 - by way of submit
        parent = os.getpid()

        def die_with_parent() -> None:
            if not outlives:
                _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != parent:  # it died before the line above
                os._exit(1)

        with log.open("ab") as output:
            process = subprocess.Popen(  # noqa: S603 - commands of our own parts
                command,
                env={**os.environ, **env},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_parent,  # noqa: PLW1509 - it takes no lock, and one thread alone forks
            )
        self._tell_guard(f"{'~' if outlives else '+'}{process.pid}\n")
        return process

    def kill_group(self, process: subprocess.Popen[bytes]) -> None:
        """Kill whatever is left of a child's group, grandchildren included, and reap the child."""
        signal_group(process.pid, signal.SIGKILL)
        process.wait()
        self._tell_guard(f"-{process.pid}\n")

    def close(self) -> None:
        """Let the guard and the forking thread go; to be called when no child is left."""
        self._forker.shutdown()
        with contextlib.suppress(OSError):
            self._guard.communicate(timeout=5)

    def _tell_guard(self, line: str) -> None:
        if self._guard.stdin is not None:
            with contextlib.suppress(OSError):  # a dead guard is a lost precaution, not a reason to stop
                self._guard.stdin.write(line)
                self._guard.stdin.flush()


def signal_group(group: int, which: signal.Signals) -> None:
    """Send a signal to a whole process group; one that is gone is fine."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, which)


def rotate(log: Path) -> None:
    """Keep one older log beside a log that has grown beyond 10 MB."""
    if log.exists() and log.stat().st_size > ROTATE_BYTES:
        log.replace(log.with_suffix(".log.1"))


def last_lines(log: Path, *, count: int = 15) -> str:
    """The end of a log, for an error sentence."""
    try:
        with log.open("rb") as opened:
            opened.seek(max(0, log.stat().st_size - 16_384))
            lines = opened.read().decode(errors="replace").splitlines()
    except OSError:
        return ""
    return "\n".join(lines[-count:])
