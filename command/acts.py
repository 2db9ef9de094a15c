"""What a person may ask of an alert, and the sentence that refuses it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pipelines.events import AlertChange
from pipelines.levels import LEVELS
from plan.model import Plan

LONGEST: Final = 64
LONGEST_REASON: Final = 500
RIGHTS: Final = {
    "acknowledge": "acknowledge",
    "hold": "acknowledge",
    "resume": "acknowledge",
    "unshelve": "acknowledge",  # to bring an alarm back needs no more than to take it
    "assign": "assign",
    "verify": "verify",
    "clear": "clear",
    "close": "close",
    "shelve": "shelve",
    "escalate": "escalate",
    "downgrade": "downgrade",
    "report": "report",
}
NO_ALERT: Final = ("report",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """An act on an alert as somebody asks for it."""

    action: str
    actor: str
    actor_role: str
    second_gesture: bool = False
    reason: str = ""
    target: str = ""
    choice: str = ""
    until_us: int = 0
    x_m: float = 0.0
    y_m: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why an act is refused: an HTTP status and a sentence."""

    status: int
    sentence: str


def refusal(act: Act, alert: AlertChange | None, plan: Plan) -> Refusal | None:
    """Why *act* on *alert* is refused under *plan*; None when it may go on to ALERTS, which knows more and may still refuse."""
    if alert is None and act.action not in NO_ALERT:
        return Refusal(status=404, sentence="There is no such alert in this mode.")
    if act.action not in RIGHTS:
        return Refusal(status=422, sentence=f"action: expected {', '.join(RIGHTS)}, got '{act.action[:LONGEST]}'.")
    for name, most in {"actor": LONGEST, "actor_role": LONGEST, "target": LONGEST, "choice": LONGEST, "reason": LONGEST_REASON}.items():
        if len(getattr(act, name)) > most:
            return Refusal(status=422, sentence=f"{name}: {len(getattr(act, name))} characters, at most {most}.")
    if not act.actor.strip() or not act.actor_role.strip():
        return Refusal(status=422, sentence="Every act carries a name and a role: actor and actor_role must not be empty.")
    return _without_right(act, plan) or (_unsafe(act, alert) if alert is not None else None)


def _without_right(act: Act, plan: Plan) -> Refusal | None:
    right = RIGHTS[act.action]
    if right == "acknowledge" and not plan.posts:
        return None
    if plan.may(right, actor=act.actor, role=act.actor_role):
        return None
    may = sorted({post.role.en for post in plan.posts if right in post.rights})
    return Refusal(status=403, sentence=f"The role '{act.actor_role}' may not {act.action}; in this plan {', '.join(may) or 'nobody'} may.")


def is_life_safety(alert: AlertChange) -> bool:
    """Whether the alert is acknowledged only with a second gesture."""
    return alert.priority == "P1" or LEVELS.index(alert.level) >= LEVELS.index("critical")


def _unsafe(act: Act, alert: AlertChange) -> Refusal | None:
    sentence = ""
    if act.action == "acknowledge" and is_life_safety(alert) and not act.second_gesture:
        sentence = "A life-safety alert needs a second gesture to be acknowledged."
    elif act.action == "clear" and not alert.latched:
        sentence = "This alert is not latched: it clears by itself when its condition is over."
    elif act.action == "shelve" and is_life_safety(alert):
        sentence = "A life-safety alert is never shelved."
    elif act.action == "close" and alert.latched and alert.condition == "active":
        sentence = "This alert is latched: it is cleared, with a reason from the scene, not closed."
    return Refusal(status=409, sentence=sentence) if sentence else None
