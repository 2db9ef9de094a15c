"""Kafka: records out with `Sender`, records in with `Tail`; both translate the client's errors."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from confluent_kafka import OFFSET_BEGINNING, OFFSET_END, Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition

from pipelines.codec import MAX_BYTES, decode, encode
from pipelines.errors import DecodeError, MusterError, RefusedError, TransientError
from pipelines.events import DeadLetter
from pipelines.topics import Topic, split, topic

RECONNECT_MAX_MS: Final = 1000  # and half as long again by chance: after an outage all are back at nearly one time
_QUEUE_FULL_WAIT_S: Final = 0.5
_NEW_TOPIC_TRIES: Final = 50
_NEW_TOPIC_WAIT_S: Final = 0.2
_NOT_YET: Final = (
    KafkaError._UNKNOWN_PARTITION,  # noqa: SLF001 - the client's own name
    KafkaError._UNKNOWN_TOPIC,  # noqa: SLF001 - likewise
    KafkaError.UNKNOWN_TOPIC_OR_PART,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.NOT_LEADER_FOR_PARTITION,
)
_LETTER_BYTES: Final = 4096  # what a dead letter says beside the record


def producer(bootstrap: str, *, linger_ms: float = 5) -> Producer:
    """A producer that keeps order, waits for every replica and repeats without doubling."""
    return Producer(
        {
            "bootstrap.servers": bootstrap,
            "enable.idempotence": True,
            "acks": "all",
            "linger.ms": linger_ms,
            "message.max.bytes": MAX_BYTES + 4096,
            "batch.size": MAX_BYTES // 2,  # the broker's limit holds for a batch as for a record
            "reconnect.backoff.max.ms": RECONNECT_MAX_MS,
            "compression.type": "none",  # loopback is fast; with append time the broker would unpack and pack again
            "log.connection.close": False,
        }
    )


class StillUnderWayError(TransientError):
    """Records have not arrived yet, and none was refused: the client goes on trying, and they must not be sent again."""


class Sender:
    """Sends events of one mode. A record that Kafka refuses is raised at the next `send` or `flush`, never dropped."""

    def __init__(self, client: Producer, mode: str) -> None:
        """Use a ready *client*; every topic name gets *mode* before it."""
        self._client = client
        self._mode = mode
        self._failed: list[str] = []
        self.sent = 0

    def send(
        self,
        thing: str,
        record: Any,
        *,
        key: str = "",
        partition: int | None = None,
        headers: Sequence[tuple[str, bytes]] = (),
    ) -> None:
        """Queue one event for topic *thing*; keyed by *key*, or to *partition*.

        Raises:
            TransientError: the queue stayed full, or an earlier record did not arrive.
        """
        self.send_encoded(thing, encode(record), key=key, partition=partition, headers=headers)

    def send_encoded(
        self,
        thing: str,
        body: bytes,
        *,
        key: str = "",
        partition: int | None = None,
        headers: Sequence[tuple[str, bytes]] = (),
    ) -> None:
        """Queue one event that is in wire format already, as `send` does.

        Raises:
            TransientError: the queue stayed full, or an earlier record did not arrive.
        """
        self._raise_failed()
        options: dict[str, Any] = {"headers": list(headers), "on_delivery": self._delivered}
        if partition is not None:
            options["partition"] = partition
        for _ in range(20):
            try:
                self._client.produce(topic(thing).name(self._mode), value=body, key=key.encode() or None, **options)
            except BufferError:
                self._client.poll(_QUEUE_FULL_WAIT_S)
            else:
                self.sent += 1
                self._client.poll(0)
                return
        raise TransientError(f"{thing}: the broker takes nothing; the send queue has been full for 10 s", retry_after_s=5)

    def _delivered(self, error: KafkaError | None, message: Message) -> None:
        if error is not None and error.code() != KafkaError._PURGE_QUEUE:  # noqa: SLF001 - the client's own name for what was forgotten
            self._failed.append(f"{message.topic()}: {error.str()}")

    def _raise_failed(self) -> None:
        if self._failed:
            failed, self._failed = self._failed, []
            raise TransientError("; ".join(failed[:3]))

    @property
    def waiting(self) -> int:
        """Records that have not arrived yet."""
        self._client.poll(0)
        return len(self._client)

    def forget(self) -> None:
        """Drop what waits in the queue, for which no failure is raised; what is on its way may still arrive."""
        self._client.purge(in_flight=False)
        self._client.poll(0)

    def flush(self, timeout_s: float = 10) -> None:
        """Wait until everything has arrived.

        Raises:
            StillUnderWayError: something did not within *timeout_s*.
            TransientError: something never will.
        """
        left = self._client.flush(timeout_s)
        self._raise_failed()
        if left:
            raise StillUnderWayError(f"{left} records did not arrive within {timeout_s} s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """A record that could not be read: why, and the bytes as they came."""

    reason: str
    raw: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One record as read: where it stood, when the broker appended it (µs), the event or its rejection, and its bytes as they came."""

    thing: str
    mode: str
    partition: int
    offset: int
    appended_us: int
    record: Any
    headers: tuple[tuple[str, bytes], ...] = ()
    raw: bytes = b""


def dead_letter(row: Row, *, stage: str, at_us: int) -> DeadLetter:
    """What becomes of a row whose record is `Rejected`, as *stage* refuses it at *at_us* (µs UTC)."""
    return DeadLetter(
        stage=stage,
        topic=row.thing,
        partition=row.partition,
        offset=row.offset,
        reason=row.record.reason,
        raw=row.record.raw[: MAX_BYTES - _LETTER_BYTES],
        at_us=at_us,
    )


class Tail:
    """Reads topics of one mode from given offsets, without a group: the reader keeps its own place.

    Args:
        bootstrap: host:port of a broker.
        mode: live or drill-<id>.
        things: topics without mode.
        start: "begin" | "end" for topics that *offsets* does not name.
        offsets: (thing, partition) → offset to start at.
        patient: fetch in large pieces, up to half a second late, with little memory: for readers in no hurry.
        read: what becomes of a record's bytes; an event, or `Rejected`, unless the reader wants something else.
    """

    def __init__(
        self,
        bootstrap: str,
        *,
        mode: str,
        things: Iterable[str],
        start: str = "begin",
        offsets: Mapping[tuple[str, int], int] | None = None,
        patient: bool = False,
        read: Callable[[bytes | None, Topic], Any] | None = None,
    ) -> None:
        """Dial, and take every partition of the topics."""
        self._client = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": "muster-unused",
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                "enable.partition.eof": False,
                "fetch.wait.max.ms": 500,
                "fetch.min.bytes": 262_144 if patient else 1,
                "queued.max.messages.kbytes": 8192,
                "fetch.error.backoff.ms": 50,
                "log.connection.close": False,
                "log_level": 2,
                "reconnect.backoff.max.ms": 2000,
            }
        )
        self._mode, self._read = mode, read or _read
        self.partitions: list[tuple[str, int]] = []
        given = dict(offsets or {})
        first = OFFSET_BEGINNING if start == "begin" else OFFSET_END
        assigned = []
        for thing in things:
            for partition in range(topic(thing).partitions):
                self.partitions.append((thing, partition))
                offset = given.get((thing, partition), first)
                assigned.append(TopicPartition(topic(thing).name(mode), partition, offset))
        self._client.assign(assigned)
        self._trouble: MusterError | None = None

    def poll(self, timeout_s: float, *, most: int = 2000) -> list[Row]:
        """Up to *most* records; waits at most *timeout_s* for the first.

        Raises:
            TransientError: the broker cannot be reached.
            RefusedError: a topic does not exist.
        """
        if self._trouble is not None:
            trouble, self._trouble = self._trouble, None
            raise trouble
        try:
            messages = self._client.consume(most, timeout_s)
        except KafkaException as error:
            raise TransientError(f"reading {self._mode}: {error}") from error
        rows = []
        for message in messages:
            if message.error() is None:
                rows.append(self._row(message))
            else:
                self._trouble = self._trouble or _trouble(message)
        if rows or self._trouble is None:
            return rows  # what came with an error is not lost: the error is raised at the next call
        trouble, self._trouble = self._trouble, None
        raise trouble

    def _row(self, message: Message) -> Row:
        name, kind = _split(str(message.topic()))
        return Row(
            thing=kind.thing,
            mode=name,
            partition=_known(message.partition()),
            offset=_known(message.offset()),
            appended_us=message.timestamp()[1] * 1000,
            record=self._read(message.value(), kind),
            headers=_headers(message.headers()),
            raw=message.value() or b"",
        )

    def ends(self) -> dict[tuple[str, int], int]:
        """The offset after the last record of each partition, asked of the broker.

        Raises:
            TransientError: it does not answer.
        """
        return {place: high for place, (_, high) in self._marks().items()}

    def begins(self) -> dict[tuple[str, int], int]:
        """The offset of the first record kept of each partition.

        Raises:
            TransientError: the broker does not answer.
        """
        return {place: low for place, (low, _) in self._marks().items()}

    def _marks(self) -> dict[tuple[str, int], tuple[int, int]]:
        found = {}
        for thing, partition in self.partitions:
            found[thing, partition] = self._mark(TopicPartition(topic(thing).name(self._mode), partition))
        return found

    def _mark(self, where: TopicPartition) -> tuple[int, int]:
        """First and next offset of a partition; a topic or broker that came up this moment is asked again."""
        for left in range(_NEW_TOPIC_TRIES, -1, -1):
            try:
                marks: tuple[int, int] = self._client.get_watermark_offsets(where, timeout=10)
            except KafkaException as error:
                if not left or error.args[0].code() not in _NOT_YET:
                    raise TransientError(f"{where.topic}: {error}") from error
                time.sleep(_NEW_TOPIC_WAIT_S)
                self._client.list_topics(where.topic, timeout=10)  # asks the broker for what it knows now
            else:
                return marks
        raise AssertionError("the last try returns or raises")

    def read_to_end(self, *, most: int = 2000) -> Iterator[Row]:
        """Every record up to the ends of the partitions as they are now."""
        marks = self._marks()
        ends = {place: high for place, (_, high) in marks.items()}
        begins = {place: low for place, (low, _) in marks.items()}
        open_ = {place for place, end in ends.items() if end > begins[place]}
        at = {
            (split(place.topic)[1].thing, place.partition): place.offset
            for place in self._client.position(self._client.assignment())
            if place.offset >= 0
        }
        open_ = {place for place in open_ if at.get(place, begins[place]) < ends[place]}
        while open_:
            for row in self.poll(1.0, most=most):
                yield row
                if row.offset + 1 >= ends[row.thing, row.partition]:
                    open_.discard((row.thing, row.partition))

    def lag(self) -> int:
        """Records that wait in the partitions, by what this reader last heard from the broker; -1 when unknown."""
        total = 0
        for place in self._client.position(self._client.assignment()):
            _, high = self._client.get_watermark_offsets(place, cached=True)
            if high >= 0 and place.offset >= 0:
                total += max(high - place.offset, 0)
        return total

    def close(self) -> None:
        """Hang up."""
        self._client.close()


_PASSING: Final = (KafkaError._PARTITION_EOF, KafkaError._ALL_BROKERS_DOWN, KafkaError._TRANSPORT)  # noqa: SLF001 - their names


def _trouble(message: Message) -> MusterError | None:
    """What an error among the messages means; None for one that the client mends by itself."""
    error = message.error()
    if error is None or error.code() in _PASSING:
        return None
    if error.code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
        return RefusedError(f"{message.topic()}: there is no such topic")
    return TransientError(f"{message.topic()}: {error.str()}")


@cache
def _split(name: str) -> tuple[str, Topic]:
    return split(name)


def _headers(found: Any) -> tuple[tuple[str, bytes], ...]:
    return tuple((str(key), bytes(value or b"")) for key, value in found or ())


def _known(value: int | None) -> int:
    assert value is not None
    return value


def _read(raw: bytes | None, kind: Topic) -> Any:
    try:
        return decode(raw, kind.record)
    except DecodeError as error:
        return Rejected(reason=str(error), raw=bytes(raw or b""))
