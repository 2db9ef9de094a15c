"""A tenth of the really big event as the store meets it: what 50 cameras, their windows and 40 turnstiles write in a second."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from benchmarks.crowd import ours
from benchmarks.crowd.workload import FPS, MOST_CAMERAS, START_US, Size, frames
from pipelines import units
from pipelines.codec import encode
from pipelines.detect.cells import CELL, CellSums
from pipelines.detect.frames import unpack
from pipelines.events import (
    CameraFrame,
    CameraHealth,
    CrowdBalance,
    CrowdCells,
    CrowdDensity,
    CrowdFlow,
    CrowdForecast,
    CrowdOccupancy,
    CrowdQueue,
    SensorTurnstile,
)

PASS_S: Final = 20  # then all of it comes again, that much later
GATES: Final = 10
AREAS: Final = 5
TURNSTILES: Final = 40
ROLL_UP_S: Final = 10
_SLICES_A_S: Final = units.MICRO // units.SLICE_US
_SENDING_US: Final = 30_000  # after a slice's end
_RESULT_US: Final = 330_000  # after a window's end
_TIMES: Final = ("event_time_us", "received_us", "slice_start_us", "window_end_us", "since_us")


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A record, when it is sent (µs UTC), and how many rows it makes by table, as far as these are counted."""

    at_us: int
    thing: str
    record: Any
    key: str
    rows: dict[str, int]

    def later(self, by_us: int) -> Due:
        """The same, *by_us* later."""
        times = {name: getattr(self.record, name) + by_us for name in _TIMES if hasattr(self.record, name)}
        return replace(self, at_us=self.at_us + by_us, record=replace(self.record, **times))


def one_pass() -> list[Due]:
    """Every record of `PASS_S` seconds from `START_US` on, in the order in which they are sent."""
    seen = list(frames(Size(cameras=MOST_CAMERAS, seconds=PASS_S)))
    made = [*_frames(seen), *_sums(seen), *_cells(seen), *_windows(), *_seconds()]
    return sorted(made, key=lambda due: due.at_us)


def _frames(seen: list[CameraFrame]) -> Iterator[Due]:
    first = set()
    for frame in seen:
        second = frame.camera, frame.event_time_us // units.MICRO
        rows = {"camera_frames": 1} | ({"positions": frame.people} if second not in first else {})
        first.add(second)
        yield Due(at_us=frame.event_time_us, thing="camera.frames", record=frame, key=frame.camera, rows=rows)


def _sums(seen: list[CameraFrame]) -> Iterator[Due]:
    for record in ours.sums(map(encode, seen)):
        at_us = record.slice_start_us + units.SLICE_US + _SENDING_US
        yield Due(at_us=at_us, thing="crowd.zones", record=record, key=record.camera, rows={"crowd_zones": 1})


def _cells(seen: list[CameraFrame]) -> Iterator[Due]:
    """The grid of each second, and of each ten."""
    open_: dict[tuple[str, int, int], CellSums] = {}
    for frame in seen:
        positions, velocities, _ = unpack(frame.positions, origin_cm=(frame.tile_x_cm, frame.tile_y_cm))
        for period_us in (units.MICRO, ROLL_UP_S * units.MICRO):
            period = frame.camera, period_us, frame.event_time_us // period_us * period_us
            open_.setdefault(period, CellSums()).add(positions, velocities)
    for (camera, period_us, start_us), sums in open_.items():
        record = CrowdCells(camera=camera, event_time_us=start_us, period_us=period_us, cells=sums.close(), row_bytes=CELL.itemsize)
        rows = {"grid_10s": len(record.cells) // CELL.itemsize} if period_us > units.MICRO else {}
        yield Due(at_us=start_us + period_us + _SENDING_US, thing="crowd.cells", record=record, key=camera, rows=rows)


def _windows() -> Iterator[Due]:
    """Five windows a second: zones and lines; one row a window that moves time alone."""
    chance = np.random.default_rng(3)
    for end_us in range(START_US + units.WINDOW_US, START_US + PASS_S * units.MICRO + units.SLICE_US, units.SLICE_US):
        whole = end_us % units.MICRO == 0
        made: list[tuple[str, str, Any]] = [
            *(("crowd.density", "zone_seconds", _density(f"z{index}", end_us, chance)) for index in range(MOST_CAMERAS)),
            *(("crowd.flow", "line_seconds", _flow(f"g{index}", end_us, chance)) for index in range(GATES)),
        ]
        for thing, table, record in made:
            yield Due(at_us=end_us + _RESULT_US, thing=thing, record=record, key="", rows={table: 1} if whole else {})
        moved = replace(_density("", end_us, chance), progress=True, rows=MOST_CAMERAS)
        yield Due(at_us=end_us + _RESULT_US, thing="crowd.density", record=moved, key="", rows={})


def _density(zone: str, end_us: int, chance: np.random.Generator) -> CrowdDensity:
    people, speed, pressure = chance.uniform(60, 90), chance.uniform(0.2, 1.4), chance.uniform(0, 0.05)
    return CrowdDensity(
        progress=False,
        rows=0,
        window_end_us=end_us,
        zone=zone,
        people=people,
        density_per_m2=people / 400,
        local_peak_per_m2=chance.uniform(0.5, 4),
        peak_x_m=chance.uniform(0, 300),
        peak_y_m=chance.uniform(0, 150),
        around_per_m2=chance.uniform(0.1, 2),
        speed_mps=speed,
        vx_mps=speed / 2,
        vy_mps=-speed / 3,
        los="B",
        los_scale="walkway",
        cameras_expected=1,
        cameras_seen=1,
        frames_expected=FPS,
        frames_used=FPS,
        specific_flow_per_m_s=people * speed / 400,
        pressure_per_s2=pressure,
        pressure_low_per_s2=pressure / 2,
        pressure_high_per_s2=pressure * 2,
        noise_mps=0.04,
        observed_share=1.0,
        error_people=people / 20,
        age_ms=250,
    )


def _flow(gate: str, end_us: int, chance: np.random.Generator) -> CrowdFlow:
    entered, exited = (int(chance.integers(0, 3)) for _ in range(2))
    return CrowdFlow(
        progress=False,
        rows=0,
        window_end_us=end_us,
        gate=gate,
        line=f"line-{gate}",
        entered=entered,
        exited=exited,
        cameras_seen=1,
        width_m=3.0,
        entered_per_min=60.0 * entered,
        exited_per_min=60.0 * exited,
        entered_per_m_min=20.0 * entered,
        exited_per_m_min=20.0 * exited,
        counter_share=0.1,
        entered_total=1000 + entered,
        exited_total=100 + exited,
    )


def _seconds() -> Iterator[Due]:
    """What comes once a second: areas, outlooks, queues, balances, cameras, turnstiles."""
    for end_us in range(START_US + units.MICRO, START_US + PASS_S * units.MICRO + 1, units.MICRO):
        numbers = {"window_end_us": end_us}
        made: list[tuple[str, str, Any]] = []
        for index in range(AREAS):
            area = f"a{index}"
            occupancy = CrowdOccupancy(
                progress=False, rows=0, **numbers, area=area, inside=900, entries_total=1000, exits_total=100, turnstiles_seen=8
            )
            made.append(("crowd.occupancy", "area_seconds", occupancy))
            balance = CrowdBalance(**numbers, area=area, inside=900.0, low=880.0, high=930.0, turnstiles=900.0, residual=3.0, suspect="")
            made.append(("crowd.balance", "crowd_balance", balance))
        for index in range(MOST_CAMERAS):
            forecast = CrowdForecast(
                **numbers, zone=f"z{index}", level="", next_level="watch", trend_per_m2_min=0.1, history_s=120.0, next_s=300.0
            )
            made.append(("crowd.forecast", "crowd_forecast", forecast))
            made.append(("camera.health", "camera_health", _health(f"c{index}", end_us)))
        for index in range(GATES):
            queue = CrowdQueue(
                **numbers, gate=f"g{index}", people=12.0, arriving_per_min=40.0, served_per_min=44.0, wait_s=20.0, known=True
            )
            made.append(("crowd.queue", "crowd_queue", queue))
        made += [("sensor.turnstile", "sensor_turnstile", _turnstile(index, end_us)) for index in range(TURNSTILES)]
        for thing, table, record in made:
            yield Due(at_us=end_us + _RESULT_US, thing=thing, record=record, key="", rows={table: 1})


def _health(camera: str, at_us: int) -> CameraHealth:
    return CameraHealth(
        camera=camera,
        event_time_us=at_us,
        received_us=at_us,
        since_us=START_US,
        state="ok",
        fps=FPS,
        width_px=1920,
        height_px=1080,
        calibrated=True,
        people=200,
    )


def _turnstile(number: int, at_us: int) -> SensorTurnstile:
    gate, area = f"g{number % GATES}", f"a{number % AREAS}"
    device, passed = f"t{number}", at_us // units.MICRO % 10_000
    return SensorTurnstile(device=device, event_time_us=at_us, received_us=at_us, gate=gate, area=area, entries_total=passed, exits_total=0)
