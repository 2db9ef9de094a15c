"""The real engine: the schema compiles, repeats change nothing, offsets are found again."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from connectors.clickhouse import Database, client
from pipelines.codec import to_plain
from pipelines.errors import ConfigError, RefusedError
from pipelines.events import CrowdFlow
from pipelines.store.rows import Batch
from pipelines.store.tables import TABLES

pytestmark = pytest.mark.stack
NOW_US = time.time_ns() // 1000  # rows of another time would be beyond their TTL


def batch(offsets: range, *, partition: int = 0) -> Batch:
    made = Batch()
    for offset in offsets:
        end_us = offset * 1_000_000
        row = CrowdFlow(progress=False, rows=0, window_end_us=end_us, gate="g", line="l", entered=1, exited=0, cameras_seen=1)
        made.add("crowd.flow", to_plain(row), partition=partition, offset=offset, appended_us=NOW_US)
    return made


def insert(database: Database, rows: Batch) -> None:
    for block in rows.blocks():
        database.insert(block.table.name, block.columns(), token=block.token)


def count(address: str, table: str = "line_seconds") -> int:
    asked = client(address)
    try:
        return int(asked.execute(f"SELECT count() FROM drill_t1.{table}")[0][0])
    finally:
        asked.disconnect()


def test_the_schema_compiles_and_a_second_start_changes_nothing(database: Database) -> None:
    assert database.ensure() == []
    assert [database.highest_offsets(table.name) for table in TABLES.values()] == [{}] * len(TABLES)


def test_a_changed_schema_file_stops_the_start(database: Database, tmp_path: Path) -> None:
    (tmp_path / "001_tables.sql").write_text("SELECT 1;")
    with pytest.raises(ConfigError, match="was changed after"):
        database.ensure(tmp_path)


def test_the_same_block_again_changes_nothing(database: Database, address: str) -> None:
    rows = batch(range(10))
    insert(database, rows)
    insert(database, rows)
    assert count(address) == 10


def test_the_highest_offset_of_each_partition_is_found(database: Database) -> None:
    insert(database, batch(range(3, 9)))
    insert(database, batch(range(100, 102), partition=2))
    assert database.highest_offsets("line_seconds") == {0: 8, 2: 101}


def test_places_are_kept_and_only_grow(database: Database) -> None:
    database.save_places({("crowd.flow", 0): 8, ("sensor.fire", 0): 4000})
    database.save_places({("crowd.flow", 0): 5})
    assert database.places() == {("crowd.flow", 0): 8, ("sensor.fire", 0): 4000}


def test_an_unknown_table_is_refused_and_the_connection_goes_on(database: Database) -> None:
    with pytest.raises(RefusedError, match="nowhere"):
        database.insert("nowhere", {"a": (1,)}, token="t")
    insert(database, batch(range(2)))
    assert database.highest_offsets("line_seconds") == {0: 1}


def test_values_that_do_not_fit_are_refused_and_nothing_of_the_block_stays(database: Database, address: str) -> None:
    columns = batch(range(2)).blocks()[0].columns() | {"entered": (1, 2**70)}
    with pytest.raises(RefusedError):
        database.insert("line_seconds", columns, token="t")
    assert count(address) == 0
    insert(database, batch(range(2)))
    assert count(address) == 2
