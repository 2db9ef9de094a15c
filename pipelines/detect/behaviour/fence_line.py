"""Crossing a fence: by the same test as a counting line, so that who leans on it or sways over it has not crossed. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal

import numpy as np

from pipelines.detect.behaviour.scene import Scene, Sign
from pipelines.detect.crossings import Crossings, LineFloor
from pipelines.units import CM_PER_M, MICRO

Way = Literal["both", "left", "right"]


class FenceLines:
    """The fences of one camera.

    It sees feet: who climbs along the top of a fence is told of when he is down on the other side, and who was not tracked
    before the fence is not told of at all.

    Args:
        lines: the fences.
        ways: by fence, which way nobody may cross it, seen from a to b.
        margin_m: who is so far beyond it, and was so far before it, has crossed.
    """

    kind: Final = "fence_line"
    gap_us: Final = 2 * MICRO
    again_us: Final = 0

    def __init__(self, lines: Sequence[LineFloor], *, ways: Mapping[str, Way], margin_m: float = 0.5) -> None:
        """Nobody crosses."""
        self._lines, self._ways = lines, ways
        self._crossings = Crossings(lines, beyond_cm=round(margin_m * CM_PER_M))

    def look(self, scene: Scene) -> list[Sign]:
        """Who crosses in this frame."""
        crossed = self._crossings.add(scene.event_us, scene.tracks, scene.positions_cm)
        if not crossed.any():
            return []
        return [sign for row, line in enumerate(self._lines) for sign in self._sign(scene, line.line, crossed[:, row])]

    def _sign(self, scene: Scene, fence: str, crossed: np.ndarray[tuple[int, ...], np.dtype[np.int8]]) -> list[Sign]:
        way = self._ways[fence]
        rows = np.flatnonzero(crossed if way == "both" else crossed == (1 if way == "left" else -1))
        if not len(rows):
            return []
        first = int(rows[0])
        x, y = scene.positions_cm[first].tolist()
        people = len(rows)
        return [
            Sign(
                place=fence,
                key=fence,
                track=int(scene.tracks[first]),
                at_cm=(x, y),
                since_us=scene.event_us,
                people=people,
                value=float(people),
                unit="people",
            )
        ]
