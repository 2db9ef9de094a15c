"""One message on its way to one recipient: which bearer is tried when, and what has become of it. Pure.

The first bearer is tried at once; as soon as it has failed, or has kept silent for longer than the patience, the next one is.
A bearer that failed in passing is tried again, ever more slowly, while no other has brought the message there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from pipelines.units import US_PER_S

if TYPE_CHECKING:
    from pipelines.messages import Message
    from plan.duty import Bearer

LONGEST_WAIT_US: Final = 60 * US_PER_S
ATTEMPTS: Final = 8
_GROWTH: Final = 2

Outcome = Literal["delivered", "refused", "failed"]


@dataclass(slots=True)
class Try:
    """What has become of one bearer."""

    bearer: Bearer
    attempts: int = 0
    state: Literal["idle", "flying", "waiting", "over"] = "idle"
    since_us: int = 0
    again_us: int = 0
    failed: bool = False

    def is_out(self, now_us: int, patience_us: int) -> bool:
        """Whether the next bearer must not wait for this one any longer."""
        return self.failed or (self.state == "flying" and now_us - self.since_us >= patience_us)


@dataclass(slots=True, kw_only=True)
class Delivery:
    """One message to one recipient.

    Args:
        message: without an address: each bearer has its own.
        priority: P1, P2 or P3.
        step: of the ladder, or of the response plan.
        due_us: when the step was due, µs UTC of the wall clock.
        tries: one a bearer, in the order of use.
        alert_id, axis, number: of the change, for the receipts; order_id: of the order.
        reason: stands in the receipt of its arrival, e.g. the clause that asks for it.
    """

    message: Message
    priority: str
    step: str
    due_us: int
    tries: list[Try]
    alert_id: str = ""
    axis: str = ""
    number: int = 0
    order_id: str = ""
    arrived: bool = False
    escalated: bool = False
    dropped: bool = False
    reason: str = ""

    @property
    def is_over(self) -> bool:
        """Whether nothing more is tried."""
        return self.arrived or self.dropped or all(one.state == "over" for one in self.tries)

    def hand_over(self, now_us: int, patience_us: int) -> list[int]:
        """The bearers to use now; they are in flight from here on."""
        if self.is_over:
            return []
        chosen = [number for number, one in enumerate(self.tries) if self._may_start(number, one, now_us, patience_us)]
        for number in chosen:
            one = self.tries[number]
            one.state, one.since_us, one.attempts = "flying", now_us, one.attempts + 1
        return chosen

    def _may_start(self, number: int, one: Try, now_us: int, patience_us: int) -> bool:
        if one.state == "idle":
            return all(before.is_out(now_us, patience_us) for before in self.tries[:number])
        return one.state == "waiting" and now_us >= one.again_us

    def took(self, number: int, outcome: Outcome, now_us: int, *, retry_after_us: int = 0) -> None:
        """Note what became of a bearer's attempt."""
        one = self.tries[number]
        if outcome == "delivered":
            self.arrived, one.state = True, "over"
            return
        one.failed = True
        if outcome == "refused" or one.attempts >= ATTEMPTS:
            one.state = "over"
            return
        grown_us = US_PER_S * _GROWTH ** (one.attempts - 1)
        one.state, one.again_us = "waiting", now_us + min(max(retry_after_us, grown_us), LONGEST_WAIT_US)

    def must_escalate(self, now_us: int, patience_us: int) -> bool:
        """Whether every bearer has failed or keeps silent, and nobody was told of it yet."""
        return not self.arrived and not self.dropped and not self.escalated and all(one.is_out(now_us, patience_us) for one in self.tries)


def tries(bearers: Iterable[Bearer]) -> list[Try]:
    """A fresh try for each of the bearers."""
    return [Try(bearer) for bearer in bearers]
