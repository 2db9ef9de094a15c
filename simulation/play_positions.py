"""Plays a file of positions as one camera that sees it all."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from pipelines import units
from pipelines.detect.eye import Eye
from pipelines.events import CameraHealth
from plan.defaults import AREA_TYPES, LOS
from plan.load import parse
from plan.model import Plan
from plan.views import behaviour_of, view_of
from simulation.player import Player
from simulation.trajectories import Trajectories

_LATTICE_CM = 50
_SIDE_M = 1.5  # a counting line lies at least 1 m inside what its camera owns


def plan_around(found: Trajectories, *, name: str, area_type: str, camera: str) -> Plan:
    """A plan with one zone around the file's extent, on the 0.5 m lattice, and a line across its middle.

    The line lies across the way that people go, from side to side, where the file is deep enough for one.
    """
    x0, y0, x1, y1 = (math.floor(value / _LATTICE_CM) * _LATTICE_CM / 100 for value in found.extent_cm())
    x1, y1 = x1 + _LATTICE_CM / 100, y1 + _LATTICE_CM / 100
    along_x = _goes_along_x(found)
    owns = [x0, y0 - _SIDE_M, x1, y1 + _SIDE_M] if along_x else [x0 - _SIDE_M, y0, x1 + _SIDE_M, y1]
    middle = [(x0 + x1) / 2, (y0 + y1) / 2]
    a, b = ([middle[0], y1], [middle[0], y0]) if along_x else ([x0, middle[1]], [x1, middle[1]])
    deep_enough = (x1 - x0 if along_x else y1 - y0) > 2 * _SIDE_M
    label = {"en": "Line", "zh": "计数线"}
    return parse(
        {
            "version": 1,
            "event": {
                "id": "play",
                "site": "play",
                "name": {"en": f"Played: {name}"[:128], "zh": f"回放:{name}"[:128]},
                "venue": {"en": name[:128], "zh": name[:128]},
            },
            "extent": owns,
            "phases": [{"id": "show", "name": {"en": "show", "zh": "演出"}}],
            "phase": "show",
            "area_types": list(AREA_TYPES),
            "los": list(LOS),
            "zones": [
                {
                    "id": "zone",
                    "name": {"en": "Zone", "zh": "区域"},
                    "area_type": area_type,
                    "polygon": [[x0, y0], [x1, y0], [x1, y1], [x0, y1]],
                }
            ],
            "gates": [{"id": "gate", "label": "L", "name": label, "at": middle}] if deep_enough else [],
            "lines": [{"id": "line", "gate": "gate", "a": a, "b": b, "camera": camera}] if deep_enough else [],
            "cameras": [
                {"id": camera, "name": {"en": camera, "zh": camera}, "at": [x0, y0], "owns": owns, "fps": found.fps, "count_error": 0}
            ],
        },
        name=f"around {name}",
    )


def _goes_along_x(found: Trajectories) -> bool:
    """Whether people go further along x than along y, from their first position to their last."""
    order = np.lexsort((found.frames, found.tracks))
    tracks, places = found.tracks[order], found.positions_cm[order]
    first = np.flatnonzero(np.diff(tracks, prepend=tracks[0] - 1))
    last = np.append(first[1:], len(tracks)) - 1
    along_x, along_y = np.abs(places[last] - places[first]).sum(axis=0)
    return bool(along_x >= along_y)


def play_positions(found: Trajectories, plan: Plan, player: Player, *, camera: str) -> int:
    """Send every frame; returns the event time (µs) after which nothing comes."""
    row = next(row for row in plan.cameras if row.id == camera)
    view = view_of(plan, row)
    start_us = player.clock_us
    eye = Eye(view, start_us=start_us, behaviour=behaviour_of(plan, row))
    second = -1
    for index, tracks, positions in found.by_frame():
        if player.stopped:
            break
        event_us = start_us + round(index * units.MICRO / found.fps)
        _slices(eye, player, event_us)
        player.advance(event_us)
        player.send(eye.frame(event_us, tracks, positions, received_us=event_us))
        if event_us // units.MICRO != second:
            second = event_us // units.MICRO
            player.send([_health(view.camera, event_us, found.fps, len(tracks))])
    _slices(eye, player, units.slice_start_us(player.clock_us) + units.SLICE_US)
    return player.finish()


def _slices(eye: Eye, player: Player, until_us: int) -> None:
    """Close each slice at its own end, so that its sum is sent when it is due, whatever the rate."""
    end = units.slice_start_us(player.clock_us) + units.SLICE_US
    while end <= until_us:
        player.advance(end)
        player.send(eye.close_until(end, received_us=end))
        end += units.SLICE_US


def _health(camera: str, event_us: int, fps: float, people: int) -> Any:
    return CameraHealth(
        camera=camera,
        event_time_us=event_us,
        received_us=event_us,
        state="ok",
        since_us=event_us,
        fps=fps,
        width_px=0,
        height_px=0,
        calibrated=True,
        people=people,
    )
