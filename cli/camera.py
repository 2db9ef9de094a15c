"""`muster camera …`: hold a calibration against its points, and look for boxes that never move."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import yaml
from numpy.typing import NDArray
from pydantic import ValidationError

from cli.console import USAGE, console, fail
from cli.paths import from_caller
from connectors.video import Video
from pipelines.detect.backends.choose import backend_for
from pipelines.detect.calibration import from_points
from pipelines.detect.health import Health, HealthSettings
from pipelines.detect.picture import FULL_HD_PX, Picture, sample
from pipelines.detect.static_boxes import StaticBoxes
from pipelines.errors import ConfigError, MusterError
from pipelines.units import MICRO
from plan.model import Calibration
from simulation.play_video import read_calibration

_ROWS: Final = 6
_LEAST_LEFT: Final = 4
_CM: Final = 100.0
_USUAL_PX: Final = (1920, 1080)


def calibrate(file: Path, *, size: str | None = None, video: Path | None = None, error_px: float, out: Path | None = None) -> None:
    """Say how well pairs of points make a floor, and how the error grows with the distance; write them with their picture's size."""
    try:
        points = _with_picture(read_calibration(from_caller(file)), size, video)
        if points.picture is None and out is not None:
            raise ConfigError("--out: the size of the picture is not known: give --video, or --size, or `picture` in the file")
        wide, high = points.picture or _USUAL_PX
        if not error_px > 0:
            raise ConfigError(f"--error-px {error_px:g}: expected more than 0")
        floor = from_points(points.pixels, points.metres)
        left_out = _left_out_cm(points)
    except MusterError as error:
        fail(error, USAGE)
    pixels, metres = np.asarray(points.pixels), np.asarray(points.metres)
    own = np.linalg.norm(floor.apply(pixels) - metres, axis=1) * _CM
    console.print(f"{len(pixels)} pairs, root mean square error {floor.rms_cm:.1f} cm", markup=False)
    for number, ((u, v), (x, y)) in enumerate(zip(points.pixels, points.metres, strict=True)):
        alone = "" if left_out is None else f", {left_out[number]:6.1f} cm off when the others alone make the floor"
        console.print(f"  {number + 1}: pixel {u:g}, {v:g} = {x:g}, {y:g} m: {own[number]:5.1f} cm off{alone}", markup=False)
    if left_out is None:
        console.print("four pairs fit always: a fifth would say how good they are")
    console.print(f"error of a foot that is {error_px:g} px wrong, in the middle of the picture:", markup=False)
    rows = np.linspace(0, high - 1, _ROWS)
    at = np.stack([np.full(_ROWS, wide / 2), rows], axis=1)
    for row, there, wrong in zip(rows, floor.apply(at), floor.error_cm(at, error_px=error_px), strict=True):
        said = "above the horizon" if not np.isfinite(wrong) else f"{there[0]:.1f}, {there[1]:.1f} m: {wrong:.0f} cm"
        console.print(f"  row {row:4.0f}: {said}", markup=False)
    _say_picture(points, out)


def _with_picture(points: Calibration, size: str | None, video: Path | None) -> Calibration:
    """The points with the size of their picture, where it is known: of a video, of `--size`, or their own."""
    known = {"its `picture`": points.picture}
    if size is not None:
        known[f"--size {size}"] = _size(size)
    if video is not None:
        film = Video(str(from_caller(video)))
        film.close()
        known[f"--video {film.name}"] = (film.width_px, film.height_px)
    given = {where: px for where, px in known.items() if px is not None}
    if len(set(given.values())) > 1:
        said = ", ".join(f"{where} says {px[0]} x {px[1]}" for where, px in given.items())
        raise ConfigError(f"calibration: the size of the picture is not clear: {said}")
    if not given:
        return points
    try:
        return Calibration(pixels=points.pixels, metres=points.metres, picture=next(iter(given.values())))
    except ValidationError as error:
        raise ConfigError(f"calibration: {str(error.errors()[0]['msg']).removeprefix('Value error, ')}") from error


def _say_picture(points: Calibration, out: Path | None) -> None:
    if points.picture is None:
        wide, high = _USUAL_PX
        console.print(f"a picture of {wide} x {high} was taken for granted: --video or --size says it, and the plan wants it as `picture`")
        return
    console.print(f"for a picture of {points.picture[0]} x {points.picture[1]}", markup=False)
    if out is not None:
        path = from_caller(out)
        path.write_text(yaml.safe_dump(points.model_dump(mode="json"), default_flow_style=None, sort_keys=False), encoding="utf-8")
        console.print(f"written to {path}", markup=False)


def masks(video: Path, *, backend: str, share: float) -> None:
    """Propose masks: boxes that never move. A person decides; who stands still for as long looks the same."""
    try:
        film = Video(str(from_caller(video)))
        finder = backend_for(backend, floor=None, fps=film.fps, size_px=(film.width_px, film.height_px))
    except MusterError as error:
        fail(error, USAGE)
    static, frames = StaticBoxes(), 0
    for _, frame in film:
        static.add(finder.detect(frame))
        frames += 1
    film.close()
    found = static.found(least_share=share)
    console.print(f"{frames} frames; {len(found)} boxes that never move", markup=False)
    for row in found:
        console.print(f"  - [{', '.join(f'{edge:g}' for edge in row.box)}]  # in {row.share:.0%} of the frames", markup=False)


def check(video: Path, *, fps: float | None) -> int:
    """Say what a camera's picture is worth: its size against the standard, its states, its light, and whether a move would be seen."""
    try:
        film = Video(str(from_caller(video)), fps=fps)
    except MusterError as error:
        fail(error, USAGE)
    health, picture = Health(start_us=0), Picture()
    said: list[str] = []
    frames = nights = 0
    for at_s, frame in film:
        event_us, now, was = round(at_s * MICRO), sample(frame), health.state
        state = health.step(event_us, picture.figures(event_us, frame, now, state=was))
        if state != was:
            said.append(f"  {at_s:.1f} s: {state}")
        frames, nights = frames + 1, nights + health.night
    film.close()
    below = "" if film.height_px >= FULL_HD_PX else f": below {FULL_HD_PX}p, which the standard asks for"
    console.print(f"{film.width_px} x {film.height_px} at {film.fps:g} frames a second{below}", markup=False)
    console.print(
        f"{frames} frames, {frames / film.fps:.1f} s: {'ok throughout' if not said else f'{len(said)} changes of state'}", markup=False
    )
    for line in said:
        console.print(line, markup=False)
    if nights:
        console.print(f"night settings in {nights / frames:.0%} of the frames", markup=False)
    console.print(_view(picture, HealthSettings().moved), markup=False)
    return len(said)


def _view(picture: Picture, moved: float) -> str:
    if picture.pose.reference is None:
        return "view: too short for a reference; a moved camera would not be noticed"
    if picture.pose.share < 0.5:
        return "view: too little in the picture that stays where it is; a moved camera would not be noticed"
    return f"view: {picture.pose.share:.0%} of its blocks hold; a move by {moved:.0%} of the picture's width would be noticed"


def _size(text: str) -> tuple[int, int]:
    wide, _, high = text.partition("x")
    if not (wide.isdecimal() and high.isdecimal() and int(wide) and int(high)):
        raise ConfigError(f"--size {text}: expected width x height, such as 1920x1080")
    return int(wide), int(high)


def _left_out_cm(points: Calibration) -> NDArray[np.float64] | None:
    """How far each point is off a floor that the others alone make, (n,) cm; None where too few would be left."""
    count = len(points.pixels)
    if count <= _LEAST_LEFT:
        return None
    off = np.full(count, np.nan)
    for number in range(count):
        rest = [index for index in range(count) if index != number]
        try:
            floor = from_points([points.pixels[i] for i in rest], [points.metres[i] for i in rest])
        except ConfigError:
            continue  # without this point the others lie on a line: it cannot be judged
        at = floor.apply(np.asarray([points.pixels[number]]))[0]
        off[number] = float(np.linalg.norm(at - points.metres[number])) * _CM
    return off
