"""Waves of standing and walking, in the mean speed of a zone."""

from __future__ import annotations

from collections.abc import Sequence


def stops(*, speeds_mps: Sequence[float | None], stop_mps: float, go_mps: float) -> int:
    """How often a crowd that was walking came to a stand.

    Below *stop_mps* is standing, above *go_mps* is walking, between them it stays what it was: noise on a threshold is no
    wave. A zone much longer than a wave shows little, since the mean runs over those who stand and those who walk.

    Args:
        speeds_mps: mean speed each second, oldest first; None is unknown and changes nothing.
        stop_mps: slower is standing, m/s.
        go_mps: faster is walking, m/s, above stop_mps.
    """
    found, walking = 0, False
    for speed in speeds_mps:
        if speed is None:
            continue
        if speed > go_mps:
            walking = True
        elif speed < stop_mps and walking:
            found, walking = found + 1, False
    return found
