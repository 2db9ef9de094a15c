"""Every stored topic, on the real engine: whatever its schema allows is inserted, and comes back as it went."""

from __future__ import annotations

import importlib.util
import json
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from connectors.clickhouse import Database, client
from pipelines.codec import encode, to_plain
from pipelines.store.app import as_plain
from pipelines.store.rows import Batch
from pipelines.store.tables import OF_TOPIC, SOURCE, STORED
from pipelines.topics import topic

pytestmark = pytest.mark.stack
IDS = json.loads((Path(__file__).resolve().parents[2] / "schemas" / "avro" / "ids.json").read_text())
NOW_US = time.time_ns() // 1000


def _made() -> ModuleType:
    spec = importlib.util.spec_from_file_location("strategies", Path(__file__).parents[1] / "contracts" / "strategies.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


made = _made()


@pytest.mark.parametrize("thing", STORED)
@given(data=st.data())
@settings(max_examples=3, deadline=None, derandomize=True, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
def test_whatever_a_schema_allows_is_inserted_and_comes_back(thing: str, database: Database, address: str, data: st.DataObject) -> None:
    name = IDS[f"{thing}.v1-value"]["schema"].removesuffix(".avsc")
    records = data.draw(st.lists(made.record(name), min_size=1, max_size=30))
    asked = client(address)
    asked.execute("SELECT 1")
    batch, first = Batch(), time.time_ns()
    kept: dict[tuple[str, int], Any] = {}
    for number, record in enumerate(records):
        raw, offset = encode(record), first + number
        batch.add(thing, as_plain(raw, topic(thing)), partition=0, offset=offset, appended_us=NOW_US, raw=raw)
    for block in batch.blocks():
        database.insert(block.table.name, block.columns(), token=block.token)
        for taken in block.taken:
            kept[block.table.name, taken.offset] = taken.record
    for table in OF_TOPIC[thing]:
        fields = [field for field in table.columns if field not in SOURCE and field != "record"]
        names = ", ".join(f"`{field}`" for field in fields)
        asked_for = f"SELECT source_offset, {names} FROM drill_t1.{table.name} WHERE source_offset >= {first}"
        rows = asked.execute(asked_for, settings={"strings_as_bytes": True})
        offsets = {row[0] for row in rows}
        assert offsets == {offset for at, offset in kept if at == table.name}
        if table.name in ("positions", "grid_10s"):
            continue
        plain = {offset: to_plain(records[offset - first]) for offset in offsets}
        for offset, *values in rows:
            for field, value in zip(fields, values, strict=True):
                assert same(plain[offset], field, value), (field, value)
    asked.disconnect()


def same(record: dict[str, Any], field: str, value: Any) -> bool:
    outer, _, inner = field.partition(".")
    want = [step[inner] for step in record[outer]] if inner else record[field]
    if isinstance(want, list):
        return [bytes_of(each) for each in want] == [bytes_of(each) for each in value]
    return bool(bytes_of(want) == bytes_of(value))


def bytes_of(value: Any) -> Any:
    return value.encode() if isinstance(value, str) else value
