"""How long to wait before a camera is dialled again. Pure: chance is an argument."""

from __future__ import annotations

from typing import Final

FIRST_S: Final = 1.0
LONGEST_S: Final = 30.0
_DOUBLINGS: Final = 16


def wait_s(tries: int, *, chance: float) -> float:
    """Seconds before the next try: doubling from 1 s to 30 s, less up to half, so that cameras of one dead switch do not all call at once.

    Args:
        tries: that failed in a row, 1 or more.
        chance: 0..1, drawn anew each time.
    """
    return min(FIRST_S * 2.0 ** min(tries - 1, _DOUBLINGS), LONGEST_S) * (1 - chance / 2)
