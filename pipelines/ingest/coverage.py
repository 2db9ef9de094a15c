"""Which offsets of each partition are accounted for, and what the ledger must answer for. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from pipelines.events import DeadLetter, LedgerEntry

Place = tuple[str, int]
UNACCOUNTED: Final = 0
_NAMES: Final = {ord("A"): "accepted", ord("D"): "duplicate", ord("R"): "refused"}
_STRONGER: Final = {UNACCOUNTED: -1, ord("R"): 0, ord("D"): 1, ord("A"): 2}
_SHOWN: Final = 20


class Covered:
    """The offsets of one partition that are accounted for, as runs [first, after)."""

    def __init__(self) -> None:
        """None are."""
        self._firsts: list[int] = []
        self._afters: list[int] = []

    def __contains__(self, offset: int) -> bool:
        index = bisect_right(self._firsts, offset) - 1
        return index >= 0 and offset < self._afters[index]

    @property
    def highest(self) -> int:
        """The last offset that is accounted for; -1 if none is."""
        return self._afters[-1] - 1 if self._afters else -1

    def add(self, first: int, count: int = 1) -> bool:
        """Account for *count* offsets from *first* on; returns whether any of them was new."""
        after = first + count
        if first in self and self._afters[bisect_right(self._firsts, first) - 1] >= after:
            return False
        low = bisect_right(self._afters, first - 1)
        high = bisect_right(self._firsts, after)
        if low < high:
            first, after = min(first, self._firsts[low]), max(after, self._afters[high - 1])
        self._firsts[low:high], self._afters[low:high] = [first], [after]
        return True

    def gaps(self, begin: int, end: int) -> list[tuple[int, int]]:
        """Runs [first, after) within [begin, end) that are not accounted for."""
        found, at = [], begin
        for first, after in zip(self._firsts, self._afters, strict=True):
            if after <= at:
                continue
            if first >= end:
                break
            if first > at:
                found.append((at, first))
            at = after
        if at < end:
            found.append((at, end))
        return found


class Patience:
    """Tells offsets that were left from those that only wait for their turn.

    Args:
        after_s: how long (s) an offset may wait; a reader that has gone past it, or has not moved for as long, will not come back to it.
    """

    def __init__(self, after_s: float) -> None:
        """No partition has been looked at."""
        self._after_s = after_s
        self._ends: dict[Place, list[tuple[float, int]]] = {}
        self._reached: dict[Place, tuple[int, float]] = {}

    def due(self, now_s: float, place: Place, *, begin: int, end: int, covered: Covered) -> list[tuple[int, int]]:
        """Runs [first, after) of *place* that nobody will account for any more.

        Args:
            now_s: a monotonic clock.
            place: topic and partition.
            begin: its first offset that is kept.
            end: its next offset.
            covered: what is accounted for.
        """
        ends = self._ends.setdefault(place, [])
        ends.append((now_s, end))
        while len(ends) > 1 and ends[1][0] <= now_s - self._after_s:
            del ends[0]
        highest, since_s = self._reached.get(place, (-2, now_s))
        if covered.highest != highest:
            highest, since_s = covered.highest, now_s
        self._reached[place] = (highest, since_s)
        if ends[0][0] > now_s - self._after_s:
            return []
        limit = ends[0][1] if now_s - since_s >= self._after_s else min(ends[0][1], highest)
        return covered.gaps(begin, limit)


@dataclass(slots=True)
class Account:
    """What became of the offsets [begin, end) of some partitions; filled from the ledger, the readings and the dead letters.

    Attributes:
        repeated: how often an offset was accounted for once more, as after a crash: the strongest outcome counts.
        foreign: entries for offsets that no longer, or not yet, exist.
    """

    bounds: Mapping[Place, tuple[int, int]]
    repeated: int = 0
    foreign: int = 0
    _outcomes: dict[Place, bytearray] = field(default_factory=dict)
    _proofs: dict[Place, bytearray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for place, (begin, end) in self.bounds.items():
            self._outcomes[place] = bytearray(end - begin)
            self._proofs[place] = bytearray(end - begin)

    def take(self, entry: LedgerEntry) -> None:
        """An entry of the ledger."""
        for index, outcome in enumerate(entry.outcomes):
            at = self._index((entry.topic, entry.partition), entry.first_offset + index)
            if at is None:
                self.foreign += 1
                continue
            row = self._outcomes[entry.topic, entry.partition]
            self.repeated += row[at] != UNACCOUNTED
            if _STRONGER.get(outcome, 0) > _STRONGER[row[at]]:
                row[at] = outcome

    def prove(self, source: str) -> bool:
        """A verified reading whose header `source` is topic/partition/offset; returns whether that is an offset of this account."""
        thing, _, rest = source.partition("/")
        partition, _, offset = rest.partition("/")
        return partition.isdecimal() and offset.isdecimal() and self._prove((thing, int(partition)), int(offset), ord("A"))

    def prove_refusal(self, letter: DeadLetter) -> None:
        """A dead letter."""
        self._prove((letter.topic, letter.partition), letter.offset, ord("R"))

    def _prove(self, place: Place, offset: int, outcome: int) -> bool:
        at = self._index(place, offset)
        if at is not None:
            self._proofs[place][at] |= 1 if outcome == ord("A") else 2
        return at is not None

    def _index(self, place: Place, offset: int) -> int | None:
        begin, end = self.bounds.get(place, (0, 0))
        return offset - begin if begin <= offset < end else None

    def counts(self) -> dict[str, int]:
        """How many offsets there are, and how many became what."""
        total: Counter[int] = Counter()
        for row in self._outcomes.values():
            total.update(row)
        named = {name: total[byte] for byte, name in _NAMES.items()}
        return {"in": sum(total.values()), **named, "unaccounted": total[UNACCOUNTED]}

    def gaps(self) -> list[str]:
        """Runs of offsets without an entry, as sentences."""
        return [f"{_span(place, run)}: no entry in the ledger" for place, run in self._runs(self._outcomes, UNACCOUNTED)]

    def unproved(self, since: Mapping[Place, int] | None = None) -> list[str]:
        """Accepted offsets without their reading, and refused ones without their dead letter, as sentences.

        *since*: by partition, the first offset whose readings and letters are surely still kept.
        """
        found = []
        for place, row in self._outcomes.items():
            begin = self.bounds[place][0]
            first = max((since or {}).get(place, begin) - begin, 0)
            for at in range(first, len(row)):
                proof = self._proofs[place][at]
                if row[at] == ord("A") and not proof & 1:
                    found.append(f"{place[0]}/{place[1]}/{begin + at}: accepted, and no verified reading names it")
                elif row[at] == ord("R") and not proof & 2:
                    found.append(f"{place[0]}/{place[1]}/{begin + at}: refused, and there is no dead letter of it")
        return found

    def _runs(self, rows: Mapping[Place, bytearray], value: int) -> Iterable[tuple[Place, tuple[int, int]]]:
        for place, row in sorted(rows.items()):
            begin, at = self.bounds[place][0], 0
            while (at := row.find(value, at)) >= 0:
                first = at
                while at < len(row) and row[at] == value:
                    at += 1
                yield place, (begin + first, begin + at)


def _span(place: Place, run: tuple[int, int]) -> str:
    first, after = run
    last = f"–{after - 1}" if after - 1 > first else ""
    return f"{place[0]}/{place[1]}/{first}{last}"


def told(sentences: list[str]) -> list[str]:
    """The first of many sentences, and how many more there are."""
    more = len(sentences) - _SHOWN
    return sentences if more <= 0 else [*sentences[:_SHOWN], f"and {more} more"]
