"""Partial sums at the edge: one camera, one 200 ms slice, one entry a zone, all integers.

The answer of a window is therefore bit-equal whatever the order of arrival and the parallelism: only the last
projection divides. Simulated cameras, players and benchmarks use this file too; there is no second implementation.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipelines.detect.floor import ZoneFloor, local_peak
from pipelines.detect.frames import NO_VELOCITY
from pipelines.errors import ShapeError
from pipelines.events import ZoneSums

PLACE_OFFSET = 1 << 19


def pack_place(count: int, ix: int, iy: int) -> int:
    """Count and lattice corner of a box in one int64, so that the largest one is the fullest box."""
    return count << 40 | (ix + PLACE_OFFSET) << 20 | (iy + PLACE_OFFSET)


class _Zone:
    """Running sums of one zone."""

    __slots__ = ("around_sum", "n", "n_v", "peak_place", "peak_sum", "sum_v", "sum_v2", "sum_vx", "sum_vy")

    def __init__(self) -> None:
        self.n = self.n_v = self.sum_vx = self.sum_vy = self.sum_v = self.sum_v2 = 0
        self.peak_sum = self.peak_place = self.around_sum = 0

    def add(self, points_cm: NDArray[np.int64], velocities: NDArray[np.int64], floor: ZoneFloor) -> None:
        self.n += len(points_cm)
        moving = velocities[velocities[:, 0] != NO_VELOCITY]
        squares = (moving * moving).sum(axis=1)
        self.n_v += len(moving)
        self.sum_vx += int(moving[:, 0].sum())
        self.sum_vy += int(moving[:, 1].sum())
        self.sum_v += int(np.floor(np.sqrt(squares)).sum())
        self.sum_v2 += int(squares.sum())
        peak = local_peak(points_cm, floor)
        if peak is not None:
            self.peak_sum += peak.count
            self.peak_place = max(self.peak_place, pack_place(peak.count, peak.ix, peak.iy))
            self.around_sum += peak.around_micro_per_m2


class SliceSums:
    """Sums of one camera over one slice: add frames, then close. Empty zones are reported too.

    Args:
        floors: the zones that the camera's owned area meets.
        frames_expected: frames that a slice should have.
    """

    def __init__(self, floors: Sequence[ZoneFloor], *, frames_expected: int) -> None:
        """Start with nothing seen."""
        self._floors = floors
        self._expected = frames_expected
        self._zones = [_Zone() for _ in floors]
        self._used = self._skipped = 0
        self._reason = ""

    def add(self, positions_cm: NDArray[np.int64], velocities_cmps: NDArray[np.int64]) -> None:
        """Add one frame.

        Args:
            positions_cm: (n, 2) int64, people in the owned area, venue frame.
            velocities_cmps: (n, 2) int64; `NO_VELOCITY` where there is none yet.

        Raises:
            ShapeError: the shapes are not (n, 2) both.
        """
        if positions_cm.ndim != 2 or positions_cm.shape[1] != 2 or positions_cm.shape != velocities_cmps.shape:
            raise ShapeError("positions_cm, velocities_cmps", expected="(n, 2) both", got=(positions_cm.shape, velocities_cmps.shape))
        self._used += 1
        for zone, floor in zip(self._zones, self._floors, strict=True):
            held = floor.holds(positions_cm)
            zone.add(positions_cm[held], velocities_cmps[held], floor)

    def skip(self, reason: str) -> None:
        """Count a frame that was left out, and say why."""
        self._skipped += 1
        self._reason = reason

    def close(self) -> tuple[ZoneSums, ...]:
        """The entries of the slice, one a zone, zeros included."""
        return tuple(self._entry(zone, floor) for zone, floor in zip(self._zones, self._floors, strict=True))

    def _entry(self, zone: _Zone, floor: ZoneFloor) -> ZoneSums:
        return ZoneSums(
            zone=floor.zone,
            zone_area_cm2=floor.area_cm2,
            los_scale=floor.los_scale,
            cameras_expected=floor.cameras_expected,
            frames_expected=self._expected,
            frames_used=self._used,
            frames_skipped=self._skipped,
            skip_reason=self._reason,
            n=zone.n,
            n_v=zone.n_v,
            sum_vx=zone.sum_vx,
            sum_vy=zone.sum_vy,
            sum_v=zone.sum_v,
            sum_v2=zone.sum_v2,
            peak_sum=zone.peak_sum,
            peak_place=zone.peak_place,
            around_sum=zone.around_sum,
        )
