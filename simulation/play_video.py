"""Plays a video file through a detector as one camera of its own."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import yaml
from pydantic import ValidationError

from connectors.video import Video, jpeg
from pipelines import units
from pipelines.detect.backends import Backend
from pipelines.detect.backends.choose import backend_for, following_for, remembers
from pipelines.detect.calibration import Floor, floor_in, from_points, from_scale, scale_between
from pipelines.detect.worker import CameraWorker
from pipelines.errors import ConfigError
from plan.defaults import AREA_TYPES, LOS
from plan.load import parse
from plan.model import Calibration, Plan
from plan.views import behaviour_of, floor_of, vehicles_of, view_of
from simulation.player import Player

NOMINAL_M: Final = 10.0
_VERGE_M: Final = 2.0
_NUMBER: Final = r"(-?\d+(?:\.\d+)?)"
_LANE: Final = re.compile(rf"{_NUMBER},{_NUMBER} +{_NUMBER},{_NUMBER}(?: +{_NUMBER})?")
_MOST_FPS: Final = 30.0
Extent = tuple[float, float, float, float]


def plan_for_video(
    path: Path,
    *,
    camera: str,
    calibration: Path | None = None,
    scale_px_per_m: float | None = None,
    area_type: str = "standing",
    source_fps: float | None = None,
    lanes: Sequence[str] = (),
) -> Plan:
    """A plan of one camera and one zone for a video.

    With *scale_px_per_m* (the camera looks straight down) the zone is the whole picture; with a *calibration* file
    (YAML, `pixels` and `metres`, at least four points each, and the size of their `picture`) it is the rectangle around
    the calibration's points.
    Without either the zone is nominal, 10 m x 10 m, and its density is unknown: such a camera gives boxes, a count of
    people and its health, and `plan.needs.results` names no density.
    With *lanes* ("x0,y0 x1,y1" or "x0,y0 x1,y1 width" in metres, in the permitted direction) the camera watches a road:
    what moves is a vehicle, and nobody is counted.

    Raises:
        ConfigError: the video, the calibration or a lane cannot be used.
    """
    if lanes and calibration is None and scale_px_per_m is None:
        raise ConfigError("lanes are in metres: they need a calibration file or a scale")
    if calibration is not None and scale_px_per_m is not None:
        raise ConfigError("a video takes a calibration file or a scale, not both")
    video = Video(str(path), fps=source_fps)
    video.close()
    size = (video.width_px, video.height_px)
    points, extent = _points(size, calibration, scale_px_per_m)
    x0, y0, x1, y1 = extent
    name, label = path.name[:100], {"en": camera, "zh": camera}
    row: dict[str, Any] = {
        "id": camera,
        "name": label,
        "at": [x0, y0],
        "owns": list(extent),
        "fps": video.fps / stride(video.fps),
        "kind": "video",
    }
    zone, floor, venue = {"id": "picture", "name": {"en": "Picture", "zh": "画面"}}, extent, extent
    if lanes:  # nobody walks in the picture of a road: the zone that a plan must have lies beside it
        row["watches"] = "road"
        zone = {"id": "verge", "name": {"en": "Verge", "zh": "路侧"}}
        floor, venue = (x0, y0 - _VERGE_M, x1, y0), (x0, y0 - _VERGE_M, x1, y1)
    a0, b0, a1, b1 = floor
    if points is not None:
        row["calibration"] = points.model_dump(mode="json")
    return parse(
        {
            "version": 1,
            "event": {
                "id": "play",
                "site": "play",
                "name": {"en": f"Video: {name}", "zh": f"视频:{name}"},
                "venue": {"en": name, "zh": name},
            },
            "extent": list(venue),
            "phases": [{"id": "show", "name": {"en": "show", "zh": "演出"}}],
            "phase": "show",
            "area_types": list(AREA_TYPES),
            "los": list(LOS),
            "zones": [
                {**zone, "area_type": area_type, "polygon": [[a0, b0], [a1, b0], [a1, b1], [a0, b1]]},
            ],
            "cameras": [row],
            **_road([_lane(number, text) for number, text in enumerate(lanes, start=1)]),
        },
        name=f"for {name}",
    )


def _lane(number: int, text: str) -> dict[str, Any]:
    match = _LANE.fullmatch(text.strip())
    if match is None:
        raise ConfigError(f"lane '{text[:80]}': expected \"x0,y0 x1,y1\" in metres, and its width if it is not 3.5 m")
    x0, y0, x1, y1 = (float(match[place]) for place in range(1, 5))
    name = f"lane {number}"
    row: dict[str, Any] = {"id": f"lane-{number}", "name": {"en": name, "zh": f"车道{number}"}, "a": [x0, y0], "b": [x1, y1]}
    return {**row, "width_m": float(match[5])} if match[5] else row


def _road(lanes: list[dict[str, Any]]) -> dict[str, Any]:
    """Lanes as a plan has them; what a picture shows of a lane is shorter than a lane, and so is the wrong way that counts."""
    if not lanes:
        return {}
    shortest_m = min(math.dist(row["a"], row["b"]) for row in lanes)
    rules = {
        "wrong_way_m": max(min(10.0, shortest_m / 4), 0.5),
        "wrong_way_s": 1,
        "wrong_way_mps": 0.5,
        "source": "a quarter of the lane that the picture shows, for a trial",
    }
    return {"lanes": lanes, "vehicle_rules": rules}


def play_video(path: Path, plan: Plan, player: Player, *, camera: str, backend: str = "auto", source_fps: float | None = None) -> int:
    """Send every frame's records; returns the event time (µs) after which nothing comes.

    Raises:
        ConfigError: the video cannot be decoded, or the backend cannot be had.
    """
    video = Video(str(path), fps=source_fps)
    every = stride(video.fps)
    start_us = player.clock_us
    worker = worker_of(video, plan, camera=camera, backend=backend, fps=video.fps / every, start_us=start_us)
    index = 0
    while not player.stopped and (frame := video.read()) is not None:
        event_us = start_us + round(index * units.MICRO / video.fps)
        _slices(worker, player, event_us)
        player.advance(event_us)
        player.send(worker.take(event_us, worker.look(event_us, frame), received_us=event_us))
        index += every
        for _ in range(every - 1):
            video.skip()
    video.close()
    _slices(worker, player, units.slice_start_us(player.clock_us) + units.SLICE_US)
    return player.finish()


def stride(fps: float) -> int:
    """Every how manieth frame is looked at, so that it is at most 30 a second."""
    return max(math.ceil(fps / _MOST_FPS - 1e-6), 1)


def worker_of(video: Video, plan: Plan, *, camera: str, backend: str, fps: float, start_us: int) -> CameraWorker:
    """The worker of that camera of the plan, for a video."""
    row = next(row for row in plan.cameras if row.id == camera)
    size = (video.width_px, video.height_px)
    floor, made = floor_of(row), row.picture_px or size
    over_road = row.watches == "road"

    def made_for(size_px: tuple[int, int], seen: Floor | None) -> Backend:
        return backend_for(backend, floor=seen, fps=fps, size_px=size_px, over_road=over_road)

    finder = made_for(size, floor_in(floor, made, size))
    return CameraWorker(
        camera=camera,
        backend=finder,
        jpeg=jpeg,
        start_us=start_us,
        size_px=size,
        fps=fps,
        view=view_of(plan, row) if floor is not None and row.sees_floor else None,
        behaviour=behaviour_of(plan, row),
        floor=floor,
        vehicles=vehicles_of(plan, row),
        masks=row.masks,
        over_road=over_road,
        following=following_for(finder, gating=row.gating),
        lights_up=not remembers(finder),
        made_px=made,
        another=made_for if remembers(finder) else None,
    )


def _slices(worker: CameraWorker, player: Player, until_us: int) -> None:
    """Close each slice at its own end, so that its sum is sent when it is due, whatever the rate."""
    end = units.slice_start_us(player.clock_us) + units.SLICE_US
    while end <= until_us:
        player.advance(end)
        player.send(worker.close_until(end, received_us=end))
        end += units.SLICE_US


def _points(size_px: tuple[int, int], calibration: Path | None, scale_px_per_m: float | None) -> tuple[Calibration | None, Extent]:
    width, height = size_px
    if scale_px_per_m is not None:
        floor: Floor = from_scale(scale_px_per_m, height_px=height)
        corners = ((0.0, float(height)), (float(width), float(height)), (float(width), 0.0), (0.0, 0.0))
        wide, deep = width / scale_px_per_m, height / scale_px_per_m
        if min(wide, deep) < 1 or max(wide, deep) > 655:
            raise ConfigError(f"scale {scale_px_per_m:g} px per metre: the picture would show {wide:.2f} m x {deep:.2f} m")
        metres = tuple((round(float(x), 6), round(float(y), 6)) for x, y in floor.apply(np.asarray(corners)))
        return Calibration(pixels=corners, metres=metres, picture=size_px), (0.0, 0.0, wide, deep)
    if calibration is None:
        return None, (0.0, 0.0, NOMINAL_M, NOMINAL_M)
    points = read_calibration(calibration)
    from_points(points.pixels, points.metres)
    if points.picture is not None and scale_between(points.picture, size_px) is None:
        made = f"{points.picture[0]} x {points.picture[1]}"
        raise ConfigError(
            f"calibration {calibration}: is for a picture of {made}, and the video's is {width} x {height}: no scale fits both"
        )
    x, y = zip(*points.metres, strict=True)
    return points, (min(x), min(y), max(x), max(y))


def read_calibration(path: Path) -> Calibration:
    """Pairs of points from a YAML file.

    Raises:
        ConfigError: it cannot be read, or does not hold four pairs or more.
    """
    try:
        loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"calibration {path}: cannot be read: {error.strerror}") from error
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"calibration {path}: is not YAML: {' '.join(str(error).split())[:200]}") from error
    try:
        return Calibration.model_validate(loaded)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(step) for step in first["loc"])
        raise ConfigError(
            f"calibration {path}: {place + ': ' if place else ''}{str(first['msg']).removeprefix('Value error, ')}"
        ) from error
