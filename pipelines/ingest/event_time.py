"""Event time as the device says it, held within what is possible. Pure."""

from __future__ import annotations

from pipelines.units import CLAMP_AHEAD_US


def clamped_us(event_time_us: int, *, received_us: int) -> int:
    """The event time (µs), at most one second after it was received."""
    return min(event_time_us, received_us + CLAMP_AHEAD_US)
