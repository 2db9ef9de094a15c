"""Rows 11 and 12 of the faults: the store is killed at random with another size of batch each time, and ClickHouse is gone for an hour."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.sink_feed import KEYS
from benchmarks.sink_kills import kills, outage
from cli.paths import ROOT

pytestmark = pytest.mark.stack
FETCHED = ROOT / ".muster"
KILLS, HOUR_S = 12, 3600


@pytest.fixture(autouse=True)
def _fetched() -> None:
    if not (FETCHED / "jars").is_dir() or not (FETCHED / "chdb" / "libchdb.so").exists():
        pytest.skip("the servers have not been fetched")


def test_a_store_that_is_killed_at_random_stores_every_row_once(tmp_path: Path) -> None:
    came = kills(tmp_path, FETCHED, count=KILLS, seed=7)
    print(f"{came.sink_kills} kills of the store, {came.server_kills} of ClickHouse, {came.records} records: {came.difference}")
    assert came.difference.rows > 1000 * len(KEYS)
    assert came.difference.none, came.difference


def test_an_hour_without_clickhouse_loses_and_doubles_nothing(tmp_path: Path) -> None:
    came = outage(tmp_path, FETCHED, event_s=HOUR_S)
    print(f"{came.records} records of {came.event_s} s without ClickHouse, stored {came.catch_up_s:.1f} s after it was back")
    print(came.difference)
    assert came.difference.none, came.difference
