"""Time and length in integers, so that sums are exact; the only place where scales are written down."""

from __future__ import annotations

from typing import Final

US_PER_MS: Final = 1_000
US_PER_S: Final = 1_000_000
SLICE_US: Final = 200_000  # one partial sum, and the slide of every crowd window
WINDOW_US: Final = 1_000_000  # the size of every crowd window
TICK_INTERVAL_US: Final = 50_000
TICK_DELAY_US: Final = 250_000  # a tick says T = mode clock - this
LATE_AFTER_US: Final = 100_000  # received later than this after its slice's end: crowd.late
CLAMP_AHEAD_US: Final = 1_000_000  # event time is never later than received + this
CM_PER_M: Final = 100
MICRO: Final = 1_000_000


def slice_start_us(event_us: int) -> int:
    """Start of the half-open 200 ms slice [start, start + 200 ms) that holds *event_us* (µs UTC)."""
    return event_us - event_us % SLICE_US
