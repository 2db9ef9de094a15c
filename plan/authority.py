"""Who may give which order, and to whom: the sentences that refuse it. Pure; the page and dispatch both ask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plan.words import forbidden_in

if TYPE_CHECKING:
    from pipelines.events import OrderCommand
    from plan.actions import Action
    from plan.model import Plan

FREE: Final = "free"
RETRACT: Final = "retract"
LONGEST: Final = 128


def action_of(plan: Plan, kind: str) -> Action | None:
    """The prepared action of that id."""
    return next((action for action in plan.actions if action.id == kind), None)


def refused(command: OrderCommand, plan: Plan) -> str:
    """Why the order must not be given; empty when it may."""
    if not command.actor.strip() or not command.actor_role.strip():
        return "Every order carries a name and a role: actor and actor_role must not be empty."
    if command.kind == RETRACT:
        return _retract(command, plan)
    action = action_of(plan, command.kind)
    if action is None and command.kind != FREE:
        known = ", ".join([*(row.id for row in plan.actions), FREE, RETRACT])
        return f"kind: there is no prepared action '{command.kind[:LONGEST]}'; there are {known}."
    if command.place not in plan.places:
        return f"place: there is no place '{command.place[:LONGEST]}' in this plan."
    if command.recipient not in {post.call_sign for post in plan.posts}:
        return f"recipient: there is no post '{command.recipient[:LONGEST]}' in this plan."
    return _without_right(command, action, plan) or _words(command, action)


def _retract(command: OrderCommand, plan: Plan) -> str:
    if not command.alert_id:
        return "alert_id: say which alert is retracted."
    if not command.reason.strip():
        return "reason: say why the alert is retracted."
    if not command.second_gesture:
        return "To retract an alert needs the second gesture."
    return _role(command, plan, tuple(post.role.en for post in plan.posts if "clear" in post.rights), "retract an alert")


def _without_right(command: OrderCommand, action: Action | None, plan: Plan) -> str:
    may = action.authority if action is not None else tuple(post.role.en for post in plan.posts if "acknowledge" in post.rights)
    wrong = _role(command, plan, may, f"order '{command.kind}'")
    if wrong:
        return wrong
    if action is not None and action.gesture and not command.second_gesture:
        return f"'{action.id}' needs the second gesture."
    return ""


def _role(command: OrderCommand, plan: Plan, may: tuple[str, ...], what: str) -> str:
    posts = [post for post in plan.posts if command.actor_role in (post.role.en, post.role.zh) and post.role.en in may]
    if posts and (command.actor in {post.call_sign for post in posts} or command.actor not in {post.call_sign for post in plan.posts}):
        return ""
    return f"'{command.actor[:LONGEST]}' as '{command.actor_role[:LONGEST]}' may not {what}; in this plan {', '.join(may) or 'nobody'} may."


def may_approve(command: OrderCommand, kind: str, plan: Plan) -> str:
    """Why this person must not be the second one of a mass action; empty when they may."""
    action = action_of(plan, kind)
    roles = action.authority if action is not None else tuple(post.role.en for post in plan.posts if "clear" in post.rights)
    return _role(command, plan, roles, f"approve '{kind}'")


def _words(command: OrderCommand, action: Action | None) -> str:
    texts = (command.text_en, command.text_zh)
    if action is None and not all(text.strip() for text in texts):
        return "text_en and text_zh: a free order needs its words in both languages."
    if any(len(text) > LONGEST for text in texts):
        return f"text_en and text_zh: at most {LONGEST} characters."
    found = [word for text in texts for word in forbidden_in(text)]
    return f"The words must not hold '{found[0]}'." if found else ""
