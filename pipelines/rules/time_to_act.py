"""Less time is left than acting takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pipelines.levels import NONE, rank

if TYPE_CHECKING:
    from pipelines.alerts.kernel import Kernel
    from pipelines.events import CrowdForecast
    from pipelines.outlook.second import Second

TIME_TO_ACT: Final = "time_to_act"


def time_to_act(kernel: Kernel, now: Second) -> None:
    """Zones at caution and above, by their forecasts; what is past already begins no alert of this rule."""
    rule = kernel.plan.signs.time_to_act
    holds = kernel.ground.holds(warning=rule.hold_s, critical=rule.hold_s)
    for zone in kernel.plan.zones:
        forecast = now.forecasts.get(zone.id)
        goes_on = kernel.open_alert(TIME_TO_ACT, zone.id) is not None
        met = _met(forecast, rule, zone.response_s or rule.response_s, goes_on=goes_on) if forecast is not None else NONE
        left_s = (forecast.critical_high_s if met == "warning" else forecast.act_now_high_s) if forecast is not None else None
        kernel.follow(TIME_TO_ACT, zone.id, now, met, known=kernel.covered(zone.id, now), holds=holds, value=left_s or 0.0, unit="s")


def _met(forecast: CrowdForecast, rule: Any, response_s: float, *, goes_on: bool) -> str:
    if rank(forecast.level) < rank("caution"):
        return NONE
    if _ahead(forecast, "act_now", forecast.act_now_high_s, rule.act_now_s, goes_on=goes_on):
        return "critical"
    return "warning" if _ahead(forecast, "critical", forecast.critical_high_s, response_s, goes_on=goes_on) else NONE


def _ahead(forecast: CrowdForecast, level: str, high_s: float | None, limit_s: float, *, goes_on: bool) -> bool:
    return high_s is not None and high_s < limit_s and (goes_on or rank(forecast.level) < rank(level))
