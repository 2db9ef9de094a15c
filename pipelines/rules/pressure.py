"""Crowd pressure, judged on the lower end of its interval; where it is not measurable, nothing is said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipelines.rules.evidence import Met

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipelines.outlook.second import Second
    from pipelines.rules.facts import Facts

PRESSURE: Final = "crowd_pressure"


def pressure(facts: Facts, now: Second) -> Iterator[Met]:
    """Each zone; over is what is measured below, or no longer dense, not what merely cannot be measured."""
    rule = facts.plan.signs.pressure
    holds = facts.ground.holds(warning=rule.hold_s)
    for zone in facts.plan.zones:
        row = now.rows.get(zone.id)
        low = row.pressure_low_per_s2 if row is not None else None
        met = "warning" if low is not None and low >= rule.per_s2 else "none"
        known = row is not None and facts.ground.covered(row) and (low is not None or row.patch_people == 0)
        yield Met(rule=PRESSURE, place=zone.id, level=met, known=known, holds=holds, value=low or 0.0, unit="/s2")
