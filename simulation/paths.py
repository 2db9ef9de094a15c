"""Walks as way points, and how they become samples."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.errors import ShapeError
from simulation.walkers import ABSENT, LOOP_US, PERIOD_US, SAMPLE_US, SAMPLES, Walks

PERIOD_S = PERIOD_US / 1e6
LOOP_S = LOOP_US / 1e6
END_S = LOOP_S + PERIOD_S
_SWAY_CM = 3.0
_SAME_CM = 3
Way = NDArray[np.float64]  # (k, 3): seconds, x m, y m; seconds rise


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Walk:
    """One person's way.

    Args:
        key: names the walk that is repeated each period; people of one key differ by *turn* alone.
        turn: which repetition; the successor has the turn before. None: the person's own successor.
        way: (k, 3) seconds of the story, x m, y m.
    """

    key: str
    turn: int | None
    way: Way


def joined(start_s: float, points_m: Sequence[tuple[float, float]], *, speed_mps: float) -> Way:
    """A way that begins at *start_s* and goes through the points at one speed."""
    points = np.asarray(points_m, dtype=np.float64)
    legs = np.hypot(*np.diff(points, axis=0).T)
    times = start_s + np.concatenate([[0.0], np.cumsum(legs) / speed_mps])
    return np.column_stack([times, points])


def arriving(end_s: float, points_m: Sequence[tuple[float, float]], *, speed_mps: float) -> Way:
    """A way that ends at *end_s*."""
    way = joined(0.0, points_m, speed_mps=speed_mps)
    way[:, 0] += end_s - way[-1, 0]
    return way


def repeated(key: str, way: Way, *, not_before: float = -np.inf) -> Iterator[Walk]:
    """The walks that set out each period and are seen during the story; those shifted to before *not_before* s are left out."""
    first = int(np.ceil((0 - way[-1, 0]) / PERIOD_S))
    last = int(np.floor((END_S - way[0, 0]) / PERIOD_S))
    for turn in range(first, last + 1):
        shift = turn * PERIOD_S
        if shift >= not_before:
            yield Walk(key=key, turn=turn, way=way + np.array([shift, 0, 0]))


def standing(key: str, spot_m: tuple[float, float]) -> Walk:
    """Somebody who stays."""
    return Walk(key=key, turn=None, way=np.array([[0.0, *spot_m], [END_S, *spot_m]]))


def sampled(walks: Sequence[Walk]) -> Walks:
    """The walks as samples, each with a little sway.

    Raises:
        ShapeError: a person and the successor do not stand at the same spot when the story repeats.
    """
    kept = [walk for walk in walks if _is_seen(walk.way)]
    times = np.arange(SAMPLES) * SAMPLE_US / 1e6
    positions = np.zeros((SAMPLES, len(kept), 2), dtype=np.int16)
    first, last = (np.zeros(len(kept), dtype=np.int64) for _ in range(2))
    for person, walk in enumerate(kept):
        first[person] = max(int(np.ceil(walk.way[0, 0] * 2 - 1e-6)), 0)
        last[person] = min(int(np.floor(walk.way[-1, 0] * 2 + 1e-6)), SAMPLES - 1)
        held = slice(first[person], last[person] + 1)
        for axis in range(2):
            metres = np.interp(times[held], walk.way[:, 0], walk.way[:, axis + 1])
            positions[held, person, axis] = np.rint(metres * 100 + _sway_cm(walk.key, axis, times[held]))
    successor = _successors(kept, last)
    _check_turn(kept, positions, successor)
    return Walks(first=first, last=last, positions_cm=positions, successor=successor)


def _is_seen(way: Way) -> bool:
    """Whether the way covers at least two samples of the story."""
    first = max(int(np.ceil(way[0, 0] * 2 - 1e-6)), 0)
    return min(int(np.floor(way[-1, 0] * 2 + 1e-6)), SAMPLES - 1) > first


def _sway_cm(key: str, axis: int, times_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Up to 3 cm, slowly, with a period that divides the story's."""
    draw = np.random.default_rng([zlib.crc32(key.encode()), axis])
    turns, phase = int(draw.integers(2, 5)), draw.uniform(0, 2 * np.pi)
    return np.asarray(draw.uniform(0.3, 1.0) * _SWAY_CM * np.sin(2 * np.pi * turns * times_s / PERIOD_S + phase))


def _successors(walks: Sequence[Walk], last: NDArray[np.int64]) -> NDArray[np.int64]:
    index = {(walk.key, walk.turn): person for person, walk in enumerate(walks)}
    found = np.full(len(walks), ABSENT, dtype=np.int64)
    for person, walk in enumerate(walks):
        if last[person] == SAMPLES - 1:
            found[person] = index[walk.key, None if walk.turn is None else walk.turn - 1]
    return found


def _check_turn(walks: Sequence[Walk], positions_cm: NDArray[np.int16], successor: NDArray[np.int64]) -> None:
    heirs = np.flatnonzero(successor != ABSENT)
    before = positions_cm[-1, heirs].astype(np.int64)
    after = positions_cm[LOOP_US // SAMPLE_US, successor[heirs]].astype(np.int64)
    apart = np.abs(before - after).max(axis=1)
    if len(heirs) and apart.max() > _SAME_CM:
        worst = walks[int(heirs[apart.argmax()])]
        raise ShapeError("walks", expected="the same spot when the story repeats", got=(worst.key, worst.turn, int(apart.max())))
