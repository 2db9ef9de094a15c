"""The connector's own decisions, without a server."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from clickhouse_driver import errors as client_errors

from connectors import clickhouse
from pipelines.errors import ConfigError, RefusedError, TransientError


class FakeClient:
    """Answers every query with *answer*, or raises it."""

    def __init__(self, answer: Any = ()) -> None:
        self.answer, self.hung_up = answer, 0
        self.asked: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []

    def execute(self, query: str, *given: Any, **options: Any) -> Any:
        self.asked.append((query, given, options))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def disconnect(self) -> None:
        self.hung_up += 1


def test_a_modes_database_has_its_name_in_letters_that_need_no_quotes() -> None:
    assert [clickhouse.database_of(mode) for mode in ("live", "drill-gate-c-7")] == ["live", "drill_gate_c_7"]


@pytest.mark.parametrize("name", ["default", "system", "drill_", "drill_a; DROP DATABASE live", "Live", "drill-a"])
def test_other_names_are_no_database(name: str) -> None:
    with pytest.raises(ConfigError, match="expected 'live' or"):
        clickhouse.Database(FakeClient(), name)


@pytest.mark.parametrize("name", ["live", "default", "system"])
def test_only_a_drills_database_is_dropped(name: str) -> None:
    client = FakeClient()
    with pytest.raises(RefusedError, match="only the database of a drill"):
        clickhouse.drop(client, name)
    assert client.asked == []


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (client_errors.NetworkError("refused"), TransientError),
        (client_errors.SocketTimeoutError("slow"), TransientError),
        (EOFError(), TransientError),
        (ConnectionResetError("reset"), TransientError),
        (client_errors.ServerException("memory", client_errors.ErrorCodes.MEMORY_LIMIT_EXCEEDED), TransientError),
        (client_errors.ServerException("no such table", client_errors.ErrorCodes.UNKNOWN_TABLE), RefusedError),
        (client_errors.TypeMismatchError("column people"), RefusedError),
    ],
)
def test_the_clients_errors_are_translated(error: Exception, expected: type[Exception]) -> None:
    with pytest.raises(expected):
        clickhouse.Database(FakeClient(error), "drill_a").highest_offsets("crowd_flow")


def test_an_insert_is_one_block_by_column_with_its_token() -> None:
    client = FakeClient()
    clickhouse.Database(client, "drill_a").insert("crowd_flow", {"line": ("a", "b"), "levels.level": ([], [])}, token="t/0:1-2")
    ((query, given, options),) = client.asked
    assert query == "INSERT INTO drill_a.crowd_flow (`line`, `levels.level`) VALUES"
    ((first, second),) = given
    assert (first.tolist(), second.tolist()) == (["a", "b"], [[], []])
    assert options["columnar"] is True
    assert options["query_id"] == "store-drill_a-crowd_flow"
    assert options["settings"]["insert_deduplication_token"] == "t/0:1-2"


def test_statements_are_split_at_line_ends_and_comments_are_left_out() -> None:
    script = "-- a; comment\nCREATE TABLE {database}.a (x String DEFAULT 'p;q');\n\n-- end\nSELECT 1;"
    assert clickhouse.statements(script, "live") == ["CREATE TABLE live.a (x String DEFAULT 'p;q')", "SELECT 1"]


@pytest.mark.parametrize("names", [[], ["002_a.sql"], ["001_a.sql", "003_b.sql"], ["001_a.sql", "001_b.sql"]])
def test_schema_files_are_numbered_without_gaps(tmp_path: Path, names: list[str]) -> None:
    for name in names:
        (tmp_path / name).write_text("SELECT 1;")
    with pytest.raises(ConfigError, match="expected 001_"):
        clickhouse.Database(FakeClient(), "live").ensure(tmp_path)


@pytest.mark.parametrize("address", ["", "9000", ":9000", "host:", "host:port"])
def test_an_address_is_host_and_port(address: str) -> None:
    with pytest.raises(ConfigError, match="expected host:port"):
        clickhouse.client(address)


def test_a_client_dials_at_its_first_query() -> None:
    asked: Callable[[], Any] = clickhouse.Database(clickhouse.client("127.0.0.1:1"), "live").places
    with pytest.raises(TransientError):
        asked()
