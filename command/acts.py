"""What a person may ask of an alert, and the sentence that refuses it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pipelines.events import AlertChange
from pipelines.levels import LEVELS
from pipelines.words import NOTHING, Pair, Said, fill
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
SENTENCES: Final[dict[str, Pair]] = {
    "no_alert": ("There is no such alert in this mode.", "本模式中没有这条告警。"),
    "no_action": ("action: expected {expected}, got '{got}'.", "action:应为 {expected},实为“{got}”。"),
    "too_long": ("{name}: {count} characters, at most {most}.", "{name}:{count} 个字符,最多 {most} 个。"),
    "no_name": (
        "Every act carries a name and a role: actor and actor_role must not be empty.",
        "操作须署名并写明职务:actor 和 actor_role 不得为空。",
    ),
    "no_right": ("The role '{role}' may not {action}; in this plan {may} may.", "“{role}”无权执行“{action}”;本预案中有权者:{may}。"),
    "second_gesture": ("A life-safety alert needs a second gesture to be acknowledged.", "一类(生命安全)告警须再按一次方为已知悉。"),
    "clears_itself": (
        "This alert is not latched: it clears by itself when its condition is over.",
        "该告警不自锁:状况消除后自行解除。",
    ),
    "never_shelved": ("A life-safety alert is never shelved.", "一类(生命安全)告警不得暂挂。"),
    "latched": (
        "This alert is latched: it is cleared, with a reason from the scene, not closed.",
        "该告警自锁:须凭现场原因解除,不可直接结案。",
    ),
}


def say(key: str, **parts: object) -> Said:
    """The sentence of that key, with *parts* in its places."""
    return fill(SENTENCES[key], **parts)


NO_NAME: Final = say("no_name")


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
    sentence: Said


def refusal(act: Act, alert: AlertChange | None, plan: Plan) -> Refusal | None:
    """Why *act* on *alert* is refused under *plan*; None when it may go on to ALERTS, which knows more and may still refuse."""
    if alert is None and act.action not in NO_ALERT:
        return Refusal(status=404, sentence=say("no_alert"))
    if act.action not in RIGHTS:
        return Refusal(status=422, sentence=say("no_action", expected=", ".join(RIGHTS), got=act.action[:LONGEST]))
    for name, most in {"actor": LONGEST, "actor_role": LONGEST, "target": LONGEST, "choice": LONGEST, "reason": LONGEST_REASON}.items():
        if len(getattr(act, name)) > most:
            return Refusal(status=422, sentence=say("too_long", name=name, count=len(getattr(act, name)), most=most))
    if not act.actor.strip() or not act.actor_role.strip():
        return Refusal(status=422, sentence=NO_NAME)
    return _without_right(act, plan) or (_unsafe(act, alert) if alert is not None else None)


def _without_right(act: Act, plan: Plan) -> Refusal | None:
    right = RIGHTS[act.action]
    if right == "acknowledge" and not plan.posts:
        return None
    if plan.may(right, actor=act.actor, role=act.actor_role):
        return None
    roles = sorted({(post.role.en, post.role.zh) for post in plan.posts if right in post.rights}) or [("nobody", "无")]
    may = (", ".join(en for en, _ in roles), "、".join(zh for _, zh in roles))
    return Refusal(status=403, sentence=say("no_right", role=act.actor_role, action=act.action, may=may))


def is_life_safety(alert: AlertChange) -> bool:
    """Whether the alert is acknowledged only with a second gesture."""
    return alert.priority == "P1" or LEVELS.index(alert.level) >= LEVELS.index("critical")


def _unsafe(act: Act, alert: AlertChange) -> Refusal | None:
    sentence = NOTHING
    if act.action == "acknowledge" and is_life_safety(alert) and not act.second_gesture:
        sentence = say("second_gesture")
    elif act.action == "clear" and not alert.latched:
        sentence = say("clears_itself")
    elif act.action == "shelve" and is_life_safety(alert):
        sentence = say("never_shelved")
    elif act.action == "close" and alert.latched and alert.condition == "active":
        sentence = say("latched")
    return Refusal(status=409, sentence=sentence) if sentence else None
