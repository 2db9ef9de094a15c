"""Who is called next when nobody answers: the ladder of one alert. Pure.

Times go by a steady clock that the caller gives: a wall clock that jumps neither skips a step nor repeats one.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines.units import US_PER_S

if TYPE_CHECKING:
    from plan.duty import Duty, Function


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step of a ladder: so long after the alert, these functions."""

    name: str
    after_us: int
    functions: tuple[Function, ...]


def ladder(priority: str, duty: Duty) -> tuple[Step, ...]:
    """The ladder of a priority; nobody is called for P3, it stands on the page."""
    rungs = {"P1": duty.p1, "P2": duty.p2}.get(priority, ())
    return tuple(Step(name=rung.step, after_us=round(rung.after_s * US_PER_S), functions=rung.functions) for rung in rungs)


def due(
    steps: Sequence[Step], *, since_us: int, now_us: int, begun: Collection[str], failed: Collection[str], answered: bool
) -> tuple[Step, ...]:
    """The steps that are to begin now, in their order.

    The first step is told in any case; the others only while nobody has answered: when their time has come, or when
    the step before them has failed, because somebody in it could not be reached.

    Args:
        steps: of the ladder.
        since_us: when the alert was raised, on the steady clock.
        now_us: now, on the same clock.
        begun: names of the steps that have begun.
        failed: names of the steps in which a delivery failed on every bearer.
        answered: whether a person has taken the alert on.
    """
    found: list[Step] = []
    for number, step in enumerate(steps):
        if step.name in begun:
            continue
        in_time = now_us >= since_us + step.after_us
        pulled = number > 0 and steps[number - 1].name in failed and steps[number - 1].name in begun
        if number == 0 or (not answered and (in_time or pulled)):
            found.append(step)
    return tuple(found)
