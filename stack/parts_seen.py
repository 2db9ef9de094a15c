"""Which parts of the machine do not run, as seen from outside: by the supervisors' status files and the system's own word."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

SHARED: Final = ("kafka", "registry", "clickhouse", "flink-jobmanager", "flink-taskmanager", "page")
FINE: Final = ("ready", "done", "stopped", "waiting", "starting")  # one that fails to start is told of by whoever starts it
PATIENT_S: Final = 8.0  # a part that is started again meanwhile is not called out
_HELD: Final = "TtZX"  # stopped, traced, dead


class PartsSeen:
    """Looks at the parts of one supervisor, and at the servers that all share.

    Args:
        run: folder of the status files.
        supervisor: its process.
    """

    def __init__(self, run: Path, supervisor: int) -> None:
        """Nothing was seen."""
        self._run, self._supervisor = run, supervisor
        self._since_s: dict[str, float] = {}

    def wrong(self, now_s: float) -> list[str]:
        """Names of the parts that have not run for a while; *now_s* is a monotonic clock."""
        not_running = set(self._not_running())
        self._since_s = {name: self._since_s.get(name, now_s) for name in not_running}
        return sorted(name for name, since_s in self._since_s.items() if now_s - since_s >= PATIENT_S)

    def _not_running(self) -> Iterator[str]:
        if _state_of(self._supervisor) in _HELD:
            yield "supervisor"
        for path in self._run.glob("status*.json"):
            with contextlib.suppress(OSError, ValueError, KeyError):
                found = json.loads(path.read_text(encoding="utf-8"))
                mine = found["supervisor_pid"] == self._supervisor
                if not mine and _state_of(found["supervisor_pid"]) in "ZX":
                    continue  # left behind by a machine that was killed
                for row in found["parts"]:
                    if (mine or row["name"] in SHARED) and not _runs(row["state"], row["pid"]):
                        yield row["name"]


def _runs(state: str, pid: int | None) -> bool:
    if state not in FINE:
        return False
    return state != "ready" or pid is None or _state_of(pid) not in _HELD


def _state_of(pid: int) -> str:
    """The one letter by which the system tells how a process fares; X when it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return "X"
