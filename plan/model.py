"""What an event plan holds. Lengths are metres in the venue frame (x right, y up), times are seconds."""

from __future__ import annotations

from functools import cached_property
from typing import Literal, Self

from pydantic import Field, PositiveInt, model_validator

from pipelines.levels import LEVELS
from plan.actions import Action
from plan.behaviour import Behaviour
from plan.combinations import Rules
from plan.duty import Duty
from plan.georeference import Georeference
from plan.linkage import Linkage
from plan.part import Id, Part, Span, Text
from plan.places import places_of
from plan.recording import Recording
from plan.response import ResponsePlan
from plan.retention import Retention
from plan.signs import Signs

Level = Literal["watch", "caution", "warning", "critical", "act_now"]
Scale = Literal["walkway", "queue", "stairs"]
Right = Literal[
    "acknowledge", "clear", "stop_drill", "assign", "verify", "close", "shelve", "escalate", "downgrade", "report", "order", "fire_output"
]
Point = tuple[float, float]


class Sourced(Part):
    """A number that experts may dispute, with where it comes from."""

    value: float = Field(ge=0)
    source: str = Field(min_length=3)


class Event(Part):
    """Which event this is."""

    id: Id
    site: Id
    name: Text
    venue: Text


class Ladder(Part):
    """Thresholds of the local peak, p/m²; a level left out does not exist for the type."""

    watch: float = Field(gt=0)
    caution: float = Field(gt=0)
    warning: float = Field(gt=0)
    critical: float = Field(gt=0)
    act_now: float = Field(gt=0)

    @model_validator(mode="after")
    def _rises(self) -> Ladder:
        values = [getattr(self, level) for level in LEVELS]
        if values != sorted(set(values)):
            raise ValueError("the thresholds must rise from watch to act_now")
        return self


class AreaType(Part):
    """How crowds are judged on one kind of ground."""

    id: Literal["standing", "way", "stairs", "queue"]
    ladder: Ladder
    los_scale: Scale
    card_mean_per_m2: float = Field(gt=0, description="Fruin's C|D bound of the type, for the card rule")
    source: str = Field(min_length=3)


class Timing(Part):
    """The times of the ladder; seconds of event time."""

    hold_up_s: float = Field(default=10, ge=0)
    hold_down_s: float = Field(default=60, ge=0)
    hysteresis_per_m2: float = Field(default=0.5, ge=0)
    card_hold_s: float = Field(default=30, ge=0)
    card_radius_m: float = Field(default=1, gt=0)
    feedback_s: float = Field(default=10, gt=0, description="panel feedback may stay away this long")
    unknown_hold_s: float = Field(default=10, ge=0, description="a filling zone may be unknown this long")
    filling_per_min: float = Field(default=3, ge=0, description="net inflow over a zone's lines from which it counts as filling")
    quiet_s: float = Field(default=60, ge=0, description="evidence that stays away this long clears an alert that does not latch")
    source: str = Field(default="numbers of crowd safety: default ladder, to be signed by the safety officer", min_length=3)


class Handling(Part):
    """How alerts are kept handable: storms, alerts that come and go, shelving. Life safety knows none of it."""

    storm_alerts: int = Field(default=5, ge=1, description="more alerts of one rule and level than this within `storm_s` go under one")
    storm_s: float = Field(default=600, gt=0)
    flap_times: int = Field(default=3, ge=1, description="an alert that came and went so often within `flap_s` is kept open for `flap_s`")
    flap_s: float = Field(default=600, gt=0)
    shelve_s: float = Field(default=900, gt=0, description="the longest shelving of a P2")
    source: str = Field(default="EEMUA 191: ten alarms in ten minutes are a flood; to be signed by the safety officer", min_length=3)


class Steeper(Part):
    """Thresholds that differ from those of an area type, p/m²; what is left out stays as it is."""

    watch: float | None = Field(default=None, gt=0)
    caution: float | None = Field(default=None, gt=0)
    warning: float | None = Field(default=None, gt=0)
    critical: float | None = Field(default=None, gt=0)
    act_now: float | None = Field(default=None, gt=0)
    source: str = Field(min_length=3)

    def over(self, ladder: Ladder) -> Ladder:
        """*ladder* with these thresholds in it."""
        return Ladder(**{level: getattr(self, level) or getattr(ladder, level) for level in LEVELS})


class PhaseLadder(Steeper):
    """How one area type is judged in one phase."""

    area_type: Literal["standing", "way", "stairs", "queue"]


class PhaseTiming(Part):
    """Times of the ladder that differ in one phase; what is left out stays as it is."""

    hold_up_s: float | None = Field(default=None, ge=0)
    hold_down_s: float | None = Field(default=None, ge=0)
    hysteresis_per_m2: float | None = Field(default=None, ge=0)
    card_hold_s: float | None = Field(default=None, ge=0)
    unknown_hold_s: float | None = Field(default=None, ge=0)
    filling_per_min: float | None = Field(default=None, ge=0)
    quiet_s: float | None = Field(default=None, ge=0)
    source: str = Field(min_length=3)


class Phase(Part):
    """A phase of the evening, with what differs in it."""

    id: Literal["setup", "sweep", "entry", "show", "interval", "dispersal", "closed"]
    name: Text
    ladders: tuple[PhaseLadder, ...] = ()
    timing: PhaseTiming | None = None
    outward: bool = Field(default=False, description="people go out: queues wait on the inner side, and who exits is served")
    turned_lanes: tuple[Id, ...] = Field(default=(), description="lanes that run from b to a in this phase")


class LosBounds(Part):
    """Upper bounds of levels of service A to E on one scale, p/m²."""

    scale: Scale
    bounds_per_m2: tuple[float, float, float, float, float]
    source: str = Field(min_length=3)


class Zone(Part):
    """A zone: a simple polygon of one area type."""

    id: Id
    name: Text
    area_type: Literal["standing", "way", "stairs", "queue"]
    polygon: tuple[Point, ...] = Field(min_length=3)
    filled_by: tuple[Id, ...] = Field(default=(), description="lines whose in direction leads into the zone")
    coverage: float = Field(default=1.0, gt=0, le=1, description="share of its cameras, and of its floor, below which the zone is unknown")
    response_s: float | None = Field(default=None, gt=0, description="rehearsed time from an alert to its effect here")
    width_m: float | None = Field(default=None, gt=0, description="clear width of a way")
    foot_of: Id | None = Field(default=None, description="stairs at whose foot the zone lies")
    ladder: Steeper | None = Field(default=None, description="thresholds of its own: a slope, a dead end, children")


class Gate(Part):
    """An entry or exit."""

    id: Id
    label: str = Field(min_length=1, max_length=4)
    name: Text
    at: Point
    area: Id | None = Field(default=None, description="area whose occupancy its turnstiles and lines count; none if nobody asks")
    queue: tuple[Id, ...] = Field(default=(), description="zones in which people wait for it")
    inner: bool = Field(default=False, description="a door inside its area: whoever passes neither enters the area nor leaves it")


class Line(Part):
    """A counting line; people who cross it towards its left side (seen from a to b) come in."""

    id: Id
    gate: Id
    a: Point
    b: Point
    camera: Id
    upstream: Id | None = Field(default=None, description="zone from which people press towards the line")


class Calibration(Part):
    """At least four points of the floor in the picture."""

    pixels: tuple[Point, ...] = Field(min_length=4)
    metres: tuple[Point, ...] = Field(min_length=4)
    picture: tuple[PositiveInt, PositiveInt] | None = Field(
        default=None, description="width and height of the picture that the pixels, and the camera's masks, are of"
    )

    @model_validator(mode="after")
    def _pairs(self) -> Calibration:
        if len(self.pixels) != len(self.metres):
            raise ValueError(f"{len(self.pixels)} points in pixels but {len(self.metres)} in metres")
        return self

    @model_validator(mode="after")
    def _inside(self) -> Calibration:
        if self.picture is not None:
            wide, high = self.picture
            for number, (x, y) in enumerate(self.pixels, start=1):
                if not (0 <= x <= wide and 0 <= y <= high):
                    raise ValueError(f"pixel {number}, {x:g}, {y:g}, lies outside of its picture, {wide} x {high}")
        return self


class Saturates(Part):
    """From which density on a camera's view no longer tells people apart."""

    from_per_m2: float = Field(gt=0, le=12, description="seen density of a 2 m box from which the camera's count is a lower bound")
    error: float = Field(gt=0, le=10, description="share of the seen people by which the true number may then be higher")
    source: str = Field(min_length=1, description="where the two numbers come from")


class Camera(Part):
    """A camera and the rectangle of floor that it owns: each m² belongs to one camera."""

    id: Id
    name: Text
    at: Point
    owns: tuple[float, float, float, float] = Field(description="x0, y0, x1, y1 in metres; half-open")
    fps: float = Field(default=5, gt=0, le=60)
    kind: Literal["simulated", "video"] = "simulated"
    source: str = Field(
        default="", max_length=512, description="of a video camera: file or rtsp:// address; empty when it is given at the start"
    )
    calibration: Calibration | None = None
    watches: Literal["people", "road"] = Field(default="people", description="a camera over a road counts nobody: what moves is a vehicle")
    record: bool = Field(default=False, description="whether its video is kept, as it comes; needs a video camera with a source")
    noise_cm: float = Field(default=1.0, ge=0, le=50, description="position noise that is always there, standard deviation per axis")
    count_error: float = Field(default=0.05, ge=0, le=1, description="share by which its count may be wrong, to be measured per camera")
    saturation: Saturates | None = Field(
        default=None, description="what the view cannot see; left out, 2.5 p/m² and 1 from above, 1.25 p/m² and 2 from the side"
    )
    gating: bool = Field(
        default=True,
        description="whether the detector is spared frames in which what is known can be carried on; false = each is looked into",
    )
    masks: tuple[tuple[float, float, float, float], ...] = Field(
        default=(), description="x0, y0, x1, y1 in pixels of boxes that are nobody: a post, a sign; `muster camera masks` proposes them"
    )

    @model_validator(mode="after")
    def _masks_are_boxes(self) -> Camera:
        for x0, y0, x1, y1 in self.masks:
            if not (x0 < x1 and y0 < y1):
                raise ValueError(f"mask {x0:g}, {y0:g}, {x1:g}, {y1:g}: expected x0 < x1 and y0 < y1")
            if self.picture_px is not None and not (x0 >= 0 and y0 >= 0 and x1 <= self.picture_px[0] and y1 <= self.picture_px[1]):
                wide, high = self.picture_px
                raise ValueError(f"mask {x0:g}, {y0:g}, {x1:g}, {y1:g} lies outside of the calibration's picture, {wide} x {high}")
        return self

    @model_validator(mode="after")
    def _recorded(self) -> Camera:
        if self.record and (self.kind != "video" or not self.source):
            raise ValueError("record is for a camera of kind video with a source: there is nothing else to record")
        return self

    @property
    def picture_px(self) -> tuple[int, int] | None:
        """Width and height of the picture that its calibration and masks are of; None where the plan does not say."""
        return self.calibration.picture if self.calibration is not None else None

    @property
    def sees_floor(self) -> bool:
        """Whether its people are on the floor: one without calibration counts boxes, one over a road counts nobody; both own nothing."""
        return self.watches == "people" and (self.kind == "simulated" or self.calibration is not None)


class Lane(Part):
    """A lane of a road, from its beginning to its end in the permitted direction."""

    id: Id
    name: Text
    a: Point
    b: Point
    width_m: float = Field(default=3.5, gt=0)
    stopping: bool = Field(default=False, description="whether a vehicle may stand on it for up to `park_s`")


class Bay(Part):
    """A legal bay: who stands in it is parked and no improper stop."""

    id: Id
    name: Text
    polygon: tuple[Point, ...] = Field(min_length=3)


class Barrier(Part):
    """A barrier across a lane; vehicles may queue before it."""

    id: Id
    name: Text
    lane: Id
    at_m: float = Field(ge=0, description="along the lane, from its beginning")
    queue_m: float = Field(ge=0, description="so far before it a standing vehicle queues")


class Restricted(Part):
    """An area that vehicles may enter with a permit of its level or higher."""

    id: Id
    name: Text
    polygon: tuple[Point, ...] = Field(min_length=3)
    level: int = Field(default=1, ge=1, le=9)
    times: tuple[Span, ...] = Field(default=(), description="when it is restricted; always where none is given")


class Permit(Span):
    """What one vehicle may enter, and when."""

    plate: str = Field(min_length=1, max_length=64, description="plate, or the vehicle id of a sensor that reads no plates")
    areas: tuple[Id, ...] = Field(min_length=1)
    level: int = Field(default=1, ge=1, le=9)


class VehicleRules(Part):
    """When a vehicle is evidence."""

    wrong_way_m: float = Field(default=10, gt=0)
    wrong_way_s: float = Field(default=2, gt=0)
    wrong_way_mps: float = Field(default=1, gt=0)
    towards_people_s: float = Field(default=15, gt=0)
    people_speed_kmh: float = Field(default=15, gt=0, description="faster among people is life safety")
    limit_kmh: float = Field(default=5, gt=0, description="limit in walking zones: walking pace")
    stop_s: int = Field(default=20, ge=2, le=600)
    stop_radius_m: float = Field(default=3, gt=0)
    stop_mps: float = Field(default=0.5, gt=0)
    park_s: int = Field(default=300, ge=2, le=3600)
    source: str = Field(
        default="numbers of crowd safety: vehicle towards people; stop, park and limit to be signed by the safety officer", min_length=3
    )

    @model_validator(mode="after")
    def _ordered(self) -> VehicleRules:
        if self.park_s < self.stop_s:
            raise ValueError("park_s must not be less than stop_s")
        if self.limit_kmh > self.people_speed_kmh:
            raise ValueError("limit_kmh must not be more than people_speed_kmh")
        return self


class Device(Part):
    """A sensor that signs its readings."""

    id: Id
    kind: Literal["turnstile", "id_reader", "smoke", "heat", "gas", "co", "panel", "vehicle"]
    at: Point
    gate: Id | None = None
    zone: Id | None = None
    way: Literal["in", "out"] = Field(default="in", description="of an ID reader: which way those go who present a pass")
    beats: bool | None = Field(
        default=None, description="whether it reports by itself, so that silence is a fault; turnstiles, detectors and panels do"
    )

    @property
    def reports(self) -> bool:
        """Whether its silence is a fault: a reader speaks when a pass is presented, a vehicle sensor when a vehicle comes."""
        return self.kind not in ("id_reader", "vehicle") if self.beats is None else self.beats


class Area(Part):
    """An area with an approved number."""

    id: Id
    name: Text
    approved: Sourced
    zones: tuple[Id, ...] = Field(default=(), description="zones that together are the whole area, if cameras see all of it")
    reentry: bool = Field(default=False, description="who has left may come in again: the ways out have ID readers")


class Post(Part):
    """A post: people act in a role and under a call sign."""

    call_sign: str = Field(min_length=1, max_length=16)
    role: Text
    rights: tuple[Right, ...] = ()


class Outline(Part):
    """Something drawn on the plan so that people know where they are."""

    name: Text | None = None
    kind: Literal["wall", "field", "stage", "road"]
    polygon: tuple[Point, ...] = Field(min_length=2)


class Plan(Part):
    """One event."""

    version: int = Field(ge=1)
    event: Event
    extent: tuple[float, float, float, float] = Field(description="x0, y0, x1, y1 of the venue, metres")
    crs: Literal["venue"] = "venue"
    georeference: Georeference | None = Field(default=None, description="where the venue frame lies on the earth")
    phases: tuple[Phase, ...] = Field(min_length=1)
    phase: str
    areas: tuple[Area, ...] = ()
    area_types: tuple[AreaType, ...] = Field(min_length=1)
    los: tuple[LosBounds, ...] = Field(min_length=1)
    timing: Timing = Timing()
    handling: Handling = Handling()
    retention: Retention = Field(default=Retention(), description="how long what happened is kept")
    vehicle_rules: VehicleRules = VehicleRules()
    signs: Signs = Signs()
    behaviour: Behaviour = Behaviour()
    rules: Rules = Rules()
    zones: tuple[Zone, ...] = Field(min_length=1)
    gates: tuple[Gate, ...] = ()
    lines: tuple[Line, ...] = ()
    cameras: tuple[Camera, ...] = ()
    lanes: tuple[Lane, ...] = ()
    bays: tuple[Bay, ...] = ()
    barriers: tuple[Barrier, ...] = ()
    restricted: tuple[Restricted, ...] = ()
    permits: tuple[Permit, ...] = ()
    devices: tuple[Device, ...] = ()
    linkage: Linkage | None = None
    recording: Recording = Field(default=Recording(), description="how long recorded video is kept")
    posts: tuple[Post, ...] = ()
    duty: Duty | None = Field(default=None, description="who is on call, when, and how they are reached")
    actions: tuple[Action, ...] = Field(default=(), description="orders that are prepared")
    response_plans: tuple[ResponsePlan, ...] = Field(default=(), description="what is to be done by when, by rule and level")
    short: dict[Id, Text] = Field(default={}, description="short names of places, for the radio")
    outlines: tuple[Outline, ...] = ()

    @cached_property
    def places(self) -> dict[str, Text]:
        """The name of every place that an alert or an order may have, by its id; worked out once, since every text asks for it."""
        return places_of(self)

    @cached_property
    def outlined(self) -> dict[str, tuple[Point, ...]]:
        """The outline of every zone and restricted area, by its id; likewise."""
        return {part.id: part.polygon for parts in (self.zones, self.restricted) for part in parts}

    def __copy__(self) -> Self:
        """A copy is made in order to be changed: what was worked out is not taken along."""
        made = super().__copy__()
        for worked_out in ("places", "outlined"):
            made.__dict__.pop(worked_out, None)
        return made

    def area_type(self, zone: Zone) -> AreaType:
        """The area type of *zone*, with the ladder that holds there in the present phase."""
        kind = next(kind for kind in self.area_types if kind.id == zone.area_type)
        steeper = [row for row in self.phase_now.ladders if row.area_type == kind.id] + ([zone.ladder] if zone.ladder else [])
        ladder = kind.ladder
        for row in steeper:
            ladder = row.over(ladder)
        return kind.model_copy(update={"ladder": ladder}) if steeper else kind

    @property
    def phase_now(self) -> Phase:
        """The phase that the event is in."""
        return next(phase for phase in self.phases if phase.id == self.phase)

    @property
    def timing_now(self) -> Timing:
        """The times of the ladder in the present phase."""
        here = self.phase_now.timing
        return self.timing.model_copy(update=here.model_dump(exclude_none=True)) if here else self.timing

    def may(self, right: str, *, actor: str, role: str) -> bool:
        """Whether the post *actor*, or where the plan has no such post of that role any of the role, has *right*."""
        posts = [post for post in self.posts if role in (post.role.en, post.role.zh)]
        own = [post for post in posts if post.call_sign == actor]
        return any(right in post.rights for post in own or posts)

    def zone(self, zone_id: str) -> Zone | None:
        """The zone with that id, or None."""
        return next((zone for zone in self.zones if zone.id == zone_id), None)
