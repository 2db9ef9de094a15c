"""Running: faster than anybody walks, over a second or more, for a while. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from pipelines.detect.behaviour.held import Held
from pipelines.detect.behaviour.scene import Scene, Sign
from pipelines.detect.floor import ZoneFloor
from pipelines.units import MICRO

_GAP_US: Final = 400_000


class Running:
    """Who runs, counted by zone.

    It cannot tell a run from a ride: who skates, cycles or is carried by a vehicle that the model takes for a person runs. A
    track that changes from one person to another looks like a dash, which is why it must last.

    Args:
        floors: the zones.
        mps: from this speed on.
        hold_s: for so long, beside the second over which the velocity is taken.
    """

    kind: Final = "running"
    gap_us: Final = MICRO
    again_us: Final = MICRO

    def __init__(self, floors: Sequence[ZoneFloor], *, mps: float, hold_s: float) -> None:
        """Nobody runs."""
        self._floors, self._mps, self._hold_us = floors, mps, round(hold_s * MICRO)
        self._held = Held(gap_us=_GAP_US)

    def look(self, scene: Scene) -> list[Sign]:
        """Who runs in each zone."""
        fast = np.flatnonzero(scene.speeds_mps >= self._mps)
        if not len(fast):
            return []
        since_us = self._held.since_us(scene.event_us, scene.tracks[fast])
        long = since_us <= scene.event_us - self._hold_us
        rows, since_us = fast[long], since_us[long]
        return [sign for floor in self._floors for sign in self._sign(scene, floor, rows, since_us)] if len(rows) else []

    @staticmethod
    def _sign(scene: Scene, floor: ZoneFloor, rows: np.ndarray, since_us: np.ndarray) -> list[Sign]:  # type: ignore[type-arg]
        here = floor.holds(scene.positions_cm[rows])
        if not here.any():
            return []
        rows = rows[here]
        fastest = int(rows[np.argmax(scene.speeds_mps[rows])])
        x, y = scene.positions_cm[fastest].tolist()
        return [
            Sign(
                place=floor.zone,
                key=floor.zone,
                track=int(scene.tracks[fastest]),
                at_cm=(x, y),
                since_us=int(since_us[here].min()),
                people=len(rows),
                value=round(float(scene.speeds_mps[fastest]), 2),
                unit="m/s",
            )
        ]
