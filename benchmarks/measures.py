"""CPU-seconds of Muster's Voronoi and grid density against PedPy's Voronoi density: same zones, same files, turn by turn.

Each round asks PedPy (in a process of its own, which times itself), then Muster, for each of the four recorded files.
Reading the files is not counted on either side. Both take every fifth frame. The answers are compared before anything is
timed: a ratio without equal answers is void. `one_zone` is the first zone of each file alone; `all_zones` the two or three
of the file together, where PedPy builds its cells once for all of them.

The grid is another measure than Voronoi's: its error is against the classic density, the same quantity without a grid; how
far both are from Voronoi's is beside it.
"""

from __future__ import annotations

import resource
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.peers.pedpy_side import PEDPY, PedPy, cases, pedpy
from pipelines.errors import MusterError
from pipelines.measures.density import classic_density, grid_density, grid_shares
from pipelines.measures.voronoi import voronoi_density
from simulation.trajectories import read_trajectories

ROUNDS: Final = 5
STRIDE: Final = 5
AGREE: Final = 1e-6
_GRID_TURNS: Final = 20  # one turn is too short for the clock of processor time


class _File:
    """One recorded file on our side."""

    def __init__(self, case: dict[str, Any]) -> None:
        """Read it."""
        found = read_trajectories(Path(case["path"]), unit=case["unit"], fps=case["fps"])
        self.case = case
        since = found.frames - found.frames[0]
        kept = since % STRIDE == 0
        self.rows: dict[str, Any] = {
            "positions_m": found.positions_m[kept],
            "frames": since[kept] // STRIDE,
            "frame_count": int(since[kept][-1]) // STRIDE + 1,
        }
        self.walkable = np.asarray(case["walkable"], dtype=np.float64)
        self.zones = [np.asarray(zone, dtype=np.float64) for zone in case["zones"]]
        self.shares = [grid_shares(zone) for zone in self.zones]
        self.people = int(kept.sum())

    def voronoi(self) -> list[np.ndarray[Any, Any]]:
        return [voronoi_density(**self.rows, zone_m=zone, walkable_m=self.walkable) for zone in self.zones]

    def grid(self) -> list[np.ndarray[Any, Any]]:
        return [grid_density(**self.rows, shares=share) for share in self.shares]

    def grid_many_times(self) -> None:
        for _ in range(_GRID_TURNS):
            self.grid()

    def first_zone(self) -> _File:
        return _File({**self.case, "zones": self.case["zones"][:1]})


def _cpu_s(work: Callable[[], Any]) -> float:
    before = resource.getrusage(resource.RUSAGE_SELF)
    work()
    after = resource.getrusage(resource.RUSAGE_SELF)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _compared(file: _File, peer: PedPy) -> dict[str, Any]:
    """How far the answers are apart.

    Raises:
        MusterError: Voronoi densities differ by more than `AGREE`.
    """
    theirs = [np.asarray(row) for row in peer.ask(file.case, "voronoi")["voronoi"]]
    zones = []
    for zone, ours, their, grid in zip(file.zones, file.voronoi(), theirs, file.grid(), strict=True):
        apart = float(np.max(np.abs(ours - their) / np.maximum(1.0, np.abs(their))))
        if apart > AGREE:
            raise MusterError(f"{file.case['file']}: Voronoi densities differ by {apart:g}; the ratios are void")
        classic = classic_density(**file.rows, zone_m=zone)
        zones.append(
            {
                "voronoi_apart": apart,
                "grid_mean_error": abs(float(grid.mean() / classic.mean()) - 1),
                "grid_from_voronoi": float(grid.mean() / ours.mean()) - 1,
                "classic_from_voronoi": float(classic.mean() / ours.mean()) - 1,
            }
        )
    return {"zones": zones}


def _timed(file: _File, peer: PedPy, rounds: int) -> dict[str, Any]:
    theirs, voronoi, grid = [], [], []
    for _ in range(rounds):
        theirs.append(peer.ask(file.case, "voronoi")["cpu_s"])
        voronoi.append(_cpu_s(file.voronoi))
        grid.append(_cpu_s(file.grid_many_times) / _GRID_TURNS)
    their, ours, gridded = statistics.median(theirs), statistics.median(voronoi), statistics.median(grid)
    return {
        "pedpy_cpu_s": round(their, 3),
        "voronoi_cpu_s": round(ours, 4),
        "grid_cpu_s": round(gridded, 6),
        "voronoi_ratio": round(their / ours, 1),
        "grid_ratio": round(their / gridded),
    }


def run(home: Path, root: Path, *, rounds: int = ROUNDS) -> dict[str, Any]:
    """Compare, then measure."""
    rows: dict[str, Any] = {}
    with pedpy(home) as peer:
        for case in cases(root):
            file = _File({**case, "stride": STRIDE})
            rows[case["file"]] = {
                "positions": file.people,
                **_compared(file, peer),
                "one_zone": _timed(file.first_zone(), peer, rounds),
                "all_zones": _timed(file, peer, rounds),
            }
    errors = [zone["grid_mean_error"] for row in rows.values() for zone in row["zones"]]
    return {
        "peer": PEDPY,
        "rounds": rounds,
        "files": rows,
        "one_zone": _whole(rows, "one_zone"),
        "all_zones": _whole(rows, "all_zones"),
        "voronoi_apart_most": max(zone["voronoi_apart"] for row in rows.values() for zone in row["zones"]),
        "grid_mean_error": {"mean_of_zones": round(statistics.mean(errors), 4), "worst_zone": round(max(errors), 4)},
    }


def _whole(rows: dict[str, Any], which: str) -> dict[str, Any]:
    """All four files together, and the least ratio of any."""
    sums = {name: sum(row[which][name] for row in rows.values()) for name in ("pedpy_cpu_s", "voronoi_cpu_s", "grid_cpu_s")}
    return {
        "voronoi_ratio": round(sums["pedpy_cpu_s"] / sums["voronoi_cpu_s"], 1),
        "voronoi_ratio_least": min(row[which]["voronoi_ratio"] for row in rows.values()),
        "grid_ratio": round(sums["pedpy_cpu_s"] / sums["grid_cpu_s"]),
        "grid_ratio_least": min(row[which]["grid_ratio"] for row in rows.values()),
    }


if __name__ == "__main__":
    from cli.console import print_json
    from cli.paths import HOME, ROOT

    print_json(run(HOME, ROOT))
