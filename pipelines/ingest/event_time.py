"""Event time as the device says it, held within what is possible. Pure."""

from __future__ import annotations

from typing import Final

from pipelines.units import CLAMP_AHEAD_US, US_PER_S

FRESH_FOR_US: Final = 15 * 60 * US_PER_S  # a site that was cut off for ten minutes may catch up; an older capture is a replay


def clamped_us(event_time_us: int, *, received_us: int) -> int:
    """The event time (µs), at most one second after it was received."""
    return min(event_time_us, received_us + CLAMP_AHEAD_US)


def is_stale(event_time_us: int, *, appended_us: int) -> bool:
    """Whether a reading is too old to be news, by when the broker took it in: the envelope's own time of receipt is not signed."""
    return appended_us - event_time_us > FRESH_FOR_US
