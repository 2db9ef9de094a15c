"""What became of each input offset: exactly one of accepted, duplicate, refused. Pure."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping
from typing import Final

from pipelines.events import LedgerEntry

ACCEPTED: Final = b"A"
DUPLICATE: Final = b"D"
REFUSED: Final = b"R"
_STRONGER: Final = {ord("A"): 2, ord("D"): 1, ord("R"): 0}


def entries(
    outcomes: Mapping[tuple[str, int, int], bytes], *, devices: Mapping[str, object], clamped: int, stage: str = "ingest"
) -> list[LedgerEntry]:
    """One entry for each run of neighbouring offsets; the first carries the devices' windows.

    Args:
        outcomes: (topic, partition, offset) → outcome.
        devices: deduplication windows changed by this batch.
        clamped: event times clamped in this batch.
        stage: who accounts.
    """
    runs: list[tuple[str, int, int, bytearray]] = []
    for (topic, partition, offset), outcome in sorted(outcomes.items()):
        if runs and runs[-1][:2] == (topic, partition) and runs[-1][2] + len(runs[-1][3]) == offset:
            runs[-1][3].extend(outcome)
        else:
            runs.append((topic, partition, offset, bytearray(outcome)))
    packed = zlib.compress(json.dumps(devices, separators=(",", ":")).encode())
    return [
        LedgerEntry(
            stage=stage,
            topic=topic,
            partition=partition,
            first_offset=first,
            outcomes=bytes(run),
            devices=packed if index == 0 else b"",
            clamped=clamped if index == 0 else 0,
        )
        for index, (topic, partition, first, run) in enumerate(runs)
    ]


def devices_of(entry: LedgerEntry) -> dict[str, list[object]]:
    """The deduplication windows that an entry carries."""
    if not entry.devices:
        return {}
    loaded: dict[str, list[object]] = json.loads(zlib.decompress(entry.devices))
    return loaded


def fold(found: Iterable[LedgerEntry]) -> dict[tuple[str, int, int], int]:
    """The outcome (as byte) of each offset; of an offset that was taken twice after a crash, the stronger one."""
    outcomes: dict[tuple[str, int, int], int] = {}
    for entry in found:
        for index, outcome in enumerate(entry.outcomes):
            place = (entry.topic, entry.partition, entry.first_offset + index)
            if place not in outcomes or _STRONGER[outcome] > _STRONGER[outcomes[place]]:
                outcomes[place] = outcome
    return outcomes


def counts(outcomes: Mapping[tuple[str, int, int], int]) -> dict[str, int]:
    """How many offsets were accepted, duplicate and refused."""
    values = list(outcomes.values())
    return {name: values.count(byte[0]) for name, byte in (("accepted", ACCEPTED), ("duplicate", DUPLICATE), ("refused", REFUSED))}
