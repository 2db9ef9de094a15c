"""`python -m stack.schema_topic write|check`: the committed schemas, with their committed ids, in a registry of another make.

Our records carry the ids of `ids.json`, and a registry gives numbers of its own to what is posted to it. Those that speak
Confluent's protocol keep all they know in one compacted topic, so that topic is written before the registry starts. `check`
asks the running registry, as the sinks of the Flink jobs will, for the id of each schema: one that differs would make every
result unreadable, and stops the start instead.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import httpx
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, Producer, TopicPartition

from connectors.flink_tables import without_docs
from pipelines.codec import SCHEMAS
from pipelines.errors import ConfigError, MusterError, TransientError
from pipelines.settings import die, read
from stack.kafka import TopicSpec, ensure_topics
from stack.registry import Committed, read_subjects

TOPIC: Final = "_schemas"
COMPATIBILITY: Final = "FULL_TRANSITIVE"
_TIMEOUT_S: Final = 30.0


def posted_text(schema: str) -> str:
    """A schema as a sink posts it; registries compare texts."""
    return json.dumps(without_docs(json.loads(schema)), sort_keys=True, separators=(",", ":"))


def records(subjects: Mapping[str, Committed]) -> dict[str, str]:
    """Key → value of each record of the topic: one for each version of each subject, and the rule of compatibility."""
    found = {_compact({"keytype": "CONFIG", "subject": None, "magic": 0}): _compact({"compatibilityLevel": COMPATIBILITY})}
    for one in subjects.values():
        versions = [*sorted(one.former.items()), (one.id, one.schema)]
        for version, (number, schema) in enumerate(versions, start=1):
            key = {"keytype": "SCHEMA", "subject": one.subject, "version": version, "magic": 1}
            value = {"subject": one.subject, "version": version, "id": number, "schema": posted_text(schema), "deleted": False}
            found[_compact(key)] = _compact(value)
    return found


def missing(wanted: Mapping[str, str], there: Mapping[str, str]) -> dict[str, str]:
    """The records that are still to be written.

    Raises:
        ConfigError: the registry has given one of our ids, or one of our versions, to something else.
    """
    ours = {row["id"]: row["schema"] for row in map(json.loads, wanted.values()) if "id" in row}
    for key, value in there.items():
        row = json.loads(value)
        name = json.loads(key).get("subject")
        if key in wanted and "id" in row and not _same(row, json.loads(wanted[key])):
            raise ConfigError(f"the registry holds another schema as version {row['version']} of {name}; its topic {TOPIC} is not ours")
        if "id" in row and row["id"] in ours and posted_text(row["schema"]) != ours[row["id"]]:
            raise ConfigError(f"the registry has given id {row['id']} to a schema of {name} that is not the committed one")
    return {key: value for key, value in wanted.items() if key not in there}


def _same(one: Mapping[str, object], other: Mapping[str, object]) -> bool:
    return one["id"] == other["id"] and posted_text(str(one["schema"])) == other["schema"]


def _compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def write(bootstrap: str, subjects: Mapping[str, Committed]) -> int:
    """Write what the topic lacks; returns how many records that were.

    Raises:
        ConfigError: what is there contradicts what is committed.
        TransientError: the broker does not answer.
    """
    config = {"cleanup.policy": "compact"}
    ensure_topics(bootstrap, [TopicSpec(name=TOPIC, partitions=1, config=config)])
    try:
        new = missing(records(subjects), _read(bootstrap))
        producer = Producer({"bootstrap.servers": bootstrap, "acks": "all", "enable.idempotence": True})
        for key, value in new.items():
            producer.produce(TOPIC, value=value.encode(), key=key.encode(), partition=0)
        if producer.flush(_TIMEOUT_S):
            raise TransientError(f"Kafka did not take all schemas within {_TIMEOUT_S:g} s")
    except KafkaException as error:
        raise TransientError(f"the topic {TOPIC} at {bootstrap}: {error}") from error
    return len(new)


def _read(bootstrap: str) -> dict[str, str]:
    """The newest value of each key in the topic; deleted ones are left out."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "muster-schemas", "enable.auto.commit": False})
    found: dict[str, str] = {}
    try:
        place = TopicPartition(TOPIC, 0, OFFSET_BEGINNING)
        _, end = consumer.get_watermark_offsets(place, timeout=_TIMEOUT_S)
        consumer.assign([place])
        offset = 0
        while offset < end:
            message = consumer.poll(_TIMEOUT_S)
            if message is None or message.error():
                raise TransientError(f"the topic {TOPIC} at {bootstrap} cannot be read to its end")
            offset = (message.offset() or 0) + 1
            key, value = message.key(), message.value()
            if key is not None:
                found.pop(key.decode(), None)
                if value is not None and json.loads(key).get("keytype") in {"SCHEMA", "CONFIG"}:
                    found[key.decode()] = value.decode()
    finally:
        consumer.close()
    return found


def check(registry: str, subjects: Mapping[str, Committed]) -> None:
    """Ask the registry for the id of each schema.

    Raises:
        ConfigError: it knows another id, or none.
        TransientError: it does not answer.
    """
    with httpx.Client(base_url=registry, timeout=_TIMEOUT_S, trust_env=False) as client:
        for one in subjects.values():
            try:
                answer = client.post(f"/subjects/{one.subject}", json={"schema": posted_text(one.schema)})
            except httpx.HTTPError as error:
                raise TransientError(f"the registry does not answer: {type(error).__name__}") from error
            said = answer.json().get("id") if answer.is_success else f"status {answer.status_code}"
            if said != one.id:
                raise ConfigError(f"the registry: expected id {one.id} for {one.subject}, got {said}; results would be unreadable")


def main(arguments: list[str], folder: Path = SCHEMAS) -> None:
    """Write the topic, or check the registry."""
    try:
        settings, subjects = read(), read_subjects(folder)
        match arguments:
            case ["write"]:
                print(f"{write(settings.kafka, subjects)} records written to {TOPIC}")
            case ["check"]:
                check(settings.registry, subjects)
                print(f"the registry knows all {len(subjects)} subjects by their committed ids")
            case _:
                raise ConfigError("expected one argument: write or check")
    except MusterError as error:
        die(error)


if __name__ == "__main__":
    main(sys.argv[1:])
