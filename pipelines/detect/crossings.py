"""Counting lines: who crosses one between two frames, and which way."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipelines.detect.lost import still_lost
from pipelines.events import LineCount

_BEYOND_CM: Final = 20
_BACK_CM: Final = 50  # who has crossed and stays on the line: five times the noise of a position


@dataclass(frozen=True, slots=True, kw_only=True)
class LineFloor:
    """A counting line from a to b, cm; crossing towards its left side is entering."""

    line: str
    gate: str
    a_cm: tuple[int, int]
    b_cm: tuple[int, int]

    @property
    def width_cm(self) -> int:
        """Its length."""
        return round(math.dist(self.a_cm, self.b_cm))


class Crossings:
    """Counts the crossings of one camera's tracks, slice by slice.

    Whoever stands on a line sways over it and back: a track has crossed when it is 20 cm beyond the line, and came from
    20 cm before it or was first seen before it; back again, when it is 50 cm beyond. A track that is lost for two seconds
    or less goes on where it was.

    Args:
        lines: which.
        beyond_cm: 20 for counting; more where a false crossing costs more than a late or a missed one.
    """

    def __init__(self, lines: Sequence[LineFloor], *, beyond_cm: int = _BEYOND_CM) -> None:
        """Start without anybody seen."""
        self._lines, self._near_cm, self._back_cm = lines, beyond_cm, max(_BACK_CM, beyond_cm)
        self._tracks: NDArray[np.int64] = np.zeros(0, dtype=np.int64)
        self._seen_us: NDArray[np.int64] = np.zeros(0, dtype=np.int64)
        self._sides: NDArray[np.int64] = np.zeros((0, len(lines)), dtype=np.int64)
        self._places: NDArray[np.int64] = np.zeros((0, len(lines), 2), dtype=np.int64)
        self._beyond_cm: NDArray[np.int64] = np.zeros((0, len(lines)), dtype=np.int64)
        self._counts = np.zeros((len(lines), 2), dtype=np.int64)

    def add(self, event_us: int, tracks: NDArray[np.int64], positions_cm: NDArray[np.int64]) -> NDArray[np.int8]:
        """Add one frame: tracks (n,) int64, each once, and positions (n, 2) int64 cm.

        Returns:
            (n, lines) int8: 1 where a track crosses a line towards its left in this frame, -1 towards its right, else 0.
        """
        ways = np.zeros((len(tracks), len(self._lines)), dtype=np.int8)
        if not self._lines:
            return ways
        _, before, now = np.intersect1d(self._tracks, tracks, return_indices=True)
        sides = np.zeros((len(tracks), len(self._lines)), dtype=np.int64)
        places = np.repeat(positions_cm[:, None, :], len(self._lines), axis=1)
        beyond_cm = np.full((len(tracks), len(self._lines)), self._near_cm, dtype=np.int64)
        beyond_cm[now] = self._beyond_cm[before]
        for row, line in enumerate(self._lines):
            far = left_of(line.a_cm, line.b_cm, positions_cm)
            side = np.where(far > 0, 1, -1)
            sure = np.abs(far) >= beyond_cm[:, row] * math.dist(line.a_cm, line.b_cm)
            was, where = self._sides[before, row], self._places[before, row]
            across = sure[now] & (side[now] != was) & _between(where, positions_cm[now], line)
            ways[now[across], row] = side[now[across]]
            beyond_cm[now[across], row] = self._back_cm
            keeps = ~sure[now]
            side[now[keeps]], places[now[keeps], row] = was[keeps], where[keeps]
            sides[:, row] = side
        self._counts[:, 0] += (ways > 0).sum(axis=0)
        self._counts[:, 1] += (ways < 0).sum(axis=0)
        self._remember(event_us, tracks, sides, places, beyond_cm)
        return ways

    def _remember(self, event_us: int, tracks: NDArray[np.int64], *columns: NDArray[np.int64]) -> None:
        lost = still_lost(self._tracks, self._seen_us, now=tracks, event_us=event_us)
        before = (self._sides, self._places, self._beyond_cm)
        self._tracks = np.concatenate([tracks, self._tracks[lost]])
        self._seen_us = np.concatenate([np.full(len(tracks), event_us), self._seen_us[lost]])
        self._sides, self._places, self._beyond_cm = [np.concatenate([now, was[lost]]) for now, was in zip(columns, before, strict=True)]

    def undo(self, track: int, line: int, position_cm: NDArray[np.int64]) -> None:
        """A track is on the other side of that line (its number) again, where it is now: its crossing was none."""
        row = self._tracks == track
        self._sides[row, line] *= -1
        self._places[row, line] = position_cm

    def close(self) -> tuple[LineCount, ...]:
        """Counts since the last close, one a line, zeros too."""
        rows = tuple(
            LineCount(line=line.line, gate=line.gate, entered=int(entered), exited=int(exited), width_cm=line.width_cm)
            for line, (entered, exited) in zip(self._lines, self._counts, strict=True)
        )
        self._counts[:] = 0
        return rows


def left_of(a: tuple[int, int], b: tuple[int, int], points: NDArray[np.int64]) -> NDArray[np.int64]:
    """Positive left of a → b, negative right, 0 on it."""
    return np.asarray((b[0] - a[0]) * (points[:, 1] - a[1]) - (b[1] - a[1]) * (points[:, 0] - a[0]))


def _between(p: NDArray[np.int64], q: NDArray[np.int64], line: LineFloor) -> NDArray[np.bool_]:
    """Whether the way from p to q passes between the line's ends: a lies on one side of it, b on the other."""
    way = q - p
    to_a, to_b = np.asarray(line.a_cm) - p, np.asarray(line.b_cm) - p
    side_a = way[:, 0] * to_a[:, 1] - way[:, 1] * to_a[:, 0]
    side_b = way[:, 0] * to_b[:, 1] - way[:, 1] * to_b[:, 0]
    return np.asarray((side_a > 0) != (side_b > 0))
