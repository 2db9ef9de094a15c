"""How long people wait at a gate: those in its queue zones, over those who pass it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipelines.levels import NONE
from pipelines.rules.evidence import Met

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipelines.outlook.second import Second
    from pipelines.rules.facts import Facts

QUEUE_WAIT: Final = "queue_wait"


def queue_wait(facts: Facts, now: Second) -> Iterator[Met]:
    """Gates with `queue`; while nobody is served, the wait is unknown, and it neither rises nor falls."""
    rule = facts.plan.signs.queue_wait
    holds = facts.ground.holds(watch=rule.hold_s, caution=rule.hold_s, warning=rule.hold_s)
    limits = (("warning", rule.warning_min), ("caution", rule.caution_min), ("watch", rule.watch_min))
    for gate in facts.plan.gates:
        queue = now.queues.get(gate.id)
        if queue is None:
            continue
        wait_min = queue.wait_s / 60 if queue.wait_s is not None else None
        met = next((level for level, limit in limits if wait_min is not None and wait_min >= limit), NONE)
        known = queue.known and (wait_min is not None or queue.people < 1)
        yield Met(rule=QUEUE_WAIT, place=gate.id, level=met, known=known, holds=holds, value=wait_min or 0.0, unit="min")
