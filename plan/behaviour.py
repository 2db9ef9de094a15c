"""Which behaviour of people is told of, where, when and from what on. Nothing is watched that the plan does not name."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import Field

from plan.part import Id, Part, Span, Text

_OURS: Final = "our proposal, to be signed by the safety officer"
Point = tuple[float, float]
Phases = tuple[Literal["setup", "sweep", "entry", "show", "interval", "dispersal", "closed"], ...]


class When(Part):
    """When a rule of behaviour holds; always where neither phases nor times are given."""

    phases: Phases = Field(default=(), description="in these phases of the event")
    times: tuple[Span, ...] = Field(default=(), description="at these times")


class ClosedZone(When):
    """A zone that nobody may be in."""

    zone: Id
    hold_s: float = Field(default=1, ge=0, le=60, description="who is inside for so long has entered")
    margin_m: float = Field(default=0.3, ge=0, le=5, description="so far inside the edge: position noise must not carry anybody over it")
    source: str = Field(default=_OURS, min_length=3)


class Fence(When):
    """A line that nobody may cross."""

    id: Id
    name: Text
    a: Point
    b: Point
    way: Literal["both", "left", "right"] = Field(default="both", description="which way is forbidden, seen from a to b")
    margin_m: float = Field(default=0.5, ge=0.1, le=5, description="who was so far before it and is so far beyond it has crossed")
    hold_s: float = Field(default=0.3, ge=0, le=5, description="and is still across after so long; a box that jumps for a frame is not")
    source: str = Field(default=_OURS, min_length=3)


class Running(When):
    """People who run, and from how many on it is mass running."""

    zones: tuple[Id, ...] = Field(default=(), description="where; nowhere without any")
    mps: float = Field(default=3.0, gt=0, le=12, description="faster than this is running")
    hold_s: float = Field(default=1.0, ge=0, le=30)
    people: int = Field(default=5, ge=1, description="so many at once are mass running, which is life safety")
    source: str = Field(default=f"walking is 1.34 m/s [K]; the numbers {_OURS}", min_length=3)


class Dispersal(When):
    """People who scatter from one spot; always life safety."""

    zones: tuple[Id, ...] = Field(default=(), description="where; nowhere without any")
    mps: float = Field(default=1.8, gt=0, le=12, description="faster than this is fast")
    people: int = Field(default=10, ge=3)
    within_m: float = Field(default=10, gt=0, description="they come from within so far of one spot")
    share: float = Field(default=0.7, gt=0, le=1, description="of the fast, so many go outwards")
    hold_s: float = Field(default=0.6, ge=0, le=30)
    source: str = Field(default=_OURS, min_length=3)


class Loitering(When):
    """Somebody who stays where people should pass."""

    zones: tuple[Id, ...] = Field(default=(), description="where; nowhere without any")
    within_m: float = Field(default=3, gt=0, description="staying is being within so far of where it began")
    after_s: float = Field(default=600, ge=10, le=7200)
    source: str = Field(default=_OURS, min_length=3)


class Lying(When):
    """Somebody who lies still."""

    zones: tuple[Id, ...] = Field(default=(), description="where; nowhere without any")
    height_share: float = Field(default=0.55, gt=0, lt=1, description="lower than this share of a standing person")
    wide: float = Field(default=1.2, gt=0, description="at least so many times wider than high")
    within_m: float = Field(default=0.5, gt=0, description="lying still is staying within so far")
    hold_s: float = Field(default=10, ge=1, le=600)
    source: str = Field(default=_OURS, min_length=3)


class Behaviour(Part):
    """All of it."""

    closed_zones: tuple[ClosedZone, ...] = ()
    fences: tuple[Fence, ...] = ()
    running: Running = Running()
    dispersal: Dispersal = Dispersal()
    loitering: Loitering = Loitering()
    lying: Lying = Lying()

    @property
    def asked(self) -> bool:
        """Whether anything is watched at all."""
        return bool(
            self.closed_zones or self.fences or self.running.zones or self.dispersal.zones or self.loitering.zones or self.lying.zones
        )

    @property
    def zones(self) -> dict[str, tuple[str, ...]]:
        """By the name of a rule with zones, its zones."""
        return {name: getattr(self, name).zones for name in ("running", "dispersal", "loitering", "lying")} | {
            "closed_zones": tuple(row.zone for row in self.closed_zones)
        }
