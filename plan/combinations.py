"""Rules that a plan adds, and when rules hold: this and that near each other, and schedules."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import AwareDatetime, Field

from plan.part import Id, Part, Text

_OURS: Final = "our proposal, to be signed by the safety officer"


class Combination(Part):
    """Several things near each other, within a short time: an alert of its own."""

    id: Id
    name: Text
    all_of: tuple[str, ...] = Field(min_length=2, description="rules that must all say something")
    within_s: float = Field(default=60, gt=0, description="so long after it is over, an alert still counts")
    within_m: float = Field(default=50, gt=0, description="so far apart at most")
    level: Literal["watch", "caution", "warning", "critical"] = "warning"
    source: str = Field(min_length=3)


class Schedule(Part):
    """When a rule holds; a rule without any holds always, one with several when any of them does."""

    rule: str
    phases: tuple[str, ...] = Field(default=(), description="only in these")
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    source: str = Field(min_length=3)


class Rules(Part):
    """What a plan adds to the rules that Muster has."""

    combinations: tuple[Combination, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    reach_per_m2: float = Field(default=12, gt=0, description="no crowd is denser: a threshold above can never be reached")
    reach_per_m_s: float = Field(default=1.82, gt=0, description="nor passes more people by metre and second")
    source: str = Field(default=f"Itaewon 2022: 10.7 p/m2 [V]; 109 p/m/min exists in council tables; {_OURS}", min_length=3)
