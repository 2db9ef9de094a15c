"""Alerts under load: how fast they come, what one core carries, and what is lost or doubled while processes are killed."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, Final

from benchmarks import alerts_kernel, leaks
from benchmarks.alerts.killing import campaign
from benchmarks.alerts.restart import restart
from benchmarks.alerts.speed import speed
from benchmarks.alerts.storm import storm
from pipelines.errors import MusterError

PARTS: Final = ("kernel", "restart", "leaks", "speed", "storm", "kills")
OPEN: Final = 10_000
DRILL_EVENTS: Final = 20_000
STORM_PER_S: Final = 1000
STORM_S: Final = 60


def run(home: Path, root: Path, *, seconds: int = 45, kills: int = 100, seed: int = 5, only: str = ",".join(PARTS)) -> dict[str, Any]:
    """All of it, or some parts.

    Args:
        home: the runtime folder.
        root: the project.
        seconds: of each of the two measurements in real time.
        kills: of the campaign.
        seed: of its order and moments.
        only: parts, comma between them.
    """
    chosen = [name.strip() for name in only.split(",")]
    if unknown := set(chosen) - set(PARTS):
        raise MusterError(f"there is no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    found: dict[str, Any] = {}
    if "kernel" in chosen:
        kernel = alerts_kernel.measure(OPEN)
        found |= {"changes_per_s": kernel["changes_per_s"], "load_s": kernel["load_s"], "kernel": kernel}
    if "restart" in chosen:
        found |= restart(home, alerts=OPEN)
    if "leaks" in chosen:
        leaked = leaks.run(home, root, events=DRILL_EVENTS)
        found |= {"drill_leaks": leaked["drill_leaks"], "drill_events": leaked["events"]}
    if "speed" in chosen:
        found |= speed(home, root, seconds=seconds, seed=seed)
    if "storm" in chosen:
        with tempfile.TemporaryDirectory() as folder:
            manifest = Path(folder) / "manifest.jsonl"
            found["storm"] = storm(home, root, per_s=STORM_PER_S, seconds=STORM_S, seed=seed, manifest=manifest)
    if "kills" in chosen:
        with tempfile.TemporaryDirectory() as folder:
            found |= campaign(home, root, kills=kills, seed=seed, manifest=Path(folder) / "manifest.jsonl")
    return {**found, "ok": _is_clean(found)}


def _is_clean(found: dict[str, Any]) -> bool:
    judged = [found, found.get("speed_judged", {}), found.get("storm", {})]
    return not any(part.get(name) for part in judged for name in ("lost", "duplicates", "conflicts", "gaps", "drill_leaks"))
