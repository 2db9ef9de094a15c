"""A lone embedded ClickHouse with an evening in it; or a database that something else has filled.

`MUSTER_DASHBOARDS_CLICKHOUSE=host:port` and `MUSTER_DASHBOARDS_MODE=drill-demo` run the same queries there, over its last hour.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from connectors import clickhouse as connector
from tests.dashboards.asking import Filled, filled_elsewhere
from tests.dashboards.expanding import Span
from tests.dashboards.filling import HOUR_S, fill, now_s
from tests.store.conftest import address  # noqa: F401 - a fixture

MODE = "drill-boards"


@pytest.fixture(scope="session")
def filled(request: pytest.FixtureRequest) -> Iterator[Filled]:
    given = os.environ.get("MUSTER_DASHBOARDS_CLICKHOUSE")
    if given:
        yield filled_elsewhere(given, os.environ.get("MUSTER_DASHBOARDS_MODE", "drill-demo"), hours_s=HOUR_S)
        return
    client = connector.client(request.getfixturevalue("address"))
    end_s = now_s()
    fill(client, connector.database_of(MODE), end_s)
    yield Filled(client=client, mode=MODE, span=Span(begin_s=end_s - HOUR_S, end_s=end_s), ours=True)
    client.disconnect()
