"""`muster ledger check`: every record that came in became exactly one of accepted, duplicate, refused."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Final

from cli.console import FAILED, UNREACHABLE, console, fail, print_json
from cli.paths import HOME
from cli.topics import only_mode
from connectors.kafka import Tail
from connectors.kafka_marks import Marks
from pipelines.errors import MusterError
from pipelines.events import DeadLetter, LedgerEntry
from pipelines.ingest.coverage import Account, Place, told
from pipelines.probe import is_probe
from pipelines.topics import ALL, RAW
from pipelines.units import MICRO
from stack.addresses import read_addresses

_PROOFS: Final = (*(topic.thing for topic in ALL if topic.thing.startswith("sensor.")), "deadletter.ingest")
_AGAIN_S: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the ledger says of the offsets of one mode, and what is wrong with it."""

    counts: dict[str, int]
    probes: int
    repeated: int
    audited: int
    gaps: list[str]
    unproved: list[str]


class Check:
    """One check of one mode.

    Args:
        kafka: host:port.
        mode: live or drill-<id>.
        since_us: only what came in from then on, µs UTC; 0 = all that is kept.
    """

    def __init__(self, kafka: str, mode: str, *, since_us: int = 0) -> None:
        """Fix the offsets that must be answered for: those that are there now."""
        self._kafka, self._mode, self._since_us = kafka, mode, since_us
        bounds = self._from(RAW_THINGS)
        self.account = Account(bounds)
        self._probes = self._audited = 0
        self._oldest_us = 0
        self._tail = self._open(("ledger.ingest", *_PROOFS))

    def _from(self, things: tuple[str, ...]) -> dict[Place, tuple[int, int]]:
        marks = Marks(self._kafka, mode=self._mode, things=things)
        try:
            since = marks.since(self._since_us) if self._since_us else {}
            return {place: (since.get(place, begin), end) for place, (begin, end) in marks.bounds().items()}
        finally:
            marks.close()

    def _open(self, things: tuple[str, ...]) -> Tail:
        begins = {place: begin for place, (begin, _) in self._from(things).items()}
        return Tail(self._kafka, mode=self._mode, things=things, offsets=begins)

    def read(self) -> None:
        """Take in all that the ledger, the readings and the dead letters say now."""
        first: set[Place] = set()
        for row in self._tail.read_to_end():
            if row.offset > 0 and (row.thing, row.partition) not in first:
                self._oldest_us = max(self._oldest_us, row.appended_us)
            first.add((row.thing, row.partition))
            match row.record:
                case LedgerEntry() as entry:
                    self.account.take(entry)
                    self._audited += len(entry.outcomes) if entry.stage == "auditor" else 0
                case DeadLetter() as letter:
                    self.account.prove_refusal(letter)
                case record if not getattr(record, "tick", False):
                    asked = self.account.prove(dict(row.headers).get("source", b"").decode(errors="replace"))
                    self._probes += asked and is_probe(record)

    def found(self) -> Found:
        """What is known now."""
        return Found(
            counts=self.account.counts(),
            probes=self._probes,
            repeated=self.account.repeated,
            audited=self._audited,
            gaps=self.account.gaps(),
            unproved=self.account.unproved(self._kept_since()),
        )

    def _kept_since(self) -> dict[Place, int] | None:
        """From where on readings are surely still kept, if some have gone already."""
        if not self._oldest_us or self._since_us:
            return None
        marks = Marks(self._kafka, mode=self._mode, things=RAW_THINGS)
        try:
            return marks.since(self._oldest_us)
        finally:
            marks.close()

    def close(self) -> None:
        """Hang up."""
        self._tail.close()


RAW_THINGS: Final = tuple(topic.thing for topic in RAW)


def look(kafka: str, mode: str, *, since_us: int = 0, wait_s: float = 0.0) -> Found:
    """Check the offsets that are there now; those that are being judged this moment get *wait_s* to be accounted for.

    Raises:
        MusterError: the broker cannot be asked.
    """
    check = Check(kafka, mode, since_us=since_us)
    until_s = time.monotonic() + wait_s
    try:
        while True:
            check.read()
            found = check.found()
            if not (found.gaps or found.unproved) or time.monotonic() >= until_s:
                return found
            time.sleep(_AGAIN_S)
    finally:
        check.close()


def check(*, mode: str | None, since_s: float | None, wait_s: float, as_json: bool) -> None:
    """Say what became of every record that came in; exit 1 on a gap."""
    try:
        kafka = read_addresses(HOME).kafka
        since_us = round((time.time() - since_s) * MICRO) if since_s else 0
        found = look(kafka, mode or only_mode(), since_us=since_us, wait_s=wait_s)
    except MusterError as error:
        fail(error, UNREACHABLE)
    if as_json:
        print_json(_plain(found))
    else:
        _print(found)
    if found.gaps or found.unproved:
        fail("the ledger does not answer for every record", FAILED)


def _plain(found: Found) -> dict[str, Any]:
    return {
        **found.counts,
        "probes": found.probes,
        "repeated": found.repeated,
        "audited": found.audited,
        "gaps": found.gaps,
        "unproved": found.unproved,
    }


def _print(found: Found) -> None:
    counts = found.counts
    console.print(
        f"{counts['in']} records in: {counts['accepted']} accepted, {counts['duplicate']} duplicate, {counts['refused']} refused, "
        f"{counts['unaccounted']} unaccounted",
        markup=False,
    )
    console.print(
        f"of them {found.probes} of the dead man's switch; {found.audited} judged by the auditor; {found.repeated} accounted for once more",
        markup=False,
    )
    for sentence in (*told(found.gaps), *told(found.unproved)):
        console.print(f"  {sentence}", markup=False)
