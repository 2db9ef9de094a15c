"""The approved number, judged on the upper end of the people inside; and counts that contradict each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipelines.levels import NONE

if TYPE_CHECKING:
    from pipelines.alerts.kernel import Kernel
    from pipelines.outlook.second import Second

APPROVED: Final = "approved_number"
RESIDUAL: Final = "occupancy_residual"
PROMPT: Final = ("Stop checking tickets; the safety officer decides", "停止验票(放人),由安全责任人决定")


def approved(kernel: Kernel, now: Second) -> None:
    """Each area with a balance."""
    rule, residual = kernel.plan.signs.approved, kernel.plan.signs.residual
    holds = kernel.ground.holds(watch=rule.hold_s, caution=rule.hold_s, warning=rule.hold_s, critical=0.0)
    limits = (("critical", rule.critical), ("warning", rule.warning), ("caution", rule.caution), ("watch", rule.watch))
    for area in kernel.plan.areas:
        row = now.balances.get(area.id)
        share = row.high / area.approved.value if row is not None and area.approved.value > 0 else 0.0
        met = next((level for level, limit in limits if share >= limit), NONE)
        kernel.follow(APPROVED, area.id, now, met, known=row is not None, holds=holds, value=share * 100, unit="%", prompt=PROMPT)
        kernel.follow(
            RESIDUAL,
            area.id,
            now,
            "watch" if row is not None and row.suspect else NONE,
            known=row is not None,
            holds=kernel.ground.holds(watch=residual.hold_s),
            value=row.residual if row is not None else 0.0,
            unit="p",
            source=row.suspect if row is not None else "",
        )
