"""Runs a command and says what its whole process tree used: `python -m benchmarks.crowd.meter REPORT LIMIT_S COMMAND …`.

Processes that outlive their parent (a Java gateway, Python workers) come back to this one, so that none escapes the
account. Runs in a process of its own: what it adopted and waited for is then the command's tree and nothing else.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

import psutil

_ADOPT: Final = 36  # PR_SET_CHILD_SUBREAPER
_STRAGGLE_S: Final = 5.0


def _wait_for_stragglers() -> None:
    """Reap what the command left; what does not end by itself is ended."""
    until_s = time.monotonic() + _STRAGGLE_S
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid:
            continue
        if time.monotonic() > until_s:
            for left in psutil.Process().children(recursive=True):
                left.send_signal(signal.SIGKILL)
        time.sleep(0.02)


def main(report: Path, command: list[str], *, limit_s: float) -> int:
    """Run it; write exit code, wall time and processor time."""
    ctypes.CDLL(None, use_errno=True).prctl(_ADOPT, 1, 0, 0, 0)
    begun = time.monotonic()
    child = subprocess.Popen(command)  # noqa: S603 - our own commands
    try:
        code = child.wait(timeout=limit_s)
    except subprocess.TimeoutExpired:
        child.kill()
        code = child.wait()
        print(f"not done within {limit_s:.0f} s", file=sys.stderr)
    wall_s = time.monotonic() - begun
    _wait_for_stragglers()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    report.write_text(json.dumps({"code": code, "wall_s": wall_s, "cpu_s": used.ru_utime + used.ru_stime}))
    return code


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[3:], limit_s=float(sys.argv[2])))
