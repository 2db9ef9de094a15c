"""What a backtest works out is what Flink and ALERTS found: every row and every change, from a recording of the real stages."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cli.paths import HOME, ROOT
from drills.backtest import Backtest
from drills.record import record_ended
from drills.recording import Recording
from drills.results import Results
from pipelines import units
from pipelines.detect.eye import Eye
from pipelines.events import AlertChange, CameraHealth, CrowdCrossings, CrowdZones, SensorFire, SensorIdentity, SensorTurnstile
from plan.load import parse
from plan.model import Plan
from plan.views import view_of
from stack.machine import Machine
from tests.plans import plan_dict
from tests.whole.drill import START_US, drill

pytestmark = pytest.mark.stack

MODE = "drill-test-backtest"
SECONDS = 60
NAME = {"en": "test", "zh": "测试"}
MEASURED = ("crowd.density", "crowd.flow", "crowd.occupancy", "alerts.changes")


def plan() -> Plan:
    gates = [
        {"id": name, "label": name.upper(), "name": NAME, "at": at, "area": "inside"} for name, at in (("g", [20, 10]), ("h", [0, 10]))
    ]
    devices: list[dict[str, Any]] = [{"id": f"t-{index}", "kind": "turnstile", "at": [20, 10], "gate": "g"} for index in range(6)]
    devices += [{"id": f"id-{name}", "kind": "id_reader", "at": [20, 10], "gate": name} for name in ("g", "h")]
    devices.append({"id": "s-1", "kind": "smoke", "at": [1, 2], "zone": "hall"})
    return parse(plan_dict(gates=gates, devices=devices, lanes=[]))


def crowd(made: Plan) -> list[tuple[int, str, Any]]:
    """(sent µs, camera, record): people in the hall come ever closer; before the queue some walk over the line, to and fro."""
    found: list[tuple[int, str, Any]] = []
    for camera in made.cameras:
        eye = Eye(view_of(made, camera), start_us=START_US)
        for frame in range(5 * SECONDS):
            event_us, spacing = START_US + frame * units.MICRO // 5, max(120 - frame * 0.45, 36)
            row = np.arange(100 if camera.id == "c1" else 12)
            at = np.stack([1000 + (row % 10 - 4.5) * spacing, 1000 + (row // 10 - 4.5) * spacing], axis=1)
            if camera.id == "c2":
                at = np.stack([2200 + 150 * np.sin(frame / 9 + row), 520 + 20 * row], axis=1)
            for record in eye.frame(event_us, row, np.rint(at).astype(np.int64), received_us=event_us):
                if isinstance(record, CrowdZones | CrowdCrossings):
                    sent_us = record.slice_start_us + units.SLICE_US + 10_000
                    found.append((sent_us, camera.id, dataclasses.replace(record, received_us=sent_us)))
    return found


def devices() -> list[tuple[int, str, Any]]:
    """Turnstiles once a second, of which t-3 falls silent; a detector; one pass at two gates; cameras that are well."""
    found: list[tuple[int, str, Any]] = []
    for second in range(SECONDS):
        at_us = START_US + second * units.MICRO
        for index in range(6):
            if index == 3 and second > 20:
                continue
            row = SensorTurnstile(
                device=f"t-{index}",
                event_time_us=at_us + index * 50_000,
                received_us=at_us + index * 50_000 + 20_000,
                gate="g",
                area="inside",
                entries_total=second * 2,
                exits_total=second // 3,
            )
            found.append((row.received_us, "sensor.turnstile", row))
        found += [(at_us, camera, _well(camera, at_us)) for camera in ("c1", "c2")]
        if second % 5 == 0:
            found.append((at_us, "sensor.fire", _smoke(at_us)))
    for gate, second in (("g", 15), ("h", 17)):
        at_us = START_US + second * units.MICRO
        row_ = SensorIdentity(
            device=f"id-{gate}",
            event_time_us=at_us,
            received_us=at_us,
            gate=gate,
            credential="ticket",
            pass_pseudonym="ab" * 16,
            outcome="match",
        )
        found.append((at_us, "sensor.identity", row_))
    return found


def _well(camera: str, at_us: int) -> CameraHealth:
    known = {"state": "ok", "since_us": START_US, "fps": 5.0, "width_px": 0, "height_px": 0, "calibrated": True, "people": 0}
    return CameraHealth(camera=camera, event_time_us=at_us, received_us=at_us, **known)  # type: ignore[arg-type]


def _smoke(at_us: int) -> SensorFire:
    return SensorFire(
        device="s-1", event_time_us=at_us, received_us=at_us, zone="hall", kind="smoke", state="normal", output="", x_cm=100, y_cm=200
    )


def test_a_backtest_works_out_what_the_stages_found(tmp_path: Path) -> None:
    made, path = plan(), tmp_path / "drill.mcap"
    partitions = {camera.id: index for index, camera in enumerate(made.cameras)}
    with Machine(HOME, ROOT, name="test-backtest", join=False) as machine:
        machine.start([])
        with drill(MODE, made) as running:
            for sent_us, where, record in sorted([*crowd(made), *devices()], key=lambda row: (row[0], row[1])):
                running.player.advance(max(sent_us, running.player.clock_us))
                if where in partitions:
                    running.player.send([record], partition=partitions[where])
                else:
                    running.player._sender.send(where, record, key=record.device)
            found = running.results(running.player.finish())
            with path.open("wb") as out:
                recorded = record_ended(running.kafka, mode=MODE, plan=made, out=out)
    real = Results()
    topics = {
        "CrowdDensity": "crowd.density",
        "CrowdFlow": "crowd.flow",
        "CrowdOccupancy": "crowd.occupancy",
        "AlertChange": "alerts.changes",
    }
    for row in found:
        real.put(topics[type(row).__name__], row)
    with path.open("rb") as source:
        tried = Backtest(made)
        tried.run(Recording(source).entries())
    said = {(row.rule, row.place) for row in found if isinstance(row, AlertChange)}
    print(f"\nrecorded {sum(recorded.counts.values())}; alerts {sorted(said)}; rows {real.hashes()['rows']}")
    assert said >= {("crowd_density", "hall"), ("pass_two_gates", "h"), ("device_silent", "g")}
    for thing in MEASURED:
        assert set(tried.results.rows[thing]) == set(real.rows[thing]), thing
        wrong = [place for place, bodies in real.rows[thing].items() if tried.results.rows[thing][place] != bodies]
        assert wrong == [], thing
    assert tried.results.hashes()["by_topic"]["alerts.changes"] == real.hashes()["by_topic"]["alerts.changes"]
