"""The form in which measures take recorded people: one row a person and frame, rows in the order of frames."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipelines.errors import ConfigError, ShapeError


def check_rows(*, positions_m: NDArray[np.float64], frames: NDArray[np.int64], frame_count: int) -> None:
    """Rows are (n, 2) positions and (n,) frames, ascending, in 0 .. *frame_count* - 1.

    Raises:
        ShapeError: they are not.
        ConfigError: a position is not a finite number.
    """
    if positions_m.ndim != 2 or positions_m.shape[1] != 2:
        raise ShapeError("positions_m", expected="(n, 2)", got=positions_m.shape)
    if frames.shape != positions_m.shape[:1]:
        raise ShapeError("frames", expected=f"({len(positions_m)},)", got=frames.shape)
    if not np.isfinite(positions_m).all():
        raise ConfigError("positions: one of them is not a finite number")
    if len(frames) and (frames[0] < 0 or frames[-1] >= frame_count or (np.diff(frames) < 0).any()):
        raise ShapeError("frames", expected=f"ascending, in 0 .. {frame_count - 1}", got=f"{frames.min()} .. {frames.max()}")
