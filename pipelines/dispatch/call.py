"""One alert that people must hear of, and how its messages are found again: by id, and in the receipts. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from pipelines.events import AlertChange, DispatchReceipt
    from pipelines.messages import Message

ESCALATION: Final = "escalation"  # stands as the channel in receipts that are no delivery
RESPONSE: Final = "response"  # the axis of receipts of what a response plan asks for
Key = tuple[str, int, str, str, str]
Receipts = dict[str, dict[Key, list["DispatchReceipt"]]]


class Handed(NamedTuple):
    """An attempt that a channel is to make now."""

    key: str
    bearer: int
    channel: str
    message: Message
    priority: str


class Sent(NamedTuple):
    """A message that a recipient may have: for the references of the next one."""

    message_id: str
    sent_us: int


class Match(NamedTuple):
    """A response plan that an alert has started: with which change, and when by both clocks."""

    number: int
    appended_us: int
    since_us: int


@dataclass(slots=True)
class Call:
    """One alert that people must hear of."""

    change: AlertChange
    appended_us: int
    since_us: int
    ladder_number: int = 1
    begun: dict[str, int] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)
    answered: bool = False
    retracted_us: int = 0
    over: bool = False
    fresh: bool = True
    restored: bool = False
    said: set[tuple[str, str, str]] = field(default_factory=set)
    started: dict[str, Match] = field(default_factory=dict)
    told_of: set[str] = field(default_factory=set)
    timed: set[str] = field(default_factory=set)
    sent: dict[str, list[Sent]] = field(default_factory=dict)


def key_of(axis: str, number: int, order_id: str, step: str, recipient: str) -> Key:
    """What a delivery is found by in the receipts of its alert; a step of the response is one by itself."""
    return axis, number, order_id, step if axis == RESPONSE else "", recipient


def message_id(mode: str, subject: str, axis: str, number: int, recipient: str) -> str:
    """BLAKE2b (16 bytes, hex) of what a message is: the same at each retry and after each restart."""
    return hashlib.blake2b("\0".join((mode, subject, axis, str(number), recipient)).encode(), digest_size=16).hexdigest()


def addressed(message: Message, address: str) -> Message:
    """The message for one bearer."""
    return replace(message, address=address)
