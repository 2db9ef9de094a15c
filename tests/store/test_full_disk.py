"""A real server that has no room: the block waits, and arrives once when there is room."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors import clickhouse as connector
from pipelines.codec import to_plain
from pipelines.errors import TransientError
from pipelines.events import CrowdFlow
from pipelines.store.rows import Batch, Block
from stack import clickhouse
from stack.addresses import claim_addresses
from stack.supervisor import Supervisor

pytestmark = pytest.mark.stack
ROOT = Path(__file__).resolve().parents[2]
KEPT = "<disks><default><keep_free_space_bytes>{bytes}</keep_free_space_bytes></default></disks>"
ROOM = f"<storage_configuration>{KEPT}</storage_configuration>"
NONE_LEFT, PLENTY = 10**18, 0


class Server:
    """One that can be started with room and without."""

    def __init__(self, home: Path) -> None:
        (home / "chdb").symlink_to(ROOT / ".muster" / "chdb")
        self._home, self._addresses = home, claim_addresses(home)
        self.address = self._addresses.clickhouse
        self._supervisor: Supervisor | None = None

    def start(self, kept_free: int) -> None:
        self.stop()
        part = clickhouse.part(self._home, ROOT, self._addresses)
        config = self._home / "run" / "clickhouse" / "config.xml"
        config.write_text(config.read_text().replace("</clickhouse>", f"{ROOM.format(bytes=kept_free)}</clickhouse>"))
        run = self._home / "run"
        self._supervisor = Supervisor([part], logs=run / "logs", status_file=run / "status.json", on_change=lambda _: None)
        self._supervisor.start()

    def stop(self) -> None:
        if self._supervisor is not None:
            self._supervisor.stop()
            self._supervisor = None


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    if not (ROOT / ".muster" / "chdb" / "libchdb.so").exists():
        pytest.skip("the embedded ClickHouse has not been fetched")
    made = Server(tmp_path)
    yield made
    made.stop()


def block() -> Block:
    batch = Batch()
    row = to_plain(CrowdFlow(progress=False, rows=0, window_end_us=0, gate="g", line="l", entered=1, exited=0, cameras_seen=1))
    for offset in range(5):
        batch.add("crowd.flow", row | {"window_end_us": offset * 1_000_000}, partition=0, offset=offset, appended_us=time.time_ns() // 1000)
    (made,) = batch.blocks()
    return made


def test_a_server_without_room_is_waited_for_and_the_block_arrives_once(server: Server) -> None:
    rows = block()
    server.start(PLENTY)
    database = connector.Database(connector.client(server.address), "drill_full")
    database.ensure()
    server.start(NONE_LEFT)
    for _ in range(2):
        with pytest.raises(TransientError, match="its disk is full, make room") as caught:
            database.insert("line_seconds", rows.columns(), token=rows.token)
    assert caught.value.retry_after_s > 0
    server.start(PLENTY)
    for _ in range(2):
        database.insert("line_seconds", rows.columns(), token=rows.token)
    database.close()
    asked = connector.client(server.address)
    assert asked.execute("SELECT count() FROM drill_full.line_seconds") == [(5,)]
    asked.disconnect()
