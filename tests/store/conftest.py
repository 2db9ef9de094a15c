"""An embedded ClickHouse of the test's own, where the engine has been fetched."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors import clickhouse as connector
from stack import clickhouse
from stack.addresses import claim_addresses
from stack.supervisor import Supervisor

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """host:port of a running server."""
    engine = ROOT / ".muster" / "chdb"
    if not (engine / "libchdb.so").exists():
        pytest.skip("the embedded ClickHouse has not been fetched")
    home = tmp_path_factory.mktemp("home")
    (home / "chdb").symlink_to(engine)
    addresses = claim_addresses(home)
    supervisor = Supervisor(
        [clickhouse.part(home, ROOT, addresses)],
        logs=home / "run" / "logs",
        status_file=home / "run" / "status.json",
        on_change=lambda _: None,
    )
    supervisor.start()
    try:
        yield addresses.clickhouse
    finally:
        supervisor.stop()


@pytest.fixture
def database(address: str) -> Iterator[connector.Database]:
    """A drill's database, made afresh."""
    client = connector.client(address)
    connector.drop(client, "drill_t1")
    made = connector.Database(client, "drill_t1")
    made.ensure()
    yield made
    connector.drop(client, "drill_t1")
    client.disconnect()
