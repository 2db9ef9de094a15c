"""Row 1 of the faults: of three brokers the leader, or the controller, is killed again and again."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient

from cli.ledger import look
from pipelines import topics
from stack import kafka
from stack.addresses import claim_addresses
from stack.mode_setup import spec
from stack.supervisor import Supervisor
from tests.faults.field import Devices, Workers, outcome, settings_of

pytestmark = pytest.mark.stack
ROOT = Path(__file__).resolve().parents[2]
MODE = "drill-brokers"
KILLS = 5


@contextmanager
def three_brokers(home: Path) -> Iterator[tuple[Supervisor, str]]:
    if not (ROOT / ".muster" / "jars").is_dir():
        pytest.skip("the servers have not been fetched")
    nodes = []
    for number in (1, 2, 3):
        ports = claim_addresses(home / str(number))
        nodes.append(kafka.Node(number=number, broker=ports.kafka, controller=ports.kafka_controller))
    for name in ("jars", "jvm"):
        (home / name).symlink_to(ROOT / ".muster" / name)
    parts = kafka.cluster(home, nodes)
    supervisor = Supervisor(parts, logs=home / "run" / "logs", status_file=home / "run" / "status.json", on_change=lambda _: None)
    supervisor.start()
    supervisor.run_in_background()
    bootstrap = ",".join(node.broker for node in nodes)
    try:
        kafka.ensure_topics(bootstrap, [spec(topic, MODE) for topic in topics.ALL])
        yield supervisor, bootstrap
    finally:
        supervisor.stop()


def controller(home: Path) -> int:
    """Which node leads the quorum, as the voters have written it down."""
    states = [json.loads(path.read_text()) for path in home.glob("run/kafka-*/data/__cluster_metadata-0/quorum-state")]
    return int(max(states, key=lambda state: state["leaderEpoch"])["leaderId"])


def leader(admin: AdminClient) -> int:
    """Which node leads a partition of raw.fire."""
    name = topics.topic("raw.fire").name(MODE)
    return int(admin.list_topics(name, timeout=10).topics[name].partitions[0].leader)


def wait_in_step(admin: AdminClient, within_s: float = 60) -> None:
    """Wait until each partition has three copies that are in step."""
    names, until_s = [topic.name(MODE) for topic in topics.ALL], time.monotonic() + within_s
    while time.monotonic() < until_s:
        found = admin.list_topics(timeout=10).topics
        there = [partition for name in names if name in found for partition in found[name].partitions.values()]
        if found.keys() >= set(names) and all(len(partition.isrs) == 3 for partition in there):
            return
        time.sleep(0.5)
    pytest.fail("a broker does not come back")


def kill(supervisor: Supervisor, number: int) -> None:
    (row,) = [row for row in supervisor.status() if row.name == f"kafka-{number}"]
    assert row.pid is not None
    os.kill(row.pid, signal.SIGKILL)


def kill_in_turn(supervisor: Supervisor, admin: AdminClient, home: Path, killed: list[str]) -> None:
    """The leader, then the controller, and so on, each time when all are in step again."""
    for turn in range(KILLS):
        number = leader(admin) if turn % 2 == 0 else controller(home)
        killed.append(f"{'leader' if turn % 2 == 0 else 'controller'} {number}")
        kill(supervisor, number)
        time.sleep(4)  # the session of the killed broker: before, it still counts as in step
        wait_in_step(admin)


def test_no_acknowledged_record_is_lost_or_doubled_when_leaders_and_controllers_are_killed(tmp_path):
    with three_brokers(tmp_path) as (supervisor, bootstrap):
        admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
        wait_in_step(admin)
        settings = settings_of(tmp_path, bootstrap, MODE)
        devices, workers = Devices(settings, tmp_path / "manifest"), Workers(settings)
        try:
            workers.start()
            workers.wait_ready(1)
            killed: list[str] = []
            killer = threading.Thread(target=kill_in_turn, args=(supervisor, admin, tmp_path, killed), daemon=True)
            killer.start()
            while killer.is_alive():
                devices.send_for(1)
            devices.send_for(2)
            found = look(bootstrap, MODE, wait_s=60)
            came = outcome(settings, devices.written())
        finally:
            workers.close()
        print(f"killed {', '.join(killed)}; {devices.count} readings, {devices.replayed} of them sent once more; {found.counts}")
        print(f"longest wait for an acknowledgement {devices.longest_wait_s:.1f} s; {came.repeats} repeats of a source; {came}")
        assert len(killed) == KILLS
        assert (found.gaps, found.unproved, came.lost, came.doubled, came.two_ways) == ([], [], [], [], [])
        assert found.counts["in"] == devices.count + devices.replayed, "the broker has each acknowledged record once"
        assert (found.counts["accepted"], found.counts["duplicate"]) == (devices.count, devices.replayed)
