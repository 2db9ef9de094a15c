"""Makes the topics of a mode, tells the page of it, and ends: `python -m stack.mode_setup wall|player [--fresh]`.

For a drill that begins anew, the old topics and the old database go first.
"""

from __future__ import annotations

import contextlib
import sys
import time
from typing import Any, Final

from confluent_kafka.admin import AdminClient

from connectors import clickhouse
from pipelines.errors import MusterError, TransientError
from pipelines.settings import TOPICS_READY, Settings, die, read
from pipelines.topics import ALL, Topic, is_drill
from plan.load import load
from stack import kafka
from stack.kafka import TopicSpec, delete_topics, ensure_topics
from stack.modes import announce

_PATIENCE_S: Final = 30
_SEGMENT_BYTES: Final = 16 * 1024 * 1024


def spec(topic: Topic, mode: str) -> TopicSpec:
    """How the broker keeps *topic* in *mode*."""
    config = {"retention.ms": str(topic.keep_ms), "segment.bytes": str(_SEGMENT_BYTES)}
    if topic.compacted:
        config = {
            "cleanup.policy": "compact",
            "segment.bytes": str(_SEGMENT_BYTES),
            "min.cleanable.dirty.ratio": "0.2",
            "segment.ms": "600000",
        }
    return TopicSpec(name=topic.name(mode), partitions=topic.partitions, config=config)


def _wait_until_gone(admin: AdminClient, names: set[str]) -> None:
    """Deleting is done later than it is answered."""
    until_s = time.monotonic() + _PATIENCE_S
    while names & admin.list_topics(timeout=10).topics.keys():
        if time.monotonic() > until_s:
            raise TransientError(f"the broker keeps {len(names)} old topics of the drill")
        time.sleep(0.1)


def _wait_for_servers(settings: Settings) -> None:
    """Wait for the servers, which start while this process loads its modules.

    Raises:
        TransientError: they do not answer within a minute.
    """
    until_s = time.monotonic() + 2 * _PATIENCE_S
    while time.monotonic() < until_s:
        with contextlib.suppress(Exception):  # whatever the clients raise, the servers are not there yet
            if kafka.answers(settings.kafka) and _clickhouse_answers(settings):
                return
        time.sleep(0.1)
    raise TransientError("Kafka or ClickHouse does not answer")


def _clickhouse(settings: Settings) -> Any:
    return clickhouse.client(settings.clickhouse, user=settings.clickhouse_user, password_file=settings.clickhouse_password_file)


def _clickhouse_answers(settings: Settings) -> bool:
    client = _clickhouse(settings)
    try:
        return bool(client.execute("SELECT 1") == [(1,)])
    finally:
        client.disconnect()


def _drop_old_drills(settings: Settings) -> None:
    """Drop the drills that are past their time: where nothing but drills runs, no live store is there to do it."""
    database = clickhouse.Database(_clickhouse(settings), clickhouse.database_of(settings.mode))
    for name in database.expired_drills(load(settings.plan).retention.drill_days):
        database.drop_drill(name)
        print(f"{name} is dropped: it was past its time", flush=True)
    database.close()


def main(arguments: list[str]) -> None:
    """Make the topics of the mode in the settings."""
    try:
        settings = read()
        _wait_for_servers(settings)
        if "--fresh" in arguments and is_drill(settings.mode):
            admin = AdminClient({"bootstrap.servers": settings.kafka})
            names = [name for name in admin.list_topics(timeout=10).topics if name.startswith(f"{settings.mode}.")]
            if names:
                delete_topics(settings.kafka, names)
                _wait_until_gone(admin, set(names))
            clickhouse.drop(_clickhouse(settings), clickhouse.database_of(settings.mode))
            _drop_old_drills(settings)
        ensure_topics(settings.kafka, [spec(topic, settings.mode) for topic in ALL])
    except MusterError as error:
        die(error)
        return
    (settings.run / TOPICS_READY).touch()
    announce(settings.home, mode=settings.mode, plan=load(settings.plan), clock=arguments[0], state="running")


if __name__ == "__main__":
    main(sys.argv[1:])
