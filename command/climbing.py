"""Who is called next when nobody takes an alert on, as the plan says: for the card. DISPATCH calls; this only tells. Pure."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from pipelines.units import US_PER_S
from plan.duty import P1, P2
from plan.model import Plan
from plan.places import near

DEFAULTS: Final = {"P1": P1, "P2": P2}


def next_step(plan: Plan, *, priority: str, place: str, since_us: int, begun: Collection[str]) -> dict[str, Any] | None:
    """The next step of the ladder: its name, when it is due, in which functions and which posts; None at the end of it.

    Args:
        plan: with its on-call table, if it has one.
        priority: of the alert; P3 climbs no ladder.
        place: of the alert.
        since_us: when the broker took the change that called people, µs UTC.
        begun: steps that have begun, early ones included.
    """
    duty = plan.duty
    ladder = ({"P1": duty.p1, "P2": duty.p2} if duty is not None else DEFAULTS).get(priority, ())
    for rung in ladder[1:]:  # the first is told at once
        if rung.step in begun:
            continue
        at_us = since_us + round(rung.after_s * US_PER_S)
        found = [post for name in rung.functions for post in (duty.on_call(name, places=near(plan, place), at_us=at_us) if duty else ())]
        return {"step": rung.step, "at_us": at_us, "functions": list(rung.functions), "posts": list(dict.fromkeys(found))}
    return None
