"""Vehicles that a camera sees: speed and heading over a baseline, then held against the road as a sensor's readings are. Pure."""

from __future__ import annotations

import math
from collections import deque
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipelines.events import SensorVehicle, VehicleTrack
from pipelines.measures.driving import Driving
from pipelines.measures.road import Road, impossible
from pipelines.units import CM_PER_M, MICRO

BASELINE_US: Final = MICRO  # a shorter one turns the jitter of a box into motion
LEAST_US: Final = MICRO // 2  # a track younger than this is not told of: it has no speed yet
_FORGET_US: Final = 5 * MICRO


class CameraVehicles:
    """The vehicles of one camera.

    Args:
        camera: its id; vehicles are called `<camera>-<track>`, since a camera reads no plates.
        road: the plan's.
        extent_m: of the venue.
    """

    def __init__(self, camera: str, *, road: Road, extent_m: tuple[float, float, float, float]) -> None:
        """Nothing seen yet."""
        self._camera, self._extent_m = camera, extent_m
        self._driving = Driving(road)
        self._past: dict[int, deque[tuple[int, float, float]]] = {}
        self.refused = 0

    def take(self, event_us: int, tracks: NDArray[np.int64], positions_m: NDArray[np.float64], *, received_us: int) -> list[VehicleTrack]:
        """The vehicles of one frame whose speed is known.

        Args:
            event_us: event time of the frame, later than the last one's.
            tracks: (n,) int64, each once.
            positions_m: (n, 2) float64, venue frame; finite.
            received_us: when the frame was received.
        """
        for track in [track for track, past in self._past.items() if past[-1][0] < event_us - _FORGET_US]:
            del self._past[track]
        found = []
        for track, (x, y) in zip(tracks.tolist(), positions_m.tolist(), strict=True):
            reading = self._reading(track, event_us, x, y, received_us)
            if reading is None:
                continue
            made = impossible(reading, extent_m=self._extent_m) or self._driving.take(reading)
            if isinstance(made, str):
                self.refused += 1
            else:
                found.append(made)
        return found

    def _reading(self, track: int, event_us: int, x: float, y: float, received_us: int) -> SensorVehicle | None:
        past = self._past.setdefault(track, deque())
        past.append((event_us, x, y))
        while len(past) > 1 and past[1][0] <= event_us - BASELINE_US:
            past.popleft()
        then_us, x0, y0 = past[0]
        if event_us - then_us < LEAST_US:
            return None
        speed_mps = math.hypot(x - x0, y - y0) / ((event_us - then_us) / MICRO)
        return SensorVehicle(
            device=self._camera,
            event_time_us=event_us,
            received_us=received_us,
            vehicle=f"{self._camera}-{track}",
            x_cm=round(x * CM_PER_M),
            y_cm=round(y * CM_PER_M),
            speed_cmps=round(speed_mps * CM_PER_M),
            heading_deg=math.degrees(math.atan2(y - y0, x - x0)) % 360,
            lane="",
        )
