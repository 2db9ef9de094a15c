"""The bench's venue: zones with a detector each, cameras above them, and the sums of an empty and of a dense slice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from pipelines import units
from pipelines.detect.eye import Eye
from pipelines.events import CrowdZones, ZoneSums
from plan.defaults import AREA_TYPES, LOS
from plan.load import parse
from plan.model import Plan
from plan.views import view_of

SITE: Final = "bench"
CAMERAS: Final = 4
FPS: Final = 15
PEAK_PER_M2: Final = {9: 2.25, 13: 3.25}  # people in one box of 2 m x 2 m: watch; caution
_SIDE_M: Final = 6
_DUTY: Final = {
    "command_post": "C1",
    "deputy": "C2",
    "zone_guard": "G1",
    "sector_lead": "L1",
    "fire_control_room": "F1",
    "police_liaison": "B1",
}
_BEARERS: Final = ("radio", "phone")  # the drill's inbox stands in for both
_BOX_M2: Final = 4
_NAME: Final = {"en": "bench", "zh": "基准"}


def venue(*, zones_a_camera: int, hold_up_s: float, hold_down_s: float, devices: Sequence[dict[str, Any]] = (), **changes: Any) -> Plan:
    """Rows of square zones, one camera above each row and one detector in each zone. Nothing is grouped, nothing is kept open.

    Args:
        zones_a_camera: of a row.
        hold_up_s: of the ladder.
        hold_down_s: likewise.
        devices: besides the detectors.
        changes: other parts of the plan, instead of what is said here.
    """
    zones = [_zone(f"z{row}-{column}", column, row) for row in range(CAMERAS) for column in range(zones_a_camera)]
    return parse(
        {
            "version": 1,
            "event": {"id": "bench", "site": SITE, "name": _NAME, "venue": _NAME},
            "extent": [0, 0, zones_a_camera * _SIDE_M, CAMERAS * _SIDE_M],
            "phases": [{"id": "show", "name": _NAME}],
            "phase": "show",
            "area_types": list(AREA_TYPES),
            "los": list(LOS),
            "zones": zones,
            "cameras": [
                {
                    "id": f"c{row}",
                    "name": _NAME,
                    "at": [0, row * _SIDE_M],
                    "owns": [0, row * _SIDE_M, zones_a_camera * _SIDE_M, (row + 1) * _SIDE_M],
                    "fps": FPS,
                    "count_error": 0,
                }
                for row in range(CAMERAS)
            ],
            "devices": [
                {"id": f"smoke-{zone['id']}", "kind": "smoke", "at": zone["polygon"][0], "zone": zone["id"], "beats": False}
                for zone in zones
            ]
            + list(devices),
            "posts": [{"call_sign": name, "role": _NAME} for name in _DUTY.values()],
            "duty": {
                "channels": [{"channel": name, "network": name} for name in _BEARERS],
                "reach": [{"post": name, "bearers": [{"channel": each} for each in _BEARERS]} for name in _DUTY.values()],
                "shifts": [{"function": function, "posts": [name]} for function, name in _DUTY.items()],
            },
            "timing": {"hold_up_s": hold_up_s, "hold_down_s": hold_down_s},
            "handling": {"storm_alerts": 1_000_000, "flap_times": 1_000_000},
            **changes,
        },
        name="bench",
    )


def _zone(name: str, column: int, row: int) -> dict[str, Any]:
    x, y = column * _SIDE_M, row * _SIDE_M
    corners = [(x, y), (x + _SIDE_M, y), (x + _SIDE_M, y + _SIDE_M), (x, y + _SIDE_M)]
    return {"id": name, "name": _NAME, "area_type": "standing", "polygon": corners}


class Cameras:
    """Sums of each camera for any slice: every zone is empty, or holds *people* in its middle.

    The sums are made by a camera's eye, once; what changes from slice to slice is which zones are dense.
    """

    def __init__(self, plan: Plan, *, people: int) -> None:
        """Look at the venue with nobody in it, and with people in the middle of each zone."""
        self._views = [view_of(plan, camera) for camera in plan.cameras]
        self._empty = [_look(view, np.zeros((0, 2), np.int64)) for view in self._views]
        self._dense = [_look(view, _in_the_middle(view, people)) for view in self._views]
        self.zones = [list(entries) for entries in self._empty]

    def slice(self, camera: int, start_us: int, *, dense: set[str], received_us: int) -> CrowdZones:
        """The camera's sums of the slice that begins at *start_us* (µs UTC), with these zones dense."""
        entries = tuple((self._dense if zone in dense else self._empty)[camera][zone] for zone in self.zones[camera])
        view = self._views[camera]
        return CrowdZones(camera=view.camera, slice_start_us=start_us, received_us=received_us, plan=view.plan, entries=entries)


def _in_the_middle(view: Any, people: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    """So many within one metre of the middle of each of the camera's zones, cm."""
    x0, y0, x1, _ = view.owns_cm
    side = _SIDE_M * units.CM_PER_M
    spots = [(20 * (number % 4) - 30, 20 * (number // 4) - 30) for number in range(people)]
    return np.asarray([(x + side // 2 + dx, y0 + side // 2 + dy) for x in range(x0, x1, side) for dx, dy in spots], np.int64)


def _look(view: Any, positions_cm: np.ndarray[Any, np.dtype[np.int64]]) -> dict[str, ZoneSums]:
    """By zone: what the camera says of a slice in which people stand there."""
    eye, tracks = Eye(view, start_us=0), np.arange(len(positions_cm), dtype=np.int64)
    for number in range(FPS * units.SLICE_US // units.MICRO):
        eye.frame(number * units.MICRO // FPS, tracks, positions_cm, received_us=units.SLICE_US)
    found = next(row for row in eye.close_until(units.SLICE_US, received_us=units.SLICE_US) if isinstance(row, CrowdZones))
    return {entry.zone: entry for entry in found.entries}
