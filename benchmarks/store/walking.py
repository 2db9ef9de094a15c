"""Rows of the table `positions` as an event gives them: the demo's walkers for over an hour, seen with a worker's jitter.

Nothing in it repeats for a codec to find. The story is walked through at another pace than it was recorded at, so that no
second of it comes at the same instants again; every position has a jitter of its own; velocities are those of the worker
(over a second, of the jittered positions); scores vary; tracks are far apart; frames of other cameras come between.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from pipelines.detect.velocities import Velocities
from pipelines.units import MICRO
from plan.load import load
from simulation.walkers import Walkers

JITTER_CM: Final = 3.0  # standard deviation an axis: what crowd pressure has to live with
PACE: Final = 1.0137  # seconds of the story a second
PARTITIONS: Final = 4
FPS: Final = 15
_OVERTAKEN: Final = 1.5  # frames by which a camera's place among the others varies
_DELAY_S: Final = (0.08, 0.04)
_SCORE: Final = (205.0, 12.0)
_TRACK_STEP: Final = 2_654_435_761  # odd, so that tracks stay apart modulo 2^32
_BLOCK_S: Final = 60
Columns = dict[str, Any]  # numpy columns, and coded strings


class Seen:
    """The demo's venue as its cameras see it, second by second."""

    def __init__(self, root: Path, *, start_s: int, seed: int = 9) -> None:
        """Load walkers and plan; the first second is *start_s*, s UTC."""
        self._start_s = start_s
        self._walkers = Walkers.load(root / "simulation" / "stadium-walkers.npz")
        plan = load(root / "plan" / "examples" / "stadium.yaml")
        self._owns_cm = [np.rint(np.asarray(camera.owns) * 100).astype(np.int64) for camera in plan.cameras]
        self.cameras = [camera.id for camera in plan.cameras]
        self._chance = np.random.default_rng(seed)
        self._velocities = Velocities()
        self._phase_s = self._chance.uniform(0, 1 / FPS, len(self.cameras))
        self._a_second = FPS * len(self.cameras) // PARTITIONS
        self._place = self._chance.integers(0, self._a_second, len(self.cameras))

    def blocks(self, rows: int) -> Iterator[Columns]:
        """At least *rows* rows, a minute at a time, in the order in which frames come."""
        second = made = 0
        while made < rows:
            parts = [self._second(second + index) for index in range(_BLOCK_S)]
            block = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
            block["camera"] = pd.Categorical.from_codes(block["camera"], self.cameras)
            second, made = second + _BLOCK_S, made + len(block["at"])
            yield block

    def _second(self, second: int) -> Columns:
        tracks, exact_cm = self._walkers.at(second * PACE)
        seen_cm = np.rint(exact_cm + self._chance.normal(0, JITTER_CM, exact_cm.shape)).astype(np.int64)
        owner = np.full(len(tracks), -1)
        for index, (x0, y0, x1, y1) in enumerate(self._owns_cm):
            owner[(exact_cm[:, 0] >= x0) & (exact_cm[:, 0] < x1) & (exact_cm[:, 1] >= y0) & (exact_cm[:, 1] < y1)] = index
        order = np.argsort(owner, kind="stable")[np.count_nonzero(owner < 0) :]
        owner, tracks, seen_cm = owner[order], tracks[order], seen_cm[order]
        # a camera knows a person since they came into its own picture
        velocities = self._velocities.of(second * MICRO, (owner << 32) + tracks, seen_cm)
        frames = len(self.cameras)
        offsets = second * self._a_second + self._place + np.rint(self._chance.normal(0, _OVERTAKEN, frames)).astype(np.int64)
        appended_s = self._start_s + second + self._phase_s + np.maximum(self._chance.normal(*_DELAY_S, frames), 0.01)
        people = len(tracks)
        return {
            "source_partition": (owner % PARTITIONS).astype(np.uint16),
            "source_offset": np.maximum(offsets, 0)[owner],
            "appended_at": appended_s.astype(np.uint32)[owner],
            "camera": owner.astype(np.int16),
            "at": np.full(people, self._start_s + second, dtype=np.uint32),
            "track": (tracks * _TRACK_STEP % 2**32).astype(np.uint32),
            "x_cm": seen_cm[:, 0].astype(np.int32),
            "y_cm": seen_cm[:, 1].astype(np.int32),
            "vx_cmps": velocities[:, 0].astype(np.int16),
            "vy_cmps": velocities[:, 1].astype(np.int16),
            "class": np.zeros(people, dtype=np.uint8),
            "score": np.clip(np.rint(self._chance.normal(*_SCORE, people)), 0, 255).astype(np.uint8),
        }
