"""Thirty days of the grid at ten seconds: 36 M rows of `grid_10s`, out of a seed, a day at a time.

A stadium floor of 400 cells seen by four cameras. How full it is follows the hours of the day; a cell is occupied for a
minute or more and then empty for a while; densities, velocities and pressures vary about what the cell is like.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipelines.detect.cells import NOT_MEASURABLE
from pipelines.detect.frames import NO_VELOCITY

DAYS: Final = 30
STEP_S: Final = 10
DAY_S: Final = 86_400
_THRESHOLD: Final = 0.5  # 139 of the cells are above it, in the mean
_SIDE: Final = 20  # cells; the floor is square
_CAMERAS: Final = 4
_STEPS_A_MINUTE: Final = 6
_DENSE_CENTI: Final = 400
Columns = dict[str, Any]  # numpy columns, and coded strings


def days(first_s: int, *, count: int = DAYS, seed: int = 11) -> Iterator[Columns]:
    """The rows of each day from *first_s* (s UTC, a midnight) on, sorted by time and cell."""
    chance = np.random.default_rng(seed)
    cells = np.arange(_SIDE * _SIDE)
    liking = chance.normal(0, 0.6, len(cells))  # some places are fuller than others
    base_centi = chance.uniform(40, 320, len(cells))
    offset = 0
    for day in range(count):
        columns = _day(first_s + day * DAY_S, chance, cells=cells, liking=liking, base_centi=base_centi)
        columns["source_offset"] = offset + columns.pop("frame")
        offset = int(columns["source_offset"][-1]) + 1
        yield columns


def _day(
    midnight_s: int, chance: np.random.Generator, *, cells: NDArray[np.int64], liking: NDArray[np.float64], base_centi: NDArray[np.float64]
) -> Columns:
    steps = DAY_S // STEP_S
    minutes = chance.normal(0, 1, (steps // _STEPS_A_MINUTE, len(cells))).astype(np.float32)
    will = np.repeat(minutes, _STEPS_A_MINUTE, axis=0) + liking.astype(np.float32)
    fullness = 0.5 * np.sin(2 * np.pi * (np.arange(steps) * STEP_S / DAY_S - 0.4))
    at_step, cell = np.nonzero(will + fullness[:, None] > _THRESHOLD)
    rows = len(cell)
    density = np.maximum(base_centi[cell] + 60 * will[at_step, cell] + chance.normal(0, 15, rows), 2).astype(np.uint16)
    moving = density < _DENSE_CENTI
    pressure = np.where(moving, NOT_MEASURABLE, np.abs(chance.normal(12, 4, rows))).astype(np.uint16)
    known = chance.random(rows) > 0.02
    velocities = [np.where(known, chance.normal(0, 40, rows), NO_VELOCITY).astype(np.int16) for _ in range(2)]
    at = (midnight_s + at_step * STEP_S).astype(np.uint32)
    camera = cell % _SIDE // (_SIDE // _CAMERAS)
    return {
        "source_partition": camera.astype(np.uint16),
        "frame": at_step * 11 * _CAMERAS + camera,  # ten of each second and one of ten seconds come between
        "appended_at": at + STEP_S,
        "camera": pd.Categorical.from_codes(camera, [f"grid-{index}" for index in range(_CAMERAS)]),
        "at": at,
        "x_m": (cell // _SIDE).astype(np.int16),
        "y_m": (cell % _SIDE).astype(np.int16),
        "density_centi": density,
        "vx_cmps": velocities[0],
        "vy_cmps": velocities[1],
        "pressure_milli": pressure,
    }
