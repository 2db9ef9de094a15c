"""Response plans: what the standard asks for after an alert, each with its deadline and the clause that asks for it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from plan.duty import Function
from plan.part import Id, Part, Text


class ResponseStep(Part):
    """One thing to be done: said to somebody by a message, or ordered of a person who reports it done."""

    id: Literal["classification", "plan_started", "staff_told", "organiser_told", "authorities_told"]
    text: Text
    within_s: float = Field(gt=0, le=7200)
    by: Literal["message", "order"] = "message"
    functions: tuple[Function, ...] = Field(min_length=1)


class ResponsePlan(Part):
    """What is to be done when an alert of one of the rules is at one of the levels."""

    id: Id
    name: Text
    clause: str = Field(min_length=1, max_length=64, description="of the emergency plan that the venue keeps")
    rules: tuple[str, ...] = Field(min_length=1)
    levels: tuple[Literal["caution", "warning", "critical", "act_now"], ...] = ("critical", "act_now")
    steps: tuple[ResponseStep, ...] = Field(min_length=1)
    source: str = Field(min_length=3)

    @model_validator(mode="after")
    def _steps_once(self) -> ResponsePlan:
        if len({step.id for step in self.steps}) != len(self.steps):
            raise ValueError("steps: a step is there twice")
        return self
