"""What dispatch hands to a channel, and what a channel must be: the border between who is told and how it reaches them.

A message is about one change of one alert, or about one order; a retry carries the same `message_id`, so that a receiver
knows a repeat.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, Protocol

from pipelines.events import AlertChange, OrderChange

Kind = Literal["alert", "update", "cancel", "order"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """The three texts of a message in one language: staff radio, screen, public; public is empty where nothing is for the public."""

    radio: str
    screen: str
    public: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message to one recipient over one channel.

    Args:
        message_id: the same at each retry.
        mode: live or drill-<id>.
        kind: alert (its first), update, cancel (retracted, or its condition is over), order.
        recipient: call sign of a post, or name of an endpoint.
        address: where the channel finds the recipient: number, topic, URL; empty where the channel knows it.
        texts: by language, en and zh.
        sent_us: when it was made, µs UTC of the wall clock; the same at each retry.
        change: the alert as it is; None for an order without one.
        order: the order; None otherwise.
        references: (message_id, sent_us) of earlier messages about the same alert to this recipient, oldest first.
        place_name: name of the place by language.
        polygon: (latitude, longitude) of the place's outline, degrees WGS-84, closed; empty where the plan has no georeference.
    """

    message_id: str
    mode: str
    kind: Kind
    recipient: str
    address: str = ""
    texts: dict[str, Texts]
    sent_us: int
    change: AlertChange | None = None
    order: OrderChange | None = None
    references: tuple[tuple[str, int], ...] = ()
    place_name: dict[str, str] = field(default_factory=dict)
    polygon: tuple[tuple[float, float], ...] = ()


class Channel(Protocol):
    """A way to people or systems.

    Attributes:
        name: in receipts, e.g. `webhook`.
        network: what it runs over, e.g. `venue-lan`, `mobile`: the two bearers of a post share none.
        takes_live: whether it may carry what is real; the drill's inbox may not.
        takes_drills: whether it may carry an exercise (marked as one); a siren may not.
    """

    name: str
    network: str
    takes_live: bool
    takes_drills: bool

    def start(self) -> None:
        """Dial; nothing is dialled before.

        Raises:
            TransientError: it cannot be reached now.
            ConfigError: it never will be, as it is set up.
        """

    def deliver(self, message: Message) -> str:
        """Bring the message there, within the channel's own time limit; returns its receipt: what the other side called it.

        Raises:
            TransientError: not now; `retry_after_s` says when.
            RefusedError: never, and why.
        """

    def close(self) -> None:
        """Hang up; may be called more than once."""
