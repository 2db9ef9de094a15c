"""Sends as devices do: what is not acknowledged is sent again, the same bytes with the same number, until it is."""

from __future__ import annotations

from collections import deque
from typing import Any, Final

from confluent_kafka import KafkaError, Message

from connectors.kafka import producer
from pipelines.codec import encode
from pipelines.topics import topic

_Sent = tuple[str, bytes, str, int | None]
_UNASSIGNED: Final = -1
_LAST_S: Final = 5


class Steadfast:
    """A sender that rides through a dead broker; used by one thread."""

    def __init__(self, kafka: str, mode: str) -> None:
        """Dial host:port *kafka*."""
        self._client = producer(kafka, linger_ms=0)
        self._mode = mode
        self._again: deque[_Sent] = deque()
        self.waiting = self.repeated = 0

    def send(self, thing: str, record: Any, *, key: str, partition: int | None = None) -> None:
        """Send until it is acknowledged."""
        self.waiting += 1
        self._produce((thing, encode(record), key, partition))

    def _produce(self, sent: _Sent) -> None:
        def done(error: KafkaError | None, _: Message) -> None:
            if error is None:
                self.waiting -= 1
            else:
                self._again.append(sent)

        thing, body, key, partition = sent
        try:
            where = _UNASSIGNED if partition is None else partition
            self._client.produce(topic(thing).name(self._mode), body, key.encode(), where, on_delivery=done)
        except BufferError:
            self._again.append(sent)

    def turn(self) -> None:
        """Take acknowledgements, and send again what was refused."""
        self._client.poll(0)
        for _ in range(len(self._again)):
            self.repeated += 1
            self._produce(self._again.popleft())

    def close(self) -> None:
        """Hang up, a few seconds after the last word at the latest."""
        self._client.flush(_LAST_S)
        del self._client
