"""Two directions over one counting line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pipelines.measures.minority import minority_share
from pipelines.rules.ground import width_m

if TYPE_CHECKING:
    from pipelines.alerts.kernel import Kernel
    from pipelines.outlook.second import Second

COUNTER_FLOW: Final = "counter_flow"


def counter_flow(kernel: Kernel, now: Second) -> None:
    """Each line: caution, and warning where the way is narrow and dense."""
    rule = kernel.plan.signs.counter_flow
    holds = kernel.ground.holds(caution=0, warning=0)
    for line in kernel.plan.lines:
        entered, exited, seen = kernel.memory.crossed(line.id, rule.over_s, now.second)
        share = minority_share(entered=entered, exited=exited, least=rule.crossings)
        met = "none"
        if share is not None and share >= rule.share:
            met = "warning" if _narrow(kernel, line, rule.narrow_m) and _peak(kernel, line, now) >= rule.narrow_per_m2 else "caution"
        kernel.follow(
            COUNTER_FLOW,
            line.id,
            now,
            met,
            known=seen,
            holds=holds,
            value=(share or 0.0) * 100,
            unit="%",
        )


def _beside(kernel: Kernel, line: Any) -> list[Any]:
    return [zone for zone in kernel.plan.zones if zone.id == line.upstream or line.id in zone.filled_by]


def _narrow(kernel: Kernel, line: Any, narrow_m: float) -> bool:
    """Whether the line, or a way beside it, is narrower than *narrow_m*."""
    widths = [width_m(line), *(zone.width_m for zone in _beside(kernel, line) if zone.width_m is not None)]
    return bool(min(widths) < narrow_m)


def _peak(kernel: Kernel, line: Any, now: Second) -> float:
    return max((now.rows[zone.id].local_peak_per_m2 for zone in _beside(kernel, line) if zone.id in now.rows), default=0.0)
