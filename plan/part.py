"""What everything in a plan is made of."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """Base of everything in a plan: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")
