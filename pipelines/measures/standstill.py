"""Standstill at the foot of stairs."""

from __future__ import annotations


def foot_stands(
    *,
    speed_mps: float | None,
    peak_per_m2: float,
    flight_people: float,
    standstill_mps: float,
    per_m2: float,
    least_flight_people: float,
) -> bool:
    """Whether those at the foot stand, densely, while people are on the flight and press on.

    Args:
        speed_mps: mean speed at the foot, m/s; None, when nobody has a velocity, is not standstill.
        peak_per_m2: local peak at the foot.
        flight_people: people on the flight.
        standstill_mps: slower is standing, m/s.
        per_m2: local peak from which on it matters: two who chat at the foot are no crowd.
        least_flight_people: people on the flight from which on it matters.
    """
    return speed_mps is not None and speed_mps < standstill_mps and peak_per_m2 >= per_m2 and flight_people >= least_flight_people
