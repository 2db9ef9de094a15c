"""What a rule of behaviour is shown, and what it says. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.detect.frames import NO_VELOCITY
from pipelines.units import CM_PER_M

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scene:
    """The tracks of one camera in one frame; every column has n rows.

    Args:
        event_us: event time, µs UTC.
        tracks: (n,) int64, each once.
        positions_cm: (n, 2) int64, venue frame.
        velocities_mps: (n, 2) float64, over a second or more; NaN where there is none yet.
        speeds_mps: (n,) float64, their length.
        shapes: (n, 2) float64: height of the box over its distance from the horizon, and width over height; NaN where the
            picture tells neither.
    """

    event_us: int
    tracks: Ints
    positions_cm: Ints
    velocities_mps: Floats
    speeds_mps: Floats
    shapes: Floats


def scene_of(event_us: int, tracks: Ints, positions_cm: Ints, velocities_cmps: Ints, shapes: Floats | None = None) -> Scene:
    """The scene of a frame as the camera's eye has it: velocities with `NO_VELOCITY`, shapes or none."""
    velocities = np.where(velocities_cmps == NO_VELOCITY, np.nan, velocities_cmps / CM_PER_M)
    return Scene(
        event_us=event_us,
        tracks=tracks,
        positions_cm=positions_cm,
        velocities_mps=velocities,
        speeds_mps=np.hypot(velocities[:, 0], velocities[:, 1]),
        shapes=np.full((len(tracks), 2), np.nan) if shapes is None else shapes,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """That something is so in this frame.

    Args:
        place: zone, or fence.
        key: tells apart what may be at one place several times.
        track, at_cm: who shows it best, and where.
        since_us: since when it has been so.
        people: how many do it.
        value, unit: what was measured.
    """

    place: str
    key: str
    track: int
    at_cm: tuple[int, int]
    since_us: int
    people: int
    value: float
    unit: str
