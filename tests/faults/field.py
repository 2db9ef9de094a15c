"""Devices that send, INGEST workers that may be killed, and what came of it all, against a manifest written before sending."""

from __future__ import annotations

import secrets
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict, deque
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

from connectors.kafka import Sender, Tail, producer
from pipelines.codec import encode
from pipelines.events import LedgerEntry, SensorFire, SensorTurnstile
from pipelines.settings import Settings
from plan.load import parse
from simulation.envelopes import Sealer
from stack.child import Nursery
from stack.modes import write_plan
from tests.plans import plan_dict

DETECTORS = [f"s-{number}" for number in range(1, 9)]
TURNSTILES = [f"t-{number}" for number in range(1, 9)]
ALARM_EVERY, REPLAY_EVERY, REPLAY_AFTER = 8, 10, 120


def settings_of(home: Path, kafka: str, mode: str) -> Settings:
    """A mode's folder with a plan of 16 devices and a key."""
    run = home / "run" / mode
    run.mkdir(parents=True, mode=0o700)
    detectors = [{"id": name, "kind": "smoke", "at": [1, 2], "zone": "hall"} for name in DETECTORS]
    turnstiles = [{"id": name, "kind": "turnstile", "at": [20, 10], "gate": "g"} for name in TURNSTILES]
    write_plan(run, parse(plan_dict(devices=[*detectors, *turnstiles])))
    (run / "mode.key").write_bytes(secrets.token_bytes(32))
    return Settings(mode=mode, kafka=kafka, plan=run / "plan.yaml", run=run, home=home)


class Devices:
    """Send numbered signed readings, each written into the manifest before it goes; every tenth is sent once more, later."""

    def __init__(self, settings: Settings, manifest: Path) -> None:
        self._manifest = manifest
        self._sealer = Sealer(site="site", mode=settings.mode, mode_key=settings.mode_key(), boot_us=1)
        self._sender = Sender(producer(settings.kafka), settings.mode)
        self._replays: deque[tuple[int, str, str, bytes]] = deque()
        self.count = self.replayed = 0
        self.longest_wait_s = 0.0

    def send(self, count: int) -> None:
        """Send readings and wait until the broker has acknowledged them."""
        with self._manifest.open("a") as manifest:
            rows = [self._next(manifest) for _ in range(count)]
        while self._replays and self._replays[0][0] <= self.count:
            rows.append(self._replays.popleft()[1:])
            self.replayed += 1
        since_s = time.monotonic()
        for thing, device, body in rows:
            self._sender.send_encoded(thing, body, key=device)
        self._sender.flush(120)
        self.longest_wait_s = max(self.longest_wait_s, time.monotonic() - since_s)

    def send_for(self, seconds: float) -> None:
        """Send some 200 readings a second."""
        until_s = time.monotonic() + seconds
        while time.monotonic() < until_s:
            self.send(20)
            time.sleep(0.1)

    def _next(self, manifest: TextIO) -> tuple[str, str, bytes]:
        number, at_us = self.count, time.time_ns() // 1000
        self.count += 1
        device = [*DETECTORS, *TURNSTILES][number % 16]
        reading = _smoke(device, number, at_us) if device in DETECTORS else _turn(device, number, at_us)
        topic = "sensor.fire" if device in DETECTORS else "sensor.turnstile"
        body = encode(self._sealer.seal(reading, topic=topic))
        row = (topic.replace("sensor", "raw"), device, body)
        manifest.write(f"{device} {number} {reading.state if isinstance(reading, SensorFire) else ''}\n")
        if number % REPLAY_EVERY == 0:
            self._replays.append((number + REPLAY_AFTER, *row))
        return row

    def written(self) -> dict[tuple[str, int], bool]:
        """The manifest: (device, number) → whether it is an alarm."""
        rows = [line.split() for line in self._manifest.read_text().splitlines()]
        return {(row[0], int(row[1])): row[2:] == ["alarm"] for row in rows}


def _smoke(device: str, number: int, at_us: int) -> SensorFire:
    state = "alarm" if number // 16 % ALARM_EVERY == 0 else "normal"
    return SensorFire(
        device=device, event_time_us=at_us, received_us=0, zone="hall", kind="smoke", state=state, output="", x_cm=number, y_cm=0
    )


def _turn(device: str, number: int, at_us: int) -> SensorTurnstile:
    return SensorTurnstile(device=device, event_time_us=at_us, received_us=0, gate="g", area="inside", entries_total=number, exits_total=0)


class Workers:
    """INGEST as processes of one group, each with a log of its own."""

    def __init__(self, settings: Settings) -> None:
        self._settings, self._nursery = settings, Nursery()
        self.running: list[subprocess.Popen[bytes]] = []
        self._started = 0

    def start(self) -> subprocess.Popen[bytes]:
        """One worker more; it is not ready yet."""
        self._started += 1
        run = self._settings.run
        settings = replace(self._settings, ready_file=run / f"ready-{self._started}")
        command = (sys.executable, "-m", "pipelines.ingest.app")
        process = self._nursery.start(command, settings.environment(), run / f"ingest-{self._started}.log")
        self.running.append(process)
        return process

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """kill -9."""
        self.running.remove(process)
        self._nursery.kill_group(process)

    def wait_ready(self, which: int, within_s: float = 60) -> None:
        """Wait for the worker that was started as number *which*."""
        until_s = time.monotonic() + within_s
        while not (self._settings.run / f"ready-{which}").exists():
            assert time.monotonic() < until_s, self.logs()
            time.sleep(0.1)

    def logs(self) -> str:
        """What the workers said, for a test that fails."""
        return "\n".join(f"{path.name}: {path.read_text()[-2000:]}" for path in sorted(self._settings.run.glob("ingest-*.log")))

    def close(self) -> None:
        """End all, frozen ones too."""
        for process in list(self.running):
            process.send_signal(signal.SIGCONT)
            self.kill(process)
        self._nursery.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of the manifest: by the `source` that readings name.

    Attributes:
        lost: readings of the manifest that nobody verified, alarms that are not in the lane.
        doubled: readings and alarms that two sources name.
        two_ways: offsets with two outcomes, or two different readings.
        repeats: records that name a source once more, word for word: readers know them by it.
    """

    lost: list[str]
    doubled: list[str]
    two_ways: list[str]
    repeats: int


def outcome(settings: Settings, manifest: dict[tuple[str, int], bool]) -> Outcome:
    """Read all that INGEST wrote, and hold it against the manifest."""
    readings, alarms = _Named(), _Named()
    judged: dict[tuple[str, int, int], set[int]] = defaultdict(set)
    tail = Tail(settings.kafka, mode=settings.mode, things=("sensor.fire", "sensor.turnstile", "sensor.p1", "ledger.ingest"))
    for row in tail.read_to_end():
        match row.record:
            case LedgerEntry() as entry:
                for index, byte in enumerate(entry.outcomes):
                    judged[entry.topic, entry.partition, entry.first_offset + index].add(byte)
            case record:
                named = alarms if row.thing == "sensor.p1" else readings
                named.take(dict(row.headers)["source"], record)
    tail.close()
    wanted_alarms = {which for which, alarm in manifest.items() if alarm}
    return Outcome(
        lost=[f"{which}" for which in manifest.keys() - readings.sources.keys()]
        + [f"{which} in the lane" for which in wanted_alarms - alarms.sources.keys()],
        doubled=[*readings.doubled(), *alarms.doubled()],
        two_ways=[f"{place}: {found}" for place, found in judged.items() if len(found) > 1]
        + [f"{source!r}" for named in (readings, alarms) for source, found in named.records.items() if len(found) > 1],
        repeats=readings.repeats() + alarms.repeats(),
    )


class _Named:
    """Readings by the source that they name, and sources by reading."""

    def __init__(self) -> None:
        self.sources: dict[tuple[str, int], set[bytes]] = defaultdict(set)
        self.records: dict[bytes, set[bytes]] = defaultdict(set)
        self._times: Counter[bytes] = Counter()

    def take(self, source: bytes, record: SensorFire | SensorTurnstile) -> None:
        number = record.x_cm if isinstance(record, SensorFire) else record.entries_total
        self.sources[record.device, number].add(source)
        self.records[source].add(encode(record))
        self._times[source] += 1

    def doubled(self) -> list[str]:
        return [f"{which}: {found}" for which, found in self.sources.items() if len(found) > 1]

    def repeats(self) -> int:
        return sum(self._times.values()) - len(self._times)
