"""Who is where at any second of the story: recorded walks, and a part that repeats for as long as anybody looks.

The walks are samples at 2 Hz. From `LOOP_US` on the story repeats with period `PERIOD_US`: at each repetition a
person takes over the walk of the successor, who stood at the same spot one period earlier. So nobody jumps and
tracks stay whole; who has nobody to take over from is a new track.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipelines.errors import ConfigError, ShapeError
from pipelines.units import MICRO

SAMPLE_US: Final = 500_000
LOOP_US: Final = 150_000_000
PERIOD_US: Final = 60_000_000
SAMPLES: Final = (LOOP_US + PERIOD_US) // SAMPLE_US + 1
ABSENT: Final = -1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Walks:
    """Walks of n people.

    Args:
        first, last: (n,) int64, first and last sample at which the person is present.
        positions_cm: (SAMPLES, n, 2) int16, venue frame; 0 where absent.
        successor: (n,) int64, whose walk the person takes over when the story repeats; `ABSENT` for none.
    """

    first: NDArray[np.int64]
    last: NDArray[np.int64]
    positions_cm: NDArray[np.int16]
    successor: NDArray[np.int64]


class Walkers:
    """The people of the story at any time t >= 0."""

    def __init__(self, walks: Walks) -> None:
        """Use ready *walks*.

        Raises:
            ShapeError: the arrays do not fit together.
        """
        people = len(walks.first)
        if walks.positions_cm.shape != (SAMPLES, people, 2):
            raise ShapeError("positions_cm", expected=f"({SAMPLES}, {people}, 2)", got=walks.positions_cm.shape)
        self._walks = walks
        self._from = np.full(people, ABSENT, dtype=np.int64)
        heirs = np.flatnonzero(walks.successor != ABSENT)
        self._from[walks.successor[heirs]] = heirs
        self._turn = 0
        self._tracks = np.arange(people, dtype=np.int64)

    @staticmethod
    def load(path: Path) -> Walkers:
        """The walkers in the file *path*, as `save` writes it.

        Raises:
            ConfigError: the file cannot be read.
        """
        try:
            with np.load(path) as kept:
                first, last, successor = (kept[name].astype(np.int64) for name in ("first", "last", "successor"))
                start, steps = kept["start"], kept["steps"]
        except (OSError, KeyError, ValueError) as error:
            raise ConfigError(f"walkers {path}: cannot be read: {error}") from error
        positions = np.zeros((SAMPLES, len(first), 2), dtype=np.int16)
        held = _held(first, last)
        moves = np.zeros((len(first), SAMPLES, 2), dtype=np.int16)
        moves[held] = steps
        moves[np.arange(len(first)), first] = start
        positions[:] = moves.cumsum(axis=1, dtype=np.int16).transpose(1, 0, 2)
        positions[~held.T] = 0
        return Walkers(Walks(first=first, last=last, positions_cm=positions, successor=successor))

    @property
    def people(self) -> int:
        """Walks in the file."""
        return len(self._walks.first)

    def at(self, t_s: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """People present at story time *t_s* >= 0 s: tracks (n,) int64 and positions (n, 2) int64 cm."""
        t_us = round(t_s * MICRO)
        turn = max((t_us - LOOP_US) // PERIOD_US, 0)
        within = t_us - turn * PERIOD_US
        sample, rest = divmod(within, SAMPLE_US)
        walks = self._walks
        present = np.flatnonzero((walks.first <= sample) & (walks.last >= (sample + 1 if rest else sample)))
        here = walks.positions_cm[sample, present].astype(np.int64)
        if rest:
            there = walks.positions_cm[sample + 1, present].astype(np.int64)
            here += (2 * (there - here) * rest + SAMPLE_US) // (2 * SAMPLE_US)
        return self._tracks_of(turn)[present], here

    def _tracks_of(self, turn: int) -> NDArray[np.int64]:
        """Track of each walk in repetition *turn*; remembered, since time mostly moves on."""
        if turn < self._turn:
            self._turn, self._tracks = 0, np.arange(self.people, dtype=np.int64)
        while self._turn < turn:
            self._turn += 1
            fresh = np.arange(self.people, dtype=np.int64) + self._turn * self.people
            self._tracks = np.where(self._from == ABSENT, fresh, self._tracks[self._from])
        return self._tracks


def _held(first: NDArray[np.int64], last: NDArray[np.int64]) -> NDArray[np.bool_]:
    """(n, SAMPLES) bool: at which samples each person is present."""
    samples = np.arange(SAMPLES)
    return np.asarray((samples >= first[:, None]) & (samples <= last[:, None]))


def save(walks: Walks, path: Path) -> None:
    """Write *walks* compactly: where each begins, then its steps in cm as int8; the same bytes each time.

    Raises:
        ShapeError: somebody moves more than 127 cm in a sample.
    """
    moves = np.diff(walks.positions_cm.astype(np.int64), axis=0, prepend=0).transpose(1, 0, 2)
    people = np.arange(len(walks.first))
    moves[people, walks.first] = 0
    steps = moves[_held(walks.first, walks.last)]
    if np.abs(steps).max() > np.iinfo(np.int8).max:
        raise ShapeError("steps", expected="at most 127 cm in half a second", got=int(np.abs(steps).max()))
    np.savez_compressed(
        path,
        first=walks.first.astype(np.int16),
        last=walks.last.astype(np.int16),
        successor=walks.successor.astype(np.int16),
        start=walks.positions_cm[walks.first, people],
        steps=steps.astype(np.int8),
    )
