"""How long the recorded files stay at or above each threshold, and so which level they must reach; no stack, no Flink.

The 1 s mean of the local peak at each 200 ms, straight from positions: the longest run at or above a threshold, and the
highest level whose run is at least the hold. It is the answer that `tests/whole/test_play.py` asks of the whole path.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from cli.paths import data_folder
from pipelines.detect.floor import local_peak, zone_floor
from plan.defaults import AREA_TYPES
from simulation.play_positions import plan_around
from simulation.trajectories import Trajectories, read_trajectories

FILES: Final = (
    ("040_c_56_h-.txt", "m", 25.0),
    ("uo-180-180-070.txt", "cm", 16.0),
    ("bi_corr_400_b_03.txt", "cm", 25.0),
    ("traj_UNI_CORR_500_01.txt", "m", 25.0),
)
LEVELS: Final = ("watch", "caution", "warning", "critical", "act_now")
_STEP_S: Final = 0.2
_HOLD_S: Final = 10.0


def peaks_per_m2(found: Trajectories) -> NDArray[np.float64]:
    """Mean local peak of each second that ends at a multiple of 200 ms, p/m²."""
    zone = plan_around(found, name="file", area_type="standing", camera="cam").zones[0]
    floor = zone_floor("zone", zone.polygon, los_scale="walkway", cameras_expected=1)
    counts = []
    for _, _, positions in found.by_frame():
        peak = local_peak(positions[floor.holds(positions)], floor)
        counts.append(0 if peak is None else peak.count)
    at_s, values = np.arange(len(counts)) / found.fps, np.asarray(counts) / 4
    ends = np.arange(1, int((at_s[-1] + _STEP_S) / _STEP_S) + 1) * _STEP_S
    return np.asarray([values[(at_s >= end - 1 - 1e-9) & (at_s < end - 1e-9)].mean() for end in ends])


def longest_s(peaks: NDArray[np.float64], threshold: float) -> float:
    """Longest time from the first to the last of windows without a break that are at or above *threshold*, s."""
    best = run = 0
    for above in peaks >= threshold:
        run = run + 1 if above else 0
        best = max(best, run)
    return round(max(best - 1, 0) * _STEP_S, 1)


def run(home: Path, root: Path) -> dict[str, Any]:  # noqa: ARG001 - every benchmark is called alike
    """Longest times and levels by file and area type."""
    found: dict[str, Any] = {}
    for name, unit, fps in FILES:
        peaks = peaks_per_m2(read_trajectories(data_folder() / "trajectories" / name, unit=unit, fps=fps))
        found[name] = {"highest_per_m2": round(float(peaks.max()), 2)}
        for kind in AREA_TYPES:
            times = {level: longest_s(peaks, kind["ladder"][level]) for level in LEVELS}
            reached = [level for level in LEVELS if times[level] >= _HOLD_S]
            found[name][kind["id"]] = {"level": reached[-1] if reached else "none", "longest_s": times}
    return found
