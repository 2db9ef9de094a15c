"""A value whose interval reaches level I: it cannot be excluded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipelines.levels import rank
from pipelines.rules.evidence import Met

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipelines.events import CrowdDensity
    from pipelines.outlook.second import Second
    from pipelines.rules.facts import Facts
    from pipelines.rules.ground import Ground

UNCERTAIN: Final = "cannot_exclude"
_CRITICAL: Final = rank("critical")


def uncertain(facts: Facts, now: Second) -> Iterator[Met]:
    """Each zone whose local peak is below critical, but with the relative error of its count is not.

    Where the zone is saturated the peak is where people hide each other: it has the error of such a view, however small that
    of the whole zone is.
    """
    holds = facts.ground.holds(warning=facts.plan.signs.cannot_exclude.hold_s)
    for zone in facts.plan.zones:
        row = now.rows.get(zone.id)
        critical = facts.ground.steps[zone.id].thresholds[_CRITICAL]
        peak = row.local_peak_per_m2 if row is not None else 0.0
        upper = peak * (1 + _share(row, facts.ground)) if row is not None and row.people > 0 else peak
        met = "warning" if peak < critical <= upper and rank(now.levels[zone.id]) < _CRITICAL else "none"
        yield Met(
            rule=UNCERTAIN,
            place=zone.id,
            level=met,
            known=facts.ground.covered(row),
            holds=holds,
            value=upper,
            unit="p/m2",
        )


def _share(row: CrowdDensity, ground: Ground) -> float:
    """By what share the peak may be higher."""
    share = row.error_people / row.people
    return max(share, ground.hides(row.zone, (row.peak_x_m, row.peak_y_m))) if row.saturated else share
