"""How far the partitions of a mode reach: first and next offsets, and the first offset since a time. Reads no record."""

from __future__ import annotations

from collections.abc import Iterable

from confluent_kafka import Consumer, KafkaException, TopicPartition

from pipelines.errors import TransientError
from pipelines.topics import split, topic

_WAIT_S = 5.0


class Marks:
    """Asks the broker about partitions.

    Args:
        bootstrap: host:port of a broker.
        mode: live or drill-<id>.
        things: topics without mode.
    """

    def __init__(self, bootstrap: str, *, mode: str, things: Iterable[str]) -> None:
        """Dial; no partition is assigned, so nothing is fetched."""
        self._client = Consumer(
            {"bootstrap.servers": bootstrap, "group.id": "muster-unused", "log.connection.close": False, "log_level": 2}
        )
        self._places = [
            TopicPartition(topic(thing).name(mode), partition) for thing in things for partition in range(topic(thing).partitions)
        ]

    def bounds(self) -> dict[tuple[str, int], tuple[int, int]]:
        """First and next offset of each partition.

        Raises:
            TransientError: the broker does not answer.
        """
        try:
            found = [(_place(where), self._client.get_watermark_offsets(where, timeout=_WAIT_S)) for where in self._places]
        except KafkaException as error:
            raise TransientError(f"the broker does not say how far its topics reach: {error}") from error
        return {place: (low, high) for place, (low, high) in found}

    def since(self, at_us: int) -> dict[tuple[str, int], int]:
        """The first offset of each partition that was appended at *at_us* (µs UTC) or later; its end where there is none.

        Raises:
            TransientError: the broker does not answer.
        """
        asked = [TopicPartition(where.topic, where.partition, at_us // 1000) for where in self._places]
        ends = {place: end for place, (_, end) in self.bounds().items()}
        try:
            found = self._client.offsets_for_times(asked, timeout=_WAIT_S)
        except KafkaException as error:
            raise TransientError(f"the broker does not say where a time begins: {error}") from error
        return {_place(where): where.offset if where.offset >= 0 else ends[_place(where)] for where in found}

    def close(self) -> None:
        """Hang up."""
        self._client.close()


def _place(where: TopicPartition) -> tuple[str, int]:
    return split(where.topic)[1].thing, where.partition
