"""Brokers, started once for all tests of a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.connectors.peers import MqttPeer, broker_command, free_port, mqtt_peer


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], MqttPeer]]:
    """Starts each broker once for all tests; skips where it is not installed."""
    running: dict[str, MqttPeer] = {}
    with ExitStack() as stack:

        def start(kind: str) -> MqttPeer:
            if kind not in running:
                port, folder = free_port(), tmp_path_factory.mktemp(kind)
                command = broker_command(kind, folder, port)
                if command is None:
                    pytest.skip(f"{kind} is not installed here")
                running[kind] = stack.enter_context(mqtt_peer(command, port, folder))
            running[kind].publications.clear()
            return running[kind]

        yield start
