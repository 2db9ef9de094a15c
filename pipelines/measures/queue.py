"""A queue before a gate: who arrives, who is served, how many wait and for how long.

    waiting(t) = waiting(0) + arrived - served                 [people]
    wait       = waiting / served a second                     [s]

Source: Little 1961, "A proof for the queuing formula L = lambda W": holds for means over a time in which the queue neither
starts nor ends empty; while it grows, the wait of those who join now is longer than what those served now have waited.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """One window of a queue.

    Args:
        waiting: people at its end, >= 0.
        arriving_per_s: rate over the window.
        served_per_s: rate over the window.
        wait_s: of one who joins now; None where people wait and nobody is served.
    """

    waiting: float
    arriving_per_s: float
    served_per_s: float
    wait_s: float | None


def queue(*, waiting_before: float, arrived: int, served: int, window_s: float) -> Queue:
    """The queue at the end of a window.

    Args:
        waiting_before: people at the window's start, >= 0.
        arrived: people who joined in the window, >= 0.
        served: people who passed the gate in the window, >= 0.
        window_s: its length, > 0.

    Raises:
        ConfigError: a count is negative, or the window empty.
    """
    if min(waiting_before, arrived, served) < 0 or not window_s > 0:
        raise ConfigError(
            f"queue: expected counts from 0 and a window above 0 s, got {waiting_before}, {arrived}, {served} in {window_s} s"
        )
    waiting = max(waiting_before + arrived - served, 0.0)
    rate = served / window_s
    return Queue(
        waiting=waiting,
        arriving_per_s=arrived / window_s,
        served_per_s=rate,
        wait_s=0.0 if waiting == 0 else waiting / rate if served else None,
    )
