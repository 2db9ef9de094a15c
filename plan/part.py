"""What everything in a plan is made of."""

from __future__ import annotations

from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]


class Part(BaseModel):
    """Base of everything in a plan: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Text(Part):
    """A text in the two languages of the screens."""

    en: str = Field(min_length=1, max_length=128)
    zh: str = Field(min_length=1, max_length=128)


class Span(Part):
    """A stretch of time, half-open."""

    since: AwareDatetime
    until: AwareDatetime

    @model_validator(mode="after")
    def _lasts(self) -> Span:
        if self.since >= self.until:
            raise ValueError("since must be before until")
        return self
