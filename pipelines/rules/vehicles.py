"""What evidence about vehicles becomes: one alert for each episode of each vehicle, with the text of the driver's sign. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipelines.measures.lane import OnLane, on_lane
from pipelines.measures.road import lanes_of
from pipelines.rules.evidence import Evidence
from pipelines.units import CM_PER_M, MICRO

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipelines.events import VehicleEvent
    from pipelines.rules.facts import Facts

WRONG_WAY: Final = "wrong_way"
TOWARDS_PEOPLE: Final = "vehicle_towards_people"
IMPROPER_STOP: Final = "improper_stop"
BEYOND_PERMIT: Final = "beyond_permit"
SPEEDING: Final = "speeding"
QUIET: Final = (WRONG_WAY, TOWARDS_PEOPLE, IMPROPER_STOP, BEYOND_PERMIT, SPEEDING)  # evidence that stays away clears these
KMH_PER_CMPS: Final = 0.036

Prompt = tuple[str, str]
_PROMPTS: Final[dict[str, Prompt]] = {
    WRONG_WAY: ("WRONG WAY – STOP, TURN BACK", "逆行 请停车掉头"),
    TOWARDS_PEOPLE: ("STOP – PEOPLE AHEAD", "停车 前方有人群"),
    "stop": ("NO STOPPING – DRIVE ON", "禁止停车 请驶离"),
    "park": ("NO PARKING – DRIVE ON", "禁止长时停放 请驶离"),
    "area": ("NO PERMIT FOR THIS AREA – LEAVE", "无此区域通行证 请驶离"),
    "time": ("PERMIT NOT VALID NOW – LEAVE", "通行证不在有效时段 请驶离"),
    "level": ("PERMIT LEVEL TOO LOW – LEAVE", "通行证级别不足 请驶离"),
}


def vehicle(facts: Facts, now_us: int, row: VehicleEvent) -> Iterator[Evidence]:
    """One piece of evidence: it opens an alert, or goes to the one that is open for that vehicle."""
    match row.kind:
        case "wrong_way":
            yield _evidence(now_us, row, WRONG_WAY, row.lane, level="warning", prompt=_PROMPTS[WRONG_WAY])
        case "towards_people" if _occupied(facts, row.zone):
            subject = f"{row.zone}/{row.vehicle}"  # people of another zone are another episode
            yield _evidence(now_us, row, TOWARDS_PEOPLE, row.zone, level="critical", prompt=_PROMPTS[TOWARDS_PEOPLE], subject=subject)
        case "improper_stop":
            yield _evidence(now_us, row, IMPROPER_STOP, _where(facts, row), level="caution", prompt=_PROMPTS[row.detail or "stop"])
        case "beyond_permit":
            subject = f"{row.zone}/{row.vehicle}"
            yield _evidence(now_us, row, BEYOND_PERMIT, row.zone, level="caution", prompt=_PROMPTS[row.detail or "area"], subject=subject)
        case "speeding" if not _life_safety(facts, row):
            limit = f"{facts.plan.vehicle_rules.limit_kmh:g} km/h"
            yield _evidence(now_us, row, SPEEDING, row.zone, level="caution", prompt=(f"SLOW DOWN – LIMIT {limit}", f"请减速 限速{limit}"))
        case _:
            pass


def _evidence(now_us: int, row: VehicleEvent, rule: str, place: str, *, level: str, prompt: Prompt, subject: str = "") -> Evidence:
    stands = rule == IMPROPER_STOP
    return Evidence(
        rule=rule,
        place=place,
        start_us=row.start_us,
        now_us=now_us,
        levels=(level,),
        value=(row.event_time_us - row.start_us) / MICRO if stands else row.speed_cmps * KMH_PER_CMPS,
        unit="s" if stands else "km/h",
        at_m=(row.x_cm / CM_PER_M, row.y_cm / CM_PER_M),
        source=row.vehicle,
        subject=subject or row.vehicle,
        prompt=prompt,
    )


def _occupied(facts: Facts, zone: str) -> bool:
    return facts.watch.people.get(zone, 0) >= 1


def _life_safety(facts: Facts, row: VehicleEvent) -> bool:
    """Whether a speeding vehicle is among people and fast enough for the other rule."""
    return _occupied(facts, row.zone) and row.speed_cmps * KMH_PER_CMPS > facts.plan.vehicle_rules.people_speed_kmh


def _where(facts: Facts, row: VehicleEvent) -> str:
    """The lane of the mean place, where noise has gone; else the lane or zone that some record named."""
    at_m = (row.x_cm / CM_PER_M, row.y_cm / CM_PER_M)
    on: OnLane | None = on_lane(at_m, heading_deg=0, speed_mps=0, lanes=lanes_of(facts.plan))
    return on.lane if on else row.lane or row.zone
