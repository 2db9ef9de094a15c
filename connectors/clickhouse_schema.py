"""Numbered schema files: run statement by statement, taken up where a run broke off, and compared with what a database has."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pipelines.errors import ConfigError, MusterError, RefusedError, TransientError

SCHEMAS: Final = Path(__file__).resolve().parent.parent / "schemas" / "clickhouse"
_FILE: Final = re.compile(r"(\d{3})_[a-z0-9_]+\.sql")
_TTL: Final = re.compile(r"TTL appended_at \+ toInterval(Day|Hour)\((\d+)\)")
_WINDOW: Final = re.compile(r"non_replicated_deduplication_window = (\d+)")
Ask = Callable[..., Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """How far a file has come: *done* of *of* statements; *digest* is of the whole file, or of the statements that are done."""

    name: str
    digest: str
    done: int
    of: int

    @property
    def whole(self) -> bool:
        """Whether nothing of it is left to do."""
        return self.done >= self.of


def statements(script: str, database: str) -> list[str]:
    """The statements of a schema file for *database*, without lines of comment."""
    lines = [line for line in script.splitlines() if not line.lstrip().startswith("--")]
    found = re.split(r";[ \t]*(?:\n|$)", "\n".join(lines))
    return [statement.strip().replace("{database}", database) for statement in found if statement.strip()]


def numbered(folder: Path) -> list[tuple[int, Path]]:
    """The schema files by number.

    Raises:
        ConfigError: there are none, or a number is missing or there twice.
    """
    found = [(int(match[1]), path) for path in sorted(folder.glob("*.sql")) if (match := _FILE.fullmatch(path.name))]
    if not found or [number for number, _ in found] != list(range(1, len(found) + 1)):
        raise ConfigError(
            f"schema files: expected 001_….sql, 002_….sql and so on, got {', '.join(path.name for _, path in found) or 'none'}"
        )
    return found


def applied(ask: Ask, database: str) -> dict[int, Applied]:
    """Number → how far that file has come in *database*."""
    asked = f"SELECT number, argMax(name, done), argMax(digest, done), max(done), argMax(of, done) FROM {database}.schema_migrations GROUP BY number"  # noqa: S608, E501 - a checked name
    return {number: Applied(name=name, digest=digest, done=done, of=of) for number, name, digest, done, of in ask(asked)}


def ensure(ask: Ask, database: str, folder: Path = SCHEMAS) -> list[str]:
    """Create *database* and run what it has not seen of the schema files; returns the files that were run.

    Raises:
        ConfigError: a file was changed after it had been applied.
        TransientError, RefusedError: which statement of which file failed; the next run goes on there.
    """
    files = numbered(folder)
    ask(f"CREATE DATABASE IF NOT EXISTS {database}")
    ask(
        f"CREATE TABLE IF NOT EXISTS {database}.schema_migrations"
        " (number UInt32, name String, digest String, applied_at DateTime('UTC') DEFAULT now(),"
        " done UInt32 DEFAULT 0, of UInt32 DEFAULT 0) ENGINE = ReplacingMergeTree ORDER BY number"
    )
    # Who may only write may not alter, and need not: that is for tables of before progress was kept.
    if not {"done", "of"} <= {row[0] for row in ask(f"DESCRIBE TABLE {database}.schema_migrations")}:
        ask(f"ALTER TABLE {database}.schema_migrations ADD COLUMN IF NOT EXISTS done UInt32, ADD COLUMN IF NOT EXISTS of UInt32")
    known = applied(ask, database)
    return [path.name for number, path in files if _run(ask, database, number, path, known.get(number))]


def _run(ask: Ask, database: str, number: int, path: Path, before: Applied | None) -> bool:
    script = path.read_text(encoding="utf-8")
    steps = statements(script, "{database}")
    problem = _changed(before, path.name, script, steps)
    if problem:
        raise ConfigError(f"database '{database}': {problem}")
    if before is not None and before.whole:
        return False
    for index in range(before.done if before else 0, len(steps)):
        try:
            ask(steps[index].replace("{database}", database))
        except (TransientError, RefusedError) as error:
            raise _told(error, path.name, index + 1, len(steps)) from error
        done = index + 1
        digest = _digest(script) if done == len(steps) else _digest("\n".join(steps[:done]))
        ask(
            f"INSERT INTO {database}.schema_migrations (number, name, digest, done, of) VALUES",
            [(number, path.name, digest, done, len(steps))],
        )
    return True


def _changed(before: Applied | None, name: str, script: str, steps: list[str]) -> str:
    """Why the file cannot be run after what was *before*; empty if it can."""
    if before is None:
        return ""
    if before.name != name:
        return f"{name} has the number of {before.name}, which it had applied; give it a new number"
    if before.whole:
        return "" if before.digest == _digest(script) else f"{name} was changed after it had been applied; write a new file instead"
    if before.digest != _digest("\n".join(steps[: before.done])):
        return f"{name} is applied up to statement {before.done}, and one of these was changed since; put them back as they were"
    return ""


def _told(error: MusterError, name: str, number: int, of: int) -> MusterError:
    sentence = (
        f"{name}, statement {number} of {of}: {error}; what comes before it is applied."
        " Mend the cause (room on the disk, memory, rights) and start again, or run `muster store migrate`: it goes on there"
    )
    if isinstance(error, TransientError):
        return TransientError(sentence, retry_after_s=error.retry_after_s)
    return RefusedError(sentence)


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


# -- what a database has, against what it should have -------------------------------------------------------------------


def files_problems(ask: Ask, database: str, folder: Path = SCHEMAS) -> list[str]:
    """Files that *database* has not seen, has seen half, has seen otherwise, or that are gone."""
    try:
        known = applied(ask, database)
    except RefusedError:
        return [f"database '{database}' is not there, or was never brought up to date; run `muster store migrate`"]
    found = []
    for number, path in numbered(folder):
        before = known.pop(number, None)
        script = path.read_text(encoding="utf-8")
        changed = _changed(before, path.name, script, statements(script, "{database}"))
        if changed:
            found.append(changed)
        elif before is None:
            found.append(f"{path.name} is not applied; run `muster store migrate`")
        elif not before.whole:
            found.append(f"{path.name} is applied up to statement {before.done} of {before.of}; run `muster store migrate`")
    return [
        *found,
        *(f"{gone.name} was applied and is no file any more: the database is newer than this version" for gone in known.values()),
    ]


def shape_problems(ask: Ask, database: str, model: str) -> list[str]:
    """Tables and columns of *database* that differ from those of *model*, a database that the files have just made."""
    found = []
    want, have = _tables(ask, model), _tables(ask, database)
    for table, engine in want.items():
        if table not in have:
            found.append(f"table {table} is missing")
        elif have[table] != engine:
            found.append(f"table {table} is {have[table]}, expected {engine}")
    columns, there = _columns(ask, model), _columns(ask, database)
    for (table, name), kind in columns.items():
        if table in have and there.get((table, name)) != kind:
            found.append(f"column {table}.{name} is {there.get((table, name), 'missing')}, expected {kind}")
    found += [f"column {table}.{name} is in no file" for table, name in there if table in want and (table, name) not in columns]
    return found


def _tables(ask: Ask, database: str) -> dict[str, str]:
    asked = f"SELECT name, engine, partition_key, sorting_key FROM system.tables WHERE database = '{database}' ORDER BY name"  # noqa: S608
    return {name: f"{engine} by ({sorting}) in parts of ({parts})" for name, engine, parts, sorting in ask(asked)}


def _columns(ask: Ask, database: str) -> dict[tuple[str, str], str]:
    asked = (
        "SELECT table, name, trim(concat(type, ' ', default_kind, ' ', default_expression, ' ', compression_codec))"  # noqa: S608
        f" FROM system.columns WHERE database = '{database}' AND table NOT LIKE '.inner%' ORDER BY table, position"
    )
    return {(table, name): " ".join(kind.split()) for table, name, kind in ask(asked)}


def hours_kept(ask: Ask, database: str) -> dict[str, int]:
    """Table → hours after which its rows go; tables that keep theirs for ever are not there."""
    found = {}
    for table, engine in ask(f"SELECT name, engine_full FROM system.tables WHERE database = '{database}'"):  # noqa: S608 - a checked name
        match = _TTL.search(engine)
        if match:
            found[table] = int(match[2]) * (24 if match[1] == "Day" else 1)
    return found


def keeping_problems(ask: Ask, database: str, floors: Mapping[str, int]) -> list[str]:
    """Tables whose rows go before they may, and tables in which a repeated insert would double rows."""
    kept, found = hours_kept(ask, database), []
    for table, least in floors.items():
        if table in kept and kept[table] < least:
            found.append(f"table {table} keeps {kept[table]} h, and may not keep less than {least} h; run `muster store migrate`")
    for table, engine in ask(f"SELECT name, engine_full FROM system.tables WHERE database = '{database}'"):  # noqa: S608 - a checked name
        match = _WINDOW.search(engine)
        if table in floors and (match is None or int(match[1]) == 0):
            found.append(f"table {table}: non_replicated_deduplication_window is not set: a repeated insert would double rows")
    return found


def dropped_after(ask: Ask, model: str, look: Callable[[], list[str]]) -> list[str]:
    """What *look* finds, with the database *model* gone afterwards, whatever happens."""
    try:
        return look()
    finally:
        with suppress(MusterError):
            ask(f"DROP DATABASE IF EXISTS {model} SYNC")
