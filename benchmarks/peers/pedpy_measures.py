"""What PedPy says, and what it costs; runs in PedPy's own environment. One JSON request a line in, one JSON answer a line out.

A request is a case of tests/measures/golden/cases.json with `path` and `task`: `answers` (all of them, from time to time) or
`voronoi` (every `stride`-th frame, with the processor time).
"""

from __future__ import annotations

import json
import resource
import sys
import warnings
from typing import Any

import numpy as np
import pandas as pd  # type: ignore[import-not-found, unused-ignore]
import pedpy  # type: ignore[import-not-found, unused-ignore]


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _trajectory(case: dict[str, Any]) -> Any:
    rows = np.loadtxt(case["path"], usecols=(0, 1, 2, 3))
    at = rows[:, 2:] if case["unit"] == "m" else rows[:, 2:] / 100
    table = pd.DataFrame({"id": rows[:, 0].astype(int), "frame": rows[:, 1].astype(int), "x": at[:, 0], "y": at[:, 1]})
    return pedpy.TrajectoryData(table, frame_rate=float(case["fps"]))


def _thinned(people: Any, stride: int) -> Any:
    """Every stride-th frame since the first, numbered from 0."""
    since = people.data.frame - people.data.frame.min()
    rows = people.data[since % stride == 0]
    table = pd.DataFrame({"id": rows.id, "frame": (since[rows.index] // stride), "x": rows.x, "y": rows.y})
    return pedpy.TrajectoryData(table, frame_rate=people.frame_rate / stride)


def _voronoi(case: dict[str, Any], people: Any) -> list[Any]:
    cells = pedpy.compute_individual_voronoi_polygons(traj_data=people, walkable_area=pedpy.WalkableArea(case["walkable"]))
    return [
        pedpy.compute_voronoi_density(individual_voronoi_data=cells, measurement_area=pedpy.MeasurementArea(zone))[0]
        for zone in case["zones"]
    ]


def _answers(case: dict[str, Any]) -> dict[str, Any]:
    people = _trajectory(case)
    zones = []
    for zone, table in zip(case["zones"], _voronoi(case, people), strict=True):
        classic = pedpy.compute_classic_density(traj_data=people, measurement_area=pedpy.MeasurementArea(zone)).sort_values("frame")
        voronoi = table.sort_values("frame")
        zones.append(
            {
                "zone": zone,
                "classic": classic.density.tolist()[:: case["every"]],
                "voronoi": voronoi.density.tolist()[:: case["every"]],
                "mean_classic": float(classic.density.mean()),
                "mean_voronoi": float(voronoi.density.mean()),
            }
        )
    n_t, crossed = pedpy.compute_n_t(traj_data=people, measurement_line=pedpy.MeasurementLine(case["line"]))
    first = int(people.data.frame.min())
    return {
        "file": case["file"],
        "every": case["every"],
        "frames": int(people.data.frame.max()) - first + 1,
        "zones": zones,
        "crossed": int(n_t.cumulative_pedestrians.max()),
        "crossed_by_frame": n_t.cumulative_pedestrians.tolist()[:: case["every"]],
        "people_who_crossed": len(crossed),
    }


def main() -> None:
    warnings.simplefilter("ignore")
    known: dict[str, Any] = {}
    for line in sys.stdin:
        case = json.loads(line)
        if case["task"] == "answers":
            answer = _answers(case)
        else:
            if case["path"] not in known:
                known[case["path"]] = _thinned(_trajectory(case), case["stride"])
            people = known[case["path"]]
            before = _cpu_s()
            found = _voronoi(case, people)
            answer = {"cpu_s": _cpu_s() - before, "voronoi": [table.sort_values("frame").density.tolist() for table in found]}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
