"""The views that analysts read, as typed columns, a block at a time: what is exported never lies in memory as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import pyarrow as pa
from clickhouse_driver import Client
from clickhouse_driver import errors as client_errors

from pipelines.errors import ConfigError, RefusedError, TransientError

_BEGINNING: Final = "v_"
_TIMES: Final = ("at", "minute", "ten_seconds", "ten_minutes", "raised_at", "issued_at")  # of a row, where a view has one
_SORTED_BY: Final = "at_us"  # the same instant; tables are sorted by it, so a span of it reads that span alone
_BLOCK_ROWS: Final = 65_536
Columns = dict[str, str]  # name → type
Span = tuple[int | None, int | None]


class Views:
    """The views of one database."""

    def __init__(self, ready: Client, database: str) -> None:
        """Use a *ready* client for *database*, a checked name; nothing is asked yet."""
        self._client, self._database = ready, database

    def columns(self) -> dict[str, Columns]:
        """View → its columns and their types, in order of names and of columns.

        Raises:
            ConfigError: there is no such database, or it has no views.
            TransientError: ClickHouse does not answer.
        """
        asked = "SELECT table, name, type FROM system.columns WHERE database = %(name)s ORDER BY table, position"
        with _said_as_ours("its views"):
            found = self._client.execute(asked, {"name": self._database})
        views: dict[str, Columns] = {}
        for table, name, kind in found:
            if table.startswith(_BEGINNING):
                views.setdefault(table, {})[name] = kind
        if not views:
            raise ConfigError(f"ClickHouse has no database '{self._database}' with views: nothing was ever stored in that mode")
        return views

    def read(self, view: str, columns: Columns, span: Span) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
        """The columns of *view*, and its rows as they come; *span*: from, and to before (µs UTC, None = open).

        Raises:
            TransientError, RefusedError: as the server says, now or while the rows come.
        """
        # The client takes the zeros that a sparse column leaves out for numbers, and fails on flags.
        named = ", ".join(f"toUInt8(`{name}`) AS `{name}`" if kind == "Bool" else f"`{name}`" for name, kind in columns.items())
        with _said_as_ours(view):
            stream = self._client.query_arrow_stream(
                f"SELECT {named} FROM {self._database}.{view}{_within(columns, span)}",  # noqa: S608 - names that the server gave
                settings={"session_timezone": "UTC", "max_block_size": _BLOCK_ROWS},
            )
        return stream.schema, _batches(view, stream)

    def close(self) -> None:
        """Hang up."""
        self._client.disconnect()


def time_of(columns: Columns) -> str | None:
    """The column that says when a row was; None for a view that has no such time."""
    return next((name for name in _TIMES if name in columns), None)


def _within(columns: Columns, span: Span) -> str:
    """The condition of a span; none for a view without time."""
    time = time_of(columns)
    if time is None:
        return ""
    sorted_by = _SORTED_BY in columns
    ends = []
    for sign, edge_us in zip((">=", "<"), span, strict=True):
        if edge_us is not None:
            ends.append(f"{_SORTED_BY} {sign} {edge_us}" if sorted_by else f"{time} {sign} fromUnixTimestamp64Micro({edge_us}, 'UTC')")
    return f" WHERE {' AND '.join(ends)}" if ends else ""


def _batches(view: str, stream: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
    while True:
        with _said_as_ours(view):
            batch = next(stream, None)
        if batch is None:
            return
        yield batch


@contextmanager
def _said_as_ours(what: str) -> Iterator[Any]:
    try:
        yield
    except client_errors.ServerException as error:
        raise RefusedError(f"ClickHouse, {what}: {_line(error)}") from error
    except (client_errors.Error, EOFError, OSError) as error:
        raise TransientError(f"ClickHouse, {what}: {_line(error) or 'hung up'}") from error


def _line(error: Exception) -> str:
    return " ".join(str(error).partition("Stack trace")[0].split())[:300]
