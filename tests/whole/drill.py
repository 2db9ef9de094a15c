"""A drill of the test's own on a running machine: records in, results out, with the real stages between."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cli.paths import HOME, ROOT
from connectors.kafka import Row, Sender, Tail, producer
from plan import needs
from plan.model import Plan
from simulation.player import Player
from stack import modes
from stack.keeper import cancel_all
from stack.machine import Machine
from tests.whole.conftest import PATIENCE_S

START_US = 1_767_225_600_000_000


class Drill:
    """One mode that plays: send with `player`, then `results`."""

    def __init__(self, machine: Machine, mode: str, plan: Plan) -> None:
        self.kafka, self.mode, self._plan = machine.addresses.kafka, mode, plan
        self.player = Player(
            Sender(producer(self.kafka), mode), start_us=START_US, rate=0, stop=threading.Event(), ticked=needs.ticked(plan)
        )

    def results(self, last_us: int) -> list[Any]:
        """Every row of results and every change of an alert, until all that ends by *last_us* is there."""
        things = needs.results(self._plan)
        want_us = last_us - last_us % 200_000 - 200_000
        tail = Tail(self.kafka, mode=self.mode, things=[*things, "alerts.changes", "stage.health"])
        reached, found = dict.fromkeys([*things, "alerts"], 0), []
        until_s = time.monotonic() + PATIENCE_S

        def take(row: Row) -> None:
            record = row.record
            if row.thing == "stage.health":
                if record.stage == "alerts" and record.tick_age_us >= 0:
                    reached["alerts"] = max(reached["alerts"], record.at_us - record.tick_age_us)
            elif row.thing in things and record.progress:
                reached[row.thing] = max(reached[row.thing], record.window_end_us)
            else:
                found.append(record)

        try:
            while min(reached.values()) < want_us:
                for row in tail.poll(0.2):
                    take(row)
                assert time.monotonic() < until_s, f"results did not come: {reached}, wanted {want_us}"
            for row in tail.read_to_end():
                take(row)
        finally:
            tail.close()
        return found


@contextmanager
def drill(mode: str, plan: Plan) -> Iterator[Drill]:
    """Start the stages of *plan* as *mode* on the machine that runs, and end them."""
    with Machine(HOME, ROOT, name=mode, join=True) as machine:
        made = modes.prepare(HOME, machine.addresses, mode=mode, plan=plan, clock="player", fresh=True)
        after = machine.after_servers()
        machine.start([modes.setup_part(made), *modes.stage_parts(made, after=after, dispatch=False, ticker=False, ingest=False)])
        try:
            yield Drill(machine, mode, plan)
        finally:
            modes.announce(HOME, mode=mode, plan=plan, clock="player", state="ended")
            modes.withdraw(HOME, mode)
            cancel_all(machine.addresses.flink_url, mode)
