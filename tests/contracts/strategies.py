"""Values for every record, made from its schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from pipelines import codec

AVRO = Path(__file__).resolve().parents[2] / "schemas" / "avro"
NAMES = sorted(path.stem for path in AVRO.glob("*.avsc"))
PLAIN: dict[str, st.SearchStrategy[Any]] = {
    "boolean": st.booleans(),
    "int": st.integers(-(2**31), 2**31 - 1),
    "long": st.integers(-(2**63), 2**63 - 1),
    "double": st.floats(allow_nan=False),
    "string": st.text(max_size=30),
    "bytes": st.binary(max_size=60),
    "null": st.none(),
}


def values(kind: Any) -> st.SearchStrategy[Any]:
    """Values of an Avro type, as the event classes hold them."""
    if isinstance(kind, list):
        return st.one_of([values(branch) for branch in kind])
    if isinstance(kind, dict) and kind["type"] == "array":
        return st.lists(values(kind["items"]), max_size=4).map(tuple)
    if isinstance(kind, dict):
        return st.builds(codec.class_of(kind["name"]), **{field["name"]: values(field["type"]) for field in kind["fields"]})
    return PLAIN[kind]


def record(name: str) -> st.SearchStrategy[Any]:
    """Events of the schema *name*."""
    return values(json.loads((AVRO / f"{name}.avsc").read_text()))
