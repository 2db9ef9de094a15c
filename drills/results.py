"""What a run found, as one hash: all measures and all changes of conditions, whatever their order and their repeats. Pure."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from pipelines import events
from pipelines.codec import encode_body
from pipelines.units import US_PER_MS, slice_start_us

CONDITIONS: Final = "alerts.changes"
_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "crowd.density": ("zone",),
    "crowd.flow": ("line",),
    "crowd.occupancy": ("area",),
    "vehicle.events": ("kind", "vehicle", "zone", "detail"),
    "crowd.forecast": ("zone",),
    "crowd.queue": ("gate",),
    "crowd.balance": ("area",),
}
MEASURES: Final = tuple(_KEYS)
_DIGEST_BYTES: Final = 16
_Place = tuple[int, tuple[str, ...]]


def last_window_us(tick_us: int) -> int:
    """The end of the last window that a tick closes; Flink counts in milliseconds, and a window holds its last one."""
    return slice_start_us(tick_us + US_PER_MS)


@dataclass(slots=True)
class Results:
    """Rows of result topics and changes of conditions, as sets: a repeat adds nothing, a row that differs shows in the hash.

    Args:
        rows: by topic, (window end µs or number, key) → Avro bodies; more than one body is a conflict.
        promised: by topic, window end µs → rows that its progress row counted.
        repeats: rows that were there already.
    """

    rows: dict[str, dict[_Place, set[bytes]]] = field(default_factory=lambda: defaultdict(dict))
    promised: dict[str, dict[int, int]] = field(default_factory=lambda: defaultdict(dict))
    repeats: int = 0

    def put(self, thing: str, record: Any) -> None:
        """Take one record of *thing*; progress rows are counted, and what is no result is left."""
        if isinstance(record, events.AlertChange):
            if record.axis == "condition":
                self._add(CONDITIONS, (record.number, (record.alert_id,)), encode_body(_condition(record)))
        elif thing in _KEYS:
            if getattr(record, "progress", False):
                self.promised[thing][record.window_end_us] = record.rows
            else:
                key = tuple(str(getattr(record, name)) for name in _KEYS[thing])
                self._add(thing, (record.window_end_us, key), encode_body(record))

    def _add(self, thing: str, place: _Place, body: bytes) -> None:
        found = self.rows[thing].setdefault(place, set())
        self.repeats += body in found
        found.add(body)

    def lacking(self, things: Iterable[str], tick_us: int) -> list[str]:
        """Which of *things* have not yet every row that a last tick of *tick_us* gives, in words."""
        want_us, wrong = last_window_us(tick_us), []
        for thing in things:
            promised = self.promised[thing]
            there: dict[int, int] = defaultdict(int)
            for end_us, _ in self.rows[thing]:
                there[end_us] += 1
            if max(promised, default=-1) < want_us:
                wrong.append(f"{thing} (no progress to {want_us})")
            elif short := [end_us for end_us, rows in promised.items() if there[end_us] < rows]:
                wrong.append(f"{thing} ({len(short)} windows without all their rows)")
        return wrong

    def hashes(self) -> dict[str, Any]:
        """The hashes, and how many rows each stands for."""
        by_topic = {thing: self._digest([thing]) for thing in (*MEASURES, CONDITIONS)}
        return {
            "hash": self._digest([*MEASURES, CONDITIONS]),
            "measures_hash": self._digest(MEASURES),
            "conditions_hash": by_topic[CONDITIONS],
            "by_topic": by_topic,
            "rows": {thing: len(self.rows[thing]) for thing in (*MEASURES, CONDITIONS)},
            "repeats": self.repeats,
            "conflicts": sum(len(bodies) > 1 for rows in self.rows.values() for bodies in rows.values()),
        }

    def _digest(self, things: Iterable[str]) -> str:
        digest = hashlib.blake2b(digest_size=_DIGEST_BYTES)
        for thing in things:
            for (number, key), bodies in sorted(self.rows[thing].items()):
                for body in sorted(bodies):
                    for part in (thing, str(number), *key):
                        digest.update(len(part).to_bytes(4, "big") + part.encode())
                    digest.update(len(body).to_bytes(4, "big") + body)
        return digest.hexdigest()


def _condition(change: events.AlertChange) -> events.AlertChange:
    """The change without its mode and without what people did: that goes by the wall clock."""
    return replace(change, mode="", work="", actor="", actor_role="", reason="")
