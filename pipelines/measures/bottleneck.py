"""A free passage that passes too little while the crowd before it grows."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipelines.measures.trend import Trend


def outflow_per_m_s(*, people: int, width_m: float, over_s: float) -> float:
    """Specific flow through a passage, p/(m s): *people* in *over_s* seconds over *width_m* metres."""
    return people / (width_m * over_s)


def chokes(*, outflow: float, upstream: Trend, least_flow: float, per_m2: float, rise_per_s: float) -> bool:
    """Whether little comes out while a dense crowd upstream surely becomes denser.

    A warning where the definition bites: a passage that few people want to use passes little too, so that only a dense and
    growing crowd before it makes this a sign. A turnstile passes about 0.18 p/s by its making and is not judged by this.

    Args:
        outflow: p/(m s).
        upstream: trend of the local peak before the passage, p/m².
        least_flow: outflow below which a passage chokes, p/(m s).
        per_m2: density from which on it matters.
        rise_per_s: growth that the lower end of the trend must exceed, p/m² in a second: a crowd that only fluctuates passes 0
            now and then.
    """
    return outflow < least_flow and upstream.value > per_m2 and upstream.low_per_s > rise_per_s
