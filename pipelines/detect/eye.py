"""One camera's eye: frames of positions in, the records of the camera out. Pure; the same for real and simulated cameras."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipelines import units
from pipelines.detect.behaviour.watching import Behaviour
from pipelines.detect.cells import CELL, CellRollup, CellSums
from pipelines.detect.crossings import Crossings, LineFloor
from pipelines.detect.floor import ZoneFloor
from pipelines.detect.frames import pack
from pipelines.detect.heirs import Heirs
from pipelines.detect.leaps import Leaps
from pipelines.detect.noise import Noise
from pipelines.detect.patches import Patches
from pipelines.detect.saturation import Saturation
from pipelines.detect.sums import Accuracy, SliceSums
from pipelines.detect.velocities import BASELINE_US, Velocities
from pipelines.events import CameraFrame, CrowdCells, CrowdCrossings, CrowdZones
from pipelines.measures.pressure import velocity_noise_variance

ROLLUP_US: Final = 10 * units.MICRO


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What a camera sees of the plan: its owned rectangle (x0, y0, x1, y1 cm), its zones, its lines, its rate, its errors."""

    camera: str
    plan: str
    owns_cm: tuple[int, int, int, int]
    floors: tuple[ZoneFloor, ...]
    lines: tuple[LineFloor, ...]
    fps: float
    noise_cm: float = 0.0
    count_error: float = 0.0
    saturation: Saturation | None = None


class Eye:
    """Turns one camera's frames, in order of event time, into slices and seconds.

    Call `frame` or `skip` for each frame and `close_until` whenever the mode's clock moves on: it closes every slice
    that has ended, the empty ones too, so that silence and emptiness stay apart.
    """

    def __init__(self, view: View, *, start_us: int, behaviour: Behaviour | None = None) -> None:
        """Begin with the slice that holds *start_us* (µs UTC, event time); *behaviour* where the plan has rules for it here."""
        self._view = view
        self._behaviour = behaviour
        self._leaps, self._heirs = Leaps(), Heirs(view.owns_cm)
        self._velocities = Velocities()
        self._crossings = Crossings(view.lines)
        self._noise = Noise(least_m=view.noise_cm / units.CM_PER_M)
        self._patches = [Patches(floor, view.owns_cm) for floor in view.floors]
        self._slice_us = units.slice_start_us(start_us)
        self._sums = self._new_sums()
        self._cells = CellSums()
        self._rollup = CellRollup()
        self._moved_us = start_us - 1
        self.saturated = False  # somewhere in the last slice more people may stand than the view can tell apart

    def _new_sums(self) -> SliceSums:
        end = self._slice_us + units.SLICE_US
        per_us = self._view.fps / units.MICRO
        expected = max(int(end * per_us) - int(self._slice_us * per_us), 0)
        return SliceSums(self._view.floors, frames_expected=expected, patches=self._patches)

    def frame(
        self,
        event_us: int,
        tracks: NDArray[np.int64],
        positions_cm: NDArray[np.int64],
        *,
        received_us: int,
        shapes: NDArray[np.float64] | None = None,
        scores: NDArray[np.int64] | None = None,
        carried: bool = False,
    ) -> list[Any]:
        """Add a frame: tracks (n,) int64 and positions (n, 2) int64 cm; records of slices that end before it come out.

        *shapes* are those of `behaviour.scene`, where the picture has any. Scores (n,) 0..255 travel with the positions.
        A frame of a slice that was already sent counts as skipped in the present one. One whose positions were *carried* on
        from an earlier one teaches nothing about the camera's noise.
        """
        out = self.close_until(event_us, received_us=received_us)
        if event_us < self._slice_us or event_us <= self._moved_us:
            self._sums.skip("came after its slice was sent")
            return out
        self._moved_us = event_us
        x0, y0, x1, y1 = self._view.owns_cm
        x, y = positions_cm[:, 0], positions_cm[:, 1]
        owned = (x >= x0) & (x < x1) & (y >= y0) & (y < y1)
        tracks, positions_cm = tracks[owned], positions_cm[owned]
        scores = None if scores is None else scores[owned]
        names = self._leaps.of(event_us, tracks, positions_cm)
        velocities = self._velocities.of(event_us, names, positions_cm)
        if not carried:
            self._noise.add(event_us, names, positions_cm)
        self._sums.add(positions_cm, velocities, names)
        self._cells.add(positions_cm, velocities)
        if self._view.lines or self._behaviour:
            people = self._heirs.of(event_us, names, positions_cm)
            self._crossings.add(event_us, people, positions_cm)
            if self._behaviour:
                shapes = shapes[owned] if shapes is not None else None
                out += self._behaviour.take(event_us, people, positions_cm, velocities, shapes, received_us=received_us)
        out.append(
            CameraFrame(
                camera=self._view.camera,
                event_time_us=event_us,
                received_us=received_us,
                tile_x_cm=x0,
                tile_y_cm=y0,
                people=len(tracks),
                positions=pack(positions_cm, velocities, tracks, origin_cm=(x0, y0), scores=scores),
            )
        )
        return out

    @property
    def refused(self) -> int:
        """Leaps of tracks so far: steps that nobody can make."""
        return self._leaps.refused

    def skip(self, event_us: int, reason: str, *, received_us: int) -> list[Any]:
        """Count a frame that may not be used; records of slices that end before it come out."""
        out = self.close_until(event_us, received_us=received_us)
        self._sums.skip(reason)
        return out

    def close_until(self, event_us: int, *, received_us: int) -> list[Any]:
        """Records of every slice and second that ends at or before *event_us*."""
        out: list[Any] = []
        while self._slice_us + units.SLICE_US <= event_us:
            accuracy = self._accuracy()
            entries = self._sums.close(accuracy)
            self.saturated = any(row.saturated for row in entries)
            out.append(
                CrowdZones(
                    camera=self._view.camera,
                    slice_start_us=self._slice_us,
                    received_us=received_us,
                    plan=self._view.plan,
                    entries=entries,
                )
            )
            if self._view.lines:
                out.append(
                    CrowdCrossings(
                        camera=self._view.camera,
                        slice_start_us=self._slice_us,
                        received_us=received_us,
                        entries=self._crossings.close(),
                    )
                )
            self._slice_us += units.SLICE_US
            if self._slice_us % units.MICRO == 0:
                out += self._second()
            self._sums = self._new_sums()
        return out

    def _accuracy(self) -> Accuracy:
        sigma_m, baseline_s = self._noise.sigma_m, BASELINE_US / units.MICRO
        saturation = self._view.saturation
        return Accuracy(
            count_error_ppm=round(self._view.count_error * units.MICRO),
            noise_variance_m2_s2=velocity_noise_variance(sigma_m=sigma_m, baseline_s=baseline_s),
            saturated_people=saturation.box_people if saturation else 0,
            saturated_ppm=round(saturation.error * units.MICRO) if saturation else 0,
        )

    def _second(self) -> list[CrowdCells]:
        """The grid of the second that ends now, and that of the ten seconds where they do."""
        cells, self._cells = self._cells, CellSums()
        out = []
        if cells.frames:
            rows = cells.close(noise_variance_m2_s2=self._accuracy().noise_variance_m2_s2)
            self._rollup.add(rows)
            out.append(self._grid(units.MICRO, rows))
        if self._slice_us % ROLLUP_US == 0:
            rolled = self._rollup.close()
            if rolled is not None:
                out.append(self._grid(ROLLUP_US, rolled))
        return out

    def _grid(self, period_us: int, rows: bytes) -> CrowdCells:
        start_us = self._slice_us - period_us
        return CrowdCells(camera=self._view.camera, event_time_us=start_us, period_us=period_us, cells=rows, row_bytes=CELL.itemsize)


def view_records_late(record: CrowdZones) -> bool:
    """Whether a partial sum is late, decided once, from its fields (see `units.LATE_AFTER_US`)."""
    return record.received_us - (record.slice_start_us + units.SLICE_US) > units.LATE_AFTER_US
