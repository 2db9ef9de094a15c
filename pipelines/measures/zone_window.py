"""The row of `crowd.density` that the partial sums of one window make: the integers of Flink's SQL, and its one division. Pure.

There is no second one in Python: backtests, corrections of the store and the oracle of the tests call it, and tests/whole/test_oracle.py
holds it equal to what Flink answers, bit for bit, in every field.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from pipelines.events import CrowdDensity, ZoneSums
from pipelines.units import MICRO, SLICE_US

Bounds = Mapping[str, Sequence[float]]
_ADDED: Final = ("frames_expected", "frames_used", "n", "n_v", "sum_vx", "sum_vy", "sum_v", "peak_sum", "around_sum", "n_error")
_PRESSURE: Final = ("pressure_n", "pressure_sum", "pressure_low_sum", "pressure_high_sum")
_LARGEST: Final = ("zone_area_cm2", "owned_area_cm2", "cameras_expected", "peak_place", "noise_micro", "patch_n", "saturated")
_MOST_PER_M2: Final = 1e9  # the last letter's bound


def zone_window(zone: str, *, end_us: int, cameras: Iterable[Mapping[int, ZoneSums]], bounds_per_m2: Bounds) -> CrowdDensity:
    """What *cameras* say of one zone over the window that ends at *end_us*, in whatever order they are given.

    Args:
        zone: its id.
        end_us: end of the window, µs UTC.
        cameras: of each camera that has any, its sums of the zone by the start of their slice, µs UTC; all within the window.
        bounds_per_m2: scale → the five bounds of its level of service.
    """
    kept = [dict(slices) for slices in cameras]
    entries = [entry for slices in kept for entry in slices.values()]
    rows = [_by_camera(slices) for slices in kept]

    def added(name: str) -> int:
        return sum(row[name] for row in rows)

    def largest(name: str) -> int:
        return max(row[name] for row in rows)

    area, n_v, place = largest("zone_area_cm2"), added("n_v"), largest("peak_place")
    seen = [row for row in rows if row["frames_used"] > 0]
    share = min(sum(row["owned_area_cm2"] for row in seen) / (area * 1.0), 1.0) if area > 0 else 0.0
    people, peak = added("people_micro") / 1e6, largest("peak_micro") / 4e6
    density = people / (area / 1e4)
    speed = added("sum_v") / 1e2 / n_v if n_v else None
    measured, newest = added("pressure_n") > 0, largest("newest_us")
    scale = max(entry.los_scale for entry in entries)
    return CrowdDensity(
        progress=False,
        rows=0,
        window_end_us=end_us,
        zone=zone,
        people=people,
        density_per_m2=density,
        local_peak_per_m2=peak,
        peak_x_m=(place // 2**20 % 2**20 - 2**19) * 0.5 + 1 if peak > 0 else 0.0,
        peak_y_m=(place % 2**20 - 2**19) * 0.5 + 1 if peak > 0 else 0.0,
        around_per_m2=largest("around_micro") / 1e6,
        speed_mps=speed,
        vx_mps=added("sum_vx") / 1e2 / n_v if n_v else None,
        vy_mps=added("sum_vy") / 1e2 / n_v if n_v else None,
        los=_letter(density, bounds_per_m2.get(scale, ())) if seen else "",
        los_scale=scale,
        cameras_expected=largest("cameras_expected"),
        cameras_seen=len(seen),
        frames_expected=added("frames_expected"),
        frames_used=added("frames_used"),
        specific_flow_per_m_s=density * speed if speed is not None else None,
        pressure_per_s2=largest("pressure_sum_micro") / 1e6 if measured else None,
        pressure_low_per_s2=largest("pressure_low_sum_micro") / 1e6 if measured else None,
        pressure_high_per_s2=largest("pressure_high_sum_micro") / 1e6 if measured else None,
        noise_mps=math.sqrt(largest("noise_micro") / 1e6),
        patch_people=added("patch_n"),
        lost=added("lost"),
        queue_gate=max(entry.queue_gate for entry in entries),
        observed_share=share,
        error_people=added("error_micro") / 1e6 + (people * (1.0 - share) / share if share > 0 else 0.0),
        age_ms=(end_us - newest - SLICE_US) // 1000 if newest >= 0 else -1,
        saturated=largest("saturated") > 0,
    )


def _letter(density_per_m2: float, bounds_per_m2: Sequence[float]) -> str:
    """The first bound that the density does not exceed; no letter on a scale that the plan does not know."""
    if not bounds_per_m2:
        return ""
    return next((letter for letter, bound in zip("ABCDEF", (*bounds_per_m2, _MOST_PER_M2), strict=True) if density_per_m2 <= bound), "")


def _by_camera(slices: Mapping[int, ZoneSums]) -> dict[str, int]:
    entries = list(slices.values())
    total = {name: sum(getattr(entry, name) for entry in entries) for name in (*_ADDED, *_PRESSURE, "lost")}
    used, measured = max(total["frames_used"], 1), max(total["pressure_n"], 1)
    return {
        **total,
        **{name: max(getattr(entry, name) for entry in entries) for name in _LARGEST},
        "people_micro": total["n"] * MICRO // used,
        "error_micro": total["n_error"] // used,
        "peak_micro": total["peak_sum"] * MICRO // used,
        "around_micro": total["around_sum"] // used,
        **{f"{name}_micro": _towards_zero(total[name], measured) for name in _PRESSURE[1:]},
        "newest_us": max((start for start, entry in slices.items() if entry.frames_used > 0), default=-1),
    }


def _towards_zero(value: int, by: int) -> int:
    """Integer division as SQL has it; the lower end of a pressure may be below 0."""
    return value // by if value >= 0 else -(-value // by)
