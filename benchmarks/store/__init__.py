"""What is kept: how cheaply rows go in, how little they take, how fast thirty days are drawn, and what the sink costs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from benchmarks.store import heatmap, inserting, sinking, taking
from benchmarks.store.server import Server, serving
from pipelines.errors import MusterError

PARTS: Final = ("insert", "bytes", "heatmap", "sink")
ROUNDS: Final = 5
QUESTIONS: Final = 20  # at least, of each heatmap
SECONDS: Final = 60


def run(home: Path, root: Path, *, rounds: int = ROUNDS, seconds: int = SECONDS, only: str = ",".join(PARTS)) -> dict[str, Any]:
    """All of it, or some parts.

    Args:
        home: the runtime folder.
        root: the project.
        rounds: of the inserts; each heatmap is asked four times as often.
        seconds: of the sink's run in real time.
        only: parts, comma between them.
    """
    chosen = [name.strip() for name in only.split(",")]
    if unknown := set(chosen) - set(PARTS):
        raise MusterError(f"there is no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    alone: dict[str, Callable[[Server], dict[str, Any]]] = {
        "insert": lambda server: inserting.measure(server, home, root, rounds=rounds),
        "bytes": lambda server: taking.measure(server, root),
        "heatmap": lambda server: heatmap.measure(server, home, rounds=max(4 * rounds, QUESTIONS)),
    }
    found: dict[str, Any] = {}
    for name in PARTS:
        if name in chosen and name in alone:
            with serving(home, root) as server:
                found |= alone[name](server)
        elif name in chosen:
            found |= sinking.measure(home, root, seconds=seconds)
    return {**found, "ok": found.get("sink", {}).get("kept_up", True)}
