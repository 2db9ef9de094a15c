"""What Faust goes past, the auditor judges; what is replayed is no news, whatever was killed between."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from confluent_kafka import Consumer, TopicPartition

from cli.ledger import look
from cli.paths import HOME, ROOT
from connectors.kafka import Sender, Tail, producer
from connectors.kafka_marks import Marks
from pipelines.audit.acts import PLAN, SOURCES
from pipelines.codec import encode
from pipelines.events import AlertCommand, AuditEntry, SensorFire, SensorTurnstile
from pipelines.topics import RAW, topic
from plan.load import parse
from simulation.envelopes import Sealer, badly_signed
from stack import modes
from stack.machine import Machine
from stack.supervisor import Supervisor
from tests.plans import plan_dict

pytestmark = pytest.mark.stack
MODE = "drill-trust"
READINGS, ALARMS = 200, 20
SERVES = ("ingest", "alerts", "dispatch", "audit")


def command(alert_id: str) -> AlertCommand:
    return AlertCommand(
        command_id="c",
        alert_id=alert_id,
        action="acknowledge",
        actor="M1",
        actor_role="monitor",
        second_gesture=True,
        reason="",
        received_us=time.time_ns() // 1000,
    )


def readings(sealer: Sealer, now_us: int) -> list[tuple[str, bytes]]:
    """Raw records of a turnstile and a detector: every tenth of the detector's is an alarm, one of them not signed by it."""
    found = []
    for number in range(READINGS):
        at_us = now_us + number * 1000
        counted = SensorTurnstile(
            device="t-1", event_time_us=at_us, received_us=0, gate="g", area="inside", entries_total=number, exits_total=0
        )
        state = "alarm" if number % (READINGS // ALARMS) == 0 else "normal"
        smoke = SensorFire(
            device="s-1", event_time_us=at_us, received_us=0, zone="hall", kind="smoke", state=state, output="", x_cm=0, y_cm=0
        )
        sealed = sealer.seal(smoke, topic="sensor.fire")
        found.append(("raw.turnstile", encode(sealer.seal(counted, topic="sensor.turnstile"))))
        found.append(("raw.fire", encode(badly_signed(sealed) if number == READINGS // 2 else sealed)))
    return found


def send(kafka: str, raws: list[tuple[str, bytes]], *, spread: bool = True) -> None:
    sender = Sender(producer(kafka), MODE)
    for number, (thing, raw) in enumerate(raws):
        sender.send_encoded(thing, raw, partition=number % topic(thing).partitions if spread else 0)
    sender.flush()


def go_past(kafka: str, mode_key: bytes) -> int:
    """Set the group of ingest forward past all that is there, as a rebalance may; returns how much that is."""
    marks = Marks(kafka, mode=MODE, things=[each.thing for each in RAW])
    ends = {place: end for place, (_, end) in marks.bounds().items() if end}
    marks.close()
    group = f"muster-ingest-{MODE}-{hashlib.sha256(mode_key).hexdigest()[:8]}"
    client = Consumer({"bootstrap.servers": kafka, "group.id": group})
    client.commit(
        offsets=[TopicPartition(topic(thing).name(MODE), partition, end) for (thing, partition), end in ends.items()], asynchronous=False
    )
    client.close()
    return sum(ends.values())


def lane(kafka: str) -> Counter[bytes]:
    """Alarms in the lane for life safety, by the source that they name."""
    tail = Tail(kafka, mode=MODE, things=("sensor.p1",))
    try:
        return Counter(dict(row.headers)["source"] for row in tail.read_to_end())
    finally:
        tail.close()


def verified(kafka: str) -> Counter[bool]:
    tail = Tail(kafka, mode=MODE, things=("sensor.p1",))
    try:
        return Counter(row.record.verified for row in tail.read_to_end())
    finally:
        tail.close()


def restart(supervisor: Supervisor, name: str) -> None:
    """kill -9 of a part; returns when another process serves."""
    (before,) = [row for row in supervisor.status() if row.name == name]
    assert before.pid is not None
    os.kill(before.pid, signal.SIGKILL)
    until_s = time.monotonic() + 120
    while time.monotonic() < until_s:
        (now,) = [row for row in supervisor.status() if row.name == name]
        if now.restarts > before.restarts and now.state == "ready":
            return
        time.sleep(0.2)
    pytest.fail(f"{name} did not come back")


def verify() -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cli", "audit", "verify", "--mode", MODE]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)


def audited(kafka: str) -> list[AuditEntry]:
    """The chain, once it names every change and receipt that there is."""
    tail = Tail(kafka, mode=MODE, things=("audit.log", *SOURCES))
    entries, records, until_s = list[AuditEntry](), 0, time.monotonic() + 60
    try:
        while time.monotonic() < until_s:
            for row in tail.read_to_end():
                if isinstance(row.record, AuditEntry):
                    entries.append(row.record)
                else:
                    records += 1
            if records and len([entry for entry in entries if not entry.source.startswith(PLAN)]) == records:
                return entries
            time.sleep(0.2)
    finally:
        tail.close()
    pytest.fail(f"{records} records, {len(entries)} entries")


def test_what_faust_went_past_is_judged_what_is_replayed_is_no_news_and_every_act_of_it_is_in_the_chain():
    plan: Any = parse(plan_dict())
    with Machine(HOME, ROOT, name=MODE, join=True) as machine:
        made = modes.prepare(HOME, machine.addresses, mode=MODE, plan=plan, clock="wall", fresh=True)
        machine.start([modes.setup_part(made)])
        supervisor, kafka = machine.supervisor, machine.addresses.kafka
        assert supervisor is not None
        sealer = Sealer(site="site", mode=MODE, mode_key=made.settings.mode_key(), boot_us=1)
        capture = readings(sealer, time.time_ns() // 1000)
        send(kafka, capture, spread=False)
        skipped = go_past(kafka, made.settings.mode_key())
        supervisor.add([replace(part, after=()) for part in modes.stage_parts(made, after=()) if part.name in SERVES])

        found = look(kafka, MODE, wait_s=90)
        print(f"{skipped} records that Faust went past: {found.audited} judged by the auditor, {found.counts}")
        assert (found.gaps, found.unproved, found.repeated) == ([], [], 0)
        assert (skipped, found.audited) == (2 * READINGS, 2 * READINGS)
        assert found.counts == {"in": 2 * READINGS, "accepted": 2 * READINGS, "duplicate": 0, "refused": 0, "unaccounted": 0}
        assert (len(lane(kafka)), set(lane(kafka).values())) == (ALARMS, {1})
        assert verified(kafka) == Counter({True: ALARMS - 1, False: 1})

        for again in (1, 2):
            send(kafka, capture, spread=False)
            found = look(kafka, MODE, wait_s=90)
            print(f"replayed {again} x: {found.counts}, {len(lane(kafka))} alarms in the lane")
            assert (found.gaps, found.unproved) == ([], [])
            assert found.counts["in"] == 2 * READINGS * (again + 1)
            assert found.counts["accepted"] == 2 * READINGS
            assert (len(lane(kafka)), set(lane(kafka).values())) == (ALARMS, {1})
            restart(supervisor, "ingest")

        before = audited(kafka)
        restart(supervisor, "audit")
        sender = Sender(producer(kafka), MODE)
        sender.send("alerts.commands", command(before[-1].subject))
        sender.flush()
        after = audited(kafka)
        assert after[: len(before)] == before
        assert ("M1", "monitor", "asks: acknowledge") in {(entry.actor, entry.actor_role, entry.action) for entry in after}
        whole = verify()
        print(whole.stderr)
        assert (whole.returncode, "the chain is whole" in whole.stderr) == (0, True)
        sender.send("audit.log", replace(after[-1], actor="somebody else"))
        sender.flush()
        forged = verify()
        assert (forged.returncode, "broken: entry" in forged.stderr) == (1, True)
    modes.withdraw(HOME, MODE)
