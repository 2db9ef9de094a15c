"""What there is to say of each rule of ALERTS: which numbers of the plan it goes by, what it needs, whether it may be scheduled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from plan.model import Plan

PERSON: Final = "a person clears it"
SCENE: Final = "a person clears it, with a report from the scene as the reason"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule of ALERTS.

    Args:
        says: when it begins, in words.
        part: where its numbers stand in the plan, e.g. `signs.growth`; numbers: those of its keys that it goes by, all without any.
        ends: what clears it.
        life_safety: it can be P1, and is therefore never off.
        needs: whether a plan has what the rule looks at; None when nothing is needed; lacks: what is lacking otherwise.
    """

    says: str
    part: str
    ends: str
    numbers: tuple[str, ...] = ()
    life_safety: bool = False
    needs: Callable[[Plan], bool] | None = None
    lacks: str = ""


def _devices(*kinds: str) -> Callable[[Plan], bool]:
    return lambda plan: any(device.kind in kinds for device in plan.devices)


def _lanes(plan: Plan) -> bool:
    return bool(plan.lanes)


def _lines(plan: Plan) -> bool:
    return bool(plan.lines)


def _areas(plan: Plan) -> bool:
    return bool(plan.areas)


_QUIET: Final = "no evidence for `timing.quiet_s`"
_LOW: Final = "not so for `timing.quiet_s`, while it is known"


def _road(says: str, *numbers: str, ends: str = _QUIET, life_safety: bool = False) -> Rule:
    return Rule(
        says=says, part="vehicle_rules", numbers=numbers, ends=ends, life_safety=life_safety, needs=_lanes, lacks="the plan has no lanes"
    )


def _reader(says: str, *numbers: str) -> Rule:
    needs = _devices("id_reader")
    return Rule(says=says, part="signs.identity", numbers=numbers, ends=_QUIET, needs=needs, lacks="the plan has no ID readers")


RULES: Final[dict[str, Rule]] = {
    "crowd_density": Rule(
        says="the local peak has been at or above a threshold of the zone's ladder",
        part="timing",
        numbers=("hold_up_s", "hold_down_s", "hysteresis_per_m2", "card_hold_s", "card_radius_m"),
        ends="the peak is below threshold - hysteresis for `timing.hold_down_s`, while the zone is covered; from critical on a person",
        life_safety=True,
    ),
    "fire": Rule(
        says="a smoke or heat detector says alarm",
        part="",
        ends=PERSON,
        life_safety=True,
        needs=_devices("smoke", "heat"),
        lacks="the plan has no smoke or heat detector",
    ),
    "gas": Rule(
        says="a gas detector says alarm",
        part="",
        ends=PERSON,
        life_safety=True,
        needs=_devices("gas", "co"),
        lacks="the plan has no gas detector",
    ),
    "panel_fault": Rule(
        says="a detector or the fire panel has a fault, the panel does not answer, or it does not take a request",
        part="",
        ends="the fault is gone; a request that was not taken: a person clears it",
        life_safety=True,
        needs=_devices("panel"),
        lacks="the plan has no fire panel",
    ),
    "fire_feedback": Rule(
        says="the panel started an output, and its feedback stayed away",
        part="timing",
        numbers=("feedback_s",),
        ends=PERSON,
        life_safety=True,
        needs=_devices("panel"),
        lacks="the plan has no fire panel",
    ),
    "wrong_way": _road("a vehicle has gone back along its lane", "wrong_way_m", "wrong_way_s", "wrong_way_mps"),
    "vehicle_towards_people": _road(
        "a vehicle's path meets people, or it is among them and fast",
        "towards_people_s",
        "people_speed_kmh",
        "limit_kmh",
        ends=PERSON,
        life_safety=True,
    ),
    "improper_stop": _road("a vehicle stands where it may not", "stop_s", "park_s", "stop_radius_m", "stop_mps"),
    "beyond_permit": Rule(
        says="a vehicle is in a restricted area without a permit for it",
        part="permits",
        ends=_QUIET,
        needs=lambda plan: bool(plan.lanes and plan.restricted),
        lacks="the plan has no restricted areas",
    ),
    "speeding": _road("a vehicle is too fast in a walking zone", "limit_kmh"),
    "unknown_while_filling": Rule(
        says="a zone cannot be seen while people go in",
        part="timing",
        numbers=("unknown_hold_s", "filling_per_min"),
        ends="covered for `timing.quiet_s`",
        needs=lambda plan: any(zone.filled_by for zone in plan.zones),
        lacks="no zone has `filled_by`",
    ),
    "camera_health": Rule(
        says="a camera's picture is not ok, or it says nothing", part="signs.silence", numbers=("other_s",), ends="the picture is ok"
    ),
    "camera_resolution": Rule(
        says="a camera's picture has fewer lines than the standard asks for",
        part="signs.picture",
        numbers=("least_lines",),
        ends="the picture has as many",
        needs=lambda plan: any(camera.kind == "video" for camera in plan.cameras),
        lacks="no camera has a picture of its own",
    ),
    "suspected_collapse": Rule(says="people vanish inside a dense patch", part="signs.collapse", ends=SCENE, life_safety=True),
    "crowd_pressure": Rule(says="the lower end of the crowd pressure is high", part="signs.pressure", ends=_LOW),
    "standstill_stairs": Rule(
        says="people stand at the foot of stairs, with others on the flight",
        part="signs.stairs_foot",
        ends=PERSON,
        life_safety=True,
        needs=lambda plan: any(zone.foot_of for zone in plan.zones),
        lacks="no zone has `foot_of`",
    ),
    "counter_flow": Rule(
        says="two directions cross one line", part="signs.counter_flow", ends=_LOW, needs=_lines, lacks="the plan has no lines"
    ),
    "bottleneck": Rule(
        says="too few get out while the crowd before the passage grows",
        part="signs.bottleneck",
        ends=_LOW,
        needs=lambda plan: any(line.upstream for line in plan.lines),
        lacks="no line has `upstream`",
    ),
    "queue_wait": Rule(
        says="people wait for long at a gate",
        part="signs.queue_wait",
        ends=_LOW,
        needs=lambda plan: any(gate.queue for gate in plan.gates),
        lacks="no gate has `queue`",
    ),
    "stop_and_go": Rule(
        says="people on a way or stairs stop and go",
        part="signs.stop_and_go",
        ends=_LOW,
        needs=lambda plan: any(zone.area_type in ("way", "stairs") for zone in plan.zones),
        lacks="no zone is a way or stairs",
    ),
    "growth": Rule(says="the local peak grows fast", part="signs.growth", ends=_LOW),
    "blind_rising": Rule(says="the crowd grows while less and less of it is seen", part="signs.blind_rising", ends=_LOW),
    "time_to_act": Rule(
        says="less time is left than acting takes", part="signs.time_to_act", ends=f"{_LOW}; from critical on a person", life_safety=True
    ),
    "cannot_exclude": Rule(says="the count's error does not exclude critical", part="signs.cannot_exclude", ends=_LOW),
    "approved_number": Rule(
        says="the upper end of the people inside reaches a share of the approved number",
        part="signs.approved",
        ends=f"{_LOW}; from critical on a person",
        life_safety=True,
        needs=_areas,
        lacks="the plan has no areas",
    ),
    "occupancy_residual": Rule(
        says="counts of one area contradict each other", part="signs.residual", ends=_LOW, needs=_areas, lacks="the plan has no areas"
    ),
    "pass_back": _reader("one pass comes in twice without leaving", "repeat_s", "kept_h"),
    "pass_two_gates": _reader("one pass is at two gates that nobody walks between in that time", "travel_mps"),
    "equivocation": Rule(says="a device sent two readings with one number", part="", ends=_QUIET),
    "device_silent": Rule(says="a device says nothing", part="signs.silence", ends="it is heard again"),
    "link_loss": Rule(
        says="all devices and cameras of a gate or zone say nothing", part="signs.silence", ends="one of them is heard again"
    ),
    "human_report": Rule(
        says="a steward, an officer or a post, or enough visitors, report it", part="signs.reports", ends=PERSON, life_safety=True
    ),
    "breach": Rule(
        says="somebody is in a closed zone, or crosses a fence",
        part="",
        ends=PERSON,
        life_safety=True,
        needs=lambda plan: bool(plan.behaviour.closed_zones or plan.behaviour.fences),
        lacks="the plan has no closed zones and no fences",
    ),
    "mass_running": Rule(
        says="many run at once, or scatter from one spot",
        part="behaviour.running",
        numbers=("mps", "hold_s", "people"),
        ends=PERSON,
        life_safety=True,
        needs=lambda plan: bool(plan.behaviour.running.zones or plan.behaviour.dispersal.zones),
        lacks="`behaviour.running` and `behaviour.dispersal` have no zones",
    ),
    "loitering": Rule(
        says="somebody stays in one spot for long",
        part="behaviour.loitering",
        numbers=("within_m", "after_s"),
        ends=_QUIET,
        needs=lambda plan: bool(plan.behaviour.loitering.zones),
        lacks="`behaviour.loitering` has no zones",
    ),
    "person_down": Rule(
        says="somebody lies still",
        part="behaviour.lying",
        numbers=("height_share", "wide", "within_m", "hold_s"),
        ends=PERSON,
        needs=lambda plan: bool(plan.behaviour.lying.zones),
        lacks="`behaviour.lying` has no zones",
    ),
    "camera_doubtful": Rule(
        says="people report a crowd in distress, and the picture does not show it",
        part="signs.reports",
        ends="the report is cleared, or the picture agrees",
    ),
}
