"""What `crowd.density` must say, worked out in numpy and plain integers from the same partial sums."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from pipelines.detect.eye import view_records_late
from pipelines.events import CrowdZones
from pipelines.units import MICRO, SLICE_US, WINDOW_US

_ADDED = ("frames_expected", "frames_used", "n", "n_v", "sum_vx", "sum_vy", "sum_v", "peak_sum", "around_sum", "n_error")
_PRESSURE = ("pressure_n", "pressure_sum", "pressure_low_sum", "pressure_high_sum")
_LARGEST = ("peak_place", "noise_micro", "patch_n")
_FIXED = ("zone_area_cm2", "cameras_expected", "owned_area_cm2")


def densities(sent: Iterable[CrowdZones]) -> dict[tuple[str, int], dict[str, Any]]:
    """(zone, window end µs) → the numbers of its row. A late sum does not count, and one that came twice counts once."""
    once = {(record.camera, record.slice_start_us): record for record in sent if not view_records_late(record)}
    slices: dict[tuple[str, str, int], Any] = {
        (entry.zone, record.camera, record.slice_start_us): entry for record in once.values() for entry in record.entries
    }
    starts: dict[str, set[int]] = {}
    for zone, _, start in slices:
        starts.setdefault(zone, set()).add(start)
    found = {}
    for zone, have in starts.items():
        cameras = sorted({camera for where, camera, _ in slices if where == zone})
        for end in sorted({start + SLICE_US * step for start in have for step in range(1, WINDOW_US // SLICE_US + 1)}):
            window = range(end - WINDOW_US, end, SLICE_US)
            by_camera = [[(at, slices[zone, camera, at]) for at in window if (zone, camera, at) in slices] for camera in cameras]
            found[zone, end] = _row(end, [_camera(rows) for rows in by_camera if rows])
    return found


def _camera(rows: list[tuple[int, Any]]) -> dict[str, int]:
    entries = [entry for _, entry in rows]
    total = {name: int(np.sum([getattr(entry, name) for entry in entries], dtype=np.int64)) for name in (*_ADDED, *_PRESSURE, "lost")}
    used, measured = max(total["frames_used"], 1), max(total["pressure_n"], 1)
    return {
        **total,
        **{name: max(getattr(entry, name) for entry in entries) for name in (*_LARGEST, *_FIXED)},
        "people_micro": total["n"] * MICRO // used,
        "error_micro": total["n_error"] // used,
        "peak_micro": total["peak_sum"] * MICRO // used,
        "around_micro": total["around_sum"] // used,
        **{f"{name}_micro": total[name] // measured for name in _PRESSURE[1:]},
        "newest_us": max([at for at, entry in rows if entry.frames_used > 0], default=-1),
    }


def _row(end: int, cameras: list[dict[str, int]]) -> dict[str, Any]:
    def added(name: str) -> int:
        return sum(row[name] for row in cameras)

    def largest(name: str) -> int:
        return max(row[name] for row in cameras)

    area, n_v, place = largest("zone_area_cm2"), added("n_v"), largest("peak_place")
    seen = [row for row in cameras if row["frames_used"] > 0]
    share = min(sum(row["owned_area_cm2"] for row in seen) / float(area), 1.0)
    people, peak = added("people_micro") / 1e6, largest("peak_micro") / 4e6
    speed = added("sum_v") / 1e2 / n_v if n_v else None
    density = people / (area / 1e4)
    measured, newest = added("pressure_n") > 0, largest("newest_us")
    return {
        "people": people,
        "density_per_m2": density,
        "local_peak_per_m2": peak,
        "peak_x_m": (place // 2**20 % 2**20 - 2**19) * 0.5 + 1 if peak > 0 else 0.0,
        "peak_y_m": (place % 2**20 - 2**19) * 0.5 + 1 if peak > 0 else 0.0,
        "around_per_m2": largest("around_micro") / 1e6,
        "speed_mps": speed,
        "vx_mps": added("sum_vx") / 1e2 / n_v if n_v else None,
        "vy_mps": added("sum_vy") / 1e2 / n_v if n_v else None,
        "cameras_expected": largest("cameras_expected"),
        "cameras_seen": len(seen),
        "frames_expected": added("frames_expected"),
        "frames_used": added("frames_used"),
        "specific_flow_per_m_s": density * speed if speed is not None else None,
        "pressure_per_s2": largest("pressure_sum_micro") / 1e6 if measured else None,
        "pressure_low_per_s2": largest("pressure_low_sum_micro") / 1e6 if measured else None,
        "pressure_high_per_s2": largest("pressure_high_sum_micro") / 1e6 if measured else None,
        "noise_mps": float(np.sqrt(largest("noise_micro") / 1e6)),
        "patch_people": added("patch_n"),
        "lost": added("lost"),
        "observed_share": share,
        "error_people": added("error_micro") / 1e6 + (people * (1.0 - share) / share if share > 0 else 0.0),
        "age_ms": (end - newest - SLICE_US) // 1000 if newest >= 0 else -1,
    }
