"""What ALERTS works out beside its alerts: time to the next level, queues, and the balance of an area. Pure."""

from __future__ import annotations

from math import sqrt
from typing import Any, Final

from pipelines.events import CrowdBalance, CrowdForecast, CrowdQueue
from pipelines.units import US_PER_S

FRESH_US: Final = 3 * US_PER_S
LONGEST_S: Final = 6 * 3600.0  # beyond that the rates of one minute say nothing
ERRORS: Final = 1.96  # of the people who came in and went out within the minute, as if each came by chance


class Outlook:
    """The newest row of each zone, gate and area; what is older than three seconds is not told."""

    def __init__(self) -> None:
        """Start with nothing known."""
        self._forecasts: dict[str, CrowdForecast] = {}
        self._queues: dict[str, CrowdQueue] = {}
        self._balances: dict[str, CrowdBalance] = {}

    def take_forecast(self, row: CrowdForecast, _: int) -> None:
        """Take the forecast of a zone."""
        known = self._forecasts.get(row.zone)
        if known is None or row.window_end_us >= known.window_end_us:
            self._forecasts[row.zone] = row

    def take_queue(self, row: CrowdQueue, _: int) -> None:
        """Take the queue of a gate."""
        known = self._queues.get(row.gate)
        if known is None or row.window_end_us >= known.window_end_us:
            self._queues[row.gate] = row

    def take_balance(self, row: CrowdBalance, _: int) -> None:
        """Take the balance of an area."""
        known = self._balances.get(row.area)
        if known is None or row.window_end_us >= known.window_end_us:
            self._balances[row.area] = row

    def zone(self, zone: str, clock_us: int) -> dict[str, Any] | None:
        """When the zone reaches its next level, s from now; None where nobody can say or it does not rise towards it."""
        row = self._forecasts.get(zone)
        if row is None or clock_us - row.window_end_us > FRESH_US or row.next_s is None:
            return None
        return {"level": row.next_level, "s": row.next_s, "low_s": row.next_low_s, "high_s": row.next_high_s}

    def gate(self, gate: str, clock_us: int) -> dict[str, Any] | None:
        """People who wait at the gate, and how long; None while that is not known."""
        row = self._queues.get(gate)
        if row is None or clock_us - row.window_end_us > FRESH_US or not row.known:
            return None
        return {"people": round(row.people), "wait_s": row.wait_s, "served_per_min": round(row.served_per_min, 1)}

    def area(self, area: str, clock_us: int) -> dict[str, Any] | None:
        """What turnstiles, lines and cameras say of an area, reconciled."""
        row = self._balances.get(area)
        if row is None or clock_us - row.window_end_us > FRESH_US:
            return None
        return {
            "inside": row.inside,
            "low": row.low,
            "high": row.high,
            "turnstiles": row.turnstiles,
            "lines": row.lines,
            "seen": row.seen,
            "residual": row.residual,
            "suspect": row.suspect,
        }


def full_in_s(
    balance: dict[str, Any] | None, *, approved: float, in_per_min: float | None, out_per_min: float | None
) -> dict[str, float | None] | None:
    """When the approved number is reached if people come and go as in the last minute: s from now, with its interval.

    None where nobody can say, where the area does not fill, and beyond six hours. `high_s` is None where it may never be full.
    """
    if balance is None or in_per_min is None or out_per_min is None or not approved:
        return None
    net = in_per_min - out_per_min
    error = ERRORS * sqrt(in_per_min + out_per_min)
    if net <= 0 or (approved - balance["inside"]) / net * 60 > LONGEST_S:
        return None
    low_s = max(approved - balance["high"], 0.0) / (net + error) * 60
    high_s = max(approved - balance["low"], 0.0) / (net - error) * 60 if net > error else None
    return {"s": max(approved - balance["inside"], 0.0) / net * 60, "low_s": low_s, "high_s": high_s}
