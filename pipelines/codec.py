"""Avro in Confluent's wire format: magic byte 0, schema id (4 bytes, big-endian), Avro binary.

The schemas are the committed files; ids are append-only, so an old recording still decodes.
"""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Callable, Iterable
from dataclasses import fields, is_dataclass
from functools import cache
from operator import attrgetter
from pathlib import Path
from typing import Any, Final, TypeVar

import fastavro

from pipelines import events
from pipelines.errors import DecodeError

SCHEMAS: Final = Path(__file__).resolve().parent.parent / "schemas" / "avro"
MAX_BYTES: Final = 262_144  # one limit for edge, producer, broker and consumer
_HEADER: Final = struct.Struct(">bI")
Record = TypeVar("Record")


@cache
def class_of(schema_name: str) -> type[Any]:
    """The event class of a schema file: crowd_zones -> CrowdZones."""
    found = getattr(events, "".join(word.capitalize() for word in schema_name.split("_")))
    assert isinstance(found, type)
    return found


@cache
def _subjects() -> dict[str, dict[str, Any]]:
    loaded: dict[str, dict[str, Any]] = json.loads((SCHEMAS / "ids.json").read_text())
    return loaded


@cache
def _schema(schema_name: str) -> Any:
    return fastavro.parse_schema(json.loads((SCHEMAS / f"{schema_name}.avsc").read_text()), named_schemas={})


@cache
def _names_by_id() -> dict[int, str]:
    return {row["id"]: row["schema"].removesuffix(".avsc") for row in _subjects().values()}


@cache
def _former() -> dict[int, tuple[str, Any]]:
    """Ids of earlier versions: the schema's name now, and the one that the bytes were written with."""
    found = {}
    for row in _subjects().values():
        for number, path in row.get("former", {}).items():
            written = fastavro.parse_schema(json.loads((SCHEMAS / path).read_text()), named_schemas={})
            found[int(number)] = (row["schema"].removesuffix(".avsc"), written)
    return found


@cache
def _ids_by_class() -> dict[type[Any], int]:
    return {class_of(name): number for number, name in _names_by_id().items()}


def schema_id(kind: type[Any]) -> int:
    """The registry's id of an event class."""
    return _ids_by_class()[kind]


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind)) if is_dataclass(kind) else ()


def _plain(value: Any) -> Any:
    names = _names(value.__class__)
    if names:
        return {name: _plain(field) if type(field) is tuple else field for name, field in zip(names, _values(value, names), strict=True)}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value


def _values(value: Any, names: tuple[str, ...]) -> Iterable[Any]:
    return _getter(names)(value) if len(names) > 1 else (getattr(value, names[0]),)


@cache
def _getter(names: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    return attrgetter(*names)


def encode_body(record: Any) -> bytes:
    """Avro binary of an event, without header."""
    out = io.BytesIO()
    fastavro.schemaless_writer(out, _schema(_names_by_id()[_ids_by_class()[type(record)]]), _plain(record))
    return out.getvalue()


def encode(record: Any) -> bytes:
    """An event in wire format; at most 256 KiB.

    Raises:
        DecodeError: the record is larger than every consumer accepts.
    """
    body = _HEADER.pack(0, _ids_by_class()[type(record)]) + encode_body(record)
    if len(body) > MAX_BYTES:
        raise DecodeError(f"{type(record).__name__}: {len(body)} bytes, more than the limit of {MAX_BYTES}")
    return body


def decode_body(raw: bytes, number: int) -> Any:
    """The event in *raw*, Avro binary of schema id *number*.

    Raises:
        DecodeError: unknown id, not Avro, bytes left over, or larger than 256 KiB.
    """
    name, written = _written(number)
    return from_plain(class_of(name), _loaded(raw, name, written, _schema(name)))


def _loaded(raw: bytes, name: str, written: Any, wanted: Any) -> dict[str, Any]:
    """The fields of *wanted* in *raw*, Avro binary of the schema *written*; all of it is read, whatever is wanted."""
    if len(raw) > MAX_BYTES:
        raise DecodeError(f"{len(raw)} bytes, more than the limit of {MAX_BYTES}")
    source = io.BytesIO(raw)
    try:
        loaded: Any = fastavro.schemaless_reader(source, written, None if written is wanted else wanted)
    except Exception as error:  # fastavro raises whatever the bytes provoke
        raise DecodeError(f"not a {name} record: {type(error).__name__}") from error
    if source.tell() != len(raw):
        raise DecodeError(f"{len(raw) - source.tell()} bytes too many after a {name} record")
    assert isinstance(loaded, dict)  # every schema is a record
    return loaded


def _written(number: int) -> tuple[str, Any]:
    """The schema's name, and the schema that bytes of id *number* were written with.

    Raises:
        DecodeError: the id was never given out.
    """
    name = _names_by_id().get(number)
    if name is not None:
        return name, _schema(name)
    if number not in _former():
        raise DecodeError(f"unknown schema id {number}")
    return _former()[number]


def from_plain(kind: type[Record], plain: Any) -> Record:
    """An event from the dict that Avro or JSON gives; lists become tuples of their event class."""
    made = {}
    for key, value in plain.items():
        if isinstance(value, list):
            item = _ITEMS[kind.__name__]
            made[key] = tuple(from_plain(item, row) for row in value)
        else:
            made[key] = value
    return kind(**made)


_ITEMS: Final[dict[str, type[Any]]] = {
    "CrowdZones": events.ZoneSums,
    "CrowdCrossings": events.LineCount,
    "AlertChange": events.LevelStep,
}


def decode(raw: bytes | None, kind: type[Record]) -> Record:
    """The event of class *kind* in wire-format bytes.

    Raises:
        DecodeError: no bytes, no Confluent header, unknown schema id, another record, or not Avro.
    """
    raw, number = _opened(raw)
    record = decode_body(raw, number)
    if not isinstance(record, kind):
        raise DecodeError(f"a {type(record).__name__} came where a {kind.__name__} belongs")
    return record


def decode_plain(raw: bytes | None, kind: type[Any], fields: tuple[str, ...] = ()) -> dict[str, Any]:
    """The record of class *kind* in wire-format bytes as Avro gives it, without making an event of it; only *fields*, if any are named.

    Raises:
        DecodeError: as `decode` does.
    """
    raw, number = _opened(raw)
    name, written = _written(number)
    if class_of(name) is not kind:
        raise DecodeError(f"a {class_of(name).__name__} came where a {kind.__name__} belongs")
    return _loaded(raw, name, written, _narrow(name, fields) if fields else _schema(name))


@cache
def _narrow(name: str, wanted: tuple[str, ...]) -> Any:
    """The schema with those of its fields alone that are *wanted*."""
    whole = json.loads((SCHEMAS / f"{name}.avsc").read_text())
    return fastavro.parse_schema({**whole, "fields": [field for field in whole["fields"] if field["name"] in wanted]}, named_schemas={})


def _opened(raw: bytes | None) -> tuple[bytes, int]:
    """What follows the Confluent header, and the schema id in it."""
    if raw is None or len(raw) < _HEADER.size:
        raise DecodeError(f"{0 if raw is None else len(raw)} bytes are no message")
    magic, number = _HEADER.unpack_from(raw)
    if magic != 0:
        raise DecodeError(f"first byte is {magic}, not the 0 of the wire format")
    return raw[_HEADER.size :], number


def to_plain(record: Any) -> dict[str, Any]:
    """The event as dict of plain values, for JSON and for people."""
    made = _plain(record)
    assert isinstance(made, dict)
    return made
