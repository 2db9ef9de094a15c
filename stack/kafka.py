"""Kafka brokers (KRaft, broker and controller in one), one or a cluster of them, and the topics on it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from pipelines.errors import TransientError
from stack.addresses import Addresses, somebody_listens
from stack.java import SMALL_MALLOC, SMALL_SERVER, java, shared_classes
from stack.parts import Part

RECORD_LIMIT_BYTES = 262_144
CLUSTER_ID = "TXVzdGVyTXVzdGVyTXVzdA"  # on loopback it never meets another cluster
_REPLICAS = 3
HEAP_MB = 384
ADMIN_TIMEOUT_S = 30.0
_AS_THE_BROKERS_SAY = -1
LOG4J = """\
Configuration:
  status: "ERROR"
  Appenders:
    Console:
      name: "out"
      PatternLayout:
        pattern: "%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX} %p %c{1} %m%n"
  Loggers:
    Root:
      level: "WARN"
      AppenderRef:
        - ref: "out"
    Logger:
      - name: "kafka.server.KafkaRaftServer"
        level: "INFO"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicSpec:
    """A topic as it must be: its name, its number of partitions and its own settings."""

    name: str
    partitions: int
    config: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One broker of a cluster: its number, and the host:port of it and of its controller."""

    number: int
    broker: str
    controller: str


def part(home: Path, addresses: Addresses) -> Part:
    """The broker that stands alone; its files are written under ``home/run/kafka``."""
    node = Node(number=1, broker=addresses.kafka, controller=addresses.kafka_controller)
    return _part(home, "kafka", node, [node])


def cluster(home: Path, nodes: Sequence[Node]) -> list[Part]:
    """Brokers that hold each record thrice (less, if they are fewer), and acknowledge it when all but one in step have it."""
    return [_part(home, f"kafka-{node.number}", node, nodes) for node in nodes]


def _part(home: Path, name: str, node: Node, nodes: Sequence[Node]) -> Part:
    """One broker; its files are written under ``home/run/<name>``, its storage is formatted on the first start."""
    folder = home / "run" / name
    folder.mkdir(parents=True, exist_ok=True)
    properties = folder / "server.properties"
    properties.write_text("".join(f"{key}={value}\n" for key, value in properties_of(folder / "data", node, nodes).items()))
    (folder / "log4j2.yaml").write_text(LOG4J)
    return Part(
        name=name,
        command=("/bin/sh", "-c", _script(home, folder, properties)),
        env=SMALL_MALLOC,
        ready=lambda: answers(node.broker),
    )


def answers(bootstrap: str) -> bool:
    """Whether the broker is up and has taken itself into the cluster."""
    host, _, port = bootstrap.partition(",")[0].rpartition(":")
    if not somebody_listens(int(port), host=host):
        return False  # the client below would complain in the log
    admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
    return bool(admin.list_topics(timeout=2).brokers)


def ensure_topics(bootstrap: str, specs: Sequence[TopicSpec]) -> None:
    """Make the topics that are missing; those that exist stay as they are.

    Raises:
        TransientError: the broker did not do it in time.
    """
    admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 2})
    try:
        there = admin.list_topics(timeout=ADMIN_TIMEOUT_S).topics
        new = [
            NewTopic(spec.name, num_partitions=spec.partitions, replication_factor=_AS_THE_BROKERS_SAY, config=spec.config)
            for spec in specs
            if spec.name not in there
        ]
        made = admin.create_topics(new, operation_timeout=ADMIN_TIMEOUT_S) if new else {}
        for future in made.values():
            _settle(future, unless=KafkaError.TOPIC_ALREADY_EXISTS)
    except KafkaException as error:
        msg = f"Kafka at {bootstrap} did not make the topics: {error}"
        raise TransientError(msg) from error


def delete_topics(bootstrap: str, names: Sequence[str]) -> None:
    """Delete topics; one that does not exist is fine.

    Raises:
        TransientError: the broker did not do it in time.
    """
    admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 2})
    try:
        gone = admin.delete_topics(list(names), operation_timeout=ADMIN_TIMEOUT_S) if names else {}
        for future in gone.values():
            _settle(future, unless=KafkaError.UNKNOWN_TOPIC_OR_PART)
    except KafkaException as error:
        msg = f"Kafka at {bootstrap} did not delete the topics: {error}"
        raise TransientError(msg) from error


def _settle(done: Future[None], *, unless: int) -> None:
    try:
        done.result()
    except KafkaException as error:
        if error.args[0].code() != unless:
            raise


def _script(home: Path, folder: Path, properties: Path) -> str:
    """One shell line: format the storage unless that was done, then become the broker."""
    classes = shlex.join(shared_classes(home, "kafka", (home / "jars" / "kafka").glob("*.jar")))
    jvm = [java(), *SMALL_SERVER, "-XX:TieredStopAtLevel=1"]
    jvm += ["-Xms96m", f"-Xmx{HEAP_MB}m", "-XX:MaxDirectMemorySize=64m"]
    jvm += [f"-Dlog4j2.configurationFile={folder / 'log4j2.yaml'}", "-cp", f"{home / 'jars' / 'kafka'}/*"]
    line = shlex.join(jvm)
    config = shlex.quote(str(properties))
    formatted = shlex.quote(str(folder / "data" / "meta.properties"))
    form = f"{line} kafka.tools.StorageTool format --ignore-formatted -t {CLUSTER_ID} -c {config}"
    return f"test -f {formatted} || {form} || exit 1; exec {line} {classes} kafka.Kafka {config}"


def properties_of(data: Path, node: Node, nodes: Sequence[Node]) -> dict[str, str]:
    """The settings of one broker whose files are in *data*."""
    replicas = min(len(nodes), _REPLICAS)
    in_step = max(replicas - 1, 1)
    return {
        "process.roles": "broker,controller",
        "node.id": str(node.number),
        "controller.quorum.voters": ",".join(f"{each.number}@{each.controller}" for each in nodes),
        "controller.listener.names": "CONTROLLER",
        "listeners": f"PLAINTEXT://{node.broker},CONTROLLER://{node.controller}",
        "advertised.listeners": f"PLAINTEXT://{node.broker}",
        "default.replication.factor": str(replicas),
        "min.insync.replicas": str(in_step),
        "unclean.leader.election.enable": "false",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "log.dirs": str(data),
        "auto.create.topics.enable": "false",
        "message.max.bytes": str(RECORD_LIMIT_BYTES),
        "log.message.timestamp.type": "LogAppendTime",
        "log.retention.ms": str(7 * 24 * 3600 * 1000),
        "log.retention.check.interval.ms": "60000",
        "log.segment.bytes": str(64 * 1024 * 1024),
        "log.cleaner.dedupe.buffer.size": str(16 * 1024 * 1024),
        "log.cleaner.threads": "1",
        "num.network.threads": "2",
        "num.io.threads": "4",
        "num.replica.fetchers": "1",
        "num.recovery.threads.per.data.dir": "2",
        "background.threads": "2",
        "offsets.topic.num.partitions": "4",
        "offsets.topic.replication.factor": str(replicas),
        "transaction.state.log.num.partitions": "4",
        "transaction.state.log.replication.factor": str(replicas),
        "transaction.state.log.min.isr": str(in_step),
        "share.coordinator.state.topic.num.partitions": "1",
        "share.coordinator.state.topic.replication.factor": str(replicas),
        "share.coordinator.state.topic.min.isr": str(in_step),
        # After a kill the controller takes the next start of the broker only when the last one's session is over.
        "broker.session.timeout.ms": "3000",
        "broker.heartbeat.interval.ms": "500",
        "group.initial.rebalance.delay.ms": "0",
        "controlled.shutdown.enable": "true",
    }
