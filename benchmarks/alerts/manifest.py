"""What must come of what is sent, as JSON lines that are written before it is sent."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

FIRE: Final = "fire"
CROWD: Final = "crowd_density"
CLEAR: Final = "clear"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """One incident, or one command about it.

    Args:
        id: of the command, or of the incident within the run.
        seq: its place in the run.
        kind: the rule of an incident, or `clear`.
        alert_id: of the alert that it must give, or that it is about.
        zone: where.
        start_us: where the episode begins, µs UTC.
    """

    id: str
    seq: int
    kind: str
    alert_id: str
    zone: str
    start_us: int


class Manifest:
    """A file of what is expected, written line by line."""

    def __init__(self, path: Path) -> None:
        """Begin a new file."""
        self.path, self.written = path, 0
        self._out = path.open("w", encoding="utf-8")

    def write(self, *, id: str, kind: str, alert_id: str, zone: str, start_us: int) -> Expected:  # noqa: A002 - the field's name
        """Write one line, whole, before anything is sent."""
        row = Expected(id=id, seq=self.written, kind=kind, alert_id=alert_id, zone=zone, start_us=start_us)
        self.written += 1
        self._out.write(json.dumps(asdict(row)) + "\n")
        self._out.flush()
        return row

    def close(self) -> None:
        """The file is whole."""
        self._out.close()


def read(path: Path) -> list[Expected]:
    """The lines of a manifest."""
    return [Expected(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]
