"""The tables hold what the schemas say, and the embedded ClickHouse takes them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from connectors.clickhouse import SCHEMAS, statements
from pipelines.detect import cells, frames
from pipelines.store import tables as stored
from pipelines.store.tables import NOT_STORED, SOURCE, STORED, TABLES, Table
from pipelines.topics import topic

AVRO = Path(__file__).resolve().parents[2] / "schemas" / "avro"
IDS = json.loads((AVRO / "ids.json").read_text())
# Avro's int is Int64 too: its decoder does not hold a value to 32 bits.
TYPES = {
    "boolean": {"Bool"},
    "int": {"Int64"},
    "long": {"Int64"},
    "double": {"Float64"},
    "string": {"String", "LowCardinality(String)"},
    "bytes": {"String"},
}
ALTER = re.compile(r"ALTER TABLE \{database\}\.(\w+)\n(.*)", re.DOTALL)
ADDED = re.compile(r"    ADD COLUMN IF NOT EXISTS (.*) AFTER (\w+)")
ORDERED = re.compile(r"    MODIFY ORDER BY \((.*)\)")
KEPT = re.compile(r"ALTER TABLE \{database\}\.(\w+) MODIFY (TTL .*)")
DROP = re.compile(r"DROP TABLE IF EXISTS \{database\}\.(\w+)")
CREATE = re.compile(r"CREATE TABLE IF NOT EXISTS \{database\}\.(\w+)\n\(\n(.*?)\n\)\n(.*)", re.DOTALL)


def tables() -> dict[str, tuple[dict[str, str], str]]:
    """Table → its columns with their types, and what follows them; of all schema files."""
    found = {}
    for path in sorted(SCHEMAS.glob("*.sql")):
        for statement in statements(path.read_text(), "{database}"):
            match = CREATE.fullmatch(statement)
            if match:
                lines = [line.strip().removesuffix(",") for line in match[2].splitlines()]
                found[match[1]] = (dict(_column(line) for line in lines), match[3])
                continue
            match = ALTER.fullmatch(statement)
            if match:
                columns, engine = found[match[1]]
                added = [line for line in match[2].split(",\n") if not ORDERED.fullmatch(line)]
                order = [line for line in match[2].split(",\n") if ORDERED.fullmatch(line)]
                for line in order:
                    engine = re.sub(r"ORDER BY \(.*?\)", line.strip().removeprefix("MODIFY "), engine)
                found[match[1]] = (_with_added(columns, ",\n".join(added)), engine)
            match = DROP.fullmatch(statement)
            if match:
                del found[match[1]]
            match = KEPT.fullmatch(statement)
            if match:
                columns, engine = found[match[1]]
                found[match[1]] = (columns, re.sub(r"TTL .*", match[2], engine))
    return found


def _with_added(columns: dict[str, str], added: str) -> dict[str, str]:
    for line in added.split(",\n"):
        match = ADDED.fullmatch(line)
        assert match is not None, line
        name, kind = _column(match[1])
        at = list(columns).index(match[2]) + 1
        columns = dict([*list(columns.items())[:at], (name, kind), *list(columns.items())[at:]])
    return columns


def _column(line: str) -> tuple[str, str]:
    name, kind = line.split(" ", 1)
    if "MATERIALIZED" in kind:
        return name, "MATERIALIZED"
    return name, re.split(r" (?:CODEC|DEFAULT)\b", kind)[0]


FIELDS = [table for table in TABLES.values() if table.name not in ("positions", "grid_10s", "crowd_zones", "crowd_late")]
MEASURES = {"zone_seconds", "line_seconds", "area_seconds"}
OWN = {"store_places", "plan_places", "corrections", "corrected_windows"}
HOURS = {"camera_frames": 48, "crowd_zones": 48, "crowd_late": 48}
YEARS = ("alerts_changes", "dispatch_receipts", "orders_changes", "linkage_changes", "audit_log", "audit_roots")


def named(table: Table) -> str:
    return table.name


def schema_of(thing: str) -> list[dict[str, Any]]:
    loaded = json.loads((AVRO / IDS[f"{thing}.v1-value"]["schema"]).read_text())
    fields: list[dict[str, Any]] = loaded["fields"]
    return fields


def fits(avro: Any, column: str) -> bool:
    """Whether a column holds every value of an Avro type."""
    if isinstance(avro, list):
        return column == "Nullable(Float64)" and avro == ["null", "double"]
    if isinstance(avro, dict):
        inner = dict(part.split(" ", 1) for part in column.removeprefix("Nested(").removesuffix(")").split(", "))
        fields = avro["items"]["fields"]
        return list(inner) == [field["name"] for field in fields] and all(fits(field["type"], inner[field["name"]]) for field in fields)
    return column in TYPES[avro]


@pytest.mark.parametrize("table", FIELDS, ids=named)
def test_a_table_has_the_fields_of_its_schema_and_where_the_row_stood(table: Table) -> None:
    columns, _ = tables()[table.name]
    fields = {field["name"]: field["type"] for field in schema_of(table.thing) if field["name"] not in NOT_STORED}
    assert list(columns) == [*SOURCE, *(("revision",) if table.name in MEASURES else ()), *fields, "at"]
    assert [name for name, avro in fields.items() if not fits(avro, columns[name])] == []


@pytest.mark.parametrize("table", TABLES.values(), ids=named)
def test_the_stores_columns_are_the_tables(table: Table) -> None:
    columns, _ = tables()[table.name]
    flat = [name for name, kind in columns.items() if not kind.startswith(("Nested", "MATERIALIZED"))]
    nested = [
        f"{name}.{part.split(' ')[0]}"
        for name, kind in columns.items()
        if kind.startswith("Nested")
        for part in kind.removeprefix("Nested(").removesuffix(")").split(", ")
    ]
    defaulted = {"revision"} if table.name in MEASURES else set()
    assert sorted({*table.columns, *defaulted}) == sorted([*flat, *nested])


def test_every_table_is_a_stored_topics_or_the_stores_own() -> None:
    assert set(tables()) == TABLES.keys() | OWN


@pytest.mark.parametrize("name", TABLES)
def test_rows_are_kept_thirty_days_frames_and_sums_two_and_what_people_did_three_years(name: str) -> None:
    _, engine = tables()[name]
    match = re.search(r"TTL appended_at \+ INTERVAL (\d+) (DAY|HOUR) DELETE", engine)
    assert match is not None
    hours = int(match[1]) * (24 if match[2] == "DAY" else 1)
    assert hours == HOURS.get(name, 1096 * 24 if name in YEARS else 30 * 24)


@pytest.mark.parametrize("name", TABLES)
def test_a_repeated_insert_and_a_repeated_row_change_nothing(name: str) -> None:
    columns, engine = tables()[name]
    assert engine.startswith(f"ENGINE = ReplacingMergeTree({'revision' if name in MEASURES else 'source_offset'})")
    assert "non_replicated_deduplication_window = " in engine
    match = re.search(r"ORDER BY \((.*)\)\n", engine)
    assert match is not None
    assert {re.sub(r"toStartOfHour\((\w+)\)", r"\1", key) for key in match[1].split(", ")} <= set(columns)


def test_previews_state_and_counts_of_crossings_are_not_stored() -> None:
    assert not {"crowd.crossings", "camera.preview", "alerts.state"} & set(STORED)


def test_who_sent_a_record_is_not_in_the_tables_of_the_ledger() -> None:
    assert "devices" not in tables()["ledger_ingest"][0]


@pytest.mark.parametrize("table", TABLES.values(), ids=named)
def test_the_mark_of_a_stored_topic_is_the_one_its_record_has(table: Table) -> None:
    names = {field["name"] for field in schema_of(table.thing)}
    assert table.mark == ("tick" if "tick" in names else "progress" if "progress" in names else "")
    assert not topic(table.thing).ticked or table.mark == "tick"


def test_packed_rows_are_read_as_they_are_written() -> None:
    assert (stored.PERSON, stored.CELL, stored.NOT_MEASURABLE) == (frames.PERSON, cells.CELL, cells.NOT_MEASURABLE)
