"""ALERTS on a real broker: killed between two saves, and left alone by its broker for a while."""

from __future__ import annotations

import json
import os
import signal
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from connectors.kafka import Sender, Tail, producer
from pipelines.alerts.app import Alerts
from pipelines.events import CrowdDensity, CrowdFlow, CrowdOccupancy, VehicleEvent
from pipelines.settings import Settings
from pipelines.units import MICRO, SLICE_US
from plan import needs
from plan.load import parse
from stack.ticker import send_ticks
from tests.alerts.scene import START, ask, crowd, fire, posts
from tests.brokers import kafka_alone
from tests.plans import plan_dict

MODE, AWAY = "drill-app", "drill-away"
PROGRESS = {"crowd.density": CrowdDensity, "crowd.flow": CrowdFlow, "crowd.occupancy": CrowdOccupancy, "vehicle.events": VehicleEvent}
USUAL = {"int": 0, "float": 0.0, "str": "", "bool": False, "float | None": None}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def broker(home: Path) -> Iterator[str]:
    """A broker of the test's own, where it has been fetched."""
    with kafka_alone(home, MODE, AWAY) as address:
        yield address


@contextmanager
def standing_still(home: Path) -> Iterator[None]:
    """The broker neither reads nor answers."""
    [status] = home.rglob("status.json")
    [part] = json.loads(status.read_text())["parts"]
    os.kill(part["pid"], signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(part["pid"], signal.SIGCONT)


def progress(kind: Any, at_us: int, rows: int) -> Any:
    usual = {name: USUAL[kind.__annotations__[name]] for name in kind.__annotations__}
    return kind(**{**usual, "progress": True, "rows": rows, "window_end_us": at_us})


class Inputs:
    """Everything that ALERTS reads, written by hand."""

    def __init__(self, bootstrap: str, results: tuple[str, ...], mode: str = MODE) -> None:
        self.sender = Sender(producer(bootstrap, linger_ms=0), mode)
        self.results = results

    def step(self, at_us: int, peak: float) -> None:
        rows = crowd(at_us, peak)
        for thing, row in rows:
            self.sender.send(thing, row)
        for thing in self.results:
            self.sender.send(thing, progress(PROGRESS[thing], at_us, len(rows) if thing == "crowd.density" else 0))
        send_ticks(self.sender, at_us + SLICE_US, things=needs.READINGS)

    def put(self, thing: str, record: Any) -> None:
        self.sender.send(thing, record)
        self.sender.flush()


def turn_until(alerts: Alerts, done: Any) -> None:
    for _ in range(1500):
        alerts._saved_s = time.monotonic()  # saved by hand
        alerts.turn()
        if done():
            alerts._sender.flush()
            return
    raise AssertionError("ALERTS did not come so far")


def read(bootstrap: str, thing: str, mode: str = MODE) -> list[Any]:
    tail = Tail(bootstrap, mode=mode, things=(thing,))
    found = [row.record for row in tail.read_to_end()]
    tail.close()
    return found


@pytest.mark.stack
def test_after_a_kill_every_change_and_every_answer_comes_again_as_it_was(broker: str, tmp_path: Path) -> None:
    plain = plan_dict(posts=posts())
    (tmp_path / "plan.yaml").write_text(yaml.safe_dump(plain))
    settings = Settings(mode=MODE, kafka=broker, plan=tmp_path / "plan.yaml", run=tmp_path)
    first = Alerts(settings)
    inputs = Inputs(broker, needs.results(parse(plain)))

    def steps(since: int, until: int, peak: float) -> None:
        for index in range(since, until):
            inputs.step(START + index * SLICE_US, peak)
        inputs.sender.flush()
        turn_until(first, lambda: first._merge.last_us >= START + (until - 1) * SLICE_US)

    def asked(alert_id: str, action: str, **fields: Any) -> None:
        command = ask(alert_id, action, **fields)
        inputs.put("alerts.commands", command)
        turn_until(first, lambda: command.command_id in first._kernel._answered)

    steps(0, 25, 3.3)
    first.save()
    steps(25, 60, 3.3)
    [crowding] = {change.alert_id for change in read(broker, "alerts.changes")}
    asked(crowding, "acknowledge")
    steps(60, 130, 5.5)
    inputs.put("sensor.p1", fire(START + 26 * MICRO))
    turn_until(first, lambda: first._kernel.open_alert("fire", "hall"))
    burning = first._kernel.open_alert("fire", "hall").alert_id
    asked(burning, "acknowledge")
    asked(burning, "shelve", until_us=START + MICRO)
    asked("nothing", "acknowledge")
    asked(burning, "clear")
    inputs.put("sensor.p1", fire(START + 27 * MICRO))  # the next fire of that place, which must not be taken for the one that is over
    turn_until(first, lambda: (next_one := first._kernel.open_alert("fire", "hall")) and next_one.alert_id != burning)
    steps(130, 140, 5.5)

    again = Alerts(settings)  # the first is left as a kill leaves it: nothing is saved any more
    turn_until(again, lambda: again._merge.last_us == first._merge.last_us and again._lane_offsets == first._lane_offsets)
    opened = [sorted(json.loads(alerts._kernel.dump()["open"]), key=lambda row: row["alert_id"]) for alerts in (first, again)]
    assert opened[0] == opened[1]
    changes, answers = defaultdict(list), defaultdict(list)
    for row in read(broker, "alerts.changes"):
        changes[row.alert_id, row.axis, row.number].append(row)
    for row in read(broker, "alerts.answers"):
        answers[row.command_id].append(row)
    for found in (*changes.values(), *answers.values()):
        assert len(found) == 2
        assert found[0] == found[1]
    refusals = [row.refusal for row in read(broker, "alerts.answers")][:5]
    assert refusals == ["", "", "a life-safety alert is never shelved", "there is no alert nothing", ""]


@pytest.mark.stack
def test_while_the_broker_takes_nothing_alerts_waits_and_then_every_change_is_there_once(
    home: Path, broker: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "plan.yaml").write_text(yaml.safe_dump(plan_dict()))
    alerts = Alerts(Settings(mode=AWAY, kafka=broker, plan=tmp_path / "plan.yaml", run=tmp_path))
    inputs = Inputs(broker, (), AWAY)
    inputs.put("sensor.p1", fire())
    turn_until(alerts, lambda: alerts._kernel.open_alert("fire", "hall"))
    alerts.save()
    with standing_still(home):
        alerts._send(alerts._kernel.p1(fire(START + MICRO, zone="queue")))
        for _ in range(7):
            alerts.turn()
            alerts.save()
        assert alerts._set_number == 1, "what has not arrived is answered for by no state"
        assert "did not arrive" in capsys.readouterr().out
    inputs.put("sensor.p1", fire(START + 2 * MICRO, kind="gas"))
    turn_until(alerts, lambda: alerts._kernel.open_alert("gas", "hall"))
    alerts.close()
    assert alerts._set_number == 2
    assert [(row.rule, row.place, row.number) for row in read(broker, "alerts.changes", AWAY)] == [
        ("fire", "hall", 1),
        ("fire", "queue", 1),
        ("gas", "hall", 1),
    ]
