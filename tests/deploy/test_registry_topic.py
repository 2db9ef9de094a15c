"""The registry's topic on a real broker, and that its texts are those which Flink posts, by Flink's own Avro."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Producer

from connectors.flink_tables import without_docs
from pipelines.codec import SCHEMAS
from pipelines.errors import ConfigError
from stack import flink, schema_topic
from stack.registry import read_subjects
from tests.brokers import ROOT, kafka_alone

pytestmark = pytest.mark.stack
# Reads schemas from its standard input, one a line, and writes them as Flink's copy of Avro does.
WRITER = """
import sys
from pyflink.java_gateway import get_gateway
parser = get_gateway().jvm.org.apache.flink.avro.shaded.org.apache.avro.Schema.Parser
for line in sys.stdin:
    print(parser().parse(line).toString())
"""


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with kafka_alone(tmp_path_factory.mktemp("home")) as address:
        yield address


def test_the_topic_is_written_once_read_back_and_defended(broker: str) -> None:
    subjects = read_subjects(SCHEMAS)
    assert schema_topic.write(broker, subjects) == len(schema_topic.records(subjects))
    assert schema_topic.write(broker, subjects) == 0
    producer = Producer({"bootstrap.servers": broker})
    key = json.dumps({"keytype": "SCHEMA", "subject": "theirs", "version": 1, "magic": 1})
    value = json.dumps({"subject": "theirs", "version": 1, "id": 2, "schema": '"string"', "deleted": False})
    producer.produce(schema_topic.TOPIC, value=value.encode(), key=key.encode(), partition=0)
    assert producer.flush(10) == 0
    with pytest.raises(ConfigError, match="has given id 2"):
        schema_topic.write(broker, subjects)


def test_what_a_sink_posts_is_the_text_in_the_topic(tmp_path: Path) -> None:
    if not (ROOT / ".muster" / "jars" / "flink").is_dir():
        pytest.skip("the servers have not been fetched")
    (tmp_path / "jars").symlink_to(ROOT / ".muster" / "jars")
    flink.prepare_client(tmp_path)
    schemas = [one.schema for one in read_subjects(SCHEMAS).values()]
    given = "".join(f"{json.dumps(without_docs(json.loads(schema)))}\n" for schema in schemas)
    env = {**os.environ, **flink.client_env(tmp_path)}
    done = subprocess.run([sys.executable, "-c", WRITER], input=given, env=env, capture_output=True, text=True, check=True, timeout=120)
    sorted_texts = [json.dumps(json.loads(line), sort_keys=True, separators=(",", ":")) for line in done.stdout.splitlines()]
    assert sorted_texts == [schema_topic.posted_text(schema) for schema in schemas]
