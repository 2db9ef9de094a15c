"""What people ask of an alert: each act does it, or returns the sentence that refuses it. Pure.

Rights are checked where people come in; here stands what no right allows, and what asks for more authority than others.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from pipelines import rules
from pipelines.alerts.work import TABLE, after
from pipelines.levels import LEVELS, latches, rank
from pipelines.refusals import ACTIONS, WORK, level, refuse, works
from pipelines.units import MICRO
from pipelines.words import NOTHING, Said, word

if TYPE_CHECKING:
    from pipelines.alerts.kernel import Kernel
    from pipelines.alerts.lifecycle import Alert
    from pipelines.events import AlertCommand

CLOSINGS: Final = ("handled", "false", "duplicate", "drill", "handed_over")
VERDICTS: Final = ("real", "false")


def act(kernel: Kernel, alert: Alert, command: AlertCommand) -> Said:
    """Do what *command* asks of *alert*; returns why not, nothing when it is done."""
    if command.action not in ACTS:
        return refuse("no_action", action=command.action)
    work = after(alert.work, command.action)
    if work is None:
        return _out_of_turn(alert, command.action)
    refused = ACTS[command.action](kernel, alert, command)
    if not refused:
        alert.work = work
        if work != "closed":
            alert.closing = ""
    return refused


def _out_of_turn(alert: Alert, action: str) -> Said:
    if action == "acknowledge" and alert.work != "closed":
        return refuse("acknowledged")
    possible = [state for state, event in TABLE if event == action]
    return refuse("out_of_turn", work=word(WORK, alert.work), action=word(ACTIONS, action), possible=works(possible))


def _acknowledge(_: Kernel, alert: Alert, command: AlertCommand) -> Said:
    if alert.life_safety and not command.second_gesture:
        return refuse("second_gesture")
    alert.owner = alert.owner or command.actor
    return NOTHING


def _assign(kernel: Kernel, alert: Alert, command: AlertCommand) -> Said:
    refused = _no_post(kernel, command.target)
    if not refused:
        alert.owner = command.target
    return refused


def _no_post(kernel: Kernel, target: str) -> Said:
    known = {post.call_sign for post in kernel.plan.posts}
    return NOTHING if target in known or (target and not known) else refuse("no_post", post=target)


def _not_among(expected: tuple[str, ...], got: str) -> Said:
    return refuse("choice", expected=", ".join(expected), got=got)


def _hold(_: Kernel, __: Alert, command: AlertCommand) -> Said:
    return NOTHING if command.reason.strip() else refuse("hold_reason")


def _resume(_: Kernel, __: Alert, ___: AlertCommand) -> Said:
    return NOTHING


def _verify(_: Kernel, alert: Alert, command: AlertCommand) -> Said:
    if command.choice not in VERDICTS:
        return _not_among(VERDICTS, command.choice)
    alert.verdict = command.choice
    return NOTHING


def _clear(kernel: Kernel, alert: Alert, command: AlertCommand) -> Said:
    if not alert.latched or alert.condition == "cleared":
        return refuse("clears_itself")
    if alert.rule == rules.COLLAPSE and not command.reason.strip():
        return refuse("collapse_reason")
    if command.choice and command.choice not in CLOSINGS:
        return _not_among(CLOSINGS, command.choice)
    refused = kernel.still_stands(alert)
    if not refused:
        alert.closing = command.choice or ("false" if alert.verdict == "false" else "handled")
        kernel.cleared_by_a_person(alert, command.received_us)
    return refused


def _close(kernel: Kernel, alert: Alert, command: AlertCommand) -> Said:
    if command.choice not in CLOSINGS:
        return _not_among(CLOSINGS, command.choice)
    if alert.latched and alert.condition == "active":
        return refuse("latched")
    if command.choice == "duplicate" and (command.target == alert.alert_id or kernel.find(command.target) is None):
        return refuse("no_twin", got=command.target)
    refused = _no_post(kernel, command.target) if command.choice == "handed_over" else NOTHING
    if not refused:
        alert.closing, alert.judged, alert.shelved_until_us = command.choice, alert.level, 0
    return refused


def _shelve(kernel: Kernel, alert: Alert, command: AlertCommand) -> Said:
    if alert.life_safety:
        return refuse("never_shelved")
    if alert.condition == "cleared":
        return refuse("over")
    if not command.reason.strip() or command.until_us <= command.received_us:
        return refuse("shelve_how")
    if rank(alert.level) >= rank("caution"):
        most_s = kernel.plan.handling.shelve_s
        if command.until_us - command.received_us > most_s * MICRO:
            return refuse("shelve_long", minutes=f"{most_s / 60:g}")
        if not kernel.plan.may("shelve", actor=command.actor, role=command.actor_role):
            return refuse("shelve_role", role=command.actor_role)
    alert.shelved_until_us, alert.judged = command.until_us, alert.level
    kernel.shelved.add(alert.alert_id)
    return NOTHING


def _unshelve(_: Kernel, alert: Alert, __: AlertCommand) -> Said:
    if not alert.shelved_until_us:
        return refuse("not_shelved")
    alert.shelved_until_us = 0
    return NOTHING


def _escalate(kernel: Kernel, alert: Alert, command: AlertCommand) -> Said:
    """A person outranks the picture: what a person has raised stays until a person lets it go."""
    if alert.condition == "cleared":
        return refuse("over")
    if command.choice not in LEVELS or rank(command.choice) <= rank(alert.level):
        return refuse("not_above", level=level(alert.level), got=command.choice)
    alert.reach([command.choice], command.received_us)
    alert.latched = alert.card = True
    alert.shelved_until_us = 0
    kernel.settle(alert, command.received_us)
    return NOTHING


def _downgrade(kernel: Kernel, alert: Alert, command: AlertCommand) -> Said:
    if alert.condition == "cleared":
        return refuse("over")
    if command.choice not in LEVELS or rank(command.choice) >= rank(alert.level):
        return refuse("not_below", level=level(alert.level), got=command.choice)
    if not command.reason.strip():
        return refuse("downgrade_reason")
    if rank(command.choice) < rank(alert.measured_level):
        return refuse("still_measured", level=level(alert.measured_level))
    if alert.rule == rules.COLLAPSE or kernel.held(alert.place):
        return refuse("collapse_open")
    if alert.life_safety and not (command.second_gesture and kernel.plan.may("clear", actor=command.actor, role=command.actor_role)):
        return refuse("lower_role")
    alert.level = command.choice
    alert.latched = alert.latched and (
        latches(alert.level) or alert.level != alert.measured_level
    )  # it follows the measure again, or waits for a person
    kernel.settle(alert, command.received_us)
    return NOTHING


ACTS: Final[dict[str, Callable[[Kernel, Alert, AlertCommand], Said]]] = {
    "acknowledge": _acknowledge,
    "assign": _assign,
    "hold": _hold,
    "resume": _resume,
    "verify": _verify,
    "clear": _clear,
    "close": _close,
    "shelve": _shelve,
    "unshelve": _unshelve,
    "escalate": _escalate,
    "downgrade": _downgrade,
}
