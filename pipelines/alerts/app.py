"""The ALERTS process: reads results, readings, life-safety readings and commands; writes changes and its state."""

from __future__ import annotations

import contextlib
import time
from typing import Any, Final

from connectors.kafka import Rejected, Row, Sender, StillUnderWayError, Tail, dead_letter, producer
from pipelines import probe
from pipelines.alerts import saved
from pipelines.alerts.again import NEVER_US, Again
from pipelines.alerts.kernel import Kernel
from pipelines.alerts.merge import Merge, input_name, input_place, result_key
from pipelines.events import AlertAnswer, AlertChange, AlertCommand, SensorFire, StageHealth
from pipelines.settings import Settings
from pipelines.stage import run
from pipelines.topics import BY_THING, is_drill
from pipelines.words import Said
from plan import needs
from plan.load import load, plan_hash

P1: Final = "sensor.p1"
COMMANDS: Final = "alerts.commands"
LANE: Final = (P1, COMMANDS, "deadletter.ingest")
_SAVE_EVERY_S: Final = 1.0
_WAIT_S: Final = 0.02  # of a turn in which nothing comes
_ARRIVE_S: Final = 1.0  # a save waits for so long at most: life safety waits behind it
_MOST: Final = 2000  # records of a turn
_STEPS_A_TURN: Final = 25
_PATIENCE_S: Final = 5.0  # for commands that have their place between steps, after a crash


class Alerts:
    """One running ALERTS: the kernel, its inputs and its outputs."""

    def __init__(self, settings: Settings) -> None:
        """Load the newest complete state and take up the inputs where it left them."""
        plan = load(settings.plan)
        self._mode = settings.mode
        self._kernel = Kernel(plan, plan_hash=plan_hash(plan), mode=settings.mode)
        self._results, self._readings = needs.results(plan), needs.readings(plan)
        self._sender = Sender(producer(settings.kafka, linger_ms=0), settings.mode)
        self._set_number, state = saved.newest(self._read(settings, "alerts.state"))
        last_us, offsets = -1, {}
        if state is not None:
            self._kernel.load(state["kernel"])
            last_us, offsets = state["last_us"], {input_place(name): offset for name, offset in state["offsets"].items()}
        inputs = [input_name(thing, partition) for thing in self._readings for partition in range(BY_THING[thing].partitions)]
        self._merge = Merge(results=self._results, readings=inputs, last_us=last_us)
        self._lane_offsets = {thing: offsets.get((thing, 0), 0) for thing in LANE if thing != COMMANDS}
        start = "begin" if is_drill(settings.mode) or state is not None else "end"
        answers = self._read(settings, "alerts.answers") if start == "begin" else []
        self._again = Again(answers, since=offsets.get((COMMANDS, 0), 0))
        self._main = Tail(settings.kafka, mode=settings.mode, things=(*self._results, *self._readings), start=start, offsets=offsets)
        self._lane = Tail(settings.kafka, mode=settings.mode, things=LANE, start=start, offsets=offsets)
        self._taken = self._refused = 0
        self._behind = True
        self._saved_s = self._started_s = time.monotonic()

    @staticmethod
    def _read(settings: Settings, thing: str) -> list[Any]:
        """All records of a topic that can be read."""
        with contextlib.closing(Tail(settings.kafka, mode=settings.mode, things=(thing,))) as tail:
            return [row.record for row in tail.read_to_end() if not isinstance(row.record, Rejected)]

    def turn(self) -> None:
        """One turn: life safety and commands first, then every step that all inputs have finished."""
        self._read_lane(0 if self._behind else _WAIT_S)
        rows = self._main.poll(0, most=_MOST)
        self._behind = len(rows) >= _MOST
        for row in rows:
            self._take(row)
        if time.monotonic() - self._started_s > _PATIENCE_S:
            self._again.forget()
        for _ in range(_STEPS_A_TURN):
            if not self._step():
                break
            self._read_lane(0)
        if self._again.until_us() == NEVER_US:
            self._send(self._kernel.wall_clock(time.time_ns() // 1000))
        if time.monotonic() - self._saved_s >= _SAVE_EVERY_S:
            self.save()

    def _read_lane(self, wait_s: float) -> None:
        """Take what has come in the lane. The wait of a turn is here, for one record: it ends the moment that one is there."""
        rows = self._lane.poll(wait_s, most=1) if wait_s else []
        for row in [*self._until_commands_are_read(), *rows, *self._lane.poll(0)]:
            self._take_lane(row)
        self._take_commands()

    def _until_commands_are_read(self) -> list[Row]:
        """After a crash: read the commands that were answered, which may come behind readings that they stood before."""
        rows: list[Row] = []
        while self._again.reading and time.monotonic() - self._started_s < _PATIENCE_S:
            for row in self._lane.poll(0.02, most=1):
                if row.thing == COMMANDS:
                    self._take_lane(row)
                else:
                    rows.append(row)
        return rows

    def _step(self) -> bool:
        """Take the next step, unless it is not finished, or a command has its place before it."""
        if self._merge.last_us >= self._again.until_us():
            return False
        for now_us, rows in self._merge.steps(most=1):
            found = self._kernel.step(now_us, rows)
            self._send(found.changes)
            for thing, key, record in found.outlook:
                self._sender.send(thing, record, key=key)
            return True
        return False

    def _take_commands(self) -> None:
        place = {"step_us": self._merge.last_us, "p1_offset": self._lane_offsets[P1]}
        for offset, command in self._again.due(**place, known=lambda about: not about or self._kernel.find(about) is not None):
            self._take_command(offset, command)

    def _take_command(self, offset: int, command: AlertCommand) -> None:
        changes, refused = self._kernel.command(command)
        self._sender.send("alerts.answers", self._answer(command, refused, offset), key=command.alert_id)
        self._send(changes)

    def _take_p1(self, row: Row) -> None:
        """A life-safety reading; an alert of its place that people had ended before it is not open any more."""
        for offset, command in self._again.before(row.offset, lambda alert_id: self._kernel.is_about(alert_id, row.record)):
            self._take_command(offset, command)
        self._send(self._kernel.p1(row.record))

    def _answer(self, command: AlertCommand, refused: Said, offset: int) -> AlertAnswer:
        step_us, p1_offset = self._again.place(offset) or (self._merge.last_us, self._lane_offsets[P1])
        return AlertAnswer(
            command_id=command.command_id,
            alert_id=command.alert_id,
            action=command.action,
            actor=command.actor,
            refusal=refused.en,
            refusal_zh=refused.zh,
            received_us=command.received_us,
            command_offset=offset,
            step_us=step_us,
            p1_offset=p1_offset,
        )

    def _take(self, row: Row) -> None:
        self._taken += 1
        if isinstance(row.record, Rejected):
            self._refuse(row)
        elif row.thing in self._readings:
            self._merge.put_reading(input_name(row.thing, row.partition), row.offset, row.record)
        else:
            self._merge.put_result(row.thing, row.offset, row.record, key=result_key(row.record))

    def _take_lane(self, row: Row) -> None:
        self._taken += 1
        if row.thing in self._lane_offsets:
            self._lane_offsets[row.thing] = row.offset + 1
        if isinstance(row.record, Rejected):
            self._refuse(row)
            if row.thing == COMMANDS:
                self._again.skip(row.offset)
        elif probe.is_probe(row.record):
            self._let_pass(row.record)
        elif row.thing == P1:
            self._take_p1(row)
            self._take_commands()
        elif row.thing == "deadletter.ingest":
            self._send(self._kernel.refused(row.record))
        else:
            self._again.put(row.offset, row.record)

    def _let_pass(self, found: SensorFire) -> None:
        """The dead man's switch: how far event time has come goes with it, so that a stalled tick or window shows."""
        word = probe.passed(found, stage="alerts", at_us=time.time_ns() // 1000, clock_us=self._merge.last_us)
        self._sender.send("probe.passed", word, key="alerts")

    def _refuse(self, row: Row) -> None:
        self._refused += 1
        record = dead_letter(row, stage="alerts", at_us=time.time_ns() // 1000)
        self._sender.send("deadletter.stages", record)

    def _send(self, changes: list[AlertChange]) -> None:
        for change in changes:
            self._sender.send("alerts.changes", change, key=change.alert_id)

    def save(self, *, wait_s: float = _ARRIVE_S) -> None:
        """Write the whole state with the input offsets, after everything that it answers for has arrived.

        While the broker is away nothing is saved, and the client goes on trying by itself, in order and each record once. A record that
        it gives up on (after five minutes) is raised as lost: that ends the process, since only the saved state can make it again.
        """
        self._saved_s = time.monotonic()
        try:
            self._sender.flush(wait_s)
            self._send_state()
            self._sender.flush(wait_s)
        except StillUnderWayError as error:
            print(f"alerts: {error}; the state is saved once they have", flush=True)

    def _send_state(self) -> None:
        if self._merge.last_us >= 0 or any(self._lane_offsets.values()) or self._again.offset:
            self._set_number += 1
            state = {
                "last_us": self._merge.last_us,
                "offsets": {**self._merge.offsets(), **self._lane_offsets, COMMANDS: self._again.offset},
                "kernel": self._kernel.dump(),
            }
            for key, record in saved.pieces(state, set_number=self._set_number):
                self._sender.send("alerts.state", record, key=key)
        self._sender.send("stage.health", self._health(), key="alerts")

    def close(self) -> None:
        """Save, so that the next start has little to take again."""
        self.save(wait_s=5)

    def _health(self) -> StageHealth:
        now_us = time.time_ns() // 1000
        return StageHealth(
            stage="alerts",
            at_us=now_us,
            taken=self._taken,
            given=self._sender.sent,
            late=0,
            clamped=0,
            refused=self._refused,
            lag=self._main.lag() + self._lane.lag(),
            tick_age_us=now_us - self._merge.last_us if self._merge.last_us >= 0 else -1,
        )


def main() -> None:
    """Run until told to stop."""
    run("alerts", Alerts, again_from="the saved state, which nothing has overtaken")


if __name__ == "__main__":
    main()
