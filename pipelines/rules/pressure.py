"""Crowd pressure, judged on the lower end of its interval; where it is not measurable, nothing is said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pipelines.alerts.kernel import Kernel
    from pipelines.outlook.second import Second

PRESSURE: Final = "crowd_pressure"


def pressure(kernel: Kernel, now: Second) -> None:
    """Each zone; over is what is measured below, or no longer dense, not what merely cannot be measured."""
    rule = kernel.plan.signs.pressure
    holds = kernel.ground.holds(warning=rule.hold_s)
    for zone in kernel.plan.zones:
        row = now.rows.get(zone.id)
        low = row.pressure_low_per_s2 if row is not None else None
        met = "warning" if low is not None and low >= rule.per_s2 else "none"
        known = kernel.covered(zone.id, now) and row is not None and (low is not None or row.patch_people == 0)
        kernel.follow(PRESSURE, zone.id, now, met, known=known, holds=holds, value=low or 0.0, unit="/s2")
