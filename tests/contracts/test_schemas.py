"""Schemas, event classes, ids and topics say the same thing."""

from __future__ import annotations

import dataclasses
import io
import json
import types
import typing
from pathlib import Path
from typing import Any

import fastavro
import pytest

from pipelines import codec, events, topics

AVRO = Path(__file__).resolve().parents[2] / "schemas" / "avro"
NAMES = sorted(path.stem for path in AVRO.glob("*.avsc"))
IDS = json.loads((AVRO / "ids.json").read_text())
PLAIN = {"boolean": bool, "int": int, "long": int, "double": float, "string": str, "bytes": bytes}
# What has been given out. Add to it; a line that changes makes an old recording unreadable.
GIVEN_OUT = {
    1: "raw_envelope",
    2: "sensor_turnstile",
    3: "sensor_identity",
    4: "sensor_fire",
    5: "sensor_vehicle",
    6: "vehicle_track",
    7: "vehicle_event",
    8: "camera_frame",
    9: "camera_health",
    10: "camera_preview",
    11: "crowd_zones",
    12: "crowd_crossings",
    13: "crowd_cells",
    14: "crowd_density",
    15: "crowd_flow",
    16: "crowd_occupancy",
    17: "alert_change",
    18: "alert_state",
    19: "alert_command",
    20: "dispatch_receipt",
    21: "ledger_entry",
    22: "dead_letter",
    23: "stage_health",
    24: "crowd_zones",
    25: "crowd_crossings",
    26: "crowd_cells",
    27: "crowd_density",
    28: "crowd_flow",
    29: "vehicle_track",
    30: "vehicle_event",
    31: "alert_change",
    32: "crowd_forecast",
    33: "crowd_queue",
    34: "crowd_balance",
    35: "alert_change",
    36: "alert_command",
    37: "dispatch_receipt",
    38: "order_change",
    39: "order_command",
    40: "sensor_vehicle",
    41: "audit_entry",
    42: "audit_root",
    43: "probe_passed",
    44: "alert_answer",
    45: "alert_answer",
    46: "order_change",
    48: "camera_event",
    49: "camera_segment",
    50: "recorder_state",
    51: "camera_health",
    52: "crowd_zones",
    53: "linkage_request",
    54: "linkage_change",
    55: "crowd_density",
    56: "alert_change",
}


def schema(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((AVRO / f"{name}.avsc").read_text())
    return loaded


def records(kind: Any) -> list[dict[str, Any]]:
    """Every record within an Avro type, the outermost first."""
    if isinstance(kind, list):
        return [found for branch in kind for found in records(branch)]
    if not isinstance(kind, dict):
        return []
    if kind["type"] == "record":
        return [kind, *(found for field in kind["fields"] for found in records(field["type"]))]
    return records(kind.get("items"))


def python_type(kind: Any) -> Any:
    """The annotation that an Avro type has in an event class."""
    if isinstance(kind, list):
        (other,) = [branch for branch in kind if branch != "null"]
        return PLAIN[other] | None
    if isinstance(kind, dict):
        return types.GenericAlias(tuple, (codec.class_of(kind["items"]["name"]), ...))
    return PLAIN[kind]


def least_bytes(kind: Any) -> int:
    """The fewest bytes that a value of an Avro type takes."""
    if isinstance(kind, list):
        return 1
    if isinstance(kind, dict):
        return sum(least_bytes(field["type"]) for field in kind["fields"]) if kind["type"] == "record" else 1
    return {"null": 0, "double": 8, "float": 4}.get(kind, 1)


@pytest.mark.parametrize("name", NAMES)
def test_an_event_class_has_the_fields_of_its_schema_in_order_with_their_types(name: str) -> None:
    for record in records(schema(name)):
        kind = codec.class_of(record["name"])
        annotations = typing.get_type_hints(kind)
        assert [each.name for each in dataclasses.fields(kind)] == [field["name"] for field in record["fields"]]
        for field in record["fields"]:
            expected, got = python_type(field["type"]), annotations[field["name"]]
            assert got == expected, f"{record['name']}.{field['name']}: {got}, expected {expected}"


@pytest.mark.parametrize("name", NAMES)
def test_a_class_omits_only_what_the_schema_gives_a_default(name: str) -> None:
    for record in records(schema(name)):
        defaults = {
            each.name: each.default
            for each in dataclasses.fields(codec.class_of(record["name"]))
            if each.default is not dataclasses.MISSING
        }
        in_schema = {field["name"]: field["default"] for field in record["fields"] if "default" in field}
        assert in_schema.items() <= defaults.items()
        # beyond the schema's own, a class may leave out an empty array: the writer always writes it
        assert all(defaults[extra] == () for extra in defaults.keys() - in_schema.keys())


@pytest.mark.parametrize("name", NAMES)
def test_event_classes_are_frozen_slotted_and_by_keyword(name: str) -> None:
    for record in records(schema(name)):
        kind = codec.class_of(record["name"])
        assert kind.__dataclass_params__.frozen
        assert isinstance(kind.__dict__["__slots__"], tuple)
        assert all(each.kw_only for each in dataclasses.fields(kind))


def test_every_event_class_has_a_schema() -> None:
    classes = {kind for kind in vars(events).values() if isinstance(kind, type) and dataclasses.is_dataclass(kind)}
    assert classes == {codec.class_of(record["name"]) for name in NAMES for record in records(schema(name))}


@pytest.mark.parametrize("name", NAMES)
def test_every_record_and_field_says_what_it_is(name: str) -> None:
    for record in records(schema(name)):
        assert record.get("doc"), record["name"]
        assert [field["name"] for field in record["fields"] if not field.get("doc")] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_does_not_recurse_and_its_name_is_its_files(name: str) -> None:
    found = [record["name"] for record in records(schema(name))]
    assert found[0] == name
    assert len(found) == len(set(found))
    used = json.dumps([field["type"] for record in records(schema(name)) for field in record["fields"] if isinstance(field["type"], str)])
    assert not any(f'"{each}"' in used for each in found)


@pytest.mark.parametrize("name", NAMES)
def test_an_array_cannot_be_made_of_nothing(name: str) -> None:
    items = [
        field["type"]["items"]
        for record in records(schema(name))
        for field in record["fields"]
        if isinstance(field["type"], dict) and field["type"]["type"] == "array"
    ]
    assert all(least_bytes(item) > 0 for item in items)


@pytest.mark.parametrize("name", NAMES)
def test_fields_have_only_types_that_every_reader_has(name: str) -> None:
    for record in records(schema(name)):
        for field in record["fields"]:
            kind = field["type"]
            if isinstance(kind, list):
                assert kind[0] == "null" and kind[1] in PLAIN, field["name"]
            elif isinstance(kind, dict):
                assert kind["type"] == "array" and kind["items"]["type"] == "record", field["name"]
            else:
                assert kind in PLAIN, field["name"]


def test_every_topic_has_a_subject_and_every_subject_a_topic() -> None:
    assert {f"{topic.thing}.v1-value" for topic in topics.ALL} == set(IDS)


def test_a_topics_record_is_its_subjects_schema() -> None:
    for topic in topics.ALL:
        row = IDS[f"{topic.thing}.v1-value"]
        assert codec.class_of(row["schema"].removesuffix(".avsc")) is topic.record
        assert codec.schema_id(topic.record) == row["id"]


def test_every_subjects_file_exists_and_every_file_has_a_subject() -> None:
    assert {row["schema"] for row in IDS.values()} == {f"{name}.avsc" for name in NAMES}


def test_an_id_is_one_file_and_a_file_is_one_id() -> None:
    pairs = {(row["id"], row["schema"]) for row in IDS.values()}
    assert len({number for number, _ in pairs}) == len({file for _, file in pairs}) == len(pairs)


def test_ids_that_were_given_out_are_never_given_again() -> None:
    now = {row["id"]: row["schema"].removesuffix(".avsc") for row in IDS.values()}
    now |= {int(number): row["schema"].removesuffix(".avsc") for row in IDS.values() for number in row.get("former", {})}
    assert {number: now.get(number) for number in GIVEN_OUT} == GIVEN_OUT
    assert all(number > max(GIVEN_OUT) for number in now.keys() - GIVEN_OUT.keys())


def test_the_lint_finds_what_it_looks_for() -> None:
    empty = {"type": "record", "name": "nothing", "fields": []}
    assert least_bytes(empty) == 0
    assert [record["name"] for record in records({"type": "array", "items": empty})] == ["nothing"]
    assert python_type(["null", "double"]) == float | None
    assert isinstance(python_type(["null", "double"]), types.UnionType)


FORMER = sorted((int(number), path, row["schema"]) for row in IDS.values() for number, path in row.get("former", {}).items())


@pytest.mark.parametrize(("number", "path", "now"), FORMER)
def test_what_was_written_with_a_former_schema_is_read_with_the_defaults_of_the_present_one(number: int, path: str, now: str) -> None:
    former, present = json.loads((AVRO / path).read_text()), json.loads((AVRO / now).read_text())
    was = {field["name"] for field in former["fields"]}
    value = {field["name"]: _some(field["type"]) for field in former["fields"]}
    out = io.BytesIO()
    fastavro.schemaless_writer(out, fastavro.parse_schema(former, named_schemas={}), value)
    read = codec.to_plain(codec.decode_body(out.getvalue(), number))
    assert {name: read[name] for name in was if name != "entries"} == {name: value[name] for name in was if name != "entries"}
    for field in present["fields"]:
        if field["name"] not in was:
            assert read[field["name"]] == field["default"]


def _some(kind: Any) -> Any:
    if isinstance(kind, list):
        return None
    if isinstance(kind, dict):
        return [{field["name"]: _some(field["type"]) for field in kind["items"]["fields"]}]
    return {"boolean": True, "int": 7, "long": 7, "double": 0.5, "string": "x", "bytes": b"y"}[kind]
