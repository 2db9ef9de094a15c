"""Somebody who lies still: a box much lower than a standing person's at that place, wider than high, that does not move. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from pipelines.detect.behaviour.scene import Floats, Scene, Sign
from pipelines.detect.floor import ZoneFloor
from pipelines.units import CM_PER_M, MICRO

_GAP_US: Final = 2 * MICRO
_WALKS_MPS: Final = 0.5  # who walks stands upright: from them it learns how high a person is in this picture
LEARNT_FROM: Final = 50  # boxes of walkers before it says anything
_KEPT: Final = 500


class Lying:
    """Who lies still in each zone.

    On a flat floor the height of a person in the picture is proportional to how far the feet are below the horizon, so one
    number for the camera is enough. What it cannot tell: anything from straight above; somebody who lies in line with the
    camera, whose box is not wide; somebody half hidden; a fall of a second, since it waits; a heart, or a sleep: it says
    that a person should look.

    Args:
        floors: the zones.
        height_share: lower than this share of a standing person.
        wide: its width is at least so many heights.
        within_m: it stays within so far of where it lay first.
        hold_s: for so long.
    """

    kind: Final = "lying"
    gap_us: Final = 5 * MICRO
    again_us: Final = 5 * MICRO

    def __init__(self, floors: Sequence[ZoneFloor], *, height_share: float, wide: float, within_m: float, hold_s: float) -> None:
        """It does not know yet how high people are."""
        self._floors, self._share, self._wide = floors, height_share, wide
        self._near_cm, self._hold_us = within_m * CM_PER_M, round(hold_s * MICRO)
        self._lain: dict[int, tuple[int, int, int, int]] = {}  # track → x, y where it lay first, since when, last seen
        self._heights = np.zeros(0)
        self._upright = np.nan

    @property
    def ready(self) -> bool:
        """Whether it has seen enough walkers to tell."""
        return len(self._heights) >= LEARNT_FROM

    def look(self, scene: Scene) -> list[Sign]:
        """Who lies."""
        heights, wide = scene.shapes[:, 0], scene.shapes[:, 1]
        self._learn(heights[(scene.speeds_mps >= _WALKS_MPS) & np.isfinite(heights)])
        if not self.ready:
            return []
        low = np.flatnonzero((heights <= self._share * self._upright) & (wide >= self._wide))
        since_us = np.asarray([self._since_us(scene, row) for row in low.tolist()], dtype=np.int64)
        self._lain = {track: spell for track, spell in self._lain.items() if scene.event_us - spell[3] <= _GAP_US}
        long = since_us <= scene.event_us - self._hold_us
        return [
            sign for row, begun in zip(low[long].tolist(), since_us[long].tolist(), strict=True) for sign in self._sign(scene, row, begun)
        ]

    def _learn(self, heights: Floats) -> None:
        if len(heights):
            self._heights = np.concatenate([self._heights, heights])[-_KEPT:]
            self._upright = float(np.median(self._heights))

    def _since_us(self, scene: Scene, row: int) -> int:
        """Since when who is in that row has lain where it lies; one that moved has lain there from now on."""
        track = int(scene.tracks[row])
        x, y = map(int, scene.positions_cm[row])
        x0, y0, since_us, last_us = self._lain.get(track, (x, y, scene.event_us, scene.event_us))
        if scene.event_us - last_us > _GAP_US or np.hypot(x - x0, y - y0) > self._near_cm:
            x0, y0, since_us = x, y, scene.event_us
        self._lain[track] = (x0, y0, since_us, scene.event_us)
        return since_us

    def _sign(self, scene: Scene, row: int, since_us: int) -> list[Sign]:
        at_cm = scene.positions_cm[row]
        floor = next((floor for floor in self._floors if floor.holds(at_cm[None])[0]), None)
        if floor is None:
            return []
        x, y = at_cm.tolist()
        track = int(scene.tracks[row])
        return [
            Sign(
                place=floor.zone,
                key=f"{floor.zone}/{track}",
                track=track,
                at_cm=(x, y),
                since_us=since_us,
                people=1,
                value=round((scene.event_us - since_us) / MICRO, 1),
                unit="s",
            )
        ]
