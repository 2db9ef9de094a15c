"""Since when tracks have been doing something. Pure."""

from __future__ import annotations

from typing import Final

import numpy as np

from pipelines.detect.behaviour.scene import Ints

_SWEEP: Final = 64  # so many are remembered before those who stopped are looked for


class Held:
    """Remembers since when each track has been doing one thing; who stops for *gap_us* or less goes on."""

    def __init__(self, *, gap_us: int) -> None:
        """Nobody does it."""
        self._gap_us = gap_us
        self._spans: dict[int, tuple[int, int]] = {}

    def since_us(self, event_us: int, tracks: Ints) -> Ints:
        """When each of the (n,) *tracks*, who do it at *event_us*, began."""
        found = np.empty(len(tracks), dtype=np.int64)
        for row, track in enumerate(tracks.tolist()):
            first_us, last_us = self._spans.get(track, (event_us, event_us))
            found[row] = first_us = first_us if event_us - last_us <= self._gap_us else event_us
            self._spans[track] = (first_us, event_us)
        if len(self._spans) > _SWEEP + 2 * len(tracks):
            self._spans = {track: span for track, span in self._spans.items() if event_us - span[1] <= self._gap_us}
        return found
