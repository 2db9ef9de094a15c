"""Whether two Avro schemas write the same bytes: names of records, docs, defaults and logical types do not matter."""

from __future__ import annotations

import json

PRIMITIVES = frozenset({"null", "boolean", "int", "long", "float", "double", "bytes", "string"})
Shape = str | tuple["Shape", ...]


def shape(schema: object) -> Shape:
    """What of a schema decides the bytes, as a value that can be compared.

    Flink derives a sink's schema from its columns and calls every record ``record``, so the names of records cannot
    count; field names, the order of fields and unions, symbols and sizes do.

    Args:
        schema: as json.loads gives it.

    Raises:
        ValueError: it is no Avro schema, or it is recursive, which none of ours may be.
    """
    return _shape(schema, {})


def _shape(schema: object, named: dict[str, Shape]) -> Shape:
    if isinstance(schema, str):
        if schema in PRIMITIVES:
            return schema
        if schema not in named:
            msg = f"{schema} is not a known type"
            raise ValueError(msg)
        return named[schema]
    if isinstance(schema, list):
        return ("union", *(_shape(branch, named) for branch in schema))
    if isinstance(schema, dict):
        return _shape_of_object(schema, named)
    msg = f"a schema is a string, a list or an object, got {type(schema).__name__}"
    raise ValueError(msg)


def _shape_of_object(schema: dict[str, object], named: dict[str, Shape]) -> Shape:
    kind = schema.get("type")
    found: Shape
    if kind == "record":
        found = ("record", *_fields(schema.get("fields"), named))
    elif kind == "enum":
        found = ("enum", json.dumps(schema.get("symbols")))
    elif kind == "fixed":
        found = ("fixed", str(schema.get("size")))
    elif kind in {"array", "map"}:
        return (str(kind), _shape(schema.get("items" if kind == "array" else "values"), named))
    else:
        return _shape(kind, named)
    _remember(schema, found, named)
    return found


def _fields(fields: object, named: dict[str, Shape]) -> list[Shape]:
    if not isinstance(fields, list) or not all(isinstance(field, dict) for field in fields):
        msg = "a record has a list of fields"
        raise ValueError(msg)
    return [(str(field.get("name")), _shape(field.get("type"), named)) for field in fields]


def _remember(schema: dict[str, object], found: Shape, named: dict[str, Shape]) -> None:
    name, namespace = str(schema.get("name", "")), schema.get("namespace")
    named[name] = named[name.rpartition(".")[2]] = found
    if namespace:
        named[f"{namespace}.{name}"] = found
