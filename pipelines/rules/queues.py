"""How long people wait at a gate: those in its queue zones, over those who pass it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipelines.levels import NONE

if TYPE_CHECKING:
    from pipelines.alerts.kernel import Kernel
    from pipelines.outlook.second import Second

QUEUE_WAIT: Final = "queue_wait"


def queue_wait(kernel: Kernel, now: Second) -> None:
    """Gates with `queue`; while nobody is served, the wait is unknown, and it neither rises nor falls."""
    rule = kernel.plan.signs.queue_wait
    holds = kernel.ground.holds(watch=rule.hold_s, caution=rule.hold_s, warning=rule.hold_s)
    limits = (("warning", rule.warning_min), ("caution", rule.caution_min), ("watch", rule.watch_min))
    for gate in kernel.plan.gates:
        queue = now.queues.get(gate.id)
        if queue is None:
            continue
        wait_min = queue.wait_s / 60 if queue.wait_s is not None else None
        met = next((level for level, limit in limits if wait_min is not None and wait_min >= limit), NONE)
        known = queue.known and (wait_min is not None or queue.people < 1)
        kernel.follow(QUEUE_WAIT, gate.id, now, met, known=known, holds=holds, value=wait_min or 0.0, unit="min")
