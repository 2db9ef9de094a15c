"""A change of an alert as ALERTS would tell it, for tests and benchmarks: a critical crowd at gate C, unless they say otherwise."""

from __future__ import annotations

from typing import Any, Final

from pipelines.events import AlertChange

_CRITICAL: Final[dict[str, Any]] = {
    "alert_id": "0a" * 16,
    "mode": "live",
    "axis": "condition",
    "number": 1,
    "rule": "crowd_density",
    "rule_version": 1,
    "place": "gate-c-queue",
    "priority": "P1",
    "level": "critical",
    "measured_level": "critical",
    "condition": "active",
    "work": "new",
    "latched": True,
    "card": True,
    "verified": True,
    "start_us": 1,
    "event_time_us": 2,
    "value": 6.1,
    "unit": "p/m2",
    "x_m": 0.0,
    "y_m": 0.0,
    "source": "",
    "actor": "",
    "actor_role": "",
    "reason": "",
    "plan": "abc",
}


def alert_change(**fields: Any) -> AlertChange:
    """The change, with these *fields*."""
    return AlertChange(**(_CRITICAL | fields))
