"""A raw record as INGEST takes it, from Faust or from the auditor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from connectors.kafka import Row
from pipelines.events import DeadLetter
from pipelines.ingest.coverage import Place
from pipelines.topics import split

_RAW_BYTES: Final = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """One record of raw.* and where it stood."""

    thing: str
    partition: int
    offset: int
    value: bytes | None
    appended_us: int

    @property
    def place(self) -> Place:
        """Topic and partition."""
        return self.thing, self.partition

    @property
    def source(self) -> tuple[tuple[str, bytes], ...]:
        """The header by which readers know a repeat."""
        return (("source", f"{self.thing}/{self.partition}/{self.offset}".encode()),)


def dead_letter(raw: Raw, reason: str) -> DeadLetter:
    """What becomes of a record that is refused."""
    return DeadLetter(
        stage="ingest",
        topic=raw.thing,
        partition=raw.partition,
        offset=raw.offset,
        reason=reason,
        raw=bytes(raw.value or b"")[:_RAW_BYTES],
        at_us=raw.appended_us,
    )


def raw_of(found: Any) -> Raw:
    """A record as Faust gives it, or as the auditor reads it."""
    if isinstance(found, Row):
        return Raw(thing=found.thing, partition=found.partition, offset=found.offset, value=found.raw, appended_us=found.appended_us)
    message = found.message
    return Raw(
        thing=split(message.topic)[1].thing,
        partition=message.partition,
        offset=message.offset,
        value=message.value,
        appended_us=round(message.timestamp * 1e6),
    )
