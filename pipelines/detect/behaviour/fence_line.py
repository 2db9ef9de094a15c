"""Crossing a fence: by the same test as a counting line, so that who leans on it or sways over it has not crossed. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from pipelines.detect.behaviour.scene import Scene, Sign
from pipelines.detect.crossings import Crossings, LineFloor, left_of
from pipelines.detect.lost import LOST_US
from pipelines.units import CM_PER_M, MICRO

Way = Literal["both", "left", "right"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Crossed:
    """Who has crossed which fence (its number), when, and which way: 1 to its left, -1 to its right."""

    track: int
    line: int
    at_us: int
    way: int


class FenceLines:
    """The fences of one camera.

    It sees feet: who climbs along the top of a fence is told of when he is down on the other side, and who was not tracked
    before the fence is not told of at all. Who is back on his side within *hold_s* was not across: a box that jumps for a
    frame. Who is not seen again after he crossed, is not told of.

    Args:
        lines: the fences.
        ways: by fence, which way nobody may cross it, seen from a to b.
        margin_m: who is so far beyond it, and was so far before it, has crossed.
        hold_s: and is still across after so long.
    """

    kind: Final = "fence_line"
    gap_us: Final = 2 * MICRO
    again_us: Final = 0

    def __init__(self, lines: Sequence[LineFloor], *, ways: Mapping[str, Way], margin_m: float = 0.5, hold_s: float = 0.3) -> None:
        """Nobody crosses."""
        self._lines, self._ways, self._hold_us = lines, ways, round(hold_s * MICRO)
        self._crossings = Crossings(lines, beyond_cm=round(margin_m * CM_PER_M))
        self._waiting: list[_Crossed] = []

    def look(self, scene: Scene) -> list[Sign]:
        """Who has crossed and stayed across."""
        crossed = self._crossings.add(scene.event_us, scene.tracks, scene.positions_cm)
        if not crossed.any() and not self._waiting:
            return []
        rows = {track: row for row, track in enumerate(scene.tracks.tolist())}
        for row, line in zip(*np.nonzero(crossed), strict=True):
            self._wait(_Crossed(track=int(scene.tracks[row]), line=int(line), at_us=scene.event_us, way=int(crossed[row, line])))
        told = list(self._settled(scene, rows))
        return [sign for number in range(len(self._lines)) for sign in self._sign(scene, rows, [one for one in told if one.line == number])]

    def _wait(self, one: _Crossed) -> None:
        """Somebody crosses; one who comes back before his time was over has not crossed at all."""
        others = [other for other in self._waiting if (other.track, other.line) != (one.track, one.line)]
        self._waiting = [*others, one] if len(others) == len(self._waiting) else others

    def _settled(self, scene: Scene, rows: Mapping[int, int]) -> Iterator[_Crossed]:
        """Those whose time is over and who are still across; who is back or lost is forgotten."""
        waiting, self._waiting = self._waiting, []
        for one in waiting:
            age_us, row = scene.event_us - one.at_us, rows.get(one.track)
            if row is None:
                self._waiting += [one] if age_us <= LOST_US else []
            elif self._is_across(scene, row, one):
                if age_us >= self._hold_us:
                    yield one
                else:
                    self._waiting.append(one)
            else:
                self._crossings.undo(one.track, one.line, scene.positions_cm[row])

    def _is_across(self, scene: Scene, row: int, one: _Crossed) -> bool:
        line = self._lines[one.line]
        return bool(left_of(line.a_cm, line.b_cm, scene.positions_cm[row : row + 1])[0] * one.way > 0)

    def _sign(self, scene: Scene, rows: Mapping[int, int], told: Sequence[_Crossed]) -> list[Sign]:
        """One sign of those who crossed one fence the way that nobody may."""
        wrong = [one for one in told if self._ways[self._lines[one.line].line] in ("both", "left" if one.way > 0 else "right")]
        if not wrong:
            return []
        first, fence = wrong[0], self._lines[wrong[0].line].line
        x, y = scene.positions_cm[rows[first.track]].tolist()
        return [
            Sign(
                place=fence,
                key=fence,
                track=first.track,
                at_cm=(x, y),
                since_us=first.at_us,
                people=len(wrong),
                value=float(len(wrong)),
                unit="people",
            )
        ]
