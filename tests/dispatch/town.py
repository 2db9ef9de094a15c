"""A dispatch desk in simulated time, with channels that deliver, refuse, fail in passing or hang, and a process that may be killed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from pipelines.dispatch.call import Handed
from pipelines.dispatch.desk import INBOX, Desk
from pipelines.dispatch.order_desk import OrderDesk
from pipelines.dispatch.surroundings import Surroundings
from pipelines.events import AlertChange, DispatchReceipt, OrderChange, OrderCommand
from pipelines.messages import Message
from pipelines.units import US_PER_S
from plan.model import Plan
from simulation.alerts import alert_change as change

START_US = (20_717 * 86_400 + 4 * 3_600) * US_PER_S  # noon in the plan


@dataclass
class FakeChannel:
    """A channel of the plan; what it does is said by `how`: deliver, refuse, fail, hang."""

    name: str
    network: str = "n"
    takes_live: bool = True
    takes_drills: bool = True
    how: str = "deliver"
    heard: list[Message] = field(default_factory=list)

    def start(self) -> None:
        pass

    def deliver(self, message: Message) -> str:
        self.heard.append(message)
        return "r"

    def close(self) -> None:
        pass


class Town:
    """One mode's dispatch; `now_us` is the steady clock, `wall_us` the one that may jump."""

    def __init__(self, plan: Plan, *, mode: str = "live", names: tuple[str, ...] = ("radio", "pager", "sms", "webhook")) -> None:
        self.plan, self.mode = plan, mode
        self.channels: dict[str, FakeChannel] = {name: FakeChannel(name, f"net-{name}") for name in names}
        self.now_us = self.wall_us = START_US
        self.log: list[tuple[AlertChange, int]] = []
        self.commands: list[OrderCommand] = []
        self.receipts: list[DispatchReceipt] = []
        self.order_changes: list[OrderChange] = []
        self.begin()

    def begin(self) -> None:
        """The process starts, from what is on the topics."""
        self.seen = Surroundings(self.plan)
        self.desk = Desk(mode=self.mode, plan=self.plan, channels=self.channels, receipts=self.receipts)  # type: ignore[arg-type]  # a fake
        self.orders = OrderDesk(mode=self.mode, plan=self.plan, plan_hash="h", desk=self.desk, seen=self.seen, changes=self.order_changes)
        for row, appended_us in self.log:
            self._take(row, appended_us)
        for command in self.commands:
            self.orders.take(command, now_us=self.now_us, wall_us=self.wall_us)
        self.orders.resume()

    def tell(self, row: AlertChange) -> None:
        """ALERTS writes a change."""
        self.log.append((row, self.wall_us))
        self._take(row, self.wall_us)
        self.step()

    def _take(self, row: AlertChange, appended_us: int) -> None:
        since_us = self.now_us - max(self.wall_us - appended_us, 0)
        self.desk.take(row, appended_us=appended_us, since_us=since_us, wall_us=self.wall_us)
        if row.verdict:
            self.orders.classified(row, wall_us=self.wall_us)

    def command(self, row: OrderCommand) -> str:
        """Somebody gives an order, or reports."""
        self.commands.append(row)
        why = self.orders.take(row, now_us=self.now_us, wall_us=self.wall_us)
        self.step()
        return why.en

    def step(self) -> None:
        """One turn; what channels take at once comes back in it."""
        for _ in range(4):  # steps that follow from failures begin in the turns that come at once
            for handed in self.desk.turn(now_us=self.now_us, wall_us=self.wall_us):
                self._carry(handed)
        self.orders.turn(now_us=self.now_us, wall_us=self.wall_us)
        self.receipts += self.desk.receipts
        self.order_changes += self.orders.changes
        self.desk.receipts.clear()
        self.orders.changes.clear()

    def _carry(self, handed: Handed) -> None:
        channel = self.channels[handed.channel]
        outcomes: Any = {"deliver": "delivered", "refuse": "refused", "fail": "failed"}
        if channel.how == "hang":
            return
        if channel.how == "deliver":
            channel.deliver(handed.message)
        self.desk.result(
            handed.key,
            handed.bearer,
            outcomes[channel.how],
            receipt="r",
            reason="",
            retry_after_us=US_PER_S,
            now_us=self.now_us,
            wall_us=self.wall_us,
        )

    def wait(self, seconds: float, *, step_s: float = 0.5) -> None:
        """Time goes by."""
        for _ in range(round(seconds / step_s)):
            self.now_us += round(step_s * US_PER_S)
            self.wall_us += round(step_s * US_PER_S)
            self.step()

    def heard(self, *, kind: str = "") -> list[tuple[str, str]]:
        """(recipient, step is unknown here: the kind) of all that arrived, in order."""
        rows = [message for channel in self.channels.values() for message in channel.heard]
        return [(row.recipient, row.kind) for row in sorted(rows, key=lambda row: row.sent_us) if not kind or row.kind == kind]

    def reached(self, step: str, *, number: int = 1) -> set[str]:
        """Posts that a step has reached, by the receipts."""
        return {row.recipient for row in self.receipts if row.step == step and row.state == "delivered" and row.number == number}

    def states(self, state: str) -> list[tuple[str, str]]:
        """(step, recipient) of the receipts in a state, deliveries of response plans left out."""
        return [(row.step, row.recipient) for row in self.receipts if row.state == state and row.axis != "response"]


def bare(plan: Plan) -> Plan:
    """The plan without response plans, for tests about ladders alone."""
    return plan.model_copy(update={"response_plans": ()})


def acknowledged(row: AlertChange, **fields: Any) -> AlertChange:
    """The work change with which a person takes *row* on."""
    return replace(row, axis="work", number=1, work="in_progress", actor="S1", actor_role="shift leader", **fields)


__all__ = ["INBOX", "FakeChannel", "Town", "acknowledged", "bare", "change"]
