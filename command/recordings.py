"""Whether what the plan wants recorded is being recorded, as its recorders say. Pure."""

from __future__ import annotations

from typing import Any, Final

from pipelines.events import RecorderState
from pipelines.units import MICRO

_SILENT_US: Final = 30 * MICRO  # three times as long as a recorder is silent by itself
_WORST: Final = ("ok", "disk_80", "disk_90", "stopped")


class Recordings:
    """The recorders of one mode.

    Args:
        wanted: cameras that the plan wants recorded.
        expected: whether recorders run in this mode even if none has spoken yet: a drill may have none.
    """

    def __init__(self, wanted: int, *, expected: bool) -> None:
        """Nobody has spoken."""
        self._wanted, self._expected = wanted, expected
        self._states: dict[str, RecorderState] = {}

    def take(self, record: RecorderState, _: int) -> None:
        """Keep what a recorder said last."""
        known = self._states.get(record.recorder)
        if known is None or record.at_us >= known.at_us:
            self._states[record.recorder] = record

    def now(self, now_us: int) -> dict[str, Any] | None:
        """Cameras wanted and recorded, and the worst that is said of the disk; None where nothing is to be recorded."""
        if not self._wanted or not (self._states or self._expected):
            return None
        fresh = [row for row in self._states.values() if now_us - row.at_us <= _SILENT_US]
        return {
            "wanted": self._wanted,
            "recorded": min(sum(row.recording for row in fresh), self._wanted),
            "disk": max((row.state for row in fresh if row.state in _WORST), key=_WORST.index, default="ok"),
        }
