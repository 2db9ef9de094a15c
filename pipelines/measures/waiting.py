"""The queue of a gate: who arrives, who is served, and how long the last one waits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_ENDS: Final = 5  # samples that are averaged at either end, against the noise of a count


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """People (p), arrivals and services (p/min), and the wait (s; None while nobody is served)."""

    people: float
    arriving_per_min: float
    served_per_min: float
    wait_s: float | None


def waiting(*, people: Sequence[float], served: int, over_s: int) -> Waiting:
    """What a queue does, from its people each second and who passed the gate inwards in the same time.

    By conservation, arriving = served + growth of the queue, never below 0; wait = people / rate of service: that of the
    last in the queue if the gate goes on as it is (Little's law in a queue that is served in order).

    Args:
        people: 1 Hz, oldest first, at least 2 samples, p.
        served: people who passed inwards in *over_s* seconds.
        over_s: seconds that both cover, > 0.
    """
    ends = min(_ENDS, len(people) // 2)
    first, last = sum(people[:ends]) / ends, sum(people[-ends:]) / ends
    apart_s = len(people) - ends  # between the middles of the two ends
    served_per_min = served * 60 / over_s
    growth_per_min = (last - first) * 60 / apart_s
    return Waiting(
        people=last,
        arriving_per_min=max(served_per_min + growth_per_min, 0.0),
        served_per_min=served_per_min,
        wait_s=last * 60 / served_per_min if served else None,
    )
