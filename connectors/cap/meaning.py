"""What an alert is in CAP's words: category, severity, urgency, certainty, response. Pure."""

from __future__ import annotations

from typing import Final

from connectors.cap.classes import Category, Certainty, MsgType, ResponseType, Severity, Status, Urgency
from connectors.marks import standing
from pipelines.events import AlertChange
from pipelines.messages import Message

_STATUS: Final = {"actual": Status.ACTUAL, "exercise": Status.EXERCISE, "test": Status.TEST}
_SEVERITY: Final = {
    "watch": Severity.MINOR,
    "caution": Severity.MODERATE,
    "warning": Severity.SEVERE,
    "critical": Severity.EXTREME,
    "act_now": Severity.EXTREME,
}
_URGENCY: Final = {
    "watch": Urgency.FUTURE,
    "caution": Urgency.EXPECTED,
    "warning": Urgency.EXPECTED,
    "critical": Urgency.IMMEDIATE,
    "act_now": Urgency.IMMEDIATE,
}
# By the beginning of the rule's id; what is not here is the safety of people.
_CATEGORY: Final = {
    ("fire", "gas", "smoke"): Category.FIRE,
    ("vehicle", "wrong_way", "improper_stop", "beyond_permit", "speeding"): Category.TRANSPORT,
    ("camera", "device", "link", "panel"): Category.INFRA,
    ("pass", "identity", "screening", "breach", "loitering"): Category.SECURITY,
}
EVENT: Final = {
    Category.FIRE: {"en": "Fire safety", "zh": "消防安全"},
    Category.TRANSPORT: {"en": "Vehicle", "zh": "车辆"},
    Category.INFRA: {"en": "Equipment", "zh": "设备"},
    Category.SECURITY: {"en": "Security", "zh": "安保"},
    Category.SAFETY: {"en": "Crowd safety", "zh": "人群安全"},
}
# Rules that say what will be, or what cannot be ruled out.
_OUTLOOK: Final = ("time_to_act", "cannot_exclude", "growth", "blind_rising")


def status(mode: str) -> Status:
    """Actual for live alone; a drill is an Exercise, a test of a channel a Test."""
    return _STATUS[standing(mode)]


def message_type(message: Message) -> MsgType:
    """Alert, Update or Cancel; what refers to nothing can neither update nor cancel, and is an Alert of its own."""
    if not message.references:
        return MsgType.ALERT
    return MsgType.CANCEL if message.kind == "cancel" else MsgType.UPDATE


def over(message: Message) -> bool:
    """Whether there is nothing more to act on: retracted, or the condition has cleared."""
    return message.kind == "cancel" or (message.change is not None and message.change.condition == "cleared")


def categories(change: AlertChange | None) -> list[Category]:
    """The one that the rule belongs to, and Safety."""
    for beginnings, category in _CATEGORY.items():
        if change is not None and change.rule.startswith(beginnings):
            return [category, Category.SAFETY]
    return [Category.SAFETY]


def severity(change: AlertChange | None) -> Severity:
    """By the level; Unknown for an order without an alert."""
    return Severity.UNKNOWN if change is None else _SEVERITY.get(change.level, Severity.UNKNOWN)


def urgency(message: Message) -> Urgency:
    """By the level; Past when it is over, Immediate for an order."""
    if over(message):
        return Urgency.PAST
    if message.change is None:
        return Urgency.IMMEDIATE
    return _URGENCY.get(message.change.level, Urgency.UNKNOWN)


def certainty(change: AlertChange | None) -> Certainty:
    """Observed only what was signed or seen by a person; unsigned evidence is Possible, an outlook Likely, a false alarm Unlikely."""
    if change is None:
        return Certainty.UNKNOWN
    if change.verdict == "false":
        return Certainty.UNLIKELY
    if change.verdict == "real":
        return Certainty.OBSERVED
    if not change.verified:
        return Certainty.POSSIBLE
    return Certainty.LIKELY if change.rule in _OUTLOOK else Certainty.OBSERVED


def response(message: Message) -> ResponseType:
    """What is asked for: AllClear, Assess what is unverified, Execute an order or P1, else Monitor."""
    if over(message):
        return ResponseType.ALL_CLEAR
    change = message.change
    if message.kind == "order" or change is None:
        return ResponseType.EXECUTE
    if not change.verified and change.verdict != "real":
        return ResponseType.ASSESS
    return ResponseType.EXECUTE if change.priority == "P1" else ResponseType.MONITOR
