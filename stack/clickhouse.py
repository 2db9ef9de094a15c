"""A ClickHouse server out of the embedded engine, as a part of the machine."""

from __future__ import annotations

import sys
from pathlib import Path
from xml.sax.saxutils import escape

from clickhouse_driver import Client

from stack.addresses import LOOPBACK, Addresses, somebody_listens
from stack.parts import Part

# Each table of each drill counts with a megabyte and more of buffers that it never fills: what the server really holds stays
# near a third of a gigabyte, but with a tighter limit it would not start again after a score of drills.
MEMORY_LIMIT_BYTES = 4_000_000_000
MEBIBYTE = 1024 * 1024
SETTINGS: dict[str, int] = {
    "max_server_memory_usage": MEMORY_LIMIT_BYTES,
    "mark_cache_size": 16 * MEBIBYTE,
    "index_mark_cache_size": 4 * MEBIBYTE,
    "primary_index_cache_size": 16 * MEBIBYTE,
    "uncompressed_cache_size": 0,
    "compiled_expression_cache_size": 16 * MEBIBYTE,
    "mmap_cache_size": 64,
    "background_pool_size": 2,
    "background_merges_mutations_concurrency_ratio": 2,
    "background_common_pool_size": 2,
    "background_schedule_pool_size": 4,
    "background_fetches_pool_size": 1,
    "background_move_pool_size": 1,
    "max_concurrent_queries": 64,
    "max_connections": 256,
}
# The engine refuses to start when these exceed the pool: 2 threads x ratio 2 = 4 places.
MERGE_TREE: dict[str, int] = {
    "number_of_free_entries_in_pool_to_lower_max_size_of_merge": 1,
    "number_of_free_entries_in_pool_to_execute_mutation": 1,
    "number_of_free_entries_in_pool_to_execute_optimize_entire_partition": 1,
}


def part(home: Path, root: Path, addresses: Addresses) -> Part:
    """The server; its store is ``home/run/clickhouse/store``, its user ``default`` without a password, on loopback.

    Never send it a wrong password: the embedded engine ends on one.
    """
    folder = home / "run" / "clickhouse"
    (folder / "store").mkdir(parents=True, exist_ok=True)
    config = folder / "config.xml"
    config.write_text(config_xml())
    return Part(
        name="clickhouse",
        command=(
            *(sys.executable, "-m", "stack.clickhouse_server"),
            *("--library", str(home / "chdb" / "libchdb.so")),
            *("--path", str(folder / "store")),
            *("--config", str(config)),
            *("--tcp-port", str(addresses.clickhouse_tcp_port)),
            *("--http-port", str(addresses.clickhouse_http_port)),
        ),
        env={"PYTHONPATH": str(root)},
        ready=lambda: answers(addresses.clickhouse_tcp_port),
    )


def answers(tcp_port: int) -> bool:
    """Whether it computes 1 for ``SELECT 1`` over the native protocol."""
    if not somebody_listens(tcp_port):
        return False  # the client would log every refused connection
    client = Client(LOOPBACK, tcp_port, connect_timeout=1, send_receive_timeout=5)
    try:
        return bool(client.execute("SELECT 1") == [(1,)])
    finally:
        client.disconnect()


def config_xml() -> str:
    """The server's settings; no logger section, which would log every step, and no logs of queries."""
    lines = [f"  <{name}>{value}</{name}>" for name, value in SETTINGS.items()]
    merge_tree = [f"    <{name}>{escape(str(value))}</{name}>" for name, value in MERGE_TREE.items()]
    return "\n".join(["<clickhouse>", *lines, "  <merge_tree>", *merge_tree, "  </merge_tree>", "</clickhouse>", ""])
