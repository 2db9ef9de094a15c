"""Sudden dispersal: many leave one spot at once, fast, and all ways. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from pipelines.detect.behaviour.scene import Scene, Sign
from pipelines.detect.floor import ZoneFloor
from pipelines.units import CM_PER_M, MICRO

_OUTWARD: Final = 0.5  # cosine: within 60 degrees of straight away from the middle
_ONE_WAY: Final = 0.5  # length of the mean direction: above it they go one way, which is running or walking off


class Dispersal:
    """People who scatter from one spot.

    It looks at one spot a zone, the middle of all who are fast there: two groups that scatter at once in one zone may hide
    each other. Where boxes merge (about 2 p/m² and above) the tracks inside the crowd are lost and only its edge is seen.

    Args:
        floors: the zones.
        mps: who is faster than this is fast.
        people: so many at least.
        within_m: they come from within so far of one spot, as they were a second ago.
        share: of the fast, so many go outwards.
        hold_s: for so long.
    """

    kind: Final = "dispersal"
    gap_us: Final = 2 * MICRO
    again_us: Final = MICRO

    def __init__(self, floors: Sequence[ZoneFloor], *, mps: float, people: int, within_m: float, share: float, hold_s: float) -> None:
        """All is calm."""
        self._floors, self._mps, self._people = floors, mps, people
        self._within_m, self._share, self._hold_us = within_m, share, round(hold_s * MICRO)
        self._since_us: dict[str, int] = {}

    def look(self, scene: Scene) -> list[Sign]:
        """Where people scatter."""
        fast = np.flatnonzero(scene.speeds_mps >= self._mps)
        if len(fast) < self._people:
            self._since_us.clear()
            return []
        return [sign for floor in self._floors for sign in self._zone(scene, floor, fast)]

    def _zone(self, scene: Scene, floor: ZoneFloor, fast: np.ndarray) -> list[Sign]:  # type: ignore[type-arg]
        rows = fast[floor.holds(scene.positions_cm[fast])]
        found = self._scattered(scene, rows) if len(rows) >= self._people else None
        if found is None:
            self._since_us.pop(floor.zone, None)
            return []
        people, (x, y) = found
        since_us = self._since_us.setdefault(floor.zone, scene.event_us)
        if scene.event_us - since_us < self._hold_us:
            return []
        fastest = int(rows[np.argmax(scene.speeds_mps[rows])])
        return [
            Sign(
                place=floor.zone,
                key=floor.zone,
                track=int(scene.tracks[fastest]),
                at_cm=(x, y),
                since_us=since_us,
                people=people,
                value=round(float(np.median(scene.speeds_mps[rows])), 2),
                unit="m/s",
            )
        ]

    def _scattered(self, scene: Scene, rows: np.ndarray) -> tuple[int, tuple[int, int]] | None:  # type: ignore[type-arg]
        """How many of *rows* scatter from one spot, and where it is, cm; None when they do not."""
        now_m, ways = scene.positions_cm[rows] / CM_PER_M, scene.velocities_mps[rows]
        then_m = now_m - ways  # a second ago
        middle = np.median(then_m, axis=0)
        near = np.hypot(*(then_m - middle).T) <= self._within_m
        if near.sum() < self._people:
            return None
        away, way = now_m[near] - middle, ways[near] / np.hypot(*ways[near].T)[:, None]
        far = np.hypot(*away.T)
        outward = (away * way).sum(axis=1) >= _OUTWARD * far
        if outward.mean() < self._share or outward.sum() < self._people or np.hypot(*way[outward].mean(axis=0)) > _ONE_WAY:
            return None
        return int(outward.sum()), (round(middle[0] * CM_PER_M), round(middle[1] * CM_PER_M))
