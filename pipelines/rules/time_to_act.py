"""Less time is left than acting takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pipelines.levels import NONE, rank
from pipelines.rules.evidence import Met

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipelines.events import CrowdForecast
    from pipelines.outlook.second import Second
    from pipelines.rules.facts import Facts

TIME_TO_ACT: Final = "time_to_act"


def time_to_act(facts: Facts, now: Second) -> Iterator[Met]:
    """Zones at caution and above, by their forecasts; what is past already begins no alert of this rule."""
    rule = facts.plan.signs.time_to_act
    holds = facts.ground.holds(warning=rule.hold_s, critical=rule.hold_s)
    for zone in facts.plan.zones:
        forecast = now.forecasts.get(zone.id)
        goes_on = facts.open_alert(TIME_TO_ACT, zone.id) is not None
        met = _met(forecast, rule, zone.response_s or rule.response_s, goes_on=goes_on) if forecast is not None else NONE
        left_s = (forecast.critical_high_s if met == "warning" else forecast.act_now_high_s) if forecast is not None else None
        yield Met(
            rule=TIME_TO_ACT,
            place=zone.id,
            level=met,
            known=facts.ground.covered(now.rows.get(zone.id)),
            holds=holds,
            value=left_s or 0.0,
            unit="s",
        )


def _met(forecast: CrowdForecast, rule: Any, response_s: float, *, goes_on: bool) -> str:
    if rank(forecast.level) < rank("caution"):
        return NONE
    if _ahead(forecast, "act_now", forecast.act_now_high_s, rule.act_now_s, goes_on=goes_on):
        return "critical"
    return "warning" if _ahead(forecast, "critical", forecast.critical_high_s, response_s, goes_on=goes_on) else NONE


def _ahead(forecast: CrowdForecast, level: str, high_s: float | None, limit_s: float, *, goes_on: bool) -> bool:
    return high_s is not None and high_s < limit_s and (goes_on or rank(forecast.level) < rank(level))
