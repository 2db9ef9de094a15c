"""Who may give which order, and to whom: the sentences that refuse it. Pure; the page and dispatch both ask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipelines.words import NOTHING, Pair, Said, fill
from plan.words import forbidden_in

if TYPE_CHECKING:
    from pipelines.events import OrderCommand
    from plan.actions import Action
    from plan.model import Plan

FREE: Final = "free"
RETRACT: Final = "retract"
LONGEST: Final = 128
SENTENCES: Final[dict[str, Pair]] = {
    "no_name": (
        "Every order carries a name and a role: actor and actor_role must not be empty.",
        "指令须署名并写明职务:actor 和 actor_role 不得为空。",
    ),
    "no_kind": ("kind: there is no prepared action '{kind}'; there are {known}.", "kind:没有预设指令“{kind}”;可用:{known}。"),
    "no_place": ("place: there is no place '{place}' in this plan.", "place:预案中没有地点“{place}”。"),
    "no_recipient": ("recipient: there is no post '{post}' in this plan.", "recipient:预案中没有岗位“{post}”。"),
    "which_alert": ("alert_id: say which alert is retracted.", "alert_id:须指明撤回哪条告警。"),
    "why_retract": ("reason: say why the alert is retracted.", "reason:撤回告警须写明原因。"),
    "retract_twice": ("To retract an alert needs the second gesture.", "撤回告警须再按一次。"),
    "twice": ("'{kind}' needs the second gesture.", "“{kind}”须再按一次。"),
    "no_right": ("'{actor}' as '{role}' may not {what}; in this plan {may} may.", "“{actor}”({role})无权{what};本预案中有权者:{may}。"),
    "both_languages": (
        "text_en and text_zh: a free order needs its words in both languages.",
        "text_en 和 text_zh:自拟指令须有中英文内容。",
    ),
    "too_long": ("text_en and text_zh: at most {most} characters.", "text_en 和 text_zh:最多 {most} 个字符。"),
    "word": ("The words must not hold '{word}'.", "内容不得含“{word}”。"),
}
_RETRACT: Final = ("retract an alert", "撤回告警")
_NOBODY: Final = ("nobody", "无")


def _say(key: str, **parts: object) -> Said:
    return fill(SENTENCES[key], **parts)


def action_of(plan: Plan, kind: str) -> Action | None:
    """The prepared action of that id."""
    return next((action for action in plan.actions if action.id == kind), None)


def refused(command: OrderCommand, plan: Plan) -> Said:
    """Why the order must not be given; nothing when it may."""
    if not command.actor.strip() or not command.actor_role.strip():
        return _say("no_name")
    if command.kind == RETRACT:
        return _retract(command, plan)
    action = action_of(plan, command.kind)
    if action is None and command.kind != FREE:
        known = ", ".join([*(row.id for row in plan.actions), FREE, RETRACT])
        return _say("no_kind", kind=command.kind[:LONGEST], known=known)
    if command.place not in plan.places:
        return _say("no_place", place=command.place[:LONGEST])
    if command.recipient not in {post.call_sign for post in plan.posts}:
        return _say("no_recipient", post=command.recipient[:LONGEST])
    return _without_right(command, action, plan) or _words(command, action)


def _retract(command: OrderCommand, plan: Plan) -> Said:
    if not command.alert_id:
        return _say("which_alert")
    if not command.reason.strip():
        return _say("why_retract")
    if not command.second_gesture:
        return _say("retract_twice")
    return _role(command, plan, tuple(post.role.en for post in plan.posts if "clear" in post.rights), _RETRACT)


def _without_right(command: OrderCommand, action: Action | None, plan: Plan) -> Said:
    may = action.authority if action is not None else tuple(post.role.en for post in plan.posts if "acknowledge" in post.rights)
    wrong = _role(command, plan, may, (f"order '{command.kind}'", f"下达“{command.kind}”"))
    if wrong:
        return wrong
    if action is not None and action.gesture and not command.second_gesture:
        return _say("twice", kind=action.id)
    return NOTHING


def _role(command: OrderCommand, plan: Plan, may: tuple[str, ...], what: Pair) -> Said:
    posts = [post for post in plan.posts if command.actor_role in (post.role.en, post.role.zh) and post.role.en in may]
    if posts and (command.actor in {post.call_sign for post in posts} or command.actor not in {post.call_sign for post in plan.posts}):
        return NOTHING
    named = [_named(plan, role) for role in may]
    who = (", ".join(en for en, _ in named), "、".join(zh for _, zh in named)) if named else _NOBODY
    return _say("no_right", actor=command.actor[:LONGEST], role=_named(plan, command.actor_role[:LONGEST]), what=what, may=who)


def _named(plan: Plan, role: str) -> Pair:
    """A role as the plan calls it in both languages."""
    found = next((post.role for post in plan.posts if role in (post.role.en, post.role.zh)), None)
    return (role, found.zh) if found is not None else (role, role)


def may_approve(command: OrderCommand, kind: str, plan: Plan) -> Said:
    """Why this person must not be the second one of a mass action; nothing when they may."""
    action = action_of(plan, kind)
    roles = action.authority if action is not None else tuple(post.role.en for post in plan.posts if "clear" in post.rights)
    return _role(command, plan, roles, (f"approve '{kind}'", f"批准“{kind}”"))


def _words(command: OrderCommand, action: Action | None) -> Said:
    texts = (command.text_en, command.text_zh)
    if action is None and not all(text.strip() for text in texts):
        return _say("both_languages")
    if any(len(text) > LONGEST for text in texts):
        return _say("too_long", most=LONGEST)
    found = [word for text in texts for word in forbidden_in(text)]
    return _say("word", word=found[0]) if found else NOTHING
