"""A broker of a test's own, alone, where it has been fetched."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipelines import topics
from stack import kafka
from stack.addresses import claim_addresses
from stack.mode_setup import spec
from stack.supervisor import Supervisor

ROOT = Path(__file__).resolve().parents[1]


@contextmanager
def kafka_alone(home: Path, *modes: str) -> Iterator[str]:
    """Its host:port, with the topics of *modes*; skips where Kafka has not been fetched."""
    if not (ROOT / ".muster" / "jars").is_dir():
        pytest.skip("the servers have not been fetched")
    for name in ("jars", "jvm"):
        (home / name).symlink_to(ROOT / ".muster" / name)
    addresses = claim_addresses(home)
    logs, status = home / "run" / "logs", home / "run" / "status.json"
    supervisor = Supervisor([kafka.part(home, addresses)], logs=logs, status_file=status, on_change=lambda _: None)
    supervisor.start()
    try:
        kafka.ensure_topics(addresses.kafka, [spec(topic, mode) for mode in modes for topic in topics.ALL])
        yield addresses.kafka
    finally:
        supervisor.stop()
