"""Who is told what: which changes are worth a message, which posts a function is held by, and over which bearers. Pure.

The plan's on-call table says who is on shift. A plan without one has its posts guessed from the words of their roles.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from pipelines.topics import is_drill
from plan.duty import BY_PLACE, Bearer
from plan.places import near

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pipelines.events import AlertChange
    from pipelines.messages import Channel
    from plan.duty import Function
    from plan.model import Plan

NO_CHANNEL: Final = "none"
_ROLES: Final = {
    "command_post": ("commander", "shift leader"),
    "deputy": ("safety officer", "deputy"),
    "fire_control_room": ("fire control room",),
    "police_liaison": ("police liaison",),
    "organiser": ("organiser",),
    "authority": ("authority",),
}


@dataclass(slots=True)
class Told:
    """What people have been told of each alert: (level, condition, verified) by alert id."""

    _last: dict[str, tuple[str, str, bool]] = field(default_factory=dict)

    def is_news(self, change: AlertChange) -> bool:
        """Whether *change* deserves a message: a card that is raised, changes its level, is verified, or clears.

        A person's clearing of a latched alert is a change on the work axis; it is told as any other clearing.
        """
        quiet = change.inhibited_by or change.grouped_under or change.shelved_until_us > change.event_time_us
        if quiet and change.priority != "P1" and change.condition == "active":
            return False
        if not change.card or (change.axis != "condition" and change.condition != "cleared"):
            return False
        now = (change.level, change.condition, change.verified)
        if self._last.get(change.alert_id) == now:
            return False
        self._last[change.alert_id] = now
        return True


def on_call(plan: Plan, function: Function, place: str, at_us: int) -> tuple[str, ...]:
    """Call signs that hold *function* for *place* at *at_us*; empty when nobody does."""
    if plan.duty is not None:
        return plan.duty.on_call(function, places=near(plan, place), at_us=at_us)
    if function == "everyone":
        return tuple(post.call_sign for post in plan.posts)
    if function in BY_PLACE:
        return _of_place(plan, place)
    return tuple(post.call_sign for post in plan.posts if post.role.en.casefold() in _ROLES[function])


def bearers(plan: Plan, post: str, *, channels: Mapping[str, Channel], mode: str, stands_in: str) -> tuple[Bearer, ...]:
    """Over which channels *post* is reached, in the order of use.

    A drill's channel *stands_in* for every channel that this mode has not, or that carries no drills. In live a channel that
    is not configured stays: its refusal is seen, and the next bearer is used.
    """
    named = plan.duty.bearers(post) if plan.duty is not None else ()
    if not named:
        named = tuple(Bearer(channel=name) for name in sorted(channels) if name != stands_in) or (Bearer(channel=NO_CHANNEL),)
    if not is_drill(mode) or stands_in not in channels:
        return named
    able = [row if row.channel in channels and channels[row.channel].takes_drills else Bearer(channel=stands_in) for row in named]
    return tuple(dict.fromkeys(able))


def may_not_carry(channel: Channel | None, name: str, *, message_mode: str, mode: str) -> str:
    """Why the channel must not carry a message; empty when it may. The channel makes its own check besides."""
    if message_mode != mode:
        return f"a message of mode '{message_mode}' came in the process of '{mode}'"
    if channel is None:
        return "no channel is configured for this mode" if name == NO_CHANNEL else f"the channel '{name}' is not configured"
    if not is_drill(mode) and not channel.takes_live:
        return f"the channel '{name}' carries no real messages"
    if is_drill(mode) and not channel.takes_drills:
        return f"the channel '{name}' carries no exercises"
    return ""


def network_faults(plan: Plan, channels: Mapping[str, Channel]) -> list[str]:
    """Sentences about channels that run over another network than the on-call table says: two bearers may then share one."""
    rows = plan.duty.channels if plan.duty is not None else ()
    return [
        f"the channel '{row.channel}' runs over '{channels[row.channel].network}', but duty.channels says '{row.network}'"
        for row in rows
        if row.channel in channels and channels[row.channel].network != row.network
    ]


def _of_place(plan: Plan, place: str) -> tuple[str, ...]:
    """The post whose role names the place with the most words; a tie between posts is nobody's."""
    named = [zone.name.en for zone in plan.zones if zone.id == place] + [lane.name.en for lane in plan.lanes if lane.id == place]
    words = _words([place, *named])
    scores = {post.call_sign: len(words & _words([post.role.en])) for post in plan.posts}
    best = max(scores.values(), default=0)
    found = [name for name, score in scores.items() if score == best > 0]
    return tuple(found) if len(found) == 1 else ()


def _words(texts: Iterable[str]) -> set[str]:
    """The words of *texts* in small letters, plural as singular."""
    return {word.removesuffix("s") for text in texts for word in re.findall(r"[a-z0-9]+", text.casefold())}
