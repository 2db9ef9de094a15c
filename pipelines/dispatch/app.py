"""The DISPATCH process: reads the changes of alerts and delivers those that people must hear of, with receipts.

Its place is in its receipts: what has one is done, so a restart delivers the rest and nothing twice.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable
from signal import SIGINT, SIGTERM, signal
from typing import Final

from connectors.inbox import CHANNEL, Inbox
from connectors.kafka import Rejected, Row, Sender, Tail, dead_letter, producer
from pipelines import probe
from pipelines.dispatch.routing import Told, recipients
from pipelines.dispatch.texts import line
from pipelines.errors import MusterError, RefusedError, TransientError
from pipelines.events import AlertChange, DispatchReceipt, StageHealth
from pipelines.settings import Settings, die, read
from pipelines.topics import is_drill
from plan.load import load
from plan.model import Plan

DELIVERED: Final = "delivered"
REFUSED: Final = "refused"
_POLL_S: Final = 0.5


class Dispatch:
    """One running DISPATCH.

    Args:
        mode: live or drill-<id>.
        plan: names the posts and the places.
        inbox: of the drill.
        sender: for receipts, dead letters and health.
        tail: of alerts.changes, from its beginning.
        receipts: those that were given before.
        probes: of probe.passed, from its end: what ALERTS lets pass, DISPATCH passes on.
    """

    def __init__(
        self,
        *,
        mode: str,
        plan: Plan,
        inbox: Inbox,
        sender: Sender,
        tail: Tail,
        receipts: Iterable[DispatchReceipt] = (),
        probes: Tail | None = None,
    ) -> None:
        """Nothing is delivered yet."""
        self._mode, self._plan, self._inbox, self._sender, self._tail = mode, plan, inbox, sender, tail
        self._told, self._probes = Told(), probes
        self._done = {(row.alert_id, row.axis, row.number, row.recipient) for row in receipts}
        self._taken = self._given = self._refused = 0
        self._health_s = 0.0

    def turn(self) -> None:
        """Take the next change, if there is one within half a second."""
        for row in self._tail.poll(_POLL_S, most=1):
            self._taken += 1
            if isinstance(row.record, Rejected):
                self._dead_letter(row)
            elif self._told.is_news(row.record):
                self.deliver(row.record)
        self._let_pass()
        if time.monotonic() - self._health_s >= 1:
            self._say_health()

    def _let_pass(self) -> None:
        """The dead man's switch: pass on what has come through ALERTS."""
        rows = self._probes.poll(0) if self._probes is not None else []
        for word in probe.hops((row.record for row in rows), after="alerts", stage="dispatch", at_us=time.time_ns() // 1000):
            self._sender.send("probe.passed", word, key="dispatch")

    def deliver(self, change: AlertChange) -> None:
        """Bring *change* to each recipient who has no receipt for it."""
        named = recipients(change, self._plan)
        missing = [name for name in named if (change.alert_id, change.axis, change.number, name) not in self._done]
        if not missing:
            return
        try:
            self._check_mode(change)
            receipt, state = self._inbox.deliver(change, recipients=named, text=line(change, self._plan)), DELIVERED
        except RefusedError as error:
            print(f"dispatch: {change.alert_id}: {error}", flush=True)
            receipt, state = "", REFUSED
            self._refused += 1
        for name in missing:
            self._send_receipt(change, name, state=state, receipt=receipt)

    def _check_mode(self, change: AlertChange) -> None:
        """The first of two checks; the inbox makes the other by itself."""
        if not is_drill(self._mode):
            raise RefusedError(f"mode '{self._mode}' does not deliver to the drill's inbox")
        if change.mode != self._mode:
            raise RefusedError(f"a change of mode '{change.mode}' came in the topic of '{self._mode}'")

    def _send_receipt(self, change: AlertChange, recipient: str, *, state: str, receipt: str) -> None:
        record = DispatchReceipt(
            alert_id=change.alert_id,
            axis=change.axis,
            number=change.number,
            channel=CHANNEL,
            recipient=recipient,
            state=state,
            receipt=receipt,
            at_us=time.time_ns() // 1000,
        )
        self._sender.send("dispatch.receipts", record, key=change.alert_id)
        self._done.add((change.alert_id, change.axis, change.number, recipient))
        self._given += 1

    def _dead_letter(self, row: Row) -> None:
        self._refused += 1
        record = dead_letter(row, stage="dispatch", at_us=time.time_ns() // 1000)
        self._sender.send("deadletter.stages", record)

    def _say_health(self) -> None:
        self._health_s = time.monotonic()
        record = StageHealth(
            stage="dispatch",
            at_us=time.time_ns() // 1000,
            taken=self._taken,
            given=self._given,
            late=0,
            clamped=0,
            refused=self._refused,
            lag=self._tail.lag(),
            tick_age_us=-1,
        )
        self._sender.send("stage.health", record, key="dispatch")

    def close(self) -> None:
        """See that every receipt has arrived."""
        self._sender.flush(5)
        self._tail.close()


def build(settings: Settings) -> Dispatch:
    """The dispatch of one mode, with its real clients; only a drill gets an inbox folder."""
    inbox = Inbox(settings.run / "inbox")
    if is_drill(settings.mode):
        inbox.start()
    else:
        print("dispatch: mode 'live' has no channel yet; the drill's inbox is not for it, each delivery is refused", flush=True)
    given = Tail(settings.kafka, mode=settings.mode, things=("dispatch.receipts",))
    try:
        receipts = [row.record for row in given.read_to_end() if isinstance(row.record, DispatchReceipt)]
    finally:
        given.close()
    return Dispatch(
        mode=settings.mode,
        plan=load(settings.plan),
        inbox=inbox,
        sender=Sender(producer(settings.kafka, linger_ms=0), settings.mode),
        tail=Tail(settings.kafka, mode=settings.mode, things=("alerts.changes",)),
        probes=Tail(settings.kafka, mode=settings.mode, things=("probe.passed",), start="end"),
        receipts=receipts,
    )


def main() -> None:
    """Run until told to stop."""
    stop = threading.Event()
    for which in (SIGTERM, SIGINT):
        signal(which, lambda *_: stop.set())
    try:
        settings = read()
        dispatch = build(settings)
    except MusterError as error:
        die(error)
        return
    settings.ready()
    try:
        while not stop.is_set():
            dispatch.turn()
        dispatch.close()
    except (TransientError, RefusedError) as error:
        # A change without a receipt is delivered at the next start; a file that is there already is not written again.
        print(f"dispatch: {error}; starting again from the receipts", flush=True)
        os._exit(1)


if __name__ == "__main__":
    main()
