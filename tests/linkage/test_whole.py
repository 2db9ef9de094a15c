"""The panel's gateway and INGEST as processes, with Kafka between them and the simulated panel at the end."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.kafka import Sender, Tail, producer
from pipelines.topics import ALL
from stack import kafka, modes
from stack.addresses import Addresses, claim_addresses
from stack.mode_setup import spec
from stack.parts import Part
from stack.supervisor import Supervisor
from tests.linkage.panel_peer import SPRINKLER, PanelPeer, panel_peer
from tests.linkage.scene import BROADCAST, SMOKE, gesture, plan_of
from tests.linkage.test_requests import put

pytestmark = pytest.mark.stack
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    made: Path = tmp_path_factory.mktemp("home")
    for name in ("jars", "jvm", "cache"):
        if not (ROOT / ".muster" / name).exists():
            pytest.skip("Kafka has not been fetched")
        (made / name).symlink_to(ROOT / ".muster" / name)
    return made


def held(home: Path, name: str, parts: list[Part]) -> Supervisor:
    supervisor = Supervisor(
        parts, logs=home / "run" / "logs" / name, status_file=home / "run" / f"status-{name}.json", on_change=lambda _: None
    )
    supervisor.start()
    supervisor.run_in_background()
    return supervisor


@pytest.fixture(scope="module")
def addresses(home: Path) -> Iterator[Addresses]:
    made = claim_addresses(home)
    supervisor = held(home, "kafka", [kafka.part(home, made)])
    try:
        yield made
    finally:
        supervisor.stop()


def processes(home: Path, addresses: Addresses, peer: PanelPeer, mode: str) -> tuple[modes.Mode, list[Part]]:
    """The mode's gateway and INGEST, with the live panel at *peer*, or the simulator of a drill."""
    port = {"port": peer.port} if mode == "live" else {"port": 1, "simulator": peer.port}
    plan = plan_of(enabled=True, poll_s=0.1, **port)
    kafka.ensure_topics(addresses.kafka, [spec(topic, mode) for topic in ALL])
    made = modes.prepare(home, addresses, mode=mode, plan=plan, clock="wall", fresh=False)
    parts = [row for row in modes.stage_parts(made, after=()) if row.name in ("linkage", "ingest")]
    return made, [dataclasses.replace(row, after=()) for row in parts]


def first(tail: Tail, wanted, within_s: float = 30.0):
    until_s = time.monotonic() + within_s
    while time.monotonic() < until_s:
        for row in tail.poll(0.2):
            if wanted(row.record):
                return row.record
    return None


def test_an_alarm_of_the_panel_is_a_verified_p1_and_a_request_is_asked_echoed_and_taken(home, addresses):
    with panel_peer() as peer:
        mode, parts = processes(home, addresses, peer, "live")
        put(mode.settings.run / "panel.credentials")
        supervisor = held(home, "live", parts)
        tails = {thing: Tail(addresses.kafka, mode="live", things=(thing,)) for thing in ("sensor.p1", "sensor.fire", "linkage.changes")}
        sender = Sender(producer(addresses.kafka, linger_ms=0), "live")
        try:
            peer.set(SMOKE)
            alarm = first(tails["sensor.p1"], lambda row: row.state == "alarm")
            assert (alarm.device, alarm.zone, alarm.verified) == ("s-1", "hall", True)
            peer.set(BROADCAST)
            started = first(tails["sensor.fire"], lambda row: row.state == "output_started")
            assert (started.device, started.output, started.zone) == ("p-1", "broadcast", "hall")
            now_us, key = time.time_ns() // 1000, mode.settings.mode_key()
            for which, at_us in (("press", now_us - 2_000_000), ("held", now_us)):
                sender.send("linkage.requests", gesture(mode.plan, which, at_us, key=key))
            sender.flush(10)
            assert first(tails["linkage.changes"], lambda row: row.state == "echoed") is not None
            assert peer.standing() == {SPRINKLER}
            peer.set(6)
            taken = first(tails["linkage.changes"], lambda row: row.state == "taken")
            assert (taken.actor, taken.by, taken.mode) == ("F1", "right", "live")
        finally:
            for tail in tails.values():
                tail.close()
            supervisor.stop()


def test_a_drill_reads_its_simulator_and_writes_nothing(home, addresses):
    with panel_peer() as peer:
        mode, parts = processes(home, addresses, peer, "drill-t")
        put(mode.settings.run / "panel.credentials")  # copied, as if by mistake
        supervisor = held(home, "drill", parts)
        tails = {thing: Tail(addresses.kafka, mode="drill-t", things=(thing,)) for thing in ("sensor.p1", "linkage.changes")}
        sender = Sender(producer(addresses.kafka, linger_ms=0), "drill-t")
        try:
            peer.set(SMOKE)
            assert first(tails["sensor.p1"], lambda row: row.device == "s-1").verified
            now_us, key = time.time_ns() // 1000, mode.settings.mode_key()
            for which, at_us in (("press", now_us - 2_000_000), ("held", now_us)):
                sender.send("linkage.requests", gesture(mode.plan, which, at_us, key=key))
            sender.flush(10)
            refused = first(tails["linkage.changes"], lambda row: row.state == "refused")
            assert "never asks a panel" in refused.reason_en
            assert peer.writes == 0
        finally:
            for tail in tails.values():
                tail.close()
            supervisor.stop()
