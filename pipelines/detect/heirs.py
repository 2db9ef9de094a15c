"""A track that ends and one that begins beside it a moment later are one person. Pure."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipelines.detect.lost import LOST_US

REACH_CM: Final = 60  # a person who stands, with the noise of two positions; who walks on is somebody new
EDGE_CM: Final = 100  # who ends so near the edge of what the camera owns has left
_MOST_NAMES: Final = 10_000
Ints = NDArray[np.int64]


class Heirs:
    """Gives a new track the name of the one that was lost in its place, so that nobody is counted or begins twice.

    Who is lost for less than the tracker's patience keeps the track and needs no heir. In a dense crowd a neighbour may
    inherit: then one of two who stand within 60 cm has the other's past, and no count changes by it.

    Args:
        owns_cm: x0, y0, x1, y1 of the floor that the camera owns.
    """

    def __init__(self, owns_cm: tuple[int, int, int, int]) -> None:
        """Nobody is known."""
        x0, y0, x1, y1 = owns_cm
        self._inner_cm = (x0 + EDGE_CM, y0 + EDGE_CM, x1 - EDGE_CM, y1 - EDGE_CM)
        self._seen: dict[int, tuple[int, int, int]] = {}  # name → x, y, when
        self._names: dict[int, int] = {}
        self.inherited = 0

    def of(self, event_us: int, tracks: Ints, positions_cm: Ints) -> Ints:
        """The name of each track: (n,) *tracks*, each once, at (n, 2) *positions_cm*."""
        names = self._known(tracks.tolist())
        present, places = set(names), positions_cm.tolist()
        fresh = [row for row, name in enumerate(names) if name not in self._seen]
        if fresh and len(self._seen) > len(present) - len(fresh):
            lost = {
                name: place
                for name, place in self._seen.items()
                if name not in present and event_us - place[2] <= LOST_US and self._is_inside(place[0], place[1])
            }
            for row in fresh if lost else ():
                heir = self._heir_of(places[row], lost)
                if heir is not None:
                    names[row] = self._names[int(tracks[row])] = heir
                    del lost[heir]
                    self.inherited += 1
        for name, (x, y) in zip(names, places, strict=True):
            self._seen[name] = (x, y, event_us)
        if len(self._seen) > 2 * len(names) + 64:
            self._seen = {name: place for name, place in self._seen.items() if event_us - place[2] <= LOST_US}
        if len(self._names) > _MOST_NAMES:
            here = set(tracks.tolist())
            self._names = {track: name for track, name in self._names.items() if track in here}
        return np.asarray(names, dtype=np.int64)

    def _known(self, tracks: list[int]) -> list[int]:
        """The names that are given; an heir has its own again when the one that was lost comes back."""
        names = [self._names.get(track, track) for track in tracks]
        if self._names and len(set(names)) < len(names):
            for track in tracks:
                if names.count(self._names.get(track, track)) > 1:
                    self._names.pop(track, None)
            names = [self._names.get(track, track) for track in tracks]
        return names

    def _is_inside(self, x: int, y: int) -> bool:
        x0, y0, x1, y1 = self._inner_cm
        return x0 <= x < x1 and y0 <= y < y1

    @staticmethod
    def _heir_of(place: list[int], lost: dict[int, tuple[int, int, int]]) -> int | None:
        x, y = place
        far, name = min(((x - a) ** 2 + (y - b) ** 2, name) for name, (a, b, _) in lost.items()) if lost else (REACH_CM**2 + 1, 0)
        return name if far <= REACH_CM**2 else None
