"""What late partial sums correct: which windows they touch, the row that all sums of a window make, its revision. Pure.

The store keeps the windows that end on a whole second, so a slice of 200 ms touches exactly one of them. A row is worked out from
all sums of its window, those on time and those that came late, by the one function that backtests and the tests' oracle use too:
the same set of sums gives the same row, whatever their order, repeats and partitions, and gives no second revision.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from pipelines.events import CrowdDensity, CrowdZones, ZoneSums
from pipelines.measures.zone_window import Bounds, zone_window
from pipelines.units import SLICE_US, US_PER_S, WINDOW_US

SUMS_KEPT_US: Final = 48 * 3600 * US_PER_S  # as long as crowd_zones and crowd_late keep them


class Verdict(Enum):
    """What becomes of one zone's row of a window, where it is not corrected."""

    UNCHANGED = "unchanged"
    WAITING = "waiting"
    GONE = "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """The newest row that the store holds of one zone and window.

    Args:
        revision: 0 is Flink's.
        row: as `crowd.density` carries it.
        late_frames: frames expected by the late sums that are worked into it already.
    """

    revision: int
    row: CrowdDensity
    late_frames: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """A new revision of one zone's row.

    Args:
        revision: one above the highest that is stored; never 0.
        was: the row before; None where every sum of the window was late.
        now: the row of all sums.
        late_sums, late_frames: late sums of this zone, and the frames that they expected.
        late_us: from the end of its slice to the receipt of the latest of them.
    """

    revision: int
    was: CrowdDensity | None
    now: CrowdDensity
    late_sums: int
    late_frames: int
    late_us: int


def kept_window_us(slice_start_us: int) -> int:
    """End of the one stored window that the slice lies in, µs UTC."""
    return slice_start_us - slice_start_us % US_PER_S + US_PER_S


def lateness_us(record: CrowdZones) -> int:
    """How long after its slice's end a sum was received, µs."""
    return record.received_us - record.slice_start_us - SLICE_US


def window_rows(
    sums: Iterable[CrowdZones], *, end_us: int, bounds_per_m2: Bounds, zones: Collection[str] | None = None
) -> list[CrowdDensity]:
    """The rows of `crowd.density` for the window that ends at *end_us*: of every zone in *sums*, or of *zones* alone.

    Sums of other windows do not count; of several for one camera and slice the one received first does.
    """
    found: dict[str, dict[str, dict[int, ZoneSums]]] = defaultdict(lambda: defaultdict(dict))
    for record in _once(sums, end_us):
        for entry in record.entries:
            if zones is None or entry.zone in zones:
                found[entry.zone][record.camera][record.slice_start_us] = entry
    return [zone_window(zone, end_us=end_us, cameras=found[zone].values(), bounds_per_m2=bounds_per_m2) for zone in sorted(found)]


def _once(sums: Iterable[CrowdZones], end_us: int) -> list[CrowdZones]:
    first: dict[tuple[str, int], CrowdZones] = {}
    for record in sums:
        if end_us - WINDOW_US <= record.slice_start_us < end_us and not record.tick:
            place = record.camera, record.slice_start_us
            if place not in first or record.received_us < first[place].received_us:
                first[place] = record
    return list(first.values())


class WindowSums:
    """All sums at hand of one window.

    Args:
        end_us: its end, µs UTC.
        on_time, late: the partial sums, as the topics `crowd.zones` and `crowd.late` carried them.
    """

    def __init__(self, end_us: int, *, on_time: Iterable[CrowdZones], late: Iterable[CrowdZones]) -> None:
        """Drop repeats; a late sum of a camera and slice that has one on time is a repeat too."""
        self.end_us = end_us
        self._on_time = _once(on_time, end_us)
        have = {(record.camera, record.slice_start_us) for record in self._on_time}
        came_late = [record for record in _once(late, end_us) if (record.camera, record.slice_start_us) not in have]
        # what the others of their window have not waited for corrects nothing
        self._late = [record for record in came_late if lateness_us(record) <= SUMS_KEPT_US]
        self.zones = frozenset(entry.zone for record in came_late for entry in record.entries)

    def judge(self, zone: str, *, stored: Stored | None, passed: bool, still: bool, bounds_per_m2: Bounds) -> Correction | Verdict:
        """What becomes of a zone's row.

        Args:
            zone: one of `zones`.
            stored: what is there; None where the store holds no row.
            passed: ticks say that every sum that came in time is stored.
            still: no tick has come for a while, so that the stored row alone can say what came in time.
            bounds_per_m2: scale → the five bounds of its level of service.
        """
        late = [record for record in self._late if any(entry.zone == zone for entry in record.entries)]
        if not late:
            return Verdict.GONE
        late_frames = _frames(late, zone)
        whole = stored is None or (
            _frames(self._on_time, zone) >= stored.row.frames_expected - stored.late_frames and late_frames >= stored.late_frames
        )
        if not passed and not (still and stored is not None and whole):
            return Verdict.WAITING
        if not whole:
            return Verdict.GONE
        (now,) = window_rows([*self._on_time, *self._late], end_us=self.end_us, bounds_per_m2=bounds_per_m2, zones={zone})
        if stored is not None and stored.row == now:
            return Verdict.UNCHANGED
        return Correction(
            revision=(stored.revision if stored is not None else 0) + 1,
            was=stored.row if stored is not None else None,
            now=now,
            late_sums=len(late),
            late_frames=late_frames,
            late_us=max(map(lateness_us, late)),
        )


def _frames(records: Iterable[CrowdZones], zone: str) -> int:
    return sum(entry.frames_expected for record in records for entry in record.entries if entry.zone == zone)
