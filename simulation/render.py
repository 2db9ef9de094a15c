"""Renders the video of the camera in hall 1: `python -m simulation.render [--out FILE]`.

The camera looks straight down; people are head and shoulders. The first frame is second `video.from_s` of the story
(an empty hall); from `frozen_from_s` to `frozen_to_s` one frame is repeated; the file ends at `to_s`. What is shown
after the file's end is the detect worker's affair.
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.errors import ConfigError
from plan.model import Camera, Plan
from simulation.scenario import Scenario, Video, load
from simulation.walkers import Walkers

VERSION: Final = 1  # of the drawing; part of the cache's name
WIDTH_PX, HEIGHT_PX = 1920, 1080
_POOL: Final = 8
_SHIFT: Final = 4  # cv2 draws in 1/16 px
_SHOULDERS_M, _HEAD_M = (0.26, 0.15), 0.11  # half axes, radius
Picture = NDArray[np.uint8]  # (1080, 1920, 3) BGR


def render(walkers: Walkers, plan: Plan, scenario: Scenario, out: Path) -> None:
    """Write the video of the scenario's camera to *out*, an .mp4.

    Raises:
        ConfigError: the camera has no calibration, or the file cannot be written.
    """
    video = scenario.video
    camera = next(row for row in plan.cameras if row.id == video.camera)
    partial = out.with_name(f".{out.stem}.part.mp4")
    writer = cv2.VideoWriter(str(partial), cv2.VideoWriter.fourcc(*"mp4v"), camera.fps, (WIDTH_PX, HEIGHT_PX))
    if not writer.isOpened():
        raise ConfigError(f"video {out}: cannot be written")
    for picture in pictures(walkers, camera, video):
        writer.write(picture)
    writer.release()
    partial.replace(out)


def cached(scenario_path: Path, folder: Path) -> Path:
    """The scenario's video in *folder*, rendered unless it is there already."""
    story = load(scenario_path)
    camera = next(row for row in story.plan.cameras if row.id == story.scenario.video.camera)
    name = hashlib.blake2b(story.scenario.walkers.read_bytes(), digest_size=8)
    name.update(f"{VERSION}{camera.model_dump_json()}{story.scenario.video.model_dump_json()}".encode())
    out = folder / f"{camera.id}-{name.hexdigest()}.mp4"
    if not out.exists():
        folder.mkdir(parents=True, exist_ok=True)
        render(story.walkers, story.plan, story.scenario, out)
    return out


def pictures(walkers: Walkers, camera: Camera, video: Video) -> Iterator[Picture]:
    """Every frame of the video, in order; the frozen ones are one and the same."""
    to_px = _homography(camera)
    floors = _floors()
    frames = round((video.to_s - video.from_s) * camera.fps)
    frozen: Picture | None = None
    for number in range(frames):
        t_s = video.from_s + number / camera.fps
        if video.frozen_from_s <= t_s < video.frozen_to_s and frozen is not None:
            yield frozen
            continue
        frozen = floors[number % _POOL].copy()
        if t_s >= 0:
            _draw(frozen, *_heading(walkers, camera, t_s), to_px)
        yield frozen


def _heading(walkers: Walkers, camera: Camera, t_s: float) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """People in the picture: tracks (n,), positions (n, 2) m, and the direction each looks in (n,) radians."""
    tracks, positions = walkers.at(t_s)
    x0, y0, x1, y1 = (round(value * 100) for value in camera.owns)
    x, y = positions.T
    seen = (x >= x0 - 50) & (x < x1 + 50) & (y >= y0 - 50) & (y < y1 + 50)
    tracks, positions = tracks[seen], positions[seen]
    later_tracks, later = walkers.at(t_s + 0.4)
    _, here, there = np.intersect1d(tracks, later_tracks, return_indices=True)
    way = np.zeros((len(tracks), 2))
    way[here] = later[there] - positions[here]
    looks = tracks * 2.399963  # of who stands: any direction, always the same one
    moves = np.hypot(*way.T) > 15
    return tracks, positions / 100, np.where(moves, np.arctan2(way[:, 1], way[:, 0]), looks)


def _homography(camera: Camera) -> NDArray[np.float64]:
    """(3, 3) from metres of the venue frame to pixels.

    Raises:
        ConfigError: the camera has no calibration.
    """
    if camera.calibration is None:
        raise ConfigError(f"camera '{camera.id}': a video can only be drawn with a calibration")
    found, _ = cv2.findHomography(np.asarray(camera.calibration.metres), np.asarray(camera.calibration.pixels))
    return np.asarray(found, dtype=np.float64)


def _floors() -> list[Picture]:
    """The empty floor, eight times with other noise of the sensor: no two neighbouring frames are the same."""
    rng = np.random.default_rng(7)
    coarse = rng.normal(0, 5, (HEIGHT_PX // 40, WIDTH_PX // 40)).astype(np.float32)
    fine = rng.normal(0, 3, (HEIGHT_PX // 4, WIDTH_PX // 4)).astype(np.float32)
    grey = 148 + cv2.resize(coarse, (WIDTH_PX, HEIGHT_PX), interpolation=cv2.INTER_CUBIC) + cv2.resize(fine, (WIDTH_PX, HEIGHT_PX))
    joint = np.zeros((HEIGHT_PX, WIDTH_PX), dtype=np.bool_)  # of the floor, every 2 m
    joint[::160] = joint[:, ::160] = True
    grey = grey - 14 * joint
    floor = np.stack([grey - 4, grey, grey + 3], axis=-1)
    noisy = []
    for _ in range(_POOL):
        noise = cv2.resize(rng.normal(0, 2.2, (HEIGHT_PX // 3, WIDTH_PX // 3)).astype(np.float32), (WIDTH_PX, HEIGHT_PX))
        noisy.append(np.clip(floor + noise[..., None], 0, 255).astype(np.uint8))
    return noisy


def _draw(
    picture: Picture, tracks: NDArray[np.int64], positions_m: NDArray[np.float64], looks: NDArray[np.float64], to_px: NDArray[np.float64]
) -> None:
    if not len(tracks):
        return
    centres = cv2.perspectiveTransform(positions_m[:, None], to_px)[:, 0]
    ahead = cv2.perspectiveTransform((positions_m + np.stack([np.cos(looks), np.sin(looks)], axis=1))[:, None], to_px)[:, 0]
    scale = np.hypot(*(ahead - centres).T)  # px a metre
    angles = np.degrees(np.arctan2(*(ahead - centres).T[::-1])) + 90
    for track, centre, px_per_m, angle in zip(tracks, centres, scale, angles, strict=True):
        clothes = _clothes(int(track))
        at = _fixed(centre)
        axes = _fixed(np.array(_SHOULDERS_M) * px_per_m)
        cv2.ellipse(picture, at, axes, float(angle), 0, 360, clothes, -1, cv2.LINE_AA, _SHIFT)
        cv2.circle(picture, at, _fixed(np.array([_HEAD_M * px_per_m]))[0], _hair(int(track)), -1, cv2.LINE_AA, _SHIFT)


def _fixed(values: NDArray[np.float64]) -> tuple[int, ...]:
    return tuple(round(float(value) * (1 << _SHIFT)) for value in values)


def _clothes(track: int) -> tuple[int, int, int]:
    """Dark clothes mostly, some light ones: both stand out from the floor."""
    draw = np.random.default_rng(track).integers(0, 45, 3)
    base = 205 if track % 7 == 0 else 25
    return int(base + draw[0]), int(base + draw[1]), int(base + draw[2])


def _hair(track: int) -> tuple[int, int, int]:
    shade = 18 + track % 5 * 9
    return shade, shade + 4, shade + 12


def main() -> None:
    """Render the demo's video."""
    here = Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description="Render the video of the scenario's camera.")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--scenario", type=Path, default=here / "scenario.yaml")
    options = parser.parse_args()
    story = load(options.scenario)
    render(story.walkers, story.plan, story.scenario, options.out)


if __name__ == "__main__":
    main()
