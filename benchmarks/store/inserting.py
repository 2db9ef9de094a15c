"""Rows per processor second of the client: our columns beside clickhouse-connect's lists of tuples, into one table, in turns."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any, Final

import numpy as np
import pandas as pd

from benchmarks.store.beside import peer
from benchmarks.store.server import DATABASE, Server
from benchmarks.store.walking import Columns, Seen
from pipelines.errors import MusterError

GOAL: Final = 20.0
ROWS: Final = 500_000
BLOCK_ROWS: Final = 100_000  # a second of the really big event at 1 Hz
_TABLE: Final = "positions"


def measure(server: Server, home: Path, root: Path, *, rounds: int) -> dict[str, Any]:
    """The ratio and what it is made of.

    Raises:
        MusterError: the table does not hold the same after both.
    """
    columns = _rows(root)
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rows.npz"
        np.savez(file, **{name: np.asarray(column).astype(str) if name == "camera" else column for name, column in columns.items()})
        with peer(home, "insert_rows.py", [str(server.http_port), f"{DATABASE}.{_TABLE}", str(file), str(BLOCK_ROWS)]) as beside:
            for number in range(rounds + 1):  # the first is for the connections
                mine = _insert(server, columns, number), _held(server)
                other = beside.ask("insert")["cpu_s"], _held(server)
                if mine[1] != other[1] or mine[1][0] != ROWS:
                    raise MusterError(f"the table holds {mine[1]} after our inserts and {other[1]} after clickhouse-connect's")
                if number:
                    ours.append(mine[0])
                    theirs.append(other[0])
    ratio = median(theirs) / median(ours)
    return {
        "insert_ratio": round(ratio, 1),
        "insert": {
            "rows": ROWS,
            "block_rows": BLOCK_ROWS,
            "rounds": rounds,
            "rows_per_cpu_s": {"ours": round(ROWS / median(ours)), "clickhouse-connect": round(ROWS / median(theirs))},
            "cpu_s_of_rounds": {"ours": [round(each, 4) for each in ours], "clickhouse-connect": [round(each, 3) for each in theirs]},
            "goal": GOAL,
            "goal_reached": ratio >= GOAL,
        },
    }


def _rows(root: Path) -> Columns:
    blocks = list(Seen(root, start_s=_hour_s()).blocks(ROWS))
    cameras = blocks[0]["camera"].categories
    made = {
        name: np.concatenate([np.asarray(block[name].codes if name == "camera" else block[name]) for block in blocks])[:ROWS]
        for name in blocks[0]
    }
    return made | {"camera": pd.Categorical.from_codes(made["camera"], cameras)}


def _hour_s() -> int:
    """Not long ago: what is older than the table's days goes as it comes."""
    return int(time.time()) // 3600 * 3600 - 3 * 3600


def _insert(server: Server, columns: Columns, number: int) -> float:
    """Processor time (s) of this process for all blocks of a round."""
    before = time.process_time()
    for first in range(0, ROWS, BLOCK_ROWS):
        block = {name: column[first : first + BLOCK_ROWS] for name, column in columns.items()}
        server.database.insert(_TABLE, block, token=f"{number}/{first}")
    return time.process_time() - before


def _held(server: Server) -> tuple[Any, ...]:
    """Count and sums of what the table holds, which is emptied."""
    sums = "sum(source_offset), sum(toUnixTimestamp(at)), sum(track), sum(x_cm), sum(y_cm), sum(vx_cmps), sum(vy_cmps), sum(score)"
    found = server.ask(f"SELECT count(), {sums}, sum(cityHash64(camera, track, at, x_cm)) FROM {DATABASE}.{_TABLE}")[0]  # noqa: S608 - our names
    server.ask(f"TRUNCATE TABLE {DATABASE}.{_TABLE}")
    return found
