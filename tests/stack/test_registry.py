"""The registry answers as Confluent's clients expect, and knows only what is committed."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from pipelines.errors import ConfigError
from stack.registry import make_server, read_subjects
from stack.schema_shape import shape

ROOT = Path(__file__).resolve().parents[2]
ZONES = {
    "type": "record",
    "name": "crowd_zones",
    "namespace": "muster",
    "doc": "partial sums",
    "fields": [
        {"name": "camera", "type": "string", "doc": "its id"},
        {"name": "people", "type": "int", "default": 0},
        {"name": "zones", "type": {"type": "array", "items": {"type": "record", "name": "z", "fields": []}}},
    ],
}
HEALTH = {"type": "record", "name": "health", "fields": [{"name": "ok", "type": "boolean"}]}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "crowd_zones.avsc").write_text(json.dumps(ZONES))
    (tmp_path / "health.avsc").write_text(json.dumps(HEALTH))
    ids = {
        "crowd.zones.v1-value": {"id": 7, "version": 1, "schema": "crowd_zones.avsc"},
        "stage.health.v1-value": {"id": 8, "version": 2, "schema": "health.avsc"},
    }
    (tmp_path / "ids.json").write_text(json.dumps(ids))
    return tmp_path


@pytest.fixture
def client(folder: Path) -> Iterator[httpx.Client]:
    with make_server(0, folder) as server:
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        serving.start()
        with httpx.Client(base_url=f"http://127.0.0.1:{server.server_port}", trust_env=False) as client:
            yield client
        server.shutdown()
        serving.join()


def test_a_schema_is_found_by_its_id(client: httpx.Client) -> None:
    answer = client.get("/schemas/ids/7?fetchMaxId=false&subject=")
    assert answer.status_code == 200
    assert json.loads(answer.json()["schema"]) == ZONES


def test_an_unknown_id_is_answered_with_confluents_code(client: httpx.Client) -> None:
    answer = client.get("/schemas/ids/99")
    assert (answer.status_code, answer.json()["error_code"]) == (404, 40403)


def test_the_subjects_are_listed(client: httpx.Client) -> None:
    assert client.get("/subjects").json() == ["crowd.zones.v1-value", "stage.health.v1-value"]


def test_the_latest_version_carries_id_version_and_schema(client: httpx.Client) -> None:
    latest = client.get("/subjects/stage.health.v1-value/versions/latest").json()
    assert (latest["subject"], latest["id"], latest["version"]) == ("stage.health.v1-value", 8, 2)
    assert json.loads(latest["schema"]) == HEALTH
    assert client.get("/subjects/stage.health.v1-value/versions").json() == [2]


@pytest.mark.parametrize("version", ["1", "-2", "next"])
def test_a_version_that_was_never_committed_is_unknown(client: httpx.Client, version: str) -> None:
    answer = client.get(f"/subjects/stage.health.v1-value/versions/{version}")
    assert (answer.status_code, answer.json()["error_code"]) == (404, 40402)


@pytest.mark.parametrize("mode", ["", "live.", "drill-20261122-a."])
def test_a_subject_is_found_with_and_without_its_mode(client: httpx.Client, mode: str) -> None:
    assert client.get(f"/subjects/{mode}crowd.zones.v1-value/versions/latest").json()["id"] == 7


@pytest.mark.parametrize("subject", ["other.v1-value", "test.crowd.zones.v1-value", "drill-.crowd.zones.v1-value"])
def test_an_unknown_subject_is_answered_with_confluents_code(client: httpx.Client, subject: str) -> None:
    answer = client.get(f"/subjects/{subject}/versions/latest")
    assert (answer.status_code, answer.json()["error_code"]) == (404, 40401)


def test_an_equal_schema_by_another_name_gets_the_committed_id(client: httpx.Client) -> None:
    derived = {"type": "record", "name": "record", "fields": [{"name": "ok", "type": {"type": "boolean"}}]}
    answer = client.post("/subjects/live.stage.health.v1-value/versions", json={"schema": json.dumps(derived)})
    assert (answer.status_code, answer.json()) == (200, {"id": 8})


def test_asking_for_an_equal_schema_describes_it(client: httpx.Client) -> None:
    answer = client.post("/subjects/stage.health.v1-value", json={"schema": json.dumps(HEALTH)})
    assert (answer.json()["id"], answer.json()["version"]) == (8, 2)


def test_another_schema_is_refused_with_a_sentence(client: httpx.Client) -> None:
    other = {"type": "record", "name": "health", "fields": [{"name": "ok", "type": ["null", "boolean"]}]}
    answer = client.post("/subjects/stage.health.v1-value/versions", json={"schema": json.dumps(other)})
    assert answer.status_code == 409
    assert "is not the committed one" in answer.json()["message"]


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"schema": 5}', b'{"schema": "{"}', b'{"schema": "\\"nobody\\""}'])
def test_nonsense_is_an_invalid_schema(client: httpx.Client, body: bytes) -> None:
    answer = client.post("/subjects/stage.health.v1-value/versions", content=body)
    assert (answer.status_code, answer.json()["error_code"]) == (422, 42201)


def test_a_path_that_does_not_exist_is_not_found(client: httpx.Client) -> None:
    assert client.get("/mode").status_code == 404
    assert client.post("/schemas/ids/7").status_code == 404


def test_a_schema_committed_while_it_runs_is_served(client: httpx.Client, folder: Path) -> None:
    ids = json.loads((folder / "ids.json").read_text())
    ids["new.v1-value"] = {"id": 9, "version": 1, "schema": "health.avsc"}
    (folder / "ids.json").write_text(json.dumps(ids))
    assert client.get("/schemas/ids/9").status_code == 200


def test_one_id_for_two_different_schemas_is_refused(folder: Path) -> None:
    ids = json.loads((folder / "ids.json").read_text())
    ids["stage.health.v1-value"]["id"] = 7
    (folder / "ids.json").write_text(json.dumps(ids))
    with pytest.raises(ConfigError, match="schema id 7 stands for two"):
        read_subjects(folder)


def test_the_committed_schemas_of_this_project_can_be_served() -> None:
    subjects = read_subjects(ROOT / "schemas" / "avro")
    assert all(shape(json.loads(one.schema)) for one in subjects.values())


def test_the_order_of_fields_and_of_a_union_counts() -> None:
    assert shape(["null", "long"]) != shape(["long", "null"])
    a, b = {"name": "a", "type": "int"}, {"name": "b", "type": "int"}
    assert shape({"type": "record", "name": "r", "fields": [a, b]}) != shape({"type": "record", "name": "r", "fields": [b, a]})


def test_a_named_type_used_twice_equals_the_same_type_written_twice() -> None:
    point = {"type": "record", "name": "p", "namespace": "n", "fields": [{"name": "x", "type": "int"}]}
    by_name = {"type": "record", "name": "r", "fields": [{"name": "a", "type": point}, {"name": "b", "type": "n.p"}]}
    written = {"type": "record", "name": "r", "fields": [{"name": "a", "type": point}, {"name": "b", "type": point}]}
    assert shape(by_name) == shape(written)


def test_a_logical_type_writes_the_same_bytes_as_its_base() -> None:
    assert shape({"type": "long", "logicalType": "timestamp-micros"}) == shape("long")
    assert shape({"type": "array", "items": "long"}) != shape("long")


def test_a_recursive_schema_is_refused() -> None:
    with pytest.raises(ValueError, match="not a known type"):
        shape({"type": "record", "name": "r", "fields": [{"name": "next", "type": ["null", "r"]}]})
