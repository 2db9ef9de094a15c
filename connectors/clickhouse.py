"""ClickHouse: migrations, column-wise inserts and the offsets that a table holds; translates the client's errors.

One INSERT is one block, because an insert of several blocks is not atomic when the client dies; the block carries a token, so
that sending it again after a lost answer changes nothing.
"""

from __future__ import annotations

import logging
import re
import secrets
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from clickhouse_driver import Client
from clickhouse_driver import errors as client_errors
from numpy.typing import NDArray

from connectors import clickhouse_schema as schema
from connectors.clickhouse_blocks import Coded, write_packed
from connectors.clickhouse_schema import SCHEMAS, statements
from connectors.secret_file import read_secret
from pipelines.errors import ConfigError, RefusedError, TransientError
from pipelines.topics import check_mode

__all__ = ["SCHEMAS", "Database", "Disk", "client", "database_of", "drop", "statements"]

DEFAULT_USER: Final = "default"
LARGEST_BLOCK_ROWS: Final = 1_000_000
_NAME: Final = re.compile(r"live|drill_[a-z0-9][a-z0-9_]{0,40}")
_DRILL: Final = "drill_"
_FULL: Final = frozenset({client_errors.ErrorCodes.NOT_ENOUGH_SPACE, client_errors.ErrorCodes.CANNOT_WRITE_TO_FILE_DESCRIPTOR})
_FULL_WAIT_S: Final = 5.0
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
        client_errors.ErrorCodes.TOO_MANY_PARTS,
        client_errors.ErrorCodes.UNKNOWN_STATUS_OF_INSERT,
        216,  # QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING
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
    return write_packed(Client(host, int(port), **who, connect_timeout=2, send_receive_timeout=20, sync_request_timeout=5))


def database_of(mode: str) -> str:
    """The database of *mode*: `live`, or `drill_<id>` with `_` for each `-`."""
    return check_mode(mode).replace("-", "_")


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """A disk of the server, bytes."""

    name: str
    free: int
    total: int

    @property
    def used_share(self) -> float:
        """Of its room, 0 to 1."""
        return 1 - self.free / self.total if self.total else 0.0


class Database:
    """One mode's database."""

    def __init__(self, ready: Client, name: str) -> None:
        """Use a *ready* client; nothing is asked of the server yet.

        Raises:
            ConfigError: *name* is neither `live` nor `drill_<id>`.
        """
        self._client, self.name = ready, _checked(name)

    def ensure(self, folder: Path = SCHEMAS) -> list[str]:
        """Create the database and run what it has not seen of the schema files; returns the names of those that were run.

        Raises:
            ConfigError: a file was changed after it had been applied.
            TransientError, RefusedError: which statement of which file failed; the next run goes on there.
        """
        return schema.ensure(self._execute, self.name, folder)

    def keep(self, hours: Mapping[str, int], *, floors: Mapping[str, int]) -> list[str]:
        """Keep the rows of each table for *hours* after the broker took them in; returns the tables where that is new.

        Raises:
            RefusedError: less than a table's floor, of which nothing was changed; or as the server says.
        """
        low = [table for table, least in floors.items() if hours.get(table, least) < least]
        if low:
            raise RefusedError(f"{', '.join(low)}: asked to keep less than may be deleted; nothing was changed")
        kept = schema.hours_kept(self._execute, self.name)
        changed = [table for table, want in hours.items() if kept.get(table) != want]
        for table in changed:
            self._execute(f"ALTER TABLE {self.name}.{table} MODIFY TTL appended_at + INTERVAL {int(hours[table])} HOUR DELETE")
        return changed

    def problems(self, *, floors: Mapping[str, int], folder: Path = SCHEMAS) -> list[str]:
        """What is wrong with the database, one sentence each. Makes a database of its own to compare with, and drops it again."""
        found = schema.files_problems(self._execute, self.name, folder)
        if found:
            return found
        model = f"{_DRILL}check_{secrets.token_hex(4)}"

        def look() -> list[str]:
            schema.ensure(self._execute, model, folder)
            return schema.shape_problems(self._execute, self.name, model)

        return [*schema.dropped_after(self._execute, model, look), *schema.keeping_problems(self._execute, self.name, floors)]

    def disks(self) -> list[Disk]:
        """The disks of the server."""
        return [
            Disk(name=name, free=free, total=total)
            for name, free, total in self._execute("SELECT name, free_space, total_space FROM system.disks ORDER BY name")
        ]

    def save_plan_places(self, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
        """Write the places of a plan; those of the plan that was written last are what the view shows."""
        self._execute(f"INSERT INTO {self.name}.plan_places ({', '.join(columns)}) VALUES", list(rows))

    def expired_drills(self, days: int) -> list[str]:
        """Databases of drills in which nothing was written for *days*: no row, and no start of their store."""
        asked = (
            "SELECT database, max(greatest(max_time, if(table IN ('plan_places', 'store_places', 'schema_migrations'),"
            " modification_time, toDateTime(0)))) AS last FROM system.parts WHERE active AND startsWith(database, %(prefix)s)"
            " GROUP BY database HAVING last < now() - toIntervalDay(%(days)s) ORDER BY database"
        )
        rows = self._execute(asked, {"prefix": _DRILL, "days": int(days)})
        return [name for name, _ in rows if name.startswith(_DRILL) and _NAME.fullmatch(name)]

    def drop_drill(self, name: str) -> None:
        """Delete the whole database of a drill.

        Raises:
            RefusedError: *name* is not the database of a drill.
        """
        drop(self._client, name)

    def insert(self, table: str, columns: Mapping[str, Sequence[Any] | NDArray[Any] | Coded], *, token: str) -> None:
        """Insert one block, column by column; the same *token* again changes nothing.

        Raises:
            TransientError: send the same block with the same token again.
            RefusedError: the server, or the client for it, does not take these values.
        """
        rows = len(next(iter(columns.values())))
        if not 0 < rows <= LARGEST_BLOCK_ROWS:
            raise RefusedError(f"{table}: expected 1 to {LARGEST_BLOCK_ROWS} rows in a block, got {rows}")
        names = ", ".join(f"`{name}`" for name in columns)
        packed: list[Any] = [_packed(values) for values in columns.values()]
        by_numpy = not any(_has_nul(values) for values in packed)
        self._execute(
            f"INSERT INTO {self.name}.{table} ({names}) VALUES",
            packed if by_numpy else [values.tolist() for values in packed],
            columnar=True,
            settings={
                "insert_deduplication_token": token,
                "insert_block_size": LARGEST_BLOCK_ROWS,
                "async_insert": 0,
                "use_numpy": by_numpy,
            },
            query_id=self._writing(table),
        )

    def _writing(self, table: str) -> str:
        """The id of whatever writes into *table*, or asks where it ends: the server runs one query of an id at a time.

        So who asks where a table ends waits until the insert of a process that was killed is through, or has failed.
        """
        return f"store-{self.name}-{table}"

    def highest_offsets(self, table: str) -> dict[int, int]:
        """The highest source offset that *table* holds, by source partition.

        Raises:
            TransientError: something is being inserted into it; ask again.
        """
        asked = f"SELECT source_partition, max(source_offset) FROM {self.name}.{table} GROUP BY source_partition"  # noqa: S608
        return dict(self._execute(asked, query_id=self._writing(table)))

    def last_frames(self, before: Mapping[int, int]) -> dict[str, int]:
        """Camera → event time (µs UTC) of its last frame that stood before offset *before* of its partition; of the last hour stored."""
        places = " OR ".join(f"(source_partition = {partition} AND source_offset < {offset})" for partition, offset in before.items())
        if not places:
            return {}
        frames = f"{self.name}.camera_frames"
        asked = (
            f"SELECT camera, argMax(event_time_us, (appended_at, source_offset)) FROM {frames}"  # noqa: S608 - numbers and a checked name
            f" WHERE appended_at >= (SELECT max(appended_at) FROM {frames} WHERE {places}) - INTERVAL 1 HOUR AND ({places}) GROUP BY camera"
        )
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

    def close(self) -> None:
        """Hang up; the next question dials again."""
        self._client.disconnect()

    def _execute(self, query: str, *given: Any, **options: Any) -> Any:
        return _execute(self._client, query, *given, **options)


def _packed(values: Sequence[Any] | NDArray[Any] | Coded) -> Any:
    """A column as the client takes it: numbers of one kind packed, all else as objects."""
    if isinstance(values, np.ndarray | Coded):
        return values
    plain = np.array(values) if values and all(isinstance(value, (int, float)) for value in values) else None
    if plain is not None and plain.dtype.kind in "biuf":
        return plain
    made = np.empty(len(values), dtype=object)
    for index, value in enumerate(values):
        made[index] = value
    return made


def _has_nul(values: NDArray[Any] | Coded) -> bool:
    """Whether a text in the column holds a NUL: the client's packed way compares texts as C does, up to it."""
    return isinstance(values, np.ndarray) and values.dtype == object and isinstance(values[0], str) and "\0" in "".join(values.tolist())


def drop(ready: Client, name: str) -> None:
    """Delete the database of a drill, before a fresh start of the same drill.

    Raises:
        RefusedError: *name* is not the database of a drill.
    """
    if not name.startswith(_DRILL):
        raise RefusedError(f"database '{name}': only the database of a drill may be dropped")
    _execute(ready, f"DROP DATABASE IF EXISTS {_checked(name)} SYNC")


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ConfigError(f"database '{name}': expected 'live' or 'drill_' with small letters, digits and '_'")
    return name


def _execute(ready: Client, query: str, *given: Any, **options: Any) -> Any:
    what = " ".join(query.split()[:3])
    try:
        return ready.execute(query, *given, **options)
    except (client_errors.NetworkError, client_errors.SocketTimeoutError, EOFError, OSError) as error:
        ready.disconnect()
        raise TransientError(f"ClickHouse, {what}: {_said(error) or 'hung up'}") from error
    except client_errors.ServerException as error:
        if error.code in _FULL or "No space left on device" in str(error):
            said = f"ClickHouse, {what}: its disk is full, make room: {_said(error)}"
            raise TransientError(said, retry_after_s=_FULL_WAIT_S) from error
        if error.code in _MAY_PASS:
            raise TransientError(f"ClickHouse, {what}: {_said(error)}", retry_after_s=2) from error
        raise RefusedError(f"ClickHouse, {what}: {_said(error)}") from error
    except (client_errors.Error, struct.error, TypeError, ValueError, AttributeError, OverflowError) as error:
        ready.disconnect()  # what was sent of the block must not stay in the connection
        raise RefusedError(f"ClickHouse, {what}: {type(error).__name__}: {_said(error)}") from error


def _said(error: Exception) -> str:
    """What the error says, on one line, without the server's stack trace."""
    return " ".join(str(error).partition("Stack trace")[0].split())[:300]
