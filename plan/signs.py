"""When the early signs of a crush, and what belongs to them, are evidence: each sign's numbers with where they come from.

The marks [V] (read in a source) and [K] (widely quoted, not re-read) tell a safety officer what to confirm.
"""

from __future__ import annotations

from typing import Final

from pydantic import Field, model_validator

from plan.part import Part

_OURS: Final = "our proposal, to be signed by the safety officer"


class CounterFlow(Part):
    """Two directions over one line."""

    share: float = Field(default=0.2, gt=0, le=0.5, description="share of the smaller direction")
    over_s: int = Field(default=10, ge=5, le=60, description="over so many seconds")
    crossings: int = Field(default=20, ge=2, description="fewer crossings than this in that time say nothing")
    narrow_m: float = Field(default=4, gt=0, description="narrower ways are worse")
    narrow_per_m2: float = Field(default=2, gt=0, description="from this local peak on, in a narrow way")
    source: str = Field(default=f"Love Parade 2010, Itaewon 2022 [V]; the numbers {_OURS}", min_length=3)


class Bottleneck(Part):
    """A free passage that passes too little while the crowd before it grows."""

    flow_per_m_s: float = Field(default=0.8, gt=0, description="outflow by metre of the passage")
    per_m2: float = Field(default=2.5, gt=0, description="local peak before it")
    over_s: int = Field(default=20, ge=5, le=60, description="outflow over so many seconds")
    trend_s: int = Field(default=90, ge=20, le=300, description="growth of the peak over so long")
    rise_per_m2_min: float = Field(default=0.1, ge=0, description="the lower end of that growth in a minute")
    source: str = Field(default="Mina 2006: below 0.8 p/(m s) 26 minutes before turbulence [V]", min_length=3)


class QueueWait(Part):
    """How long people wait at a gate."""

    watch_min: float = Field(default=20, gt=0)
    caution_min: float = Field(default=30, gt=0)
    warning_min: float = Field(default=45, gt=0)
    hold_s: float = Field(default=30, ge=0)
    source: str = Field(default=_OURS, min_length=3)

    @model_validator(mode="after")
    def _rises(self) -> QueueWait:
        if not self.watch_min < self.caution_min < self.warning_min:
            raise ValueError("the times must rise from watch to warning")
        return self


class StopAndGo(Part):
    """Waves of standing and walking on a way or on stairs."""

    stop_mps: float = Field(default=0.15, gt=0, description="slower is standing")
    go_mps: float = Field(default=0.4, gt=0, description="faster is walking")
    stops: int = Field(default=3, ge=2, description="so many stops")
    over_s: int = Field(default=120, ge=20, le=300, description="in so many seconds")
    per_m2: float = Field(default=2, gt=0, description="from this local peak on")
    source: str = Field(default=f"Mina 2006 saw such waves before turbulence [V]; the numbers {_OURS}", min_length=3)

    @model_validator(mode="after")
    def _apart(self) -> StopAndGo:
        if not self.stop_mps < self.go_mps:
            raise ValueError("stop_mps must be below go_mps")
        return self


class Growth(Part):
    """A local peak that grows fast."""

    per_m2_min: float = Field(default=0.5, gt=0, description="the lower end of its growth in a minute")
    per_m2: float = Field(default=1, gt=0, description="from this local peak on")
    trend_s: int = Field(default=120, ge=20, le=300)
    hold_s: float = Field(default=10, ge=0)
    source: str = Field(default=f"Shanghai Bund 2014: the growth was the sign [V]; the numbers {_OURS}", min_length=3)


class StairsFoot(Part):
    """Standstill at the foot of stairs while people are on the flight."""

    standstill_mps: float = Field(default=0.1, gt=0)
    per_m2: float = Field(default=1.1, gt=0, description="local peak at the foot")
    flight_people: float = Field(default=5, gt=0, description="people on the flight")
    hold_s: float = Field(default=10, ge=0)
    source: str = Field(default=f"numbers of crowd safety: level I by itself; the numbers {_OURS}", min_length=3)


class BlindRising(Part):
    """A crowd that grows while less and less of it is seen."""

    fall: float = Field(default=0.2, gt=0, le=1, description="the observed share has fallen by this much")
    over_s: int = Field(default=60, ge=20, le=300)
    hold_s: float = Field(default=10, ge=0)
    source: str = Field(default=_OURS, min_length=3)


class Collapse(Part):
    """People who vanish inside a dense patch."""

    share: float = Field(default=0.4, gt=0, le=1, description="more than this share of the patch's people")
    over_s: int = Field(default=10, ge=1, le=60)
    people: int = Field(default=10, ge=1, description="a smaller patch says nothing")
    source: str = Field(default=_OURS, min_length=3)


class Pressure(Part):
    """Crowd pressure, judged on the lower end of its interval."""

    per_s2: float = Field(default=0.02, gt=0)
    hold_s: float = Field(default=10, ge=0)
    source: str = Field(default="Helbing, Johansson, Al-Abideen 2007: turbulence from about 0.02 per s2 [K]", min_length=3)


class TimeToAct(Part):
    """Time that is left before a level, against the time that acting takes."""

    history_s: int = Field(default=120, ge=60, le=300, description="of a zone that was not empty")
    trend_s: int = Field(default=180, ge=60, le=300, description="the trend is that of this time, if there is so much history")
    response_s: float = Field(default=300, gt=0, description="rehearsed response where the zone gives none")
    act_now_s: float = Field(default=180, gt=0, description="act now is reached within this: critical")
    hold_s: float = Field(default=10, ge=0)
    source: str = Field(default=f"hold, acknowledge, radio, walk and effect take 3 to 6 minutes; {_OURS}", min_length=3)


class CannotExclude(Part):
    """A value whose interval reaches critical."""

    hold_s: float = Field(default=30, ge=0)
    hides: float = Field(
        default=2.0,
        ge=0,
        le=10,
        description="share of those seen at a saturated peak who may be hidden there, where its camera does not say",
    )
    source: str = Field(default=_OURS, min_length=3)


class Approved(Part):
    """Shares of the approved number, judged on the upper end of the people inside."""

    watch: float = Field(default=0.8, gt=0)
    caution: float = Field(default=0.9, gt=0)
    warning: float = Field(default=0.95, gt=0)
    critical: float = Field(default=1.0, gt=0)
    hold_s: float = Field(default=5, ge=0, description="of all but critical, which waits for nothing")
    source: str = Field(default=_OURS, min_length=3)

    @model_validator(mode="after")
    def _rises(self) -> Approved:
        if not self.watch < self.caution < self.warning < self.critical:
            raise ValueError("the shares must rise from watch to critical")
        return self


class Residual(Part):
    """Counts of one area that contradict each other."""

    turnstile_error: float = Field(default=0.01, ge=0, le=1, description="share of its passages by which a turnstile may be wrong")
    least_people: float = Field(default=5, ge=0, description="no count is better than this many people either way")
    hold_s: float = Field(default=60, ge=0)
    source: str = Field(default=f"{_OURS}; to be measured at the venue", min_length=3)


class Identity(Part):
    """One pass where only two people could be, or twice inside."""

    travel_mps: float = Field(default=2.0, gt=0, description="nobody gets from one gate to another faster, in a straight line")
    repeat_s: float = Field(default=10, ge=0, description="a pass that is presented again at its gate within this is the same person")
    kept_h: float = Field(default=24, gt=0, le=72, description="a pass is remembered for so long after it was last seen")
    source: str = Field(default=f"walking is 1.34 m/s [K], a turnstile takes 5.5 s a person [V]; the numbers {_OURS}", min_length=3)


class Picture(Part):
    """What a camera's picture must be."""

    least_lines: int = Field(default=1080, ge=1, le=8640, description="lines of a picture below which its camera is on the list")
    source: str = Field(default="1080p at least: the standard for intelligent security services at mass activities", min_length=3)


class Silence(Part):
    """Devices that say nothing."""

    p1_s: float = Field(default=10, gt=0, description="detectors and panels may be silent for so long")
    other_s: float = Field(default=30, gt=0, description="all others")
    first_s: float = Field(default=60, gt=0, description="one never heard, after its like has spoken for so long")
    together_s: float = Field(default=5, gt=0, description="all of a place that fall silent within this have lost their link")
    source: str = Field(default=f"heartbeats: silent for 10 s where life depends on it, 30 s elsewhere; {_OURS}", min_length=3)

    @model_validator(mode="after")
    def _apart(self) -> Silence:
        if not self.together_s < min(self.p1_s, self.other_s):
            raise ValueError("together_s must be less than p1_s and other_s")
        return self


KINDS: Final = (
    "cannot_move",
    "crowding",
    "fall",
    "fire",
    "weapon",
    "breach",
    "structure",
    "cardiac",
    "panic",
    "lost_child",
    "suspicious_item",
    "other",
)
CROWD_KINDS: Final = ("cannot_move", "crowding", "fall", "panic")
_P1_KINDS: Final = ("cannot_move", "fall", "fire", "weapon", "breach", "structure", "cardiac", "panic")


class Reports(Part):
    """What people say; it outranks the picture."""

    staff: tuple[str, ...] = Field(
        default=("steward", "police officer", "police", "安保人员", "警务人员"),
        description="roles whose word is enough, beside those of the posts",
    )
    visitors: int = Field(default=3, ge=1, description="so many visitors are enough")
    within_s: float = Field(default=600, gt=0)
    within_m: float = Field(default=50, gt=0)
    critical: tuple[str, ...] = Field(default=_P1_KINDS, description="kinds that are life safety")
    warning: tuple[str, ...] = Field(default=("crowding", "suspicious_item"))
    source: str = Field(default=f"numbers of crowd safety: human reports outrank the picture, list of P1; {_OURS}", min_length=3)

    @model_validator(mode="after")
    def _known(self) -> Reports:
        named = (*self.critical, *self.warning)
        unknown = [kind for kind in named if kind not in KINDS]
        if unknown:
            raise ValueError(f"there is no kind of report '{unknown[0]}' ({', '.join(KINDS)})")
        if len(set(named)) < len(named):
            raise ValueError("a kind of report has one level")
        return self

    @property
    def kinds(self) -> tuple[str, ...]:
        """What people may report."""
        return KINDS

    @property
    def crowd_kinds(self) -> tuple[str, ...]:
        """Kinds of a crowd in distress: the same thing in different words."""
        return CROWD_KINDS

    def level(self, kind: str) -> str:
        """The level of a report of *kind*; what is in neither list is caution."""
        return "critical" if kind in self.critical else "warning" if kind in self.warning else "caution"


class Signs(Part):
    """All of them."""

    counter_flow: CounterFlow = CounterFlow()
    bottleneck: Bottleneck = Bottleneck()
    queue_wait: QueueWait = QueueWait()
    stop_and_go: StopAndGo = StopAndGo()
    growth: Growth = Growth()
    stairs_foot: StairsFoot = StairsFoot()
    blind_rising: BlindRising = BlindRising()
    collapse: Collapse = Collapse()
    pressure: Pressure = Pressure()
    time_to_act: TimeToAct = TimeToAct()
    cannot_exclude: CannotExclude = CannotExclude()
    approved: Approved = Approved()
    residual: Residual = Residual()
    identity: Identity = Identity()
    silence: Silence = Silence()
    picture: Picture = Picture()
    reports: Reports = Reports()
