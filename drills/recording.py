"""The recording's file: MCAP, one channel a topic, partition and schema, and one stream of ticks. Pure but for the stream it is given.

Messages stand in the one order of the mode's clock: a message's log time is the newest tick (ns) that stands before it in
its partition. Its bytes are the record's Avro body, its publish time is the broker's append time, its sequence the offset.
"""

from __future__ import annotations

import json
import struct
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any, Final

import zstandard
from mcap.exceptions import McapError
from mcap.records import Attachment, Channel, Chunk, Header, Message, Metadata
from mcap.stream_reader import CRCValidationError, StreamReader, breakup_chunk
from mcap.writer import CompressionType, Writer

from pipelines.codec import MAX_BYTES, SCHEMAS, schema_id
from pipelines.errors import ConfigError
from pipelines.topics import BY_THING

PROFILE: Final = "muster"
FORMAT: Final = "1"
TICKS: Final = "ticks"
MAGIC: Final = b"\x89MCAP0\r\n"
THINGS: Final = (
    "sensor.turnstile",
    "sensor.identity",
    "sensor.vehicle",
    "sensor.fire",
    "sensor.p1",
    "vehicle.tracks",
    "camera.frames",
    "camera.health",
    "camera.events",
    "crowd.zones",
    "crowd.late",
    "crowd.crossings",
    "crowd.cells",
    "alerts.commands",
)
_CHUNK_BYTES: Final = 128 * 1024
_LIMIT_BYTES: Final = 16 * 1024 * 1024  # no piece that we write is larger
_PLAN: Final = "plan.json"
_TICK: Final = struct.Struct("<q")
_TICK_SCHEMA: Final = "int64, little-endian: event time of the tick in microseconds UTC"
_DAMAGE: Final = (McapError, CRCValidationError, zstandard.ZstdError, struct.error, ValueError, OverflowError, MemoryError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One recorded message at its place on the clock.

    Args:
        clock_us: the newest tick before it, µs UTC; of a tick, the tick itself.
        thing: its topic without mode; `ticks` for a tick.
        partition, offset, appended_us: where it stood, and when the broker appended it.
        schema: the schema id of its bytes.
        body: Avro binary, without header.
    """

    clock_us: int
    thing: str
    partition: int = 0
    offset: int = 0
    appended_us: int = 0
    schema: int = 0
    body: bytes = b""

    @property
    def order(self) -> tuple[int, bool, str, int, int]:
        """The one order of a recording: by clock, the tick before what came after it, then topic, partition, offset."""
        return (self.clock_us, self.thing != TICKS, self.thing, self.partition, self.offset)


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a recording says of itself.

    Args:
        mode: that was recorded.
        site: of its plan.
        plan_hash: version of its plan.
        version: of Muster.
        plan: the plan as plain values.
    """

    mode: str
    site: str
    plan_hash: str
    version: str
    plan: dict[str, Any]


def tick(clock_us: int) -> Entry:
    """The tick of event time *clock_us*."""
    return Entry(clock_us=clock_us, thing=TICKS)


class Recorder:
    """Writes a recording.

    Args:
        out: a binary stream; it stays open.
        about: what is recorded.
        chunk_bytes: what a cut at most takes with it.
    """

    def __init__(self, out: IO[bytes], about: About, *, chunk_bytes: int = _CHUNK_BYTES) -> None:
        """Write what stands before the first message, so that a file that is cut can be replayed up to the cut."""
        self._out = out
        self._writer = Writer(out, chunk_size=chunk_bytes, compression=CompressionType.ZSTD)
        self._writer.start(profile=PROFILE, library=f"muster {about.version}")
        ids = {thing: schema_id(BY_THING[thing].record) for thing in THINGS}
        self._writer.add_metadata(
            "muster",
            {
                "format": FORMAT,
                "mode": about.mode,
                "site": about.site,
                "plan_hash": about.plan_hash,
                "version": about.version,
                "schema_ids": json.dumps(ids, sort_keys=True),
            },
        )
        plan = json.dumps(about.plan, ensure_ascii=False, sort_keys=True).encode()
        self._writer.add_attachment(create_time=0, log_time=0, name=_PLAN, media_type="application/json", data=plan)
        self._channels: dict[tuple[str, int], int] = {}
        self._ticks = self._writer.register_channel(
            TICKS, "int64", self._writer.register_schema(TICKS, "text", _TICK_SCHEMA.encode()), {"unit": "us"}
        )
        for thing in THINGS:
            self._register(thing, ids[thing])
        self.counts: Counter[str] = Counter()

    def _register(self, thing: str, number: int) -> None:
        name = _file_of(number)
        schema = self._writer.register_schema(name.removesuffix(".avsc"), "avro", (SCHEMAS / name).read_bytes())
        for partition in range(BY_THING[thing].partitions):
            self._channels[thing, partition] = self._writer.register_channel(
                f"{thing}/{partition}", "avro", schema, {"thing": thing, "partition": str(partition), "schema_id": str(number)}
            )

    def put(self, entry: Entry) -> None:
        """Append one message; messages come in their order."""
        is_tick = entry.thing == TICKS
        self._writer.add_message(
            self._ticks if is_tick else self._channels[entry.thing, entry.partition],
            log_time=max(entry.clock_us, 0) * 1000,
            data=_TICK.pack(entry.clock_us) if is_tick else entry.body,
            publish_time=max(entry.appended_us, 0) * 1000,
            sequence=entry.offset % 2**32,
        )
        self.counts[entry.thing] += 1

    def flush(self) -> None:
        """What is whole goes to the disk."""
        self._out.flush()

    def finish(self, *, ended: bool, notes: dict[str, str] | None = None) -> None:
        """Close the file. *ended*: the last tick is past the last window, and a replay adds none."""
        self._writer.add_metadata(
            "end", {"ended": json.dumps(ended), "counts": json.dumps(dict(self.counts), sort_keys=True), **(notes or {})}
        )
        self._writer.finish()  # type: ignore[no-untyped-call]  # its own are not all typed
        self._out.flush()


def _file_of(number: int) -> str:
    """The schema file of an id."""
    ids = json.loads((SCHEMAS / "ids.json").read_text())
    return str(next(row["schema"] for row in ids.values() if row["id"] == number))


class Recording:
    """Reads a recording, front to back, as far as it goes.

    Args:
        source: a binary stream.

    Attributes:
        about: what it says of itself; None when it was cut before that.
        truncated: it ends before its end, known once `entries` is through.
        ended: its last tick is past its last window.
        skipped: what could not be read, by reason.

    Raises:
        ConfigError: it is no recording.
    """

    def __init__(self, source: IO[bytes]) -> None:
        """Read what stands before the first message."""
        if source.read(len(MAGIC)) != MAGIC:
            raise ConfigError("is no recording: it does not begin as an MCAP file does")
        self.about: About | None = None
        self.truncated = True
        self.ended = False
        self.skipped: Counter[str] = Counter()
        self.clock_us = 0
        self._channels: dict[int, tuple[str, int, int] | None] = {}
        self._records = self._read(source)
        first = next(self._records, None)
        if not isinstance(first, Header) or first.profile != PROFILE:
            raise ConfigError("is no recording of Muster: its header does not say so")
        told = next(self._records, None)
        plan = next(self._records, None)
        if isinstance(told, Metadata) and isinstance(plan, Attachment):
            self.about = _about(told.metadata, plan, self.skipped)

    def _read(self, source: IO[bytes]) -> Iterator[Any]:
        """The file's records, chunks whole, until its end or until nothing more can be read."""
        reader = StreamReader(source, skip_magic=True, emit_chunks=True, record_size_limit=_LIMIT_BYTES)
        try:
            yield from reader.records
        except _DAMAGE:
            return
        self.truncated = False

    def entries(self) -> Iterator[Entry]:
        """Every message that can be read, in the order of the file."""
        for record in self._records if self.about is not None else ():
            if isinstance(record, Chunk):
                yield from self._chunk(record)
            elif isinstance(record, Metadata) and record.name == "end":
                self.ended = record.metadata.get("ended") == "true"

    def _chunk(self, chunk: Chunk) -> Iterator[Entry]:
        try:
            records = breakup_chunk(_sound(chunk), validate_crc=True)
        except _DAMAGE:
            self.skipped["damaged chunk"] += 1
            return
        for record in records:
            if isinstance(record, Channel):
                self._channels[record.id] = _channel(record)
            elif isinstance(record, Message):
                entry = self._message(record)
                if entry is not None:
                    yield entry

    def _message(self, message: Message) -> Entry | None:
        channel = self._channels.get(message.channel_id)
        if channel is None:
            self.skipped["message of an unknown channel"] += 1
            return None
        clock_us = message.log_time // 1000
        if clock_us < self.clock_us:
            self.skipped["message out of order"] += 1
            return None
        self.clock_us = clock_us
        thing, partition, number = channel
        if thing == TICKS:
            return tick(clock_us)
        if len(message.data) > MAX_BYTES:
            self.skipped["message of more than 256 KiB"] += 1
            return None
        return Entry(
            clock_us=clock_us,
            thing=thing,
            partition=partition,
            offset=message.sequence,
            appended_us=message.publish_time // 1000,
            schema=number,
            body=message.data,
        )


def _sound(chunk: Chunk) -> Chunk:
    """*chunk* itself, if it unpacks into no more than a recorder puts in.

    Raises:
        ValueError: it is packed otherwise, or would unpack into more.
    """
    if chunk.compression != "zstd" or chunk.uncompressed_size > _LIMIT_BYTES:
        raise ValueError("a chunk that no recorder writes")
    if zstandard.get_frame_parameters(chunk.data).content_size > _LIMIT_BYTES:
        raise ValueError("a chunk that unpacks into too much")
    return chunk


def _channel(record: Channel) -> tuple[str, int, int] | None:
    """Thing, partition and schema id of a channel; None for one that we do not know."""
    if record.topic == TICKS:
        return (TICKS, 0, 0)
    try:
        thing, partition, number = record.metadata["thing"], int(record.metadata["partition"]), int(record.metadata["schema_id"])
    except (KeyError, ValueError):
        return None
    return (thing, partition, number) if thing in THINGS and 0 <= partition < BY_THING[thing].partitions else None


def _about(told: dict[str, str], plan: Attachment, skipped: Counter[str]) -> About | None:
    if told.get("format") != FORMAT:
        raise ConfigError(f"is a recording of format {told.get('format')}, expected {FORMAT}")
    try:
        loaded = json.loads(plan.data)
    except ValueError:
        skipped["plan that is not JSON"] += 1
        return None
    return About(
        mode=told.get("mode", ""),
        site=told.get("site", ""),
        plan_hash=told.get("plan_hash", ""),
        version=told.get("version", ""),
        plan=loaded,
    )
