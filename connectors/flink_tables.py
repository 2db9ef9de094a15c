"""Flink's view of topics: table definitions written from the committed Avro schemas, so that there is one contract."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from pipelines.codec import SCHEMAS
from pipelines.topics import topic

_SCALARS: Final = {"string": "STRING", "long": "BIGINT", "int": "INT", "double": "DOUBLE", "boolean": "BOOLEAN", "bytes": "BYTES"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where the tables live.

    Args:
        mode: live or drill-<id>.
        kafka: host:port.
        registry: http://host:port.
        start_ms: where sources begin when there is no checkpoint, broker's append time, ms; 0 = the beginning.
    """

    mode: str
    kafka: str
    registry: str
    start_ms: int = 0


def _schema(thing: str) -> dict[str, Any]:
    ids = json.loads((SCHEMAS / "ids.json").read_text())
    loaded: dict[str, Any] = json.loads((SCHEMAS / ids[f"{thing}.v1-value"]["schema"]).read_text())
    return loaded


def _type(avro: Any) -> str:
    if isinstance(avro, list):
        return _type(next(kind for kind in avro if kind != "null"))
    if isinstance(avro, dict) and avro["type"] == "array":
        return f"ARRAY<{_type(avro['items'])} NOT NULL>"
    if isinstance(avro, dict) and avro["type"] == "record":
        return f"ROW<{', '.join(_columns(avro))}>"
    return _SCALARS[avro]


def _columns(record: dict[str, Any]) -> list[str]:
    return [f"`{field['name']}` {_column(field['type'])}" for field in record["fields"]]


def _column(avro: Any) -> str:
    nullable = isinstance(avro, list) and "null" in avro
    return _type(avro) if nullable else f"{_type(avro)} NOT NULL"


def table_name(thing: str) -> str:
    """`crowd.zones` → `crowd_zones`."""
    return thing.replace(".", "_")


def source(thing: str, addresses: Addresses, *, time_field: str, patience_ms: int = 0) -> str:
    """CREATE TABLE of a ticked topic: rowtime `et` from *time_field* (µs, floored to ms); ticks alone move the watermark.

    Args:
        thing: the topic.
        addresses: where it lives.
        time_field: the record's event time, µs.
        patience_ms: how far the watermark stays behind the ticks, for records that come by way of devices and ingest.
    """
    columns = _columns(_schema(thing))
    columns.append(f"et AS TO_TIMESTAMP_LTZ(`{time_field}` / 1000, 3)")
    behind = f" - INTERVAL '{patience_ms / 1000}' SECOND" if patience_ms else ""
    columns.append(f"WATERMARK FOR et AS CASE WHEN tick THEN et{behind} END")
    startup = (
        {"scan.startup.mode": "timestamp", "scan.startup.timestamp-millis": str(addresses.start_ms)}
        if addresses.start_ms
        else {"scan.startup.mode": "earliest-offset"}
    )
    options = {
        **_common(thing, addresses),
        **startup,
        "properties.group.id": f"flink-{addresses.mode}-{table_name(thing)}",
        "scan.topic-partition-discovery.interval": "0",
    }
    return _create(thing, columns, options)


def sink(thing: str, addresses: Addresses) -> str:
    """CREATE TABLE of a result topic, at least once."""
    columns = _columns(_schema(thing))
    options = {
        **_common(thing, addresses),
        "sink.delivery-guarantee": "at-least-once",
        "value.avro-confluent.schema": json.dumps(without_docs(_schema(thing))),
        "value.avro-confluent.subject": f"{thing}.v1-value",
        "properties.linger.ms": "5",  # the rows of one window leave together
        "sink.parallelism": "1",  # progress rows keep their order, at every parallelism of the job
    }
    return _create(thing, columns, options)


def _common(thing: str, addresses: Addresses) -> dict[str, str]:
    return {
        "connector": "kafka",
        "topic": topic(thing).name(addresses.mode),
        "properties.bootstrap.servers": addresses.kafka,
        "value.format": "avro-confluent",
        "value.avro-confluent.url": addresses.registry,
    }


def _create(thing: str, columns: list[str], options: dict[str, str]) -> str:
    with_ = ",\n  ".join(f"'{key}' = '{value.replace(chr(39), chr(39) * 2)}'" for key, value in options.items())
    return f"CREATE TABLE {table_name(thing)} (\n  {', '.join(columns)}\n) WITH (\n  {with_}\n)"


def without_docs(schema: Any) -> Any:
    """A schema as a sink registers it: docs are for people, and would make another text of the same schema."""
    if isinstance(schema, dict):
        return {key: without_docs(value) for key, value in schema.items() if key != "doc"}
    if isinstance(schema, list):
        return [without_docs(item) for item in schema]
    return schema
