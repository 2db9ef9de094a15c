"""Short memories of a measure by event time: its slope, and counts over the last minute."""

from __future__ import annotations

from collections import deque
from typing import Final

from pipelines.units import US_PER_S

MINUTE_US: Final = 60 * US_PER_S
LEAST_TREND_US: Final = 15 * US_PER_S
LEAST_RATE_US: Final = 5 * US_PER_S


class Trend:
    """Slope of a measure over the last 60 s, one sample a second."""

    def __init__(self) -> None:
        """Start without samples."""
        self._samples: deque[tuple[int, float]] = deque()

    def add(self, at_us: int, value: float) -> None:
        """Take a sample; between whole seconds, and out of order, nothing is kept."""
        if at_us % US_PER_S or (self._samples and at_us <= self._samples[-1][0]):
            return
        self._samples.append((at_us, value))
        while self._samples[0][0] <= at_us - MINUTE_US:
            self._samples.popleft()

    def per_min(self) -> float | None:
        """Least-squares slope per minute; None below 15 s of samples."""
        if not self._samples or self._samples[-1][0] - self._samples[0][0] < LEAST_TREND_US:
            return None
        start = self._samples[0][0]
        minutes = [(at - start) / MINUTE_US for at, _ in self._samples]
        values = [value for _, value in self._samples]
        t_mean, v_mean = sum(minutes) / len(minutes), sum(values) / len(values)
        spread = sum((t - t_mean) ** 2 for t in minutes)
        return sum((t - t_mean) * (v - v_mean) for t, v in zip(minutes, values, strict=True)) / spread


class MinuteCounts:
    """Crossings of one line over the last 60 s, from windows that tile the seconds; a repeated window replaces itself."""

    def __init__(self) -> None:
        """Start without windows."""
        self._windows: dict[int, tuple[int, int]] = {}

    def add(self, window_end_us: int, entered: int, exited: int) -> None:
        """Take a window of 1 s; those that end between whole seconds overlap others and are left out."""
        if window_end_us % US_PER_S == 0:
            self._windows[window_end_us] = (entered, exited)
            for old in [end for end in self._windows if end <= window_end_us - MINUTE_US]:
                del self._windows[old]

    def per_min(self, now_us: int) -> tuple[float, float] | None:
        """In and out a minute over the windows of the last 60 s that there are; None below 5 s of them."""
        rows = [row for end, row in self._windows.items() if now_us - MINUTE_US < end <= now_us]
        seconds = len(rows)
        if seconds * US_PER_S < LEAST_RATE_US:
            return None
        return sum(row[0] for row in rows) * 60 / seconds, sum(row[1] for row in rows) * 60 / seconds


class CounterRate:
    """Growth a minute of two counters that never fall, over the last 60 s."""

    def __init__(self) -> None:
        """Start without samples."""
        self._samples: deque[tuple[int, int, int]] = deque()

    def add(self, at_us: int, first: int, second: int) -> None:
        """Take both counters as they stood at *at_us*."""
        if at_us % US_PER_S or (self._samples and at_us <= self._samples[-1][0]):
            return
        self._samples.append((at_us, first, second))
        while self._samples[0][0] < at_us - MINUTE_US:
            self._samples.popleft()

    def per_min(self) -> tuple[float, float] | None:
        """Growth of each counter a minute; None below 5 s of samples."""
        if not self._samples:
            return None
        (start, *old), (end, *new) = self._samples[0], self._samples[-1]
        if end - start < LEAST_RATE_US:
            return None
        scale = MINUTE_US / (end - start)
        return (new[0] - old[0]) * scale, (new[1] - old[1]) * scale
