"""What people ask of an alert: each act does it, or returns the sentence that refuses it. Pure.

Rights are checked where people come in; here stands what no right allows, and what asks for more authority than others.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from pipelines import rules
from pipelines.alerts.work import TABLE, after
from pipelines.levels import LEVELS, latches, rank
from pipelines.units import MICRO

if TYPE_CHECKING:
    from pipelines.alerts.kernel import Kernel
    from pipelines.alerts.lifecycle import Alert
    from pipelines.events import AlertCommand

CLOSINGS: Final = ("handled", "false", "duplicate", "drill", "handed_over")
VERDICTS: Final = ("real", "false")
_OVER: Final = "its condition is over"


def act(kernel: Kernel, alert: Alert, command: AlertCommand) -> str:
    """Do what *command* asks of *alert*; returns why not, empty when it is done."""
    if command.action not in ACTS:
        return f"there is no action '{command.action}'"
    work = after(alert.work, command.action)
    if work is None:
        return _out_of_turn(alert, command.action)
    refused = ACTS[command.action](kernel, alert, command)
    if not refused:
        alert.work = work
        if work != "closed":
            alert.closing = ""
    return refused


def _out_of_turn(alert: Alert, action: str) -> str:
    if action == "acknowledge" and alert.work != "closed":
        return "it has been acknowledged already"
    possible = [state for state, event in TABLE if event == action]
    return f"its work is {alert.work}: {action} needs {' or '.join(possible)}"


def _acknowledge(_: Kernel, alert: Alert, command: AlertCommand) -> str:
    if alert.life_safety and not command.second_gesture:
        return "a life-safety alert needs the second gesture"
    alert.owner = alert.owner or command.actor
    return ""


def _assign(kernel: Kernel, alert: Alert, command: AlertCommand) -> str:
    refused = _no_post(kernel, command.target)
    if not refused:
        alert.owner = command.target
    return refused


def _no_post(kernel: Kernel, target: str) -> str:
    known = {post.call_sign for post in kernel.plan.posts}
    return "" if target in known or (target and not known) else f"the plan has no post '{target}'"


def _hold(_: Kernel, __: Alert, command: AlertCommand) -> str:
    return "" if command.reason.strip() else "work is put on hold only with a reason"


def _resume(_: Kernel, __: Alert, ___: AlertCommand) -> str:
    return ""


def _verify(_: Kernel, alert: Alert, command: AlertCommand) -> str:
    if command.choice not in VERDICTS:
        return f"choice: expected {' or '.join(VERDICTS)}, got '{command.choice}'"
    alert.verdict = command.choice
    return ""


def _clear(kernel: Kernel, alert: Alert, command: AlertCommand) -> str:
    if not alert.latched or alert.condition == "cleared":
        return "it does not wait for a person to clear it"
    if alert.rule == rules.COLLAPSE and not command.reason.strip():
        return "a suspected collapse is cleared only with a report from the scene as the reason"
    if command.choice and command.choice not in CLOSINGS:
        return f"choice: expected {', '.join(CLOSINGS)} or nothing, got '{command.choice}'"
    refused = kernel.still_stands(alert)
    if not refused:
        alert.closing = command.choice or ("false" if alert.verdict == "false" else "handled")
        kernel.cleared_by_a_person(alert, command.received_us)
    return refused


def _close(kernel: Kernel, alert: Alert, command: AlertCommand) -> str:
    if command.choice not in CLOSINGS:
        return f"choice: expected {', '.join(CLOSINGS)}, got '{command.choice}'"
    if alert.latched and alert.condition == "active":
        return "it is latched and active: it must be cleared"
    if command.choice == "duplicate" and (command.target == alert.alert_id or kernel.find(command.target) is None):
        return f"target: expected the alert that it duplicates, got '{command.target}'"
    refused = _no_post(kernel, command.target) if command.choice == "handed_over" else ""
    if not refused:
        alert.closing, alert.judged, alert.shelved_until_us = command.choice, alert.level, 0
    return refused


def _shelve(kernel: Kernel, alert: Alert, command: AlertCommand) -> str:
    if alert.life_safety:
        return "a life-safety alert is never shelved"
    if alert.condition == "cleared":
        return _OVER
    if not command.reason.strip() or command.until_us <= command.received_us:
        return "an alert is shelved only with a reason, and until a time that is to come"
    if rank(alert.level) >= rank("caution"):
        most_s = kernel.plan.handling.shelve_s
        if command.until_us - command.received_us > most_s * MICRO:
            return f"an alert of priority P2 is shelved for {most_s / 60:g} min at most"
        if not kernel.plan.may("shelve", actor=command.actor, role=command.actor_role):
            return f"the role '{command.actor_role}' may not shelve an alert of priority P2"
    alert.shelved_until_us, alert.judged = command.until_us, alert.level
    kernel.shelved.add(alert.alert_id)
    return ""


def _unshelve(_: Kernel, alert: Alert, __: AlertCommand) -> str:
    if not alert.shelved_until_us:
        return "it is not shelved"
    alert.shelved_until_us = 0
    return ""


def _escalate(kernel: Kernel, alert: Alert, command: AlertCommand) -> str:
    """A person outranks the picture: what a person has raised stays until a person lets it go."""
    if alert.condition == "cleared":
        return _OVER
    if command.choice not in LEVELS or rank(command.choice) <= rank(alert.level):
        return f"choice: expected a level above {alert.level}, got '{command.choice}'"
    alert.reach([command.choice], command.received_us)
    alert.latched = alert.card = True
    alert.shelved_until_us = 0
    kernel.settle(alert, command.received_us)
    return ""


def _downgrade(kernel: Kernel, alert: Alert, command: AlertCommand) -> str:
    if alert.condition == "cleared":
        return _OVER
    if command.choice not in LEVELS or rank(command.choice) >= rank(alert.level):
        return f"choice: expected a level below {alert.level}, got '{command.choice}'"
    if not command.reason.strip():
        return "a level is lowered only with a reason"
    if rank(command.choice) < rank(alert.measured_level):
        return f"the place is still measured at {alert.measured_level}"
    if alert.rule == rules.COLLAPSE or kernel.held(alert.place):
        return "a suspected collapse is open in this zone: it must be cleared from the scene first"
    if alert.life_safety and not (command.second_gesture and kernel.plan.may("clear", actor=command.actor, role=command.actor_role)):
        return "a life-safety alert is lowered only by a role that may clear it, with the second gesture"
    alert.level = command.choice
    alert.latched = alert.latched and (
        latches(alert.level) or alert.level != alert.measured_level
    )  # it follows the measure again, or waits for a person
    kernel.settle(alert, command.received_us)
    return ""


ACTS: Final[dict[str, Callable[[Kernel, Alert, AlertCommand], str]]] = {
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
