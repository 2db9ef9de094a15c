"""Packed positions: 14 bytes a person, so that one camera frame is one small message."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipelines.errors import ShapeError

PERSON: Final = np.dtype([("x", "<u2"), ("y", "<u2"), ("vx", "<i2"), ("vy", "<i2"), ("track", "<u4"), ("class", "u1"), ("score", "u1")])
NO_VELOCITY: Final = -32768
_HALVES: Final = PERSON.itemsize // 2  # columns of two bytes: x, y, vx, vy, two of the track, class and score
MAX_CMPS: Final = 32767
Positions = NDArray[np.int64]


def pack(
    positions_cm: Positions,
    velocities_cmps: Positions,
    tracks: Positions,
    *,
    origin_cm: tuple[int, int],
    scores: Positions | None = None,
) -> bytes:
    """Rows of `PERSON` for the people of one frame.

    Args:
        positions_cm: (n, 2) int64, venue frame, within 0..65535 cm of *origin_cm*.
        velocities_cmps: (n, 2) int64; `NO_VELOCITY` where there is none.
        tracks: (n,) int64, ids modulo 2^32.
        origin_cm: lower corner of the camera's tile, venue frame.
        scores: (n,) int64, 0..255; 255 where left out.

    Raises:
        ShapeError: shapes differ, or a position lies outside the tile.
    """
    people = len(tracks)
    if positions_cm.shape != (people, 2) or velocities_cmps.shape != (people, 2):
        raise ShapeError("positions_cm and velocities_cmps", expected=f"({people}, 2)", got=(positions_cm.shape, velocities_cmps.shape))
    inside = positions_cm - np.asarray(origin_cm, dtype=np.int64)
    if people and (inside.min() < 0 or inside.max() > 65535):
        raise ShapeError("positions_cm", expected="within 65535 cm of the tile's origin", got=(int(inside.min()), int(inside.max())))
    rows = np.zeros(people, dtype=PERSON)
    rows["x"], rows["y"] = inside[:, 0], inside[:, 1]
    rows["vx"], rows["vy"] = velocities_cmps[:, 0], velocities_cmps[:, 1]
    rows["track"] = tracks % 2**32
    rows["score"] = 255 if scores is None else scores
    return rows.tobytes()


def unpack(positions: bytes, *, origin_cm: tuple[int, int]) -> tuple[Positions, Positions, Positions]:
    """Positions (n, 2) cm in the venue frame, velocities (n, 2) cm/s and tracks (n,) of packed rows.

    Raises:
        ShapeError: the bytes are not whole rows.
    """
    if len(positions) % PERSON.itemsize:
        raise ShapeError("positions", expected=f"a multiple of {PERSON.itemsize} bytes", got=len(positions))
    halves = np.frombuffer(positions, dtype="<u2").reshape(-1, _HALVES)
    xy = halves[:, :2].astype(np.int64)
    xy += origin_cm
    return xy, halves[:, 2:4].view("<i2").astype(np.int64), np.frombuffer(positions, dtype=PERSON)["track"].astype(np.int64)
