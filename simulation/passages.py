"""Who passes which gate when: from the walkers, once, and repeated with them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.detect.crossings import Crossings, LineFloor
from plan.model import Plan
from simulation.walkers import LOOP_US, PERIOD_US, Walkers

STEP_US = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """Somebody passes a gate; *turn* is the order among those of the gate and direction since the story began."""

    at_us: int
    gate: str
    inward: bool
    turn: int


class Passages:
    """Passages of every gate at any time of the story, in order."""

    def __init__(self, plan: Plan, walkers: Walkers) -> None:
        """Walk through the story once, at the cameras' frames: their counts and these are equal."""
        lines = [LineFloor(line=row.id, gate=row.gate, a_cm=_cm(row.a), b_cm=_cm(row.b)) for row in plan.lines]
        crossings = Crossings(lines)
        self._gates = [line.gate for line in lines]
        steps = (LOOP_US + PERIOD_US) // STEP_US
        self._counts = np.zeros((steps + 1, len(lines), 2), dtype=np.int64)
        for step in range(steps + 1):
            crossings.add(step * STEP_US, *walkers.at(step * STEP_US / 1e6))
            self._counts[step] = [(row.entered, row.exited) for row in crossings.close()]
        self._before = self._counts.cumsum(axis=0) - self._counts

    def at(self, t_us: int) -> list[Passage]:
        """Passages that the frame at *t_us* (µs of the story, a multiple of 200 ms) finds."""
        step, counts_before = self._place(t_us)
        found = []
        for row, gate in enumerate(self._gates):
            for column, inward in enumerate((True, False)):
                first = int(counts_before[row, column])
                count = int(self._counts[step, row, column])
                found += [Passage(at_us=t_us, gate=gate, inward=inward, turn=first + index) for index in range(count)]
        return found

    def totals(self, t_us: int) -> dict[str, tuple[int, int]]:
        """Entries and exits of each gate before the frame at *t_us*."""
        _, before = self._place(t_us)
        return {gate: (int(before[row, 0]), int(before[row, 1])) for row, gate in enumerate(self._gates)}

    def _place(self, t_us: int) -> tuple[int, np.ndarray[tuple[int, ...], np.dtype[np.int64]]]:
        # the frame at LOOP_US ends the way there; the period's own frames are the ones after it
        turn = max((t_us - LOOP_US - STEP_US) // PERIOD_US, 0)
        step = (t_us - turn * PERIOD_US) // STEP_US
        a_period = self._before[-1] + self._counts[-1] - self._before[LOOP_US // STEP_US] - self._counts[LOOP_US // STEP_US]
        return step, self._before[step] + turn * a_period


def _cm(point: tuple[float, float]) -> tuple[int, int]:
    return round(point[0] * 100), round(point[1] * 100)
