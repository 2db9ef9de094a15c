"""Who is told what: which changes are worth a message, and to which posts it goes. Pure.

P1 goes to the command post, to the posts of the place and to the fire control room; P2 to the posts of the place; P3 to nobody,
it stands on the page.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipelines.events import AlertChange
    from plan.model import Plan

COMMAND_POST: Final = "command post"
FIRE_CONTROL_ROOM: Final = "fire control room"
ZONE_GUARD: Final = "zone guard"
_ROLES: Final = {COMMAND_POST: ("commander", "shift leader"), FIRE_CONTROL_ROOM: ("fire control room",)}


@dataclass(slots=True)
class Told:
    """What people have been told of each alert: (level, condition, verified) by alert id."""

    _last: dict[str, tuple[str, str, bool]] = field(default_factory=dict)

    def is_news(self, change: AlertChange) -> bool:
        """Whether *change* deserves a message: a card that is raised, changes its level, is verified, or clears.

        A person's clearing of a latched alert is a change on the work axis; it is told as any other clearing.
        """
        if not change.card or (change.axis != "condition" and change.condition != "cleared"):
            return False
        now = (change.level, change.condition, change.verified)
        if self._last.get(change.alert_id) == now:
            return False
        self._last[change.alert_id] = now
        return True


def recipients(change: AlertChange, plan: Plan) -> tuple[str, ...]:
    """The posts that are told of *change*: call sign and role from the plan, or the function's name where it has none."""
    match change.priority:
        case "P1":
            wanted = (*_by_role(plan, COMMAND_POST), *_of_place(plan, change.place), *_by_role(plan, FIRE_CONTROL_ROOM))
        case "P2":
            wanted = _of_place(plan, change.place)
        case _:
            wanted = ()
    return tuple(dict.fromkeys(wanted))


def _by_role(plan: Plan, function: str) -> tuple[str, ...]:
    found = [f"{post.call_sign} {post.role.en}" for post in plan.posts if post.role.en.casefold() in _ROLES[function]]
    return tuple(found) or (function,)


def _of_place(plan: Plan, place: str) -> tuple[str, ...]:
    """The posts whose role names the place with the most words; a tie between places is nobody's."""
    named = [zone.name.en for zone in plan.zones if zone.id == place] + [lane.name.en for lane in plan.lanes if lane.id == place]
    words = _words([place, *named])
    scores = {f"{post.call_sign} {post.role.en}": len(words & _words([post.role.en])) for post in plan.posts}
    best = max(scores.values(), default=0)
    found = [name for name, score in scores.items() if score == best > 0]
    return tuple(found) if len(found) == 1 else (ZONE_GUARD,)


def _words(texts: Iterable[str]) -> set[str]:
    """The words of *texts* in small letters, plural as singular."""
    return {word.removesuffix("s") for text in texts for word in re.findall(r"[a-z0-9]+", text.casefold())}
