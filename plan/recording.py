"""How long video is kept; the standard's thirty days are a floor that no plan, and no full disk, goes below."""

from __future__ import annotations

from pydantic import Field, model_validator

from plan.part import Part

LEAST_DAYS, MOST_DAYS = 30, 90


class Recording(Part):
    """How long recorded video is kept: never deleted before *floor_days*, gone after *video_days* unless it is held as evidence."""

    floor_days: int = Field(
        default=LEAST_DAYS, ge=LEAST_DAYS, le=MOST_DAYS, description="younger video is never deleted, whatever the disk"
    )
    video_days: int = Field(default=LEAST_DAYS, ge=LEAST_DAYS, le=MOST_DAYS, description="older video goes, unless it is held")
    source: str = Field(default="the standard for mass activities: video is kept 30 days; 90 where the authority asks", min_length=3)

    @model_validator(mode="after")
    def _ordered(self) -> Recording:
        if self.video_days < self.floor_days:
            raise ValueError(f"video_days is {self.video_days}, and may not be below floor_days, {self.floor_days}")
        return self
