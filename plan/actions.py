"""Prepared actions: orders whose words, authority and effect are settled before the event."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from plan.part import Id, Part, Text


class Effect(Part):
    """What an action should change, and when that is looked at."""

    measure: Literal["peak", "flow", "queue"] = Field(description="local peak of the zone, inflow over its lines, people in the queue")
    after_min: float = Field(gt=0, le=120)
    fall: float = Field(default=0.1, gt=0, lt=1, description="it must have fallen by this share at least")
    source: str = Field(min_length=3)


class Action(Part):
    """One prepared action."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")
    name: Text
    text: Text = Field(description="what the recipient is told; {place} is the place")
    public: Text | None = Field(default=None, description="what the public is told; two persons are needed then")
    authority: tuple[str, ...] = Field(min_length=1, description="English names of the roles that may order it")
    gesture: bool = Field(default=False, description="whether it needs the second gesture")
    within_s: float = Field(default=300, gt=0, le=7200, description="it is overdue after so long")
    to: Id | None = Field(default=None, description="zone that it sends people to")
    effect: Effect | None = None

    @model_validator(mode="after")
    def _is_safe(self) -> Action:
        if self.id == "stop_show" and not self.gesture:
            raise ValueError("gesture: to stop the show needs the second gesture")
        if self.id.startswith("divert") and self.to is None:
            raise ValueError("to: an order to divert names the zone that it sends people to")
        return self
