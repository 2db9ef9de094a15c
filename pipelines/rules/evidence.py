"""What a rule says of a place. What becomes of it, whoever keeps the alerts decides. Pure.

A rule gives these one after the other, and sees with each what the one before it has done: it is a generator.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.rules.signal import Holds


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Something happens at a place: it begins an alert, or belongs to the one that is open.

    Args:
        rule, place: what, and where.
        start_us: when the episode began: the alert's id is made of it.
        now_us: when this was seen.
        levels: those that it reaches, lowest first.
        card: whether it may be shown and sounded.
        value, unit: what was measured.
        at_least: the value is a lower bound.
        at_m: where, exactly.
        source: the device, camera or person that it comes from.
        verified: false for what is shown as UNVERIFIED.
        subject: tells apart what may be at one place several times, such as vehicles.
        prompt: for a sign or the people in charge, in English and Chinese.
        latched: its alert waits for a person at every level.
    """

    rule: str
    place: str
    start_us: int
    now_us: int
    levels: tuple[str, ...]
    card: bool = True
    value: float = 0.0
    unit: str = ""
    at_least: bool = False
    at_m: tuple[float, float] = (0.0, 0.0)
    source: str = ""
    verified: bool = True
    subject: str = ""
    prompt: tuple[str, str] = ("", "")
    latched: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """The level that a measured rule meets at a place in this second, or none.

    Args:
        rule, place: what, and where.
        level: the highest that is met.
        known: whether a lower level, or none, is surely so: what is not seen may rise but never falls.
        holds: the levels that the rule has, and how long each must be met.
        value, unit: what was measured.
        source: the device that it comes from.
        prompt: what is proposed at critical, in English and Chinese.
    """

    rule: str
    place: str
    level: str
    known: bool
    holds: Holds
    value: float
    unit: str
    source: str = ""
    prompt: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True)
class GoesOn:
    """What the alert that is open for (rule, place) says is still so, without anything new."""

    rule: str
    place: str


@dataclass(frozen=True, slots=True)
class Over:
    """What the alert that is open for (rule, place), or (rule, subject), says is not so any more; nothing where none is open."""

    rule: str
    place: str
