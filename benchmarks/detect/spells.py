"""Spells of behaviour as spans of time, crossings as moments, and which of those that are told were so. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from pipelines.events import CameraEvent
from pipelines.units import MICRO

SPELL_SLACK_US: Final = MICRO
CROSSING_SLACK_US: Final = 3 * MICRO
_NEAR_CM: Final = 200  # two crossings of one fence by one person, seen and true


@dataclass(frozen=True, slots=True, kw_only=True)
class Spell:
    """Something of one kind at one place, from when it was first to when it was last seen, µs; a crossing is a moment *at_cm*."""

    kind: str
    place: str
    begun_us: int
    last_us: int
    at_cm: tuple[int, int] = (0, 0)

    def meets(self, other: Spell, *, slack_us: int) -> bool:
        """Whether both are of one place and, but for the slack, of one time."""
        near = self.begun_us <= other.last_us + slack_us and other.begun_us <= self.last_us + slack_us
        return (self.kind, self.place) == (other.kind, other.place) and near


Judged = Callable[[Sequence[Spell], Sequence[Spell]], tuple[list[Spell], list[Spell]]]


def spells(events: Iterable[CameraEvent], *, gaps_us: Mapping[str, int], end_us: int) -> list[Spell]:
    """The spells of one camera's events; *gaps_us* is after how long unseen each kind ends, *end_us* when the film does."""
    begun: dict[tuple[str, str], int] = {}
    found = []
    for event in events:
        key = (event.kind, event.place)
        if event.state == "begin":
            begun[key] = event.event_time_us
        elif event.state == "end":
            last_us = event.event_time_us - gaps_us[event.kind]
            found.append(Spell(kind=event.kind, place=event.place, begun_us=begun.pop(key), last_us=last_us))
    found += [Spell(kind=kind, place=place, begun_us=begun_us, last_us=end_us) for (kind, place), begun_us in begun.items()]
    return sorted(found, key=lambda spell: spell.begun_us)


def crossings(events: Iterable[CameraEvent]) -> list[Spell]:
    """Every crossing of a fence, whoever crossed before: a spell may hold several."""
    return [
        Spell(kind=row.kind, place=row.place, begun_us=row.event_time_us, last_us=row.event_time_us, at_cm=(row.x_cm, row.y_cm))
        for row in events
        if row.kind == "fence_line" and row.state != "end"
    ]


def unmet(told: Sequence[Spell], true: Sequence[Spell]) -> tuple[list[Spell], list[Spell]]:
    """Which spells that are told meet none that was so, and which that were so meet none that is told."""
    slack = {"slack_us": SPELL_SLACK_US}
    false = [spell for spell in told if not any(spell.meets(other, **slack) for other in true)]
    return false, [spell for spell in true if not any(spell.meets(other, **slack) for other in told)]


def unpaired(told: Sequence[Spell], true: Sequence[Spell]) -> tuple[list[Spell], list[Spell]]:
    """The same of crossings, of which each is one other's at most: the nearest in time, at the same spot of the fence."""
    left, false = list(true), []
    for spell in told:
        near = [
            other for other in left if spell.meets(other, slack_us=CROSSING_SLACK_US) and math.dist(spell.at_cm, other.at_cm) <= _NEAR_CM
        ]
        if near:
            left.remove(min(near, key=lambda other: abs(other.begun_us - spell.begun_us)))
        else:
            false.append(spell)
    return false, left


def held_against(judged: Judged, told: Sequence[Spell], true: Sequence[Spell], *, since_us: int = 0) -> dict[str, int]:
    """What was told from *since_us* on, beside what was so."""
    false, missed = [sum(spell.begun_us > since_us for spell in spells) for spells in judged(told, true)]
    mine, theirs = [sum(spell.begun_us > since_us for spell in spells) for spells in (told, true)]
    return {"told": mine, "false": false, "true": theirs, "found": theirs - missed, "missed": missed}


def so_by_chance(judged: Judged, told: Sequence[Spell], true: Sequence[Spell], *, end_us: int) -> float:
    """Share of what was told that would count as so if it had been told a tenth of the film later, two, … nine."""
    false = 0
    for tenth in range(1, 10):
        shifted = sorted((_later(spell, end_us * tenth // 10, end_us) for spell in told), key=lambda spell: spell.begun_us)
        false += len(judged(shifted, true)[0])
    return round(1 - false / max(9 * len(told), 1), 2)


def _later(spell: Spell, by_us: int, end_us: int) -> Spell:
    begun_us = (spell.begun_us + by_us) % end_us
    return replace(spell, begun_us=begun_us, last_us=min(begun_us + spell.last_us - spell.begun_us, end_us))


def table(
    told: Sequence[CameraEvent], true: Sequence[CameraEvent], *, gaps_us: Mapping[str, int], since_us: int, end_us: int
) -> dict[str, Any]:
    """For each kind what was told beside what was so, over the whole film and from *since_us* on."""
    found: dict[str, Any] = {"all_of_it": {}, "second_half": {}, "so_by_chance": {}}
    for kind in gaps_us:
        judged: Judged = unpaired if kind == "fence_line" else unmet
        mine, theirs = [_of(kind, events, gaps_us=gaps_us, end_us=end_us) for events in (told, true)]
        found["all_of_it"][kind] = held_against(judged, mine, theirs)
        found["second_half"][kind] = held_against(judged, mine, theirs, since_us=since_us)
        found["so_by_chance"][kind] = so_by_chance(judged, mine, theirs, end_us=end_us)
    return found


def _of(kind: str, events: Sequence[CameraEvent], *, gaps_us: Mapping[str, int], end_us: int) -> list[Spell]:
    rows = crossings(events) if kind == "fence_line" else spells(events, gaps_us=gaps_us, end_us=end_us)
    return [row for row in rows if row.kind == kind]
