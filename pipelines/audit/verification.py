"""Whether a chain, its roots, their anchors and the records it names still fit together. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from pipelines.audit.chain import body_of, broken_entries, broken_roots, lost_roots
from pipelines.errors import DecodeError
from pipelines.events import AuditEntry, AuditRoot
from pipelines.units import US_PER_S

PATIENCE_US: Final = 60 * US_PER_S  # AUDIT takes a record within seconds; one that waits longer was cut from the chain
_BYTES: Final = frozenset({"body", "previous", "hash", "signature"})


@dataclass(slots=True, kw_only=True)
class Log:
    """A chain with its roots, in the order in which they stand."""

    mode: str
    entries: list[AuditEntry] = field(default_factory=list)
    roots: list[AuditRoot] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRecord:
    """A record that the chain must name: topic/partition/offset, its bytes, and when it was appended (µs UTC)."""

    source: str
    raw: bytes
    appended_us: int


def broken(log: Log, public: Ed25519PublicKey, *, anchored: Iterable[AuditRoot] = ()) -> list[str]:
    """The first broken place of the chain itself, as a sentence: entries, then roots, then anchors; empty where all is whole."""
    found = broken_entries(log.entries, mode=log.mode)
    if found:
        return found
    entries = {entry.number: entry for entry in log.entries}
    outside = list(anchored)
    return (
        broken_roots(entries, log.roots, public, mode=log.mode)
        or broken_roots(entries, outside, public, mode=log.mode)
        or lost_roots(outside, log.roots)
    )


class Sources:
    """Holds records that are still kept against the entries that name them."""

    def __init__(self, entries: Iterable[AuditEntry], *, now_us: int) -> None:
        """Take the chain."""
        self._bodies: dict[str, bytes] = {}
        self.twice: list[str] = []
        for entry in entries:
            if entry.source in self._bodies:
                self.twice.append(f"entry {entry.number}: {entry.source} is in the chain already")
            self._bodies[entry.source] = entry.body
        self._now_us = now_us
        self._passed = _passed(self._bodies)
        self.checked = 0

    def broken(self, record: SourceRecord) -> list[str]:
        """What is wrong with a record that is still kept, as a sentence; empty if nothing."""
        body = self._bodies.get(record.source)
        if body is None:
            place, _, offset = record.source.rpartition("/")
            waits = self._now_us - record.appended_us <= PATIENCE_US and int(offset) > self._passed.get(place, -1)
            return [] if waits else [f"{record.source}: there is no entry of it in the chain"]
        self.checked += 1
        return [] if body == body_of(record.raw) else [f"{record.source}: it is not the record that was sealed"]


def _passed(sources: Iterable[str]) -> Mapping[str, int]:
    """The last offset of each partition that the chain names."""
    found: dict[str, int] = {}
    for source in sources:
        place, _, offset = source.rpartition("/")
        if offset.isdecimal():
            found[place] = max(found.get(place, -1), int(offset))
    return found


# -- a chain as a file --------------------------------------------------------------------------------------------


def to_lines(log: Log, *, public_key: str) -> Iterator[str]:
    """A chain as lines of JSON: a head with the mode and the public key, then entries, then roots; bytes as hex."""
    yield json.dumps({"kind": "audit", "mode": log.mode, "public_key": public_key})
    for kind, rows in (("entry", log.entries), ("root", log.roots)):
        for row in rows:
            yield json.dumps({"kind": kind, **_plain(row)}, ensure_ascii=False)


def from_lines(lines: Iterable[str]) -> tuple[Log, str]:
    """The inverse of `to_lines`: the chain, and the public key of its head.

    Raises:
        DecodeError: with the number of the first line that says nothing of the kind.
    """
    numbered = enumerate(lines, start=1)
    try:
        _, first = next(numbered)
        head = json.loads(first)
        log, key = Log(mode=head["mode"]), str(head["public_key"])
    except (StopIteration, ValueError, KeyError, TypeError) as error:
        raise DecodeError("line 1: expected the head of an audit file") from error
    for number, line in numbered:
        try:
            row = json.loads(line)
            kind = row.pop("kind")
            if kind == "entry":
                log.entries.append(_record(AuditEntry, row))
            elif kind == "root":
                log.roots.append(_record(AuditRoot, row))
            else:
                raise ValueError(kind)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise DecodeError(f"line {number}: expected an entry or a root of the audit") from error
    return log, key


def root_of(plain: Mapping[str, Any]) -> AuditRoot:
    """A root as an anchor keeps it.

    Raises:
        DecodeError: it is none.
    """
    try:
        found: AuditRoot = _record(AuditRoot, {each.name: plain[each.name] for each in fields(AuditRoot)})
    except (ValueError, KeyError, TypeError) as error:
        raise DecodeError("expected a root of the audit") from error
    return found


def _plain(record: AuditEntry | AuditRoot) -> dict[str, Any]:
    values = {each.name: getattr(record, each.name) for each in fields(record)}
    return {name: value.hex() if isinstance(value, bytes) else value for name, value in values.items()}


def _record(kind: type[Any], plain: Mapping[str, Any]) -> Any:
    types = {each.name: str(each.type) for each in fields(kind)}
    if plain.keys() != types.keys():
        raise ValueError("other fields")
    made = {name: bytes.fromhex(value) if name in _BYTES else value for name, value in plain.items()}
    for name, value in made.items():
        if type(value).__name__ != types[name]:
            raise TypeError(name)
    return kind(**made)
