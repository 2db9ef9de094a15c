"""How long what happened is kept, by tier; each tier has a floor below which a plan may not go."""

from __future__ import annotations

from typing import Final

from pydantic import Field, model_validator

from plan.part import Part

_STANDARD: Final = "the standard asks for 30 days"
# Key → the least it may be, and why.
FLOORS: Final = {
    "frames_h": (48, "late sums are added to their windows from it, and a night's event is looked at on the next day"),
    "positions_days": (30, _STANDARD),
    "grid_days": (30, _STANDARD),
    "measures_days": (30, _STANDARD),
    "readings_days": (30, _STANDARD),
    "platform_days": (30, _STANDARD),
    "response_days": (1096, "what people did is kept three years"),
    "drill_days": (1, "a drill is evaluated on the day after it"),
}
LONGEST_DAYS: Final = 7300  # a time of expiry in 2106 and later does not fit into what ClickHouse counts it in


class Retention(Part):
    """How long each tier is kept. What is below its floor is refused: a full disk is no reason to delete."""

    frames_h: int = Field(default=48, le=LONGEST_DAYS * 24, description="hours of every frame's positions, and of partial sums")
    positions_days: int = Field(default=30, le=LONGEST_DAYS, description="one position a second of everybody")
    grid_days: int = Field(default=30, le=LONGEST_DAYS, description="the grid, each second and each ten seconds")
    measures_days: int = Field(default=30, le=LONGEST_DAYS, description="measures of zones, lines, areas, queues; forecasts")
    readings_days: int = Field(default=30, le=LONGEST_DAYS, description="readings of sensors, vehicles, states of cameras")
    platform_days: int = Field(default=30, le=LONGEST_DAYS, description="health of stages, the ledger, dead letters")
    response_days: int = Field(default=1096, le=LONGEST_DAYS, description="alerts, orders, receipts, linkage, audit")
    drill_days: int = Field(default=1, le=LONGEST_DAYS, description="a drill's database goes so long after its last row")
    source: str = Field(
        default="the standard for mass activities: 30 days and more; audit three years; to be signed by the safety officer", min_length=3
    )

    @model_validator(mode="after")
    def _floors(self) -> Retention:
        low = [
            f"{key} is {getattr(self, key)}, and may not be below {least}: {why}"
            for key, (least, why) in FLOORS.items()
            if getattr(self, key) < least
        ]
        if low:
            raise ValueError("; ".join(low))
        return self
