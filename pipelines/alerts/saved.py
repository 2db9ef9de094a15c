"""The saved state as numbered sets of records of at most 256 KiB; the newest complete set counts. Pure."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable
from typing import Any, Final

from pipelines.events import AlertState

PIECE_BYTES: Final = 200_000
KEPT_SETS: Final = 3


def pieces(state: dict[str, Any], *, set_number: int) -> list[tuple[str, AlertState]]:
    """(key, record) of each piece; keys repeat every third set, so that compaction keeps three."""
    raw = zlib.compress(json.dumps(state, separators=(",", ":")).encode(), level=1)
    parts = [raw[at : at + PIECE_BYTES] for at in range(0, len(raw), PIECE_BYTES)]
    return [
        (f"{set_number % KEPT_SETS}/{index}", AlertState(set_number=set_number, piece=index, pieces=len(parts), state=part))
        for index, part in enumerate(parts)
    ]


def newest(records: Iterable[AlertState]) -> tuple[int, dict[str, Any] | None]:
    """The number and content of the newest complete set; (0, None) when there is none."""
    sets: dict[int, dict[int, AlertState]] = {}
    for record in records:
        sets.setdefault(record.set_number, {})[record.piece] = record
    for number in sorted(sets, reverse=True):
        found = sets[number]
        if len(found) == next(iter(found.values())).pieces:
            loaded: dict[str, Any] = json.loads(zlib.decompress(b"".join(found[index].state for index in sorted(found))))
            return number, loaded
    return 0, None
