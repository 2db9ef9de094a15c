"""Rows 4 and 5 of the faults: INGEST workers come and die while records flow, and one comes back from the dead."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from cli.ledger import look
from pipelines.settings import Settings
from tests.brokers import kafka_alone
from tests.faults.field import Devices, Workers, outcome, settings_of

pytestmark = pytest.mark.stack
MODE = "drill-workers"
STEPS, EVERY_S = 20, 2.5
SESSION_S = 8.0


def held(settings: Settings, devices: Devices, workers: Workers, what: str) -> None:
    """What every row promises: nothing lost, nothing doubled, nothing judged two ways."""
    found = look(settings.kafka, MODE, wait_s=60)
    came = outcome(settings, devices.written())
    print(f"{what}; {devices.count} readings, {devices.replayed} of them sent once more; {found.counts}")
    print(f"{found.repeated} accounted for once more, {found.audited} by the auditor, {came.repeats} repeats of a source")
    assert (found.gaps, found.unproved, came.lost, came.doubled, came.two_ways) == ([], [], [], [], []), workers.logs()
    assert found.counts["in"] == devices.count + devices.replayed
    assert (found.counts["accepted"], found.counts["duplicate"]) == (devices.count, devices.replayed)


def test_workers_that_come_and_die_every_few_seconds_lose_nothing_and_judge_nothing_two_ways(tmp_path: Path):
    with kafka_alone(tmp_path, MODE) as kafka:
        settings = settings_of(tmp_path, kafka, MODE)
        devices, workers = Devices(settings, tmp_path / "manifest"), Workers(settings)
        try:
            for number in (1, 2):
                workers.start()
                workers.wait_ready(number)
            for step in range(STEPS):  # each lives some 12 s, two or three at once
                if step % 2 == 0:
                    workers.start()
                else:
                    workers.kill(workers.running[0])
                devices.send_for(EVERY_S)
            held(settings, devices, workers, f"{STEPS} times a worker was added or killed")
        finally:
            workers.close()


def test_a_worker_that_is_killed_or_frozen_and_comes_back_loses_and_doubles_nothing(tmp_path: Path):
    with kafka_alone(tmp_path, MODE) as kafka:
        settings = settings_of(tmp_path, kafka, MODE)
        devices, workers = Devices(settings, tmp_path / "manifest"), Workers(settings)
        try:
            first = workers.start()
            workers.wait_ready(1)
            workers.start()
            workers.wait_ready(2)
            devices.send_for(2)
            workers.kill(first)
            takeover_killed_s = takeover(settings, devices)
            zombie = workers.running[0]
            workers.start()
            workers.wait_ready(3)
            devices.send_for(2)
            devices.send(400)  # so that it has something in hand
            zombie.send_signal(signal.SIGSTOP)
            takeover_frozen_s = takeover(settings, devices)
            devices.send_for(SESSION_S / 2)
            zombie.send_signal(signal.SIGCONT)
            devices.send_for(4)
            print(f"taken over {takeover_killed_s:.1f} s after a kill, {takeover_frozen_s:.1f} s after a stop")
            held(settings, devices, workers, "killed, and frozen past the session")
        finally:
            workers.close()


def takeover(settings: Settings, devices: Devices, within_s: float = 60) -> float:
    """Seconds until readings of every partition sent after now have an outcome; devices send on meanwhile."""
    since_s = time.monotonic()
    devices.send(64)
    while True:
        found = look(settings.kafka, MODE)
        if found.counts["unaccounted"] == 0:
            return time.monotonic() - since_s
        assert time.monotonic() - since_s < within_s, "nobody takes over"
        devices.send(16)
        time.sleep(0.1)
