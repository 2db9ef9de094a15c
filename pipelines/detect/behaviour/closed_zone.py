"""Entering a closed zone: who has been inside for a moment, and not only swayed over its edge. Pure."""

from __future__ import annotations

from typing import Final

import numpy as np

from pipelines.detect.behaviour.held import Held
from pipelines.detect.behaviour.scene import Ints, Scene, Sign
from pipelines.detect.floor import inside_polygon
from pipelines.units import MICRO

_GAP_US: Final = MICRO


class ClosedZone:
    """One zone that nobody may be in.

    It cannot tell staff from others: close the zone only in phases and at times in which nobody works there. It sees feet
    on the floor, so a hand or a head over the edge is nobody inside.

    Args:
        zone: its id.
        polygon_cm: (k, 2) int64, venue frame, drawn in by the margin that position noise needs.
        hold_s: how long somebody must be inside.
    """

    kind: Final = "closed_zone"
    gap_us: Final = 3 * MICRO
    again_us: Final = 5 * MICRO

    def __init__(self, zone: str, polygon_cm: Ints, *, hold_s: float) -> None:
        """Nobody inside."""
        self._zone, self._polygon_cm, self._hold_us = zone, polygon_cm, round(hold_s * MICRO)
        self._inside = Held(gap_us=_GAP_US)

    def look(self, scene: Scene) -> list[Sign]:
        """Who is inside."""
        inside = inside_polygon(scene.positions_cm, self._polygon_cm)
        if not inside.any():
            return []
        since_us, at_cm, tracks = (
            self._inside.since_us(scene.event_us, scene.tracks[inside]),
            scene.positions_cm[inside],
            scene.tracks[inside],
        )
        long = since_us <= scene.event_us - self._hold_us
        if not long.any():
            return []
        first = int(np.argmin(since_us))
        return [
            Sign(
                place=self._zone,
                key=self._zone,
                track=int(tracks[first]),
                at_cm=(int(at_cm[first, 0]), int(at_cm[first, 1])),
                since_us=int(since_us[first]),
                people=int(long.sum()),
                value=float(long.sum()),
                unit="people",
            )
        ]
