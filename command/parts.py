"""How the machine's parts fare, by the supervisors' status files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

FINE: Final = ("ready", "done", "stopped")


def parts_of(run: Path) -> list[dict[str, Any]]:
    """The parts named in `status*.json` under *run*; a file that cannot be read is left out."""
    found: list[dict[str, Any]] = []
    for path in sorted(run.glob("status*.json")) if run.is_dir() else ():
        try:
            rows = json.loads(path.read_text(encoding="utf-8")).get("parts", [])
        except (OSError, ValueError, AttributeError):
            continue
        found += [{key: row.get(key) for key in ("name", "state", "pid", "restarts")} for row in rows if isinstance(row, dict)]
    return found


def not_ready(parts: list[dict[str, Any]]) -> list[str]:
    """Names of the parts that do not work now."""
    return [str(row["name"]) for row in parts if row["state"] not in FINE]
