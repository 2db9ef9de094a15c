"""The really big event, or a part of it: cameras x 15 frames a second x 200 walkers, as `camera.frames` bytes, and the answer.

Everything is a whole number up to the last division, so that answers are comparable bit for bit. A camera's walkers are
the same however many cameras are played: a smaller workload is a part of the larger one.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipelines import units
from pipelines.codec import SCHEMAS, encode
from pipelines.detect.frames import NO_VELOCITY, pack
from pipelines.events import CameraFrame

BIG_CAMERAS: Final = 500  # 1.5 M positions a second
MOST_CAMERAS: Final = 50  # a tenth of it: what peers get
FPS: Final = 15
PEOPLE: Final = 200
TILE_CM: Final = 3000
ZONE_CM: Final = (500, 500, 2500, 2500)  # within the tile: 20 m x 20 m
ZONE_AREA_CM2: Final = 4_000_000
START_US: Final = 1_767_225_600_000_000
LENGTH: Final = struct.Struct("<I")  # before each record of a frames file
_TILES_A_ROW: Final = 10
_RENEWED: Final = 20  # every 20th walker's track is lost and found again …
_RENEW_US: Final = 4_000_000  # … this often, and has no velocity for a second then


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How many cameras, for how many seconds."""

    cameras: int
    seconds: int

    @property
    def positions(self) -> int:
        """Rows of people in all frames."""
        return self.cameras * self.seconds * FPS * PEOPLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """What a window of a zone has to be: metres, seconds."""

    people: float
    density_per_m2: float
    speed_mps: float | None
    vx_mps: float | None
    vy_mps: float | None
    specific_flow_per_m_s: float | None


Answers = dict[tuple[str, int], Measure]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Walk:
    """One camera's frames.

    Args:
        event_us: (f,) int64, µs UTC.
        positions_cm: (f, p, 2) int64, within the tile.
        velocities_cmps: (f, p, 2) int64; `NO_VELOCITY` where the track is younger than a second.
        tracks: (f, p) int64.
    """

    event_us: NDArray[np.int64]
    positions_cm: NDArray[np.int64]
    velocities_cmps: NDArray[np.int64]
    tracks: NDArray[np.int64]


def origin_cm(camera: int) -> tuple[int, int]:
    """Lower corner of the camera's tile, venue frame."""
    return camera % _TILES_A_ROW * TILE_CM, camera // _TILES_A_ROW * TILE_CM


def zone_cm(camera: int) -> tuple[int, int, int, int]:
    """The zone's x0, y0, x1, y1, venue frame."""
    x, y = origin_cm(camera)
    return x + ZONE_CM[0], y + ZONE_CM[1], x + ZONE_CM[2], y + ZONE_CM[3]


def walk(camera: int, *, seconds: int, first_s: int = 0) -> Walk:
    """The camera's walkers from *first_s* on: straight ahead, turned back at the tile's edge, seen a second before the first frame."""
    chance = np.random.default_rng(camera)
    start = chance.integers(0, TILE_CM, size=(PEOPLE, 2))
    speed, way = chance.integers(20, 160, size=PEOPLE), chance.uniform(0, 2 * np.pi, size=PEOPLE)
    pace = np.rint(np.stack([speed * np.cos(way), speed * np.sin(way)], axis=1)).astype(np.int64)
    frames = np.arange(first_s * FPS, (first_s + seconds + 1) * FPS, dtype=np.int64)
    since_us = frames * units.MICRO // FPS
    far = start + pace * since_us[:, None, None] // units.MICRO
    edge = TILE_CM - 1
    places = edge - np.abs(far % (2 * edge) - edge)
    person = np.arange(PEOPLE, dtype=np.int64)
    age = np.where(person % _RENEWED == 0, (since_us[:, None] + person * 217_000) // _RENEW_US, 0)
    velocities = places[FPS:] - places[:-FPS]  # fifteen frames are one second, to the microsecond
    velocities[age[FPS:] != age[:-FPS]] = NO_VELOCITY
    offset_us = camera % MOST_CAMERAS * (units.MICRO // FPS) // MOST_CAMERAS  # cameras do not fire together; 3 frames in every slice
    return Walk(
        event_us=START_US + offset_us + since_us[FPS:] - units.MICRO,
        positions_cm=places[FPS:],
        velocities_cmps=velocities,
        tracks=(camera * 1_000_000 + person * 1_000 + age)[FPS:],
    )


def frames(size: Size) -> Iterator[CameraFrame]:
    """Every frame, in order of event time."""
    # cameras do not fire together: in every fifteenth of a second, in the order of their offsets
    order = sorted(range(size.cameras), key=lambda camera: camera % MOST_CAMERAS)
    for second in range(size.seconds):
        walks = {camera: walk(camera, seconds=1, first_s=second) for camera in order}
        for index in range(FPS):
            yield from (_frame(camera, made, index) for camera, made in walks.items())


def _frame(camera: int, made: Walk, index: int) -> CameraFrame:
    x, y = origin_cm(camera)
    event_us = int(made.event_us[index])
    return CameraFrame(
        camera=f"c{camera}",
        event_time_us=event_us,
        received_us=event_us,
        tile_x_cm=x,
        tile_y_cm=y,
        people=PEOPLE,
        positions=pack(made.positions_cm[index] + np.asarray((x, y)), made.velocities_cmps[index], made.tracks[index], origin_cm=(x, y)),
    )


def oracle(size: Size) -> Answers:
    """Every whole window of every zone, in plain numpy, from the walkers themselves."""
    answers: Answers = {}
    for camera in range(size.cameras):
        made = walk(camera, seconds=size.seconds)
        x0, y0, x1, y1 = ZONE_CM
        x, y = made.positions_cm[..., 0], made.positions_cm[..., 1]
        held = (x >= x0) & (x < x1) & (y >= y0) & (y < y1)
        moving = held & (made.velocities_cmps[..., 0] != NO_VELOCITY)
        vx, vy = (np.where(moving, made.velocities_cmps[..., axis], 0) for axis in (0, 1))
        speed = np.floor(np.sqrt(vx * vx + vy * vy)).astype(np.int64)
        for end_us in whole_windows(size):
            now = (made.event_us >= end_us - units.WINDOW_US) & (made.event_us < end_us)
            answers[f"z{camera}", end_us] = measure(
                n=int(held[now].sum()),
                frames_used=int(now.sum()),
                area_cm2=ZONE_AREA_CM2,
                n_v=int(moving[now].sum()),
                sum_vx=int(vx[now].sum()),
                sum_vy=int(vy[now].sum()),
                sum_v=int(speed[now].sum()),
            )
    return answers


def whole_windows(size: Size) -> range:
    """Ends (µs UTC) of the windows that lie within the workload."""
    return range(START_US + units.WINDOW_US, START_US + size.seconds * units.MICRO + 1, units.SLICE_US)


def measure(*, n: int, frames_used: int, area_cm2: int, n_v: int, sum_vx: int, sum_vy: int, sum_v: int) -> Measure:
    """The one division, as the density job does it: sums of cm/s, people summed over the window's frames."""
    people = n * units.MICRO // max(frames_used, 1) / 1e6
    density = people / (area_cm2 / 1e4)
    speed = sum_v / 1e2 / n_v if n_v else None
    return Measure(
        people=people,
        density_per_m2=density,
        speed_mps=speed,
        vx_mps=sum_vx / 1e2 / n_v if n_v else None,
        vy_mps=sum_vy / 1e2 / n_v if n_v else None,
        specific_flow_per_m_s=None if speed is None else density * speed,
    )


def write_records(path: Path, records: Iterable[bytes]) -> None:
    """Records one after the other, each after its length (uint32, little-endian)."""
    with path.open("wb") as opened:
        for record in records:
            opened.write(LENGTH.pack(len(record)) + record)


def read_records(path: Path) -> Iterator[bytes]:
    """The records of a file that `write_records` wrote."""
    with path.open("rb") as opened:
        while head := opened.read(LENGTH.size):
            yield opened.read(LENGTH.unpack(head)[0])


def write(folder: Path, size: Size) -> None:
    """Write `frames.bin` and, for peers that know nothing of this project, `about.json`; nothing where they are."""
    about = folder / "about.json"
    wanted = json.dumps(_about(size))
    if about.exists() and about.read_text() == wanted:
        return
    folder.mkdir(parents=True, exist_ok=True)
    about.unlink(missing_ok=True)
    write_records(folder / "frames.bin", (encode(frame) for frame in frames(size)))
    about.write_text(wanted)


def _about(size: Size) -> dict[str, Any]:
    return {
        "cameras": size.cameras,
        "seconds": size.seconds,
        "fps": FPS,
        "positions": size.positions,
        "start_us": START_US,
        "window_us": units.WINDOW_US,
        "slide_us": units.SLICE_US,
        "no_velocity": NO_VELOCITY,
        "zones": [
            {"zone": f"z{camera}", "camera": f"c{camera}", "rectangle_cm": zone_cm(camera), "area_cm2": ZONE_AREA_CM2}
            for camera in range(size.cameras)
        ],
        "schema": json.loads((SCHEMAS / "camera_frame.avsc").read_text()),
    }
