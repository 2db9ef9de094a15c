"""The on-call table: who is on shift in which function, how each post is reached, and the ladders of escalation."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, Field, model_validator

from plan.part import Id, Part

Function = Literal[
    "command_post", "deputy", "fire_control_room", "zone_guard", "sector_lead", "police_liaison", "organiser", "authority", "everyone"
]
BY_PLACE: Final = ("zone_guard", "sector_lead")
EVERYONE: Final = ("command_post", "deputy", "fire_control_room", "zone_guard", "sector_lead")
_DAY_MIN: Final = 24 * 60
_US_PER_MIN: Final = 60_000_000
ChannelName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,30}$")]
TimeOfDay = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-4]):[0-5][0-9]$")]


class Network(Part):
    """A channel that bearers may name, and what it runs over."""

    channel: ChannelName
    network: ChannelName


class Bearer(Part):
    """A way to one post: a channel, and where the post is found on it."""

    channel: ChannelName
    address: str = Field(default="", max_length=256)


class Reach(Part):
    """How a post is reached: the second bearer is used when the first fails."""

    post: str = Field(min_length=1, max_length=16)
    bearers: tuple[Bearer, ...] = Field(min_length=2, max_length=4)


class Shift(Part):
    """Posts on call in one function."""

    function: Function
    posts: tuple[str, ...] = Field(min_length=1)
    places: tuple[Id, ...] = Field(default=(), description="zones, gates, lanes or areas; everywhere where none is given")
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    hours: tuple[TimeOfDay, TimeOfDay] | None = Field(default=None, description="part of each day, by the duty's utc_offset_min")

    @model_validator(mode="after")
    def _lasts(self) -> Shift:
        if self.function == "everyone":
            raise ValueError("'everyone' is who is on shift, and no function to be on shift in")
        if self.since is not None and self.until is not None and self.since >= self.until:
            raise ValueError("since must be before until")
        if self.hours is not None and self.hours[0] == self.hours[1]:
            raise ValueError("hours must begin and end at two times; leave them out for the whole day")
        return self


class Rung(Part):
    """A step of a ladder: whom it reaches, so long after the alert if nobody has answered."""

    step: str = Field(pattern=r"^[a-z_]{1,24}$")
    after_s: float = Field(ge=0, le=3600)
    functions: tuple[Function, ...] = Field(min_length=1)


class System(Part):
    """A system that is told of alerts at once, beside the posts: it climbs no ladder."""

    name: str = Field(min_length=1, max_length=32)
    channel: ChannelName
    address: str = Field(default="", max_length=256)
    priorities: tuple[Literal["P1", "P2", "P3"], ...] = ("P1", "P2")


P1: Final = (
    Rung(step="first", after_s=0, functions=("command_post", "zone_guard", "sector_lead", "fire_control_room")),
    Rung(step="deputies", after_s=30, functions=("deputy",)),
    Rung(step="everyone", after_s=60, functions=("everyone", "police_liaison")),
)
P2: Final = (
    Rung(step="first", after_s=0, functions=("zone_guard",)),
    Rung(step="sector", after_s=30, functions=("sector_lead",)),
    Rung(step="command", after_s=60, functions=("command_post",)),
    Rung(step="everyone", after_s=120, functions=("everyone",)),
)


class Duty(Part):
    """Who is on call, when, and how they are reached."""

    channels: tuple[Network, ...] = Field(min_length=1)
    reach: tuple[Reach, ...] = Field(min_length=1)
    shifts: tuple[Shift, ...] = Field(min_length=1)
    systems: tuple[System, ...] = ()
    p1: tuple[Rung, ...] = Field(default=P1, min_length=1)
    p2: tuple[Rung, ...] = Field(default=P2, min_length=1)
    patience_s: float = Field(default=5, gt=0, le=30, description="a bearer that has not answered for so long counts as failed")
    utc_offset_min: int = Field(default=0, ge=-720, le=840, description="what the shifts' hours are counted from UTC")
    source: str = Field(default="numbers of crowd safety: P1 and P2; the patience to be signed by the safety officer", min_length=3)

    @model_validator(mode="after")
    def _climbs(self) -> Duty:
        for name, ladder in (("p1", self.p1), ("p2", self.p2)):
            after = [rung.after_s for rung in ladder]
            if after[0] != 0 or after != sorted(set(after)):
                raise ValueError(f"{name}: the steps must begin at 0 s and come one after the other")
            if len({rung.step for rung in ladder}) != len(ladder):
                raise ValueError(f"{name}: two steps have one name")
        return self

    def bearers(self, post: str) -> tuple[Bearer, ...]:
        """How *post* is reached; empty when nobody knows."""
        return next((reach.bearers for reach in self.reach if reach.post == post), ())

    def on_call(self, function: Function, *, places: Collection[str], at_us: int) -> tuple[str, ...]:
        """Call signs on shift in *function* at *at_us* (µs UTC).

        Where a function is held by place, those of the *places* come before those of everywhere: the latter only when there are none.
        """
        if function == "everyone":
            found = [post for name in EVERYONE for shift in self._shifts(name, at_us) for post in shift.posts]
            return tuple(dict.fromkeys(found))
        shifts = self._shifts(function, at_us)
        near = [shift for shift in shifts if set(shift.places) & set(places)]
        chosen = near or [shift for shift in shifts if not shift.places]
        return tuple(dict.fromkeys(post for shift in chosen for post in shift.posts))

    def _shifts(self, function: str, at_us: int) -> list[Shift]:
        return [shift for shift in self.shifts if shift.function == function and is_on(shift, at_us, utc_offset_min=self.utc_offset_min)]


def is_on(shift: Shift, at_us: int, *, utc_offset_min: int) -> bool:
    """Whether the shift is on at *at_us* (µs UTC); both its span and its hours are half-open, and hours may pass midnight."""
    if shift.since is not None and at_us < round(shift.since.timestamp() * 1_000_000):
        return False
    if shift.until is not None and at_us >= round(shift.until.timestamp() * 1_000_000):
        return False
    if shift.hours is None:
        return True
    begin, end = (minutes(text) for text in shift.hours)
    now = (at_us // _US_PER_MIN + utc_offset_min) % _DAY_MIN
    return begin <= now < end if begin < end else now >= begin or now < end


def minutes(text: str) -> int:
    """Minutes since midnight of a time of day."""
    hours, _, rest = text.partition(":")
    return int(hours) * 60 + int(rest)
