"""The life of one alert on two axes that never mix: condition (event time) and work (people). Pure.

Every change is numbered on its own axis, so that a repeat after a crash has the number it had before.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from pipelines.alerts.ladder import NONE, latches, rank
from pipelines.events import AlertChange, LevelStep

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
    unit: str = ""
    x_m: float = 0.0
    y_m: float = 0.0
    source: str = ""
    subject: str = ""
    prompt_en: str = ""
    prompt_zh: str = ""
    levels: list[tuple[str, int]] = field(default_factory=list)
    condition_number: int = 0
    work_number: int = 0
    event_time_us: int = 0
    evidence_us: int = 0

    @property
    def key(self) -> tuple[str, str]:
        """What an open alert is found by: the rule, and the subject or else the place."""
        return self.rule, self.subject or self.place

    def reach(self, levels: list[str], now_us: int) -> None:
        """Note the levels reached at *now_us*, lowest first; a latching level latches."""
        for level in levels:
            self.levels.append((level, now_us))
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
            card=self.card,
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
        )

    def dump(self) -> dict[str, Any]:
        """Plain values, for the saved state."""
        return asdict(self)

    @classmethod
    def load(cls, plain: dict[str, Any]) -> Alert:
        """The inverse of `dump`."""
        return cls(**{**plain, "levels": [(level, at_us) for level, at_us in plain["levels"]]})
