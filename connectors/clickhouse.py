"""ClickHouse: migrations, column-wise inserts and the offsets that a table holds; translates the client's errors.

One INSERT is one block, because an insert of several blocks is not atomic when the client dies; the block carries a token, so
that sending it again after a lost answer changes nothing.
"""

from __future__ import annotations

import hashlib
import logging
import re
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from clickhouse_driver import Client
from clickhouse_driver import errors as client_errors

from connectors.secret_file import read_secret
from pipelines.errors import ConfigError, RefusedError, TransientError
from pipelines.topics import check_mode

SCHEMAS: Final = Path(__file__).resolve().parent.parent / "schemas" / "clickhouse"
DEFAULT_USER: Final = "default"
LARGEST_BLOCK_ROWS: Final = 1_000_000
_NAME: Final = re.compile(r"live|drill_[a-z0-9][a-z0-9_]{0,40}")
_FILE: Final = re.compile(r"(\d{3})_[a-z0-9_]+\.sql")
_MAY_PASS: Final = frozenset(
    {
        client_errors.ErrorCodes.TIMEOUT_EXCEEDED,
        client_errors.ErrorCodes.CANNOT_ALLOCATE_MEMORY,
        client_errors.ErrorCodes.TOO_MANY_SIMULTANEOUS_QUERIES,
        client_errors.ErrorCodes.SOCKET_TIMEOUT,
        client_errors.ErrorCodes.NETWORK_ERROR,
        client_errors.ErrorCodes.ABORTED,
        client_errors.ErrorCodes.MEMORY_LIMIT_EXCEEDED,
        client_errors.ErrorCodes.TABLE_IS_READ_ONLY,
        client_errors.ErrorCodes.NOT_ENOUGH_SPACE,
        client_errors.ErrorCodes.TOO_MANY_PARTS,
        client_errors.ErrorCodes.UNKNOWN_STATUS_OF_INSERT,
        439,  # CANNOT_SCHEDULE_TASK
        999,  # KEEPER_EXCEPTION
    }
)


def client(address: str, *, user: str = "", password_file: Path = Path()) -> Client:
    """A client for *address*, host:port of the native protocol; it dials at its first query.

    Without *user* it is the one that has no password, as on the embedded server.

    Raises:
        ConfigError: *address* is not host:port, or *password_file* cannot be used.
    """
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal():
        raise ConfigError(f"ClickHouse's address: expected host:port, got '{address}'")
    # It would log each refused connection; the error that is raised says it once.
    logging.getLogger("clickhouse_driver").setLevel(logging.CRITICAL)
    who = {"user": user or DEFAULT_USER, "password": read_secret(password_file) if password_file != Path() else ""}
    return Client(host, int(port), **who, connect_timeout=2, send_receive_timeout=20, sync_request_timeout=5)


def database_of(mode: str) -> str:
    """The database of *mode*: `live`, or `drill_<id>` with `_` for each `-`."""
    return check_mode(mode).replace("-", "_")


def statements(script: str, database: str) -> list[str]:
    """The statements of a schema file for *database*, without lines of comment."""
    lines = [line for line in script.splitlines() if not line.lstrip().startswith("--")]
    found = re.split(r";[ \t]*(?:\n|$)", "\n".join(lines))
    return [statement.strip().replace("{database}", database) for statement in found if statement.strip()]


class Database:
    """One mode's database."""

    def __init__(self, ready: Client, name: str) -> None:
        """Use a *ready* client; nothing is asked of the server yet.

        Raises:
            ConfigError: *name* is neither `live` nor `drill_<id>`.
        """
        self._client, self.name = ready, _checked(name)

    def ensure(self, folder: Path = SCHEMAS) -> list[str]:
        """Create the database and run the schema files that it has not seen; returns their names.

        Each statement can be repeated, so a start that died half way is made good by the next.

        Raises:
            ConfigError: a file was changed after it had been applied.
            TransientError, RefusedError: as the server says.
        """
        self._execute(f"CREATE DATABASE IF NOT EXISTS {self.name}")
        self._execute(
            f"CREATE TABLE IF NOT EXISTS {self.name}.schema_migrations"
            " (number UInt32, name String, digest String, applied_at DateTime('UTC') DEFAULT now())"
            " ENGINE = ReplacingMergeTree ORDER BY number"
        )
        applied = dict(self._execute(f"SELECT name, digest FROM {self.name}.schema_migrations"))  # noqa: S608 - a checked name
        done = []
        for number, path in _numbered(folder):
            script = path.read_text(encoding="utf-8")
            digest = hashlib.blake2b(script.encode(), digest_size=16).hexdigest()
            if path.name in applied:
                if applied[path.name] != digest:
                    raise ConfigError(f"{path.name} was changed after database '{self.name}' had applied it; write a new file instead")
                continue
            for statement in statements(script, self.name):
                self._execute(statement)
            self._execute(f"INSERT INTO {self.name}.schema_migrations (number, name, digest) VALUES", [(number, path.name, digest)])
            done.append(path.name)
        return done

    def insert(self, table: str, columns: Mapping[str, Sequence[Any]], *, token: str) -> None:
        """Insert one block, column by column; the same *token* again changes nothing.

        Raises:
            TransientError: send the same block with the same token again.
            RefusedError: the server, or the client for it, does not take these values.
        """
        rows = len(next(iter(columns.values())))
        if not 0 < rows <= LARGEST_BLOCK_ROWS:
            raise RefusedError(f"{table}: expected 1 to {LARGEST_BLOCK_ROWS} rows in a block, got {rows}")
        names = ", ".join(f"`{name}`" for name in columns)
        settings = {"insert_deduplication_token": token, "insert_block_size": LARGEST_BLOCK_ROWS, "async_insert": 0}
        self._execute(f"INSERT INTO {self.name}.{table} ({names}) VALUES", list(columns.values()), columnar=True, settings=settings)

    def highest_offsets(self, table: str) -> dict[int, int]:
        """The highest source offset that *table* holds, by source partition."""
        asked = f"SELECT source_partition, max(source_offset) FROM {self.name}.{table} GROUP BY source_partition"  # noqa: S608
        return dict(self._execute(asked))

    def places(self) -> dict[tuple[str, int], int]:
        """(thing, partition) → the offset up to which everything had been stored or passed over, as last saved."""
        asked = f"SELECT thing, source_partition, max(source_offset) FROM {self.name}.store_places GROUP BY thing, source_partition"  # noqa: S608
        return {(thing, partition): offset for thing, partition, offset in self._execute(asked)}

    def save_places(self, places: Mapping[tuple[str, int], int]) -> None:
        """Note that everything up to these offsets has been stored or passed over."""
        rows = [(thing, partition, offset) for (thing, partition), offset in sorted(places.items())]
        if rows:
            self._execute(f"INSERT INTO {self.name}.store_places (thing, source_partition, source_offset) VALUES", rows)

    def _execute(self, query: str, *given: Any, **options: Any) -> Any:
        return _execute(self._client, query, *given, **options)


def drop(ready: Client, name: str) -> None:
    """Delete the database of a drill, before a fresh start of the same drill.

    Raises:
        RefusedError: *name* is not the database of a drill.
    """
    if not name.startswith("drill_"):
        raise RefusedError(f"database '{name}': only the database of a drill may be dropped")
    _execute(ready, f"DROP DATABASE IF EXISTS {_checked(name)} SYNC")


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ConfigError(f"database '{name}': expected 'live' or 'drill_' with small letters, digits and '_'")
    return name


def _numbered(folder: Path) -> list[tuple[int, Path]]:
    found = [(int(match[1]), path) for path in sorted(folder.glob("*.sql")) if (match := _FILE.fullmatch(path.name))]
    if not found or [number for number, _ in found] != list(range(1, len(found) + 1)):
        raise ConfigError(
            f"schema files: expected 001_….sql, 002_….sql and so on, got {', '.join(path.name for _, path in found) or 'none'}"
        )
    return found


def _execute(ready: Client, query: str, *given: Any, **options: Any) -> Any:
    what = " ".join(query.split()[:3])
    try:
        return ready.execute(query, *given, **options)
    except (client_errors.NetworkError, client_errors.SocketTimeoutError, EOFError, OSError) as error:
        ready.disconnect()
        raise TransientError(f"ClickHouse, {what}: {_said(error) or 'hung up'}") from error
    except client_errors.ServerException as error:
        if error.code in _MAY_PASS:
            raise TransientError(f"ClickHouse, {what}: {_said(error)}", retry_after_s=2) from error
        raise RefusedError(f"ClickHouse, {what}: {_said(error)}") from error
    except (client_errors.Error, struct.error, TypeError, ValueError, AttributeError, OverflowError) as error:
        ready.disconnect()  # what was sent of the block must not stay in the connection
        raise RefusedError(f"ClickHouse, {what}: {type(error).__name__}: {_said(error)}") from error


def _said(error: Exception) -> str:
    """What the error says, on one line, without the server's stack trace."""
    return " ".join(str(error).partition("Stack trace")[0].split())[:300]
