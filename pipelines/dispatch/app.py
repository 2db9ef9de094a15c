"""The DISPATCH process: calls people until somebody answers, brings them orders, and writes what became of each delivery.

Its place is in its receipts and in the orders' changes: a restart takes both up, delivers the rest, and nothing twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from connectors.inbox import Inbox
from connectors.kafka import Rejected, Row, Sender, Tail, dead_letter, producer
from pipelines import probe
from pipelines.dispatch.connect import connect
from pipelines.dispatch.desk import Desk
from pipelines.dispatch.order_desk import OrderDesk
from pipelines.dispatch.routing import network_faults
from pipelines.dispatch.surroundings import Surroundings
from pipelines.dispatch.workers import Workers
from pipelines.events import AlertChange, DispatchReceipt, OrderChange, OrderCommand, StageHealth
from pipelines.messages import Channel
from pipelines.settings import Settings
from pipelines.stage import run
from pipelines.topics import is_drill
from plan.channels import load as load_channels
from plan.load import load, plan_hash
from plan.model import Plan

ACTS: Final = ("alerts.changes", "orders.commands")
SEEN: Final = ("crowd.density", "crowd.flow", "crowd.queue")
_POLL_S: Final = 0.05
_MOST: Final = 500


def wall_us() -> int:
    """UTC, µs: for records."""
    return time.time_ns() // 1000


class Steady:
    """A clock in µs that begins as UTC and then goes by the monotonic clock: a step of the wall clock moves no deadline."""

    def __init__(self, *, wall: Callable[[], int] = wall_us, monotonic_ns: Callable[[], int] = time.monotonic_ns) -> None:
        """Begin now."""
        self._monotonic_ns = monotonic_ns
        self._zero_us = wall() - monotonic_ns() // 1000

    def __call__(self) -> int:
        """Now."""
        return self._zero_us + self._monotonic_ns() // 1000


class Dispatch:
    """One running DISPATCH.

    Args:
        mode: live or drill-<id>.
        plan: names the posts and the places.
        channels: by name, not started yet.
        sender: for receipts, orders, dead letters and health.
        tail: of alerts.changes and orders.commands, from their beginning.
        seen: of measures, from now on; None where nobody measures.
        receipts: those that were given before.
        orders: changes of orders that were given before.
        wall, steady: the two clocks.
        probes: of probe.passed, from its end: what ALERTS lets pass, DISPATCH passes on.
    """

    def __init__(
        self,
        *,
        mode: str,
        plan: Plan,
        channels: Mapping[str, Channel],
        sender: Sender,
        tail: Tail,
        seen: Tail | None = None,
        receipts: Iterable[DispatchReceipt] = (),
        orders: Iterable[OrderChange] = (),
        probes: Tail | None = None,
        wall: Callable[[], int] = wall_us,
        steady: Callable[[], int] | None = None,
    ) -> None:
        """Nothing is delivered yet."""
        self._sender, self._tail, self._seen_tail, self._probes = sender, tail, seen, probes
        self._wall = wall
        self._steady = steady or Steady(wall=wall)
        self._seen = Surroundings(plan)
        self.desk = Desk(mode=mode, plan=plan, channels=channels, receipts=receipts)
        self.orders = OrderDesk(mode=mode, plan=plan, plan_hash=plan_hash(plan), desk=self.desk, seen=self._seen, changes=orders)
        for sentence in network_faults(plan, channels):
            print(f"dispatch: {sentence}", flush=True)
        self._workers = Workers(channels.values())
        self._taken = self._given = self._refused = 0
        self._health_s = 0.0

    def catch_up(self) -> None:
        """Read what there is before anything is delivered: what is newest counts, not what was first."""
        rows = sorted(self._tail.read_to_end(), key=lambda row: ACTS.index(row.thing))  # orders speak of alerts
        for row in rows:
            self._take(row)
        self.orders.resume()

    def turn(self) -> None:
        """Take what has come, begin what is due, and note what the channels have done."""
        for row in self._tail.poll(_POLL_S, most=_MOST):
            self._take(row)
        if self._seen_tail is not None:
            for row in self._seen_tail.poll(0, most=_MOST):
                if not isinstance(row.record, Rejected):
                    self._seen.take(row.record, self._steady())
        self.step()
        self._let_pass()
        if time.monotonic() - self._health_s >= 1:
            self._say_health()

    def _let_pass(self) -> None:
        """The dead man's switch: pass on what has come through ALERTS."""
        rows = self._probes.poll(0) if self._probes is not None else []
        for word in probe.hops((row.record for row in rows), after="alerts", stage="dispatch", at_us=self._wall()):
            self._sender.send("probe.passed", word, key="dispatch")

    def step(self) -> None:
        """One turn of the desk, with the receipts and orders that come of it."""
        for result in self._workers.results():
            handed = result.handed
            self.desk.result(
                handed.key,
                handed.bearer,
                result.outcome,
                receipt=result.receipt,
                reason=result.reason,
                retry_after_us=result.retry_after_us,
                now_us=self._steady(),
                wall_us=self._wall(),
            )
        for handed in self.desk.turn(now_us=self._steady(), wall_us=self._wall()):
            self._workers.offer(handed)
        self.orders.turn(now_us=self._steady(), wall_us=self._wall())
        self._send()

    def _take(self, row: Row) -> None:
        self._taken += 1
        match row.record:
            case AlertChange() if why := self.desk.foreign(row.record):
                self._refuse(replace(row, record=Rejected(reason=why, raw=row.raw)))
            case AlertChange():
                now_us, wall = self._steady(), self._wall()
                since_us = now_us - max(wall - row.appended_us, 0)
                self.desk.take(row.record, appended_us=row.appended_us, since_us=since_us, wall_us=wall)
                if row.record.verdict:
                    self.orders.classified(row.record, wall_us=wall)
            case OrderCommand():
                refused = self.orders.take(row.record, now_us=self._steady(), wall_us=self._wall())
                if refused:
                    print(f"dispatch: order command {row.record.command_id}: {refused.en}", flush=True)
            case _:
                self._refuse(row)

    def _refuse(self, row: Row) -> None:
        self._refused += 1
        self._sender.send("deadletter.stages", dead_letter(row, stage="dispatch", at_us=self._wall()))

    def _send(self) -> None:
        for change in self.orders.changes:
            self._sender.send("orders.changes", change, key=change.order_id)
        for receipt in self.desk.receipts:
            self._given += receipt.state == "delivered"
            self._refused += receipt.state == "refused"
            self._sender.send("dispatch.receipts", receipt, key=receipt.alert_id or receipt.order_id)
            if receipt.state in ("refused", "escalated"):
                print(
                    f"dispatch: {receipt.alert_id or receipt.order_id}: {receipt.recipient}: {receipt.state}: {receipt.reason}", flush=True
                )
        self.orders.changes.clear()
        self.desk.receipts.clear()

    def _say_health(self) -> None:
        self._health_s = time.monotonic()
        record = StageHealth(
            stage="dispatch",
            at_us=self._wall(),
            taken=self._taken,
            given=self._given,
            late=self.desk.undelivered,
            clamped=0,
            refused=self._refused,
            lag=self._tail.lag(),
            tick_age_us=-1,
        )
        self._sender.send("stage.health", record, key="dispatch")

    def close(self) -> None:
        """See that every receipt has arrived."""
        self._workers.close()
        self.step()
        self._sender.flush(5)
        self._tail.close()
        if self._seen_tail is not None:
            self._seen_tail.close()


def channels_of(settings: Settings) -> dict[str, Channel]:
    """The channels of one mode: those of the channels file that may carry it, and for a drill its inbox folder.

    Raises:
        ConfigError: the channels file, or a secret that it names, is wrong.
    """
    drill = is_drill(settings.mode)
    given = connect(load_channels(settings.channels)) if settings.channels != Path() else {}
    found = {name: channel for name, channel in given.items() if (channel.takes_drills if drill else channel.takes_live)}
    if drill:
        inbox = Inbox(settings.run / "inbox")
        found[inbox.name] = inbox
    elif not found:
        print("dispatch: mode 'live' has no channel: each delivery is refused and escalated", flush=True)
    return found


def build(settings: Settings) -> Dispatch:
    """The dispatch of one mode, with its real clients."""
    given = Tail(settings.kafka, mode=settings.mode, things=("dispatch.receipts", "orders.changes"))
    try:
        before = [row.record for row in given.read_to_end()]
    finally:
        given.close()
    dispatch = Dispatch(
        mode=settings.mode,
        plan=load(settings.plan),
        channels=channels_of(settings),
        sender=Sender(producer(settings.kafka, linger_ms=0), settings.mode),
        tail=Tail(settings.kafka, mode=settings.mode, things=ACTS),
        seen=Tail(settings.kafka, mode=settings.mode, things=SEEN, start="end"),
        receipts=[row for row in before if isinstance(row, DispatchReceipt)],
        orders=[row for row in before if isinstance(row, OrderChange)],
        probes=Tail(settings.kafka, mode=settings.mode, things=("probe.passed",), start="end"),
    )
    dispatch.catch_up()
    return dispatch


def main() -> None:
    """Run until told to stop."""
    run("dispatch", build, again_from="the receipts")  # what has none is delivered then, with the message id that it had


if __name__ == "__main__":
    main()
