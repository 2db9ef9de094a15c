"""What two trials of one recording differ in: levels gained, lost, earlier, later, and how often a person is called. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from pipelines.events import AlertChange
from pipelines.units import MICRO

GAINED: Final = "gained"
LOST: Final = "lost"
EARLIER: Final = "earlier"
LATER: Final = "later"
_HOUR_US: Final = 3600 * MICRO


@dataclass(slots=True, kw_only=True)
class Episode:
    """One alert: its levels and when each was reached first, whether it had a card, and when it ended (-1 = not)."""

    alert_id: str
    rule: str
    place: str
    levels: dict[str, int]
    card: bool
    start_us: int
    end_us: int = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A level of an alert that is gained, lost, earlier or later; times in µs, -1 where there is none."""

    what: str
    rule: str
    place: str
    level: str
    before_us: int
    after_us: int


def episodes(changes: Iterable[AlertChange]) -> list[Episode]:
    """The alerts of a trial, in the order in which they began."""
    found: dict[str, Episode] = {}
    for change in changes:
        row = found.get(change.alert_id)
        if row is None:
            row = found[change.alert_id] = Episode(
                alert_id=change.alert_id, rule=change.rule, place=change.place, levels={}, card=False, start_us=change.start_us
            )
        for step in change.levels:
            row.levels.setdefault(step.level, step.event_time_us)
        row.card = row.card or change.card
        if change.condition == "cleared":
            row.end_us = change.event_time_us
    return list(found.values())


def differences(before: list[Episode], after: list[Episode]) -> list[Difference]:
    """What *after* has more, less, earlier or later than *before*, by time."""
    found, left = [], list(after)
    for old in before:
        new = next((row for row in left if row.alert_id == old.alert_id), None) or next((row for row in left if _same(old, row)), None)
        if new is not None:
            left.remove(new)
        found += _of(old, old.levels, new.levels if new is not None else {})
    for new in left:
        found += _of(new, {}, new.levels)
    return sorted(found, key=lambda row: (max(row.before_us, row.after_us), row.rule, row.place))


def _same(old: Episode, new: Episode) -> bool:
    """Whether two alerts are one episode: one rule and place, at one time."""
    ends = [row.end_us if row.end_us >= 0 else max([row.start_us, *row.levels.values()]) + _HOUR_US for row in (old, new)]
    return (old.rule, old.place) == (new.rule, new.place) and old.start_us <= ends[1] and new.start_us <= ends[0]


def _of(row: Episode, before: dict[str, int], after: dict[str, int]) -> list[Difference]:
    found = []
    for level in dict.fromkeys((*before, *after)):
        old_us, new_us = before.get(level, -1), after.get(level, -1)
        if old_us != new_us:
            what = GAINED if old_us < 0 else LOST if new_us < 0 else EARLIER if new_us < old_us else LATER
            found.append(Difference(what=what, rule=row.rule, place=row.place, level=level, before_us=old_us, after_us=new_us))
    return found


def cards_per_hour(found: Iterable[Episode], *, over_us: int, operators: int) -> float:
    """Alerts with a card by hour and operator."""
    return sum(row.card for row in found) / max(over_us / _HOUR_US, 1e-9) / operators
