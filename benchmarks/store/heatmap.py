"""The crowd heatmap over thirty days and over one hour, through the view that boards read, beside DuckDB on the same rows."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from math import isclose
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.store import gridding
from benchmarks.store.beside import Peer, peer
from benchmarks.store.server import DATABASE, Server
from pipelines.errors import MusterError

GOAL_30D_MS: Final = 300.0
GOAL_1H_MS: Final = 100.0
THREADS: Final = 2
_HOUR_S: Final = 3600
_TOLERANCE: Final = 1e-9
Cells = Sequence[Sequence[Any]]


def question(first_s: int, end_s: int, *, by_hour: bool) -> str:
    """Mean and largest density of each cell from *first_s* to *end_s*, s UTC; an empty cell counts as zero.

    Whole hours are asked for by `toStartOfHour(at)`, which the table has ready.
    """
    when = "toStartOfHour(at)" if by_hour else "at"
    steps = (end_s - first_s) // gridding.STEP_S
    return (
        f"SELECT x_m, y_m, sum(density_per_m2) / {steps} AS mean_per_m2, max(density_per_m2) AS most_per_m2 FROM {DATABASE}.v_grid"  # noqa: S608 - our names
        f" WHERE {when} >= toDateTime({first_s}, 'UTC') AND {when} < toDateTime({end_s}, 'UTC') GROUP BY x_m, y_m ORDER BY x_m, y_m"
    )


def measure(server: Server, home: Path, *, rounds: int) -> dict[str, Any]:
    """Fill both, compare their answers, and ask in turns.

    Raises:
        MusterError: the answers differ.
    """
    end_s = int(time.time()) // gridding.DAY_S * gridding.DAY_S
    first_s = end_s - gridding.DAYS * gridding.DAY_S
    hour_s = end_s - gridding.DAY_S + 12 * _HOUR_S
    with tempfile.TemporaryDirectory(prefix="muster-bench-") as folder, peer(home, "heatmap_duckdb.py", [f"{folder}/grid.db"]) as duckdb:
        rows, filled_s = _fill(server, duckdb, first_s, Path(folder))
        spans = {
            "30d": (first_s, end_s, question(first_s, end_s, by_hour=True), {}),
            "30d_cell_by_cell": (first_s, end_s, question(first_s, end_s, by_hour=False), {"optimize_use_projections": 0}),
            "1h": (hour_s, hour_s + _HOUR_S, question(hour_s, hour_s + _HOUR_S, by_hour=False), {}),
        }
        took: dict[str, dict[str, list[float]]] = {}
        for name, (first, end, asked, settings) in spans.items():
            words = f"ask {first} {end} {(end - first) // gridding.STEP_S}"
            _compare(name, server.ask(asked, max_threads=THREADS, **settings), duckdb.ask(words)["cells"])
            took[name] = _in_turns(
                rounds,
                ours=lambda asked=asked, settings=settings: _timed_ms(server, asked, settings),  # type: ignore[misc]
                duckdb=lambda words=words: float(duckdb.ask(words)["ms"]),  # type: ignore[misc]
            )
    p50_p95 = {name: {who: _percentiles(values) for who, values in both.items()} for name, both in took.items()}
    return {
        "heatmap_30d_ms": p50_p95["30d"]["ours"],
        "heatmap_1h_ms": p50_p95["1h"]["ours"]["p95"],
        "heatmap": {
            "rows": rows,
            "days": gridding.DAYS,
            "threads": THREADS,
            "rounds": rounds,
            "filled_s": round(filled_s, 1),
            "ms": p50_p95,
            "goal": {"30d": GOAL_30D_MS, "1h": GOAL_1H_MS},
            "goal_reached": p50_p95["30d"]["ours"]["p95"] <= GOAL_30D_MS and p50_p95["1h"]["ours"]["p95"] <= GOAL_1H_MS,
        },
    }


def _fill(server: Server, duckdb: Peer, first_s: int, folder: Path) -> tuple[int, float]:
    """The same rows into both; how many, and how long ours took to take and merge them, s."""
    server.ask(f"ALTER TABLE {DATABASE}.grid_10s MODIFY TTL appended_at + INTERVAL 90 DAY DELETE")  # the first day is thirty days old
    file, rows, filled_s = folder / "day.npz", 0, 0.0
    for day in gridding.days(first_s):
        begun = time.monotonic()
        server.database.insert("grid_10s", _halves(day, 0), token=f"{rows}/0")
        server.database.insert("grid_10s", _halves(day, 1), token=f"{rows}/1")
        filled_s += time.monotonic() - begun
        rows += len(day["at"])
        np.savez(file, **{**day, "camera": day["camera"].codes.astype(np.uint8)})
        held = duckdb.ask(f"load {file}")["rows"]
        if held != rows:
            raise MusterError(f"DuckDB holds {held} of {rows} rows")
    begun = time.monotonic()
    server.merge("grid_10s")
    return rows, filled_s + time.monotonic() - begun


def _halves(day: gridding.Columns, which: int) -> gridding.Columns:
    """Half of a day: a block may hold a million rows."""
    middle = len(day["at"]) // 2
    return {name: column[:middle] if which == 0 else column[middle:] for name, column in day.items()}


def _in_turns(rounds: int, **asked: Callable[[], float]) -> dict[str, list[float]]:
    took: dict[str, list[float]] = {who: [] for who in asked}
    for _ in range(rounds):
        for who, ask in asked.items():
            took[who].append(ask())
    return took


def _timed_ms(server: Server, asked: str, settings: dict[str, Any]) -> float:
    begun = time.perf_counter()
    server.ask(asked, max_threads=THREADS, **settings)
    return (time.perf_counter() - begun) * 1000


def _percentiles(values: list[float]) -> dict[str, float]:
    p50, p95 = np.percentile(values, [50, 95])
    return {"p50": round(float(p50), 1), "p95": round(float(p95), 1)}


def _compare(name: str, ours: Cells, theirs: Cells) -> None:
    if len(ours) != len(theirs) or not ours:
        raise MusterError(f"heatmap {name}: {len(ours)} cells of ours, {len(theirs)} of DuckDB's")
    for mine, other in zip(ours, theirs, strict=True):
        if not all(isclose(float(a), float(b), rel_tol=_TOLERANCE) for a, b in zip(mine, other, strict=True)):
            raise MusterError(f"heatmap {name}: {tuple(mine)} of ours, {tuple(other)} of DuckDB's")
