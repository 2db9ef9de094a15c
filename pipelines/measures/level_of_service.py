"""Level of service: the letter A to F of a density, by the five bounds of its scale."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipelines.errors import ShapeError

LETTERS: Final = "ABCDEF"


def level_of_service(density_per_m2: float, *, bounds_per_m2: Sequence[float]) -> str:
    """The letter of one density: a density at a bound has the better letter.

    Args:
        density_per_m2: mean density of the zone, 1/m².
        bounds_per_m2: A|B, B|C, C|D, D|E, E|F, ascending, 1/m².

    Raises:
        ShapeError: the bounds are not five, ascending.

    Source: Fruin 1971, "Pedestrian planning and design"; the bounds are the plan's, each with its own source.
    """
    return str(levels_of_service(np.array([density_per_m2]), bounds_per_m2=bounds_per_m2)[0])


def levels_of_service(density_per_m2: NDArray[np.float64], *, bounds_per_m2: Sequence[float]) -> NDArray[np.str_]:
    """The letters of many densities, any shape; as `level_of_service`."""
    bounds = np.asarray(bounds_per_m2, dtype=np.float64)
    if bounds.shape != (5,) or (np.diff(bounds) <= 0).any():
        raise ShapeError("bounds_per_m2", expected="five numbers, ascending", got=tuple(bounds_per_m2))
    return np.asarray(list(LETTERS))[np.searchsorted(bounds, density_per_m2, side="left")]
