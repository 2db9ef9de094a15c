"""A lone embedded ClickHouse with an evening in it; or a database that something else has filled.

`MUSTER_DASHBOARDS_CLICKHOUSE=host:port` and `MUSTER_DASHBOARDS_MODE=drill-demo` run the same queries there, over its last hour.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from clickhouse_driver import Client

from connectors import clickhouse as connector
from stack import clickhouse
from stack.addresses import claim_addresses
from stack.supervisor import Supervisor
from tests.dashboards.expanding import Span
from tests.dashboards.filling import HOUR_S, fill, now_s

ROOT = Path(__file__).resolve().parents[2]
MODE = "drill-boards"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """A filled database.

    Args:
        client: to ask it.
        mode: whose database it is.
        span: the time in which it has rows.
        ours: whether it holds what the tests filled in.
    """

    client: Client
    mode: str
    span: Span
    ours: bool

    @property
    def database(self) -> str:
        return connector.database_of(self.mode)


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    given = os.environ.get("MUSTER_DASHBOARDS_CLICKHOUSE")
    if given:
        yield _given(given, os.environ.get("MUSTER_DASHBOARDS_MODE", "drill-demo"))
        return
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
        client = connector.client(addresses.clickhouse)
        end_s = now_s()
        fill(client, connector.database_of(MODE), end_s)
        yield Filled(client=client, mode=MODE, span=Span(begin_s=end_s - HOUR_S, end_s=end_s), ours=True)
        client.disconnect()
    finally:
        supervisor.stop()


def _given(address: str, mode: str) -> Filled:
    """A database that something else fills: its last hour by what it holds."""
    client = connector.client(address)
    [[newest]] = client.execute(f"SELECT max(toUnixTimestamp(at)) FROM {connector.database_of(mode)}.v_zones")
    return Filled(client=client, mode=mode, span=Span(begin_s=newest - HOUR_S, end_s=newest + 1), ours=False)
