"""Our path's first half, as the edge does it: `camera.frames` bytes in, encoded `crowd.zones` records out.

`python -m benchmarks.crowd.ours FOLDER OUT` writes the records, for the meter. `answers` turns them into the measures
as the density job would, outside what is measured: it proves that the records hold the answer.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from benchmarks.crowd.workload import FPS, ZONE_AREA_CM2, Answers, measure, read_records, write_records, zone_cm
from pipelines import units
from pipelines.codec import decode, encode
from pipelines.detect.floor import ZoneFloor, zone_floor
from pipelines.detect.frames import unpack
from pipelines.detect.sums import SliceSums
from pipelines.events import CameraFrame, CrowdZones, ZoneSums

_FRAMES_A_SLICE = FPS * units.SLICE_US // units.MICRO
PLAN = "bench"
_COUNTED = ("n", "frames_used", "n_v", "sum_vx", "sum_vy", "sum_v")


class _Camera:
    """One camera's open slice."""

    def __init__(self, camera: str) -> None:
        number = int(camera.removeprefix("c"))
        x0, y0, x1, y1 = (edge / units.CM_PER_M for edge in zone_cm(number))
        corners = ((x0, y0), (x1, y0), (x1, y1), (x0, y1))
        self._camera = camera
        self._floors: tuple[ZoneFloor, ...] = (zone_floor(f"z{number}", corners, los_scale="walkway", cameras_expected=1),)
        self._sums = self._new_sums()
        self.slice_us = 0

    def _new_sums(self) -> SliceSums:
        return SliceSums(self._floors, frames_expected=_FRAMES_A_SLICE)

    def add(self, frame: CameraFrame) -> None:
        positions, velocities, _ = unpack(frame.positions, origin_cm=(frame.tile_x_cm, frame.tile_y_cm))
        self._sums.add(positions, velocities)

    def close(self, *, next_us: int) -> CrowdZones:
        """The slice; the next one begins at *next_us*."""
        end_us = self.slice_us + units.SLICE_US
        record = CrowdZones(camera=self._camera, slice_start_us=self.slice_us, received_us=end_us, plan=PLAN, entries=self._sums.close())
        self._sums, self.slice_us = self._new_sums(), next_us
        return record


def sums(frames: Iterable[bytes], *, before: Callable[[int], None] | None = None) -> Iterator[CrowdZones]:
    """`crowd.zones` of encoded `camera.frames`: a camera closes its slice when its first frame of the next one comes.

    Args:
        frames: in order of event time.
        before: called with each frame's event time (µs UTC) before it is taken.
    """
    cameras: dict[str, _Camera] = {}
    for raw in frames:
        frame = decode(raw, CameraFrame)
        slice_us = units.slice_start_us(frame.event_time_us)
        if before is not None:
            before(frame.event_time_us)
        camera = cameras.get(frame.camera)
        if camera is None:
            camera = cameras[frame.camera] = _Camera(frame.camera)
            camera.slice_us = slice_us
        if slice_us > camera.slice_us:
            yield camera.close(next_us=slice_us)
        camera.add(frame)
    for camera in cameras.values():
        yield camera.close(next_us=0)


def edge(frames: Iterable[bytes]) -> Iterator[bytes]:
    """Encoded `crowd.zones` of encoded `camera.frames`, one a camera and slice."""
    return map(encode, sums(frames))


def answers(records: Iterable[bytes], ends_us: Iterable[int]) -> Answers:
    """The measures of the windows that end at *ends_us* (µs UTC), as the density job adds the slices up."""
    slices: dict[tuple[str, int], ZoneSums] = {}
    for raw in records:
        record = decode(raw, CrowdZones)
        slices.update({(entry.zone, record.slice_start_us): entry for entry in record.entries})
    zones = {zone for zone, _ in slices}
    made: Answers = {}
    for end_us in ends_us:
        starts = range(end_us - units.WINDOW_US, end_us, units.SLICE_US)
        for zone in zones:
            held = [slices[zone, start] for start in starts if (zone, start) in slices]
            total = {name: sum(getattr(entry, name) for entry in held) for name in _COUNTED}
            made[zone, end_us] = measure(area_cm2=ZONE_AREA_CM2, **total)
    return made


if __name__ == "__main__":
    write_records(Path(sys.argv[2]), edge(read_records(Path(sys.argv[1]) / "frames.bin")))
