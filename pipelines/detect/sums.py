"""Partial sums at the edge: one camera, one 200 ms slice, one entry a zone, all integers.

The answer of a window is therefore bit-equal whatever the order of arrival and the parallelism: only the last
projection divides. Simulated cameras, players and benchmarks use this file too; there is no second implementation.
A slice is summed at once when it closes: numpy then works on some hundreds of people, not on some dozens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.detect.floor import Boxes, ZoneFloor
from pipelines.detect.frames import NO_VELOCITY
from pipelines.detect.patches import Patches
from pipelines.errors import ShapeError
from pipelines.events import ZoneSums
from pipelines.units import MICRO

PLACE_OFFSET = 1 << 19
Ints = NDArray[np.int64]


def pack_place(count: int, ix: int, iy: int) -> int:
    """Count and lattice corner of a box in one int64, so that the largest one is the fullest box."""
    return count << 40 | (ix + PLACE_OFFSET) << 20 | (iy + PLACE_OFFSET)


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy:
    """How far a camera may be trusted.

    Args:
        count_error_ppm: share by which its count may be wrong, 1e-6.
        noise_variance_m2_s2: of one velocity, both components, that is only position noise.
        saturated_people: people seen in a 2 m box from which the count is a lower bound; 0 = it never is.
        saturated_ppm: share by which it may then be wrong, 1e-6.
    """

    count_error_ppm: int = 0
    noise_variance_m2_s2: float = 0.0
    saturated_people: int = 0
    saturated_ppm: int = 0

    def is_saturated(self, fullest: int) -> bool:
        """Whether a count is a lower bound where the *fullest* box holds so many."""
        return 0 < self.saturated_people <= fullest

    def error_ppm(self, fullest: int) -> int:
        """Share by which a count may then be wrong."""
        return max(self.count_error_ppm, self.saturated_ppm) if self.is_saturated(fullest) else self.count_error_ppm


EXACT = Accuracy()


class SliceSums:
    """Sums of one camera over one slice: add frames, then close. Empty zones are reported too.

    Args:
        floors: the zones that the camera's owned area meets.
        frames_expected: frames that a slice should have.
        patches: what is remembered of each zone's dense patches, one a floor; none where nobody asks for losses.
    """

    def __init__(self, floors: Sequence[ZoneFloor], *, frames_expected: int, patches: Sequence[Patches] = ()) -> None:
        """Start with nothing seen."""
        self._floors = floors
        self._expected = frames_expected
        self._patches = patches
        self._frames: list[tuple[Ints, Ints, Ints]] = []
        self._skipped = 0
        self._reason = ""

    def add(self, positions_cm: Ints, velocities_cmps: Ints, tracks: Ints | None = None) -> None:
        """Add one frame.

        Args:
            positions_cm: (n, 2) int64, people in the owned area, venue frame.
            velocities_cmps: (n, 2) int64; `NO_VELOCITY` where there is none yet.
            tracks: (n,) int64, each once; left out where nobody asks for losses.

        Raises:
            ShapeError: the shapes are not (n, 2) both, and (n,).
        """
        if positions_cm.ndim != 2 or positions_cm.shape[1] != 2 or positions_cm.shape != velocities_cmps.shape:
            raise ShapeError("positions_cm, velocities_cmps", expected="(n, 2) both", got=(positions_cm.shape, velocities_cmps.shape))
        tracks = np.zeros(len(positions_cm), dtype=np.int64) if tracks is None else tracks
        if tracks.shape != positions_cm.shape[:1]:
            raise ShapeError("tracks", expected=str(positions_cm.shape[:1]), got=tracks.shape)
        self._frames.append((positions_cm, velocities_cmps, tracks))

    def skip(self, reason: str) -> None:
        """Count a frame that was left out, and say why."""
        self._skipped += 1
        self._reason = reason

    def close(self, accuracy: Accuracy = EXACT) -> tuple[ZoneSums, ...]:
        """The entries of the slice, one a zone, zeros included."""
        used = len(self._frames)
        if not used:
            for patch in self._patches:
                patch.forget()
            return tuple(self._entry(floor, {}, accuracy) for floor in self._floors)
        points = np.concatenate([frame[0] for frame in self._frames])
        velocities = np.concatenate([frame[1] for frame in self._frames])
        index = np.repeat(np.arange(used), [len(frame[0]) for frame in self._frames])
        tracks = np.concatenate([frame[2] for frame in self._frames]) if self._patches else index
        last = index == used - 1
        everyone = tracks[last] if self._patches else tracks
        found = []
        for number, floor in enumerate(self._floors):
            held = floor.holds(points)
            inside = np.flatnonzero(held)
            people = _Slice(points.take(inside, axis=0), velocities.take(inside, axis=0), index.take(inside), used, accuracy)
            sums = _zone_sums(people, floor, accuracy)
            if self._patches:
                patch = self._patches[number]
                dense = people.boxes.counts[-1] if people.boxes is not None and people.boxes.is_dense(used - 1) else None
                first = people.boxes.first if people.boxes is not None else (0, 0)
                there = held & last
                sums["lost"] = patch.step(dense, first, everyone=everyone, tracks=tracks[there], points_cm=points[there])
                sums["patch_n"] = patch.people
            found.append(self._entry(floor, sums, accuracy))
        return tuple(found)

    def _entry(self, floor: ZoneFloor, sums: dict[str, int], accuracy: Accuracy) -> ZoneSums:
        return ZoneSums(
            zone=floor.zone,
            zone_area_cm2=floor.area_cm2,
            los_scale=floor.los_scale,
            cameras_expected=floor.cameras_expected,
            owned_area_cm2=floor.owned_area_cm2,
            queue_gate=floor.queue_gate,
            frames_expected=self._expected,
            frames_used=len(self._frames),
            frames_skipped=self._skipped,
            skip_reason=self._reason,
            noise_micro=round(accuracy.noise_variance_m2_s2 * MICRO),
            **{**_NOTHING, **sums},
        )


_NOTHING = dict.fromkeys(("n", "n_v", "sum_vx", "sum_vy", "sum_v", "sum_v2", "peak_sum", "peak_place", "around_sum"), 0)


class _Slice:
    """People of one zone in one slice."""

    __slots__ = ("boxes", "frame", "frames", "points", "velocities")

    def __init__(self, points: Ints, velocities: Ints, frame: Ints, frames: int, accuracy: Accuracy) -> None:
        self.points, self.velocities, self.frame, self.frames = points, velocities, frame, frames
        noise = accuracy.noise_variance_m2_s2
        self.boxes = Boxes(points, frame, frames, noise_variance_m2_s2=noise) if len(points) else None


def _zone_sums(people: _Slice, floor: ZoneFloor, accuracy: Accuracy) -> dict[str, int]:
    if people.boxes is None:
        return {}
    moving = people.velocities.compress(people.velocities[:, 0] != NO_VELOCITY, axis=0)
    squares = np.einsum("ij,ij->i", moving, moving)
    peaks = people.boxes.peaks(floor)
    fullest = max((peak.count for peak in peaks), default=0)
    sum_vx, sum_vy = np.einsum("ij->j", moving).tolist()
    return {
        "n": len(people.points),
        "n_v": len(moving),
        "sum_vx": sum_vx,
        "sum_vy": sum_vy,
        "sum_v": int(np.sqrt(squares).astype(np.int64).sum()),
        "sum_v2": int(squares.sum()),
        "peak_sum": sum(peak.count for peak in peaks),
        "peak_place": max((pack_place(peak.count, peak.ix, peak.iy) for peak in peaks), default=0),
        "around_sum": sum(peak.around_micro_per_m2 for peak in peaks),
        "n_error": len(people.points) * accuracy.error_ppm(fullest),
        "saturated": int(accuracy.is_saturated(fullest)),
        **_pressure(people),
    }


def _pressure(people: _Slice) -> dict[str, int]:
    """The largest pressure over the dense boxes of the last frame; nothing where it is not measurable."""
    last = people.frames - 1
    if people.boxes is None or not people.boxes.is_dense(last):
        return {}
    chosen = (people.velocities[:, 0] != NO_VELOCITY) & (people.frame == last)
    found = people.boxes.highest_pressure(people.points, people.velocities, chosen, frame=last)
    if found is None:
        return {}
    names = ("pressure_sum", "pressure_low_sum", "pressure_high_sum")
    return {"pressure_n": 1, **{name: int(value * MICRO) for name, value in zip(names, found, strict=True)}}
