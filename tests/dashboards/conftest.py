"""A lone embedded ClickHouse with an evening in it; or a database that something else has filled.

`MUSTER_DASHBOARDS_CLICKHOUSE=host:port` and `MUSTER_DASHBOARDS_MODE=drill-demo` run the same queries there, over its last hour.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors import clickhouse as connector
from stack import clickhouse
from stack.addresses import claim_addresses
from stack.supervisor import Supervisor
from tests.dashboards.asking import Filled, filled_elsewhere
from tests.dashboards.expanding import Span
from tests.dashboards.filling import HOUR_S, fill, now_s

ROOT = Path(__file__).resolve().parents[2]
MODE = "drill-boards"


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    given = os.environ.get("MUSTER_DASHBOARDS_CLICKHOUSE")
    if given:
        yield filled_elsewhere(given, os.environ.get("MUSTER_DASHBOARDS_MODE", "drill-demo"), hours_s=HOUR_S)
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
