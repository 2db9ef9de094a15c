"""`muster export`: each view for analysts as one Parquet file."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from cli.console import UNREACHABLE, USAGE, console, fail
from cli.paths import HOME, from_caller
from cli.topics import only_mode
from connectors import clickhouse
from connectors.clickhouse_views import Columns, Span, Views
from pipelines.errors import ConfigError, MusterError
from pipelines.units import MICRO
from stack.addresses import read_addresses

ROW_GROUP: Final = 131_072  # rows that lie in memory at once, and a reader's smallest piece
# The ends of columns' names, longest first, and what they mean.
UNITS: Final = {
    "_per_m2_min": "1/(m² min)",
    "_per_m_min": "1/(m min)",
    "_per_m_s": "1/(m s)",
    "_per_min": "1/min",
    "_per_m2": "1/m²",
    "_per_s2": "1/s²",
    "_mps": "m/s",
    "_m2": "m²",
    "_px": "px",
    "_ms": "ms",
    "_us": "µs UTC",
    "_m": "m",
    "_s": "s",
}
_MICROSECONDS: Final = pa.timestamp("us", tz="UTC")


def export(
    folder: Path,
    *,
    mode: str | None,
    since: str | None,
    until: str | None,
    views: Sequence[str],
    force: bool,
    address: str | None,
) -> None:
    """Write the files, one after the other; where one of them is there already, none."""
    reader: Views | None = None
    try:
        span = _instant_us(since, "--since"), _instant_us(until, "--until")
        chosen = mode or only_mode()
        reader = Views(clickhouse.client(address or read_addresses(HOME).clickhouse), clickhouse.database_of(chosen))
        found = reader.columns()
        names = _named(views, list(found))
        files = _free(from_caller(folder), names, force=force)
        for name, file in zip(names, files, strict=True):
            rows = write(reader, name, found[name], span, file, {"mode": chosen, "since": since or "", "until": until or ""})
            console.print(f"{file.name}: {rows} rows", markup=False)
    except ConfigError as error:
        fail(error, USAGE)
    except MusterError as error:
        fail(error, UNREACHABLE)
    finally:
        if reader is not None:
            reader.close()


def write(reader: Views, view: str, columns: Columns, span: Span, file: Path, about: dict[str, str]) -> int:
    """Write one view, whole or not at all; how many rows. An empty view gives a file with its columns and no row.

    Raises:
        ConfigError: the file cannot be written.
        MusterError: ClickHouse failed.
    """
    draft = file.with_name(f"{file.name}.{os.getpid()}.new")
    try:
        read, batches = reader.read(view, columns, span)
        schema = typed(read, columns).with_metadata({"view": view, **about})
        with pq.ParquetWriter(draft, schema, compression="zstd") as writer:
            rows = _grouped(batches, schema, writer)
        draft.replace(file)
    except OSError as error:
        raise ConfigError(f"{file}: cannot be written: {error.strerror or error}") from error
    finally:
        draft.unlink(missing_ok=True)
    return rows


def _grouped(batches: Iterable[pa.RecordBatch], schema: pa.Schema, writer: pq.ParquetWriter) -> int:
    """Gather blocks into row groups, never more than one in memory."""
    held: list[pa.RecordBatch] = []
    rows = waiting = 0
    for batch in batches:
        held.append(batch)
        waiting += batch.num_rows
        if waiting >= ROW_GROUP:
            writer.write_table(pa.Table.from_batches(held).cast(schema), row_group_size=ROW_GROUP)
            rows, waiting, held = rows + waiting, 0, []
    if held:
        writer.write_table(pa.Table.from_batches(held).cast(schema), row_group_size=ROW_GROUP)
    return rows + waiting


def typed(schema: pa.Schema, columns: Columns) -> pa.Schema:
    """The columns as they are written: times as UTC microseconds, flags as such, and each column's unit beside it where it has one."""
    made = []
    for field in schema:
        unit = unit_of(field.name)
        about = {**(field.metadata or {}), **({b"unit": unit.encode()} if unit else {})}
        flag = columns[field.name] == "Bool"
        made.append(
            pa.field(field.name, pa.bool_() if flag else _MICROSECONDS if pa.types.is_timestamp(field.type) else field.type, metadata=about)
        )
    return pa.schema(made)


def unit_of(column: str) -> str:
    """The unit that a column's name ends with; empty for a count, a name or an instant."""
    return next((unit for end, unit in UNITS.items() if column.endswith(end)), "")


def _instant_us(text: str | None, option: str) -> int | None:
    if text is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"{option} {text}: expected an instant such as 2026-01-31 or 2026-01-31T18:30:00Z") from None
    whole = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
    return round(whole.timestamp() * MICRO)


def _named(wanted: Sequence[str], there: list[str]) -> list[str]:
    """The views asked for, with or without their `v_`; all where none is.

    Raises:
        ConfigError: there is no such view.
    """
    names = [name if name.startswith("v_") else f"v_{name}" for name in wanted]
    if unknown := [name for name in names if name not in there]:
        raise ConfigError(f"there is no view {', '.join(unknown)}; there are {', '.join(there)}")
    return list(dict.fromkeys(names)) or there


def _free(folder: Path, names: list[str], *, force: bool) -> list[Path]:
    """The files to write.

    Raises:
        ConfigError: the folder cannot be made, or one of the files is there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"{folder}: cannot be made: {error.strerror}") from error
    files = [folder / f"{name}.parquet" for name in names]
    if there := [file.name for file in files if file.exists() and not force]:
        raise ConfigError(f"{folder} holds {', '.join(there)}: choose another folder, or --force to write over them")
    return files
