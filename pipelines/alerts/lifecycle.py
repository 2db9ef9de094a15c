"""The life of one alert on two axes that never mix: condition (event time) and work (people). Pure.

Every change is numbered on its own axis, so that a repeat after a crash has the number it had before.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import Any, Final

from pipelines.events import AlertChange, LevelStep
from pipelines.levels import NONE, latches, rank

PRIORITY: Final = {"watch": "P3", "caution": "P2", "warning": "P2", "critical": "P1", "act_now": "P1"}


def alert_id(*, site: str, rule: str, version: int, place: str, start_us: int) -> str:
    """BLAKE2b (16 bytes, hex) of what an episode is: the same in every mode, at every rate, after every crash."""
    text = "\0".join((site, rule, str(version), place, str(start_us)))
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


@dataclass(slots=True, kw_only=True)
class Alert:
    """One episode of one rule at one place; *subject* tells apart what may be there several times, such as vehicles."""

    alert_id: str
    rule: str
    rule_version: int
    place: str
    start_us: int
    level: str = NONE
    measured_level: str = NONE
    condition: str = "active"
    work: str = "new"
    latched: bool = False
    card: bool = False
    verified: bool = True
    value: float = 0.0
    at_least: bool = False  # the value is a lower bound
    unit: str = ""
    x_m: float = 0.0
    y_m: float = 0.0
    source: str = ""
    subject: str = ""
    prompt_en: str = ""
    prompt_zh: str = ""
    owner: str = ""
    verdict: str = ""
    closing: str = ""
    judged: str = NONE  # the level at which a person shelved or closed it: what rises above that comes back
    shelved_until_us: int = 0
    grouped_under: str = ""
    inhibited_by: str = ""
    repeats: int = 1
    levels: tuple[tuple[str, int], ...] = ()
    condition_number: int = 0
    work_number: int = 0
    event_time_us: int = 0
    evidence_us: int = 0
    saved: tuple[tuple[Any, ...], str] = field(default=((), ""), compare=False, repr=False)

    @property
    def key(self) -> tuple[str, str]:
        """What an open alert is found by: the rule, and the subject or else the place."""
        return self.rule, self.subject or self.place

    @property
    def life_safety(self) -> bool:
        """Whether it is P1: never shelved, inhibited or grouped, and never ended but by a person."""
        return PRIORITY[self.level] == "P1"

    @property
    def stands_alone(self) -> bool:
        """Whether no other alert may keep it back: life safety, what a person has raised, and what somebody works on."""
        return self.life_safety or self.latched or self.work in ("in_progress", "on_hold")

    @property
    def shown(self) -> bool:
        """Whether it may be shown and sounded: it deserves a card, and no other alert or person keeps it back."""
        return self.card and not (self.shelved_until_us or self.grouped_under or self.inhibited_by)

    def reach(self, levels: Iterable[str], now_us: int) -> None:
        """Note the levels reached at *now_us*, lowest first; a latching level latches."""
        for level in levels:
            self.levels += ((level, now_us),)
            if rank(level) > rank(self.level):
                self.level = level
            self.latched = self.latched or latches(level)

    def change(self, *, axis: str, now_us: int, mode: str, plan: str, actor: str = "", role: str = "", reason: str = "") -> AlertChange:
        """The next change on *axis*, with the whole alert as it is now."""
        if axis == "condition":
            self.condition_number += 1
            self.event_time_us = now_us
        else:
            self.work_number += 1
        return AlertChange(
            alert_id=self.alert_id,
            mode=mode,
            axis=axis,
            number=self.condition_number if axis == "condition" else self.work_number,
            rule=self.rule,
            rule_version=self.rule_version,
            place=self.place,
            priority=PRIORITY[self.level],
            level=self.level,
            measured_level=self.measured_level,
            condition=self.condition,
            work=self.work,
            latched=self.latched,
            card=self.shown,
            verified=self.verified,
            start_us=self.start_us,
            event_time_us=now_us,
            value=self.value,
            unit=self.unit,
            x_m=self.x_m,
            y_m=self.y_m,
            source=self.source,
            levels=tuple(LevelStep(level=level, event_time_us=at_us) for level, at_us in self.levels),
            actor=actor,
            actor_role=role,
            reason=reason,
            plan=plan,
            prompt_en=self.prompt_en,
            prompt_zh=self.prompt_zh,
            owner=self.owner,
            verdict=self.verdict,
            closing=self.closing,
            shelved_until_us=self.shelved_until_us,
            grouped_under=self.grouped_under,
            inhibited_by=self.inhibited_by,
            repeats=self.repeats,
            at_least=self.at_least,
        )

    def dump(self) -> str:
        """JSON of what differs from an alert's beginning; made again only when something has changed, since all are saved each second."""
        values = _values(self)
        if values != self.saved[0]:
            plain = {name: value for name, value, usual in zip(_NAMES, values, _USUAL, strict=True) if value != usual}
            self.saved = values, json.dumps(plain, separators=(",", ":"))
        return self.saved[1]

    @classmethod
    def load(cls, plain: dict[str, Any]) -> Alert:
        """The inverse of `dump`, from what its JSON says."""
        return cls(**{**plain, "levels": tuple((level, at_us) for level, at_us in plain.get("levels", ()))})


_SAVED: Final = [each for each in fields(Alert) if each.name != "saved"]
_NAMES: Final = tuple(each.name for each in _SAVED)
_USUAL: Final = tuple(each.default for each in _SAVED)
_values: Final = attrgetter(*_NAMES)
