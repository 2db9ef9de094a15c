"""Bytes on the disk for each position of the 1 Hz tier, merged, and what each column takes."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.store.server import DATABASE, Server
from benchmarks.store.walking import JITTER_CM, Seen
from pipelines.errors import MusterError

GOAL: Final = 5.0
ROWS: Final = 10_000_000
_SUMMED: Final = ("source_offset", "at", "track", "x_cm", "y_cm", "vx_cmps", "vy_cmps", "score")


def measure(server: Server, root: Path) -> dict[str, Any]:
    """Fill, merge and weigh.

    Raises:
        MusterError: the table does not hold what was sent.
    """
    day_s = int(time.time()) // 86_400 * 86_400 - 86_400  # yesterday: one partition
    sent = dict.fromkeys(_SUMMED, 0)
    rows = seconds = 0
    for block in Seen(root, start_s=day_s).blocks(ROWS):
        server.database.insert("positions", block, token=f"bytes/{rows}")
        rows += len(block["at"])
        seconds += len(np.unique(block["at"]))
        for name in _SUMMED:
            sent[name] += int(block[name].astype(np.int64).sum())
    server.merge("positions")
    _compare(server, rows, sent)
    parts, on_disk = server.ask(
        f"SELECT count(), sum(bytes_on_disk) FROM system.parts WHERE database = '{DATABASE}' AND table = 'positions' AND active"  # noqa: S608 - our names
    )[0]
    columns = server.ask(
        "SELECT column, sum(column_data_compressed_bytes) AS bytes FROM system.parts_columns"  # noqa: S608 - our names
        f" WHERE database = '{DATABASE}' AND table = 'positions' AND active GROUP BY column ORDER BY bytes DESC"
    )
    found = on_disk / rows
    return {
        "bytes_per_position": round(found, 3),
        "bytes": {
            "rows": rows,
            "seconds": seconds,
            "parts": parts,
            "jitter_cm": JITTER_CM,
            "by_column": {name: round(taken / rows, 3) for name, taken in columns},
            "goal": GOAL,
            "goal_reached": found <= GOAL,
        },
    }


def _compare(server: Server, rows: int, sent: dict[str, int]) -> None:
    sums = ", ".join(f"sum(toInt64({name}))" for name in _SUMMED)
    held = server.ask(f"SELECT count(), {sums} FROM {DATABASE}.positions")[0]  # noqa: S608 - our names
    if held != (rows, *sent.values()):
        raise MusterError(f"positions: sent {(rows, *sent.values())}, the table holds {held}")
