"""Loitering: somebody who stays in one spot for long, where people should pass. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from pipelines.detect.behaviour.scene import Scene, Sign
from pipelines.detect.floor import ZoneFloor
from pipelines.units import CM_PER_M, MICRO

_EVERY_US: Final = MICRO  # minutes are what counts: once a second is enough
_LOST_US: Final = 5 * MICRO


class Loitering:
    """Who stays, counted by zone.

    It goes by the track: who is hidden for longer than a track or its heir lives begins anew, so in a crowd it tells too few.
    It does not know why somebody stays: a queue, a bench or a post of staff is no place for this rule.

    Args:
        floors: the zones.
        within_m: staying is being within so far of where it began.
        after_s: for so long.
    """

    kind: Final = "loitering"
    gap_us: Final = 5 * MICRO
    again_us: Final = 5 * MICRO

    def __init__(self, floors: Sequence[ZoneFloor], *, within_m: float, after_s: float) -> None:
        """Nobody is known."""
        self._floors, self._after_us = floors, round(after_s * MICRO)
        self._near_cm2 = round(within_m * CM_PER_M) ** 2
        self._stays: dict[int, tuple[int, int, int, int]] = {}  # track → x, y where it began, since when, last seen
        self._next_us = 0
        self._said: list[Sign] = []

    def look(self, scene: Scene) -> list[Sign]:
        """Who has stayed for long in each zone; worked out once a second."""
        if scene.event_us >= self._next_us:
            self._next_us = scene.event_us + _EVERY_US
            self._said = [sign for floor in self._floors for sign in self._zone(scene, floor)]
            self._stays = {track: stay for track, stay in self._stays.items() if scene.event_us - stay[3] <= _LOST_US}
        return self._said

    def _zone(self, scene: Scene, floor: ZoneFloor) -> list[Sign]:
        rows = np.flatnonzero(floor.holds(scene.positions_cm))
        since_us = np.asarray([self._since_us(scene, int(row)) for row in rows], dtype=np.int64)
        long = since_us <= scene.event_us - self._after_us
        if not long.any():
            return []
        longest = int(rows[np.argmin(since_us)])
        x, y = scene.positions_cm[longest].tolist()
        return [
            Sign(
                place=floor.zone,
                key=floor.zone,
                track=int(scene.tracks[longest]),
                at_cm=(x, y),
                since_us=int(since_us.min()),
                people=int(long.sum()),
                value=round((scene.event_us - int(since_us.min())) / MICRO, 1),
                unit="s",
            )
        ]

    def _since_us(self, scene: Scene, row: int) -> int:
        track = int(scene.tracks[row])
        x, y = map(int, scene.positions_cm[row])
        x0, y0, since_us, _ = self._stays.get(track, (x, y, scene.event_us, 0))
        if (x - x0) ** 2 + (y - y0) ** 2 > self._near_cm2:
            x0, y0, since_us = x, y, scene.event_us
        self._stays[track] = (x0, y0, since_us, scene.event_us)
        return since_us
