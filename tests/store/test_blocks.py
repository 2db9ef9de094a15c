"""Blocks out of packed columns: what the server holds is what the columns hold, and as the client's own writer has it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
from clickhouse_driver import Client

from connectors import clickhouse as connector
from connectors.clickhouse_blocks import write_packed
from pipelines.errors import RefusedError

TYPES = {f"{sign}Int{bits}": np.dtype(f"{code}{bits // 8}") for sign, code in (("", "i"), ("U", "u")) for bits in (8, 16, 32, 64)}
TABLE = "drill_t1.packed"


@pytest.fixture
def numpy_client(address: str) -> Iterator[Client]:
    host, _, port = address.rpartition(":")
    client = write_packed(Client(host, int(port), settings={"use_numpy": True}))
    yield client
    client.disconnect()


def made(database: connector.Database, columns: str) -> None:
    database._client.execute(f"DROP TABLE IF EXISTS {TABLE}")
    database._client.execute(f"CREATE TABLE {TABLE} ({columns}) ENGINE = Memory")


def test_numbers_of_every_kind_arrive_as_they_are(database, numpy_client):
    made(database, ", ".join(f"c_{kind} {kind}" for kind in TYPES) + ", f32 Float32, f64 Float64, b Bool, d DateTime('UTC')")
    columns = [np.array([np.iinfo(kind).min, 0, np.iinfo(kind).max], dtype=kind) for kind in TYPES.values()]
    columns += [np.array([-0.5, 0.0, 1e30], dtype="f4"), np.array([1e-300, np.inf, -1.0]), np.array([True, False, True])]
    columns.append(np.array([0, 1_767_225_600, 2**32 - 1], dtype=np.int64))
    numpy_client.execute(f"INSERT INTO {TABLE} VALUES", columns, columnar=True)
    rows = database._client.execute(f"SELECT * REPLACE (toUnixTimestamp(d) AS d) FROM {TABLE}")
    assert list(zip(*rows, strict=True)) == [tuple(column.tolist()) for column in columns]


@pytest.mark.parametrize("distinct", [1, 2, 256, 257, 70_000])
def test_coded_strings_arrive_whatever_the_number_of_distinct_ones(database, numpy_client, distinct):
    made(database, "name LowCardinality(String), n UInt32")
    names = [f"cam-{number}-口\"'\\" for number in range(distinct)]
    codes = np.concatenate([np.arange(distinct), np.zeros(3, dtype=np.int64)])
    numbers = np.arange(len(codes), dtype=np.uint32)
    numpy_client.execute(f"INSERT INTO {TABLE} VALUES", [pd.Categorical.from_codes(codes, names), numbers], columnar=True)
    assert database._client.execute(f"SELECT name FROM {TABLE} ORDER BY n", columnar=True)[0] == tuple(names[code] for code in codes)


def test_what_is_not_packed_goes_the_clients_way(database, numpy_client):
    made(database, "s String, l LowCardinality(String), n Nullable(Float64), a Array(Int64)")
    arrays = np.empty(2, dtype=object)
    arrays[0], arrays[1] = [1, 2], []
    columns = [np.array(["a", "口"], dtype=object), np.array(["x", "x"], dtype=object), np.array([1.5, None], dtype=object), arrays]
    numpy_client.execute(f"INSERT INTO {TABLE} VALUES", columns, columnar=True)
    assert database._client.execute(f"SELECT * FROM {TABLE}") == [("a", "x", 1.5, [1, 2]), ("口", "x", None, [])]


def test_a_missing_string_is_refused_and_nothing_of_the_block_stays(database, numpy_client):
    made(database, "name LowCardinality(String)")
    missing = pd.Categorical.from_codes([0, -1], ["a"])
    with pytest.raises(RefusedError, match="no missing values"):
        connector._execute(numpy_client, f"INSERT INTO {TABLE} VALUES", [missing], columnar=True)
    assert database._client.execute(f"SELECT count() FROM {TABLE}") == [(0,)]
    numpy_client.execute(f"INSERT INTO {TABLE} VALUES", [pd.Categorical.from_codes([0], ["a"])], columnar=True)
    assert database._client.execute(f"SELECT name FROM {TABLE}") == [("a",)]
