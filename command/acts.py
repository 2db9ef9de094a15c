"""What a person may ask of an alert, and the sentence that refuses it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pipelines.events import AlertChange
from plan.model import LEVELS, Plan

LONGEST: Final = 64
LONGEST_REASON: Final = 500
ACTIONS: Final = ("acknowledge", "clear")


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """An act on an alert as somebody asks for it."""

    action: str
    actor: str
    actor_role: str
    second_gesture: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why an act is refused: an HTTP status and a sentence."""

    status: int
    sentence: str


def refusal(act: Act, alert: AlertChange | None, plan: Plan) -> Refusal | None:
    """Why *act* on *alert* is refused under *plan*; None when it may go on to ALERTS."""
    if alert is None:
        return Refusal(status=404, sentence="There is no such alert in this mode.")
    if act.action not in ACTIONS:
        return Refusal(status=422, sentence=f"action: expected {' or '.join(ACTIONS)}, got '{act.action[:LONGEST]}'.")
    for name, value, most in (
        ("actor", act.actor, LONGEST),
        ("actor_role", act.actor_role, LONGEST),
        ("reason", act.reason, LONGEST_REASON),
    ):
        if len(value) > most:
            return Refusal(status=422, sentence=f"{name}: {len(value)} characters, at most {most}.")
    if not act.actor.strip() or not act.actor_role.strip():
        return Refusal(status=422, sentence="Every act carries a name and a role: actor and actor_role must not be empty.")
    return _without_right(act, plan) or _unsafe(act, alert)


def _without_right(act: Act, plan: Plan) -> Refusal | None:
    posts = [post for post in plan.posts if act.actor_role in (post.role.en, post.role.zh)]
    own = [post for post in posts if post.call_sign == act.actor]
    if act.action == "acknowledge" and not plan.posts:
        return None
    if any(act.action in post.rights for post in own or posts):
        return None
    may = sorted({post.role.en for post in plan.posts if act.action in post.rights})
    return Refusal(status=403, sentence=f"The role '{act.actor_role}' may not {act.action}; in this plan {', '.join(may) or 'nobody'} may.")


def is_life_safety(alert: AlertChange) -> bool:
    """Whether the alert is acknowledged only with a second gesture."""
    return alert.priority == "P1" or LEVELS.index(alert.level) >= LEVELS.index("critical")


def _unsafe(act: Act, alert: AlertChange) -> Refusal | None:
    if act.action == "acknowledge":
        if is_life_safety(alert) and not act.second_gesture:
            return Refusal(status=409, sentence="A life-safety alert needs a second gesture to be acknowledged.")
    elif not alert.latched:
        return Refusal(status=409, sentence="This alert is not latched: it clears by itself when its condition is over.")
    return None
