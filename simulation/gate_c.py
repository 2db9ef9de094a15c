"""Gate C, where most lanes are down: a crowd presses forward until it stands at 3 p/m², served at 12 a minute."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from plan.model import Plan
from simulation.paths import END_S, PERIOD_S, Walk, arriving, joined
from simulation.slots import slots

Spots = NDArray[np.float64]  # (n, 2) m
_PER_MIN = 12
_PRESSED_S = 21.0  # everybody stands by then
_SERVED_FROM_S = 27.0  # the first one out of the standing crowd
_PRESS = ((-0.1, 0.0), (0.02, 0.0), (0.33, 0.2), (0.66, 0.55), (0.97, 1.0))  # share of the time, share of the way
_HOP_LAG_S = 0.35
_STRIPS = 12
_TURNSTILES_Y = (79.0, 83.0, 87.0)


def gate_c(plan: Plan, rng: np.random.Generator) -> Iterator[Walk]:
    """The crowd of Gate C, those at its front who go through first, and those who join its tail."""
    zone = plan.zone("gate-c-queue")
    assert zone is not None
    stand = slots(zone.polygon, cap=lambda x, _y: 12 if x < 192.5 else 9 if x < 198 else 6, apart_cm=40, rng=rng, tries=30) / 100
    before = (
        slots([(186.2, 76.2), (219.5, 76.2), (219.5, 89.8), (186.2, 89.8)], cap=lambda x, _y: 4 if x < 206 else 6, apart_cm=60, rng=rng)
        / 100
    )
    pressing = _pressed(before[: len(stand)], stand, rng)
    files = _files(stand)
    in_file = {slot for file in files for slot in file}
    for slot, press in pressing.items():
        if slot not in in_file:
            yield Walk(key=f"c-stand-{slot}", turn=None, way=np.concatenate([press, [[END_S, *stand[slot]]]]))
    for number, file in enumerate(files):
        yield from _served(f"c-file-{number}", _SERVED_FROM_S + number * PERIOD_S / _PER_MIN, stand[file], [pressing[s] for s in file], rng)
    yield from _first_ones(rng)


def _pressed(before: Spots, stand: Spots, rng: np.random.Generator) -> dict[int, NDArray[np.float64]]:
    """Slot → way there: in strips across the gate, whoever is nearer to the gate gets the nearer slot."""
    assert len(before) == len(stand), (len(before), len(stand))
    ways = {}
    by_y = np.argsort(before[:, 1]), np.argsort(stand[:, 1])
    for origins, slots_ in zip(*(np.array_split(order, _STRIPS) for order in by_y), strict=True):
        ordered = origins[np.argsort(before[origins, 0])], slots_[np.argsort(stand[slots_, 0])]
        for origin, slot in zip(*ordered, strict=True):
            late = (stand[slot, 0] - 195) / 9 + rng.uniform(-0.2, 0.2)
            ways[int(slot)] = np.array(
                [[_PRESSED_S * at_ + late, *(before[origin] + share * (stand[slot] - before[origin]))] for at_, share in _PRESS]
            )
    return ways


def _files(stand: Spots) -> list[list[int]]:
    """Disjoint files of slots from the front to the tail, each step to the nearest free slot behind."""
    front = np.flatnonzero(stand[:, 0] < 187)
    spread = front[np.argsort(stand[front, 1])]
    files = [[int(spread[round(index)])] for index in np.linspace(0, len(spread) - 1, _PER_MIN)]
    free = np.ones(len(stand), dtype=bool)
    free[[file[0] for file in files]] = False
    for file in files:
        while (step := _behind(stand, file[-1], free)) is not None:
            file.append(step)
            free[step] = False
    return files


def _behind(stand: Spots, slot: int, free: NDArray[np.bool_]) -> int | None:
    dx, dy = (stand - stand[slot]).T
    distance = np.where(free & (dx > 0.25) & (np.abs(dy) < 1.2), np.hypot(dx, 2 * dy), np.inf)
    best = int(distance.argmin())
    return best if distance[best] < 2.5 else None


def _served(key: str, first_s: float, file: Spots, pressing: list[NDArray[np.float64]], rng: np.random.Generator) -> Iterator[Walk]:
    """The people of one file; one is served each period, and everybody behind moves up."""
    speed = rng.uniform(1.0, 1.2)
    tail = len(file) - 1
    origin = (219.6, 83 + rng.uniform(-8, 8))
    for turn in range(tail + 6):
        served_s = first_s + turn * PERIOD_S
        if turn <= tail:
            pieces = [pressing[turn]]
        else:
            pieces = [arriving(served_s - (tail + 1) * PERIOD_S + _HOP_LAG_S * (tail + 3), [origin, tuple(file[tail])], speed_mps=speed)]
        for slot in range(min(turn, tail), 0, -1):
            hop_s = served_s - slot * PERIOD_S + _HOP_LAG_S * slot + 0.5
            pieces.append(joined(hop_s, [tuple(file[slot]), tuple(file[slot - 1])], speed_mps=0.8))
        pieces.append(joined(served_s, [tuple(file[0]), *_onward(float(file[0][1]))], speed_mps=speed))
        yield Walk(key=key, turn=turn, way=np.concatenate(pieces))


def _onward(y: float) -> list[tuple[float, float]]:
    """Through the nearest turnstile, over the east steps, into the bowl."""
    lane_y = min(_TURNSTILES_Y, key=lambda other: abs(other - y))
    step_y = 84.5 + (lane_y - 83) / 2.5
    return [(185.2, lane_y), (182.8, lane_y), (176.0, (lane_y + 84) / 2), (171.5, step_y), (165.5, step_y), (160.0, 85.0)]


def _first_ones(rng: np.random.Generator) -> Iterator[Walk]:
    """Those who wait at the turnstiles when the story begins, and those already past them."""
    for number in range(-8, 5):
        passes_s = 2 + number * PERIOD_S / _PER_MIN
        y = _TURNSTILES_Y[number % 3]
        spot = (185.4, y + 0.4 * (number // 3))
        way = joined(passes_s, [spot, *_onward(y)], speed_mps=rng.uniform(1.0, 1.2))
        yield Walk(key=f"c-first-{number}", turn=0, way=np.concatenate([[[min(0.0, passes_s - 1), *spot]], way]))
