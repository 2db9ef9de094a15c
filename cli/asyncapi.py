"""`muster topics asyncapi`: the topics that systems outside may read and write, as AsyncAPI 3, made from the committed schemas."""

from __future__ import annotations

import json
import sys
import tomllib
from pathlib import Path
from typing import Any, Final

import yaml

from cli.paths import ROOT
from pipelines.topics import Topic, topic

# What Muster sends, and what it takes; every other topic is its own affair and may change without a word.
SENDS: Final = ("alerts.changes", "orders.changes", "dispatch.receipts")
TAKES: Final = ("alerts.commands", "orders.commands")
_ABOUT: Final = """\
Topics by which dispatch systems read alerts, orders and receipts, and by which they answer.
Every record is Avro in Confluent's wire format: a zero byte, the schema's id in four bytes (big-endian), then the record.
The registry serves each schema by that id; its subject is the topic without the mode, and `-value`.
The mode is `live` or `drill-<id>`: whoever acts on real alerts reads the topics of `live` alone.
Delivery is at least once, in order within a key: take a change of an alert by (alert_id, axis, number), and one of an order by
(order_id, number), once. The outward id of an alert is `<mode>:<alert_id>`."""
_KEYS: Final = {"alerts": "alert_id", "orders": "order_id", "dispatch": "alert_id"}


def show() -> None:
    """Print the document as YAML on standard output."""
    sys.stdout.write(as_yaml())


def as_yaml() -> str:
    """The document, with its first line as a comment."""
    text = yaml.dump(document(), Dumper=_Plain, sort_keys=False, allow_unicode=True, width=140)
    return f"# Made by `muster topics asyncapi` from schemas/avro and pipelines/topics.py.\n{text}"


class _Plain(yaml.SafeDumper):
    """Long texts as blocks, and no anchors: what tools of other languages read best."""

    def ignore_aliases(self, _node: Any) -> bool:
        return True


def _block(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Plain.add_representer(str, _block)


def document(root: Path = ROOT) -> dict[str, Any]:
    """The AsyncAPI 3 document."""
    folder = root / "schemas" / "avro"
    ids = json.loads((folder / "ids.json").read_text())
    version = tomllib.loads((root / "pyproject.toml").read_text())["project"]["version"]
    topics = [topic(thing) for thing in (*SENDS, *TAKES)]
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Muster: alerts, orders and receipts",
            "version": version,
            "description": _ABOUT,
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/vnd.apache.avro",
        "servers": {
            "kafka": {
                "host": "{host}:{port}",
                "protocol": "kafka",
                "description": "`muster status` says where the embedded broker and registry listen.",
                "variables": {"host": {"default": "127.0.0.1"}, "port": {"default": "9092"}},
            }
        },
        "channels": {_name(one): _channel(one) for one in topics},
        "operations": {
            **{f"send_{_name(topic(thing))}": _operation("send", topic(thing)) for thing in SENDS},
            **{f"take_{_name(topic(thing))}": _operation("receive", topic(thing)) for thing in TAKES},
        },
        "components": {"messages": {_name(one): _message(one, ids[f"{one.thing}.v1-value"], folder) for one in topics}},
    }


def _name(one: Topic) -> str:
    return one.thing.replace(".", "_")


def _channel(one: Topic) -> dict[str, Any]:
    return {
        "address": f"{{mode}}.{one.thing}.v1",
        "parameters": {"mode": {"description": "live, or drill-<id> of an exercise", "examples": ["live", "drill-demo"]}},
        "messages": {_name(one): {"$ref": f"#/components/messages/{_name(one)}"}},
        "bindings": {
            "kafka": {
                "partitions": one.partitions,
                "topicConfiguration": {"cleanup.policy": ["compact" if one.compacted else "delete"], "retention.ms": one.keep_ms},
                "bindingVersion": "0.5.0",
            }
        },
    }


def _operation(action: str, one: Topic) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{_name(one)}"},
        "messages": [{"$ref": f"#/channels/{_name(one)}/messages/{_name(one)}"}],
    }


def _message(one: Topic, entry: dict[str, Any], folder: Path) -> dict[str, Any]:
    schema = json.loads((folder / entry["schema"]).read_text())
    return {
        "name": _name(one),
        "title": schema["doc"],
        "contentType": "application/vnd.apache.avro",
        "bindings": {
            "kafka": {
                "key": {"type": "string", "description": _KEYS[one.thing.partition(".")[0]]},
                "schemaIdLocation": "payload",
                "schemaIdPayloadEncoding": "confluent",
                "bindingVersion": "0.5.0",
            }
        },
        "x-schema-id": entry["id"],
        "x-subject": f"{one.thing}.v1-value",
        "payload": {"schemaFormat": "application/vnd.apache.avro+json;version=1.9.0", "schema": schema},
    }
