"""A broker alone, in a folder of its own, with the topics of some modes: for what needs no more of the machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipelines import topics
from stack import kafka
from stack.addresses import claim_addresses
from stack.mode_setup import spec
from stack.supervisor import Supervisor


@contextmanager
def broker(home: Path, folder: Path, *modes: str) -> Iterator[str]:
    """Its host:port.

    Args:
        home: the runtime folder, with what has been fetched.
        folder: where the broker keeps its data.
        modes: whose topics it has.
    """
    for name in ("jars", "jvm"):
        (folder / name).symlink_to(home / name)
    addresses = claim_addresses(folder)
    logs, status = folder / "run" / "logs", folder / "run" / "status.json"
    supervisor = Supervisor([kafka.part(folder, addresses)], logs=logs, status_file=status, on_change=lambda _: None)
    supervisor.start()
    try:
        kafka.ensure_topics(addresses.kafka, [spec(topic, mode) for mode in modes for topic in topics.ALL])
        yield addresses.kafka
    finally:
        supervisor.stop()
