"""A ClickHouse of the benchmark's own, alone: the embedded engine as the machine runs it, with a store that is thrown away."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from clickhouse_driver import Client

from connectors import clickhouse as connector
from connectors.clickhouse_blocks import write_packed
from stack import clickhouse
from stack.addresses import LOOPBACK, claim_addresses
from stack.supervisor import Supervisor

DATABASE: Final = "drill_bench_store"
_PATIENCE_S: Final = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """The running server: a client for questions, its database, and where it speaks HTTP."""

    client: Client
    database: connector.Database
    http_port: int

    def ask(self, query: str, **settings: Any) -> list[tuple[Any, ...]]:
        """The rows of an answer."""
        rows: list[tuple[Any, ...]] = self.client.execute(query, settings=settings)
        return rows

    def merge(self, table: str) -> None:
        """Merge *table* down to one part a partition."""
        self.ask(f"OPTIMIZE TABLE {DATABASE}.{table} FINAL")


@contextmanager
def serving(home: Path, root: Path) -> Iterator[Server]:
    """Start it with every table and view in the database `drill_bench_store`; it ends with the block, and its files with it."""
    with tempfile.TemporaryDirectory(prefix="muster-bench-") as folder:
        place = Path(folder)
        (place / "chdb").symlink_to((home / "chdb").resolve())
        addresses = claim_addresses(place)
        supervisor = Supervisor(
            [clickhouse.part(place, root, addresses)],
            logs=place / "run" / "logs",
            status_file=place / "run" / "status.json",
            on_change=lambda _: None,
        )
        supervisor.start()
        try:
            client = connector.client(addresses.clickhouse)
            client.connection.send_receive_timeout = _PATIENCE_S  # a merge of everything takes longer than an insert may
            connector.Database(client, DATABASE).ensure()
            writing = write_packed(
                Client(LOOPBACK, addresses.clickhouse_tcp_port, settings={"use_numpy": True}, send_receive_timeout=_PATIENCE_S)
            )
            yield Server(client=client, database=connector.Database(writing, DATABASE), http_port=addresses.clickhouse_http_port)
            for used in (client, writing):
                used.disconnect()
        finally:
            supervisor.stop()
