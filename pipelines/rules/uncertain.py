"""A value whose interval reaches level I: it cannot be excluded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipelines.levels import rank

if TYPE_CHECKING:
    from pipelines.alerts.kernel import Kernel
    from pipelines.outlook.second import Second

UNCERTAIN: Final = "cannot_exclude"
_CRITICAL: Final = rank("critical")


def uncertain(kernel: Kernel, now: Second) -> None:
    """Each zone whose local peak is below critical, but with the relative error of its count is not."""
    holds = kernel.ground.holds(warning=kernel.plan.signs.cannot_exclude.hold_s)
    for zone in kernel.plan.zones:
        row = now.rows.get(zone.id)
        critical = kernel.ground.steps[zone.id].thresholds[_CRITICAL]
        peak = row.local_peak_per_m2 if row is not None else 0.0
        upper = peak * (1 + row.error_people / row.people) if row is not None and row.people > 0 else peak
        met = "warning" if peak < critical <= upper and rank(now.levels[zone.id]) < _CRITICAL else "none"
        kernel.follow(UNCERTAIN, zone.id, now, met, known=kernel.covered(zone.id, now), holds=holds, value=upper, unit="p/m2")
