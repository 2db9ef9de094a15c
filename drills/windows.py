"""What the Flink jobs make of recorded sums, worked out without Flink: the same integers, the same one division. Pure.

A density's row is that of `pipelines/measures/zone_window.py`; here is which sums belong to which window, and when it closes.
Held equal to the jobs, row by row, by tests/whole/test_backtest.py.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from drills.results import last_window_us
from pipelines.events import CrowdCrossings, CrowdDensity, CrowdFlow, CrowdOccupancy, CrowdZones, SensorTurnstile, ZoneSums
from pipelines.measures.zone_window import zone_window
from pipelines.units import SLICE_US, US_PER_S, WINDOW_US, slice_start_us

PATIENCE_US: Final = US_PER_S
_MINUTE_S: Final = 60
_TEN_S: Final = 10
_COUNTERS_S: Final = 3
Row = tuple[str, Any]


@dataclass(slots=True)
class _Topic:
    """Which windows of 200 ms ticks or rows have opened, and how far they are closed."""

    open: set[int] = field(default_factory=set)

    def close(self, until_us: int) -> list[int]:
        ended = sorted(end for end in self.open if end <= until_us)
        self.open.difference_update(ended)
        return ended


class Windows:
    """Takes recorded sums, crossings, counters and ticks; gives rows with their progress.

    Args:
        plan: the event plan (plan.model.Plan), for the level of service.
        things: the result topics that are wanted.
    """

    def __init__(self, plan: Any, things: Iterable[str]) -> None:
        """Nothing is known."""
        self._bounds = {row.scale: row.bounds_per_m2 for row in plan.los}
        self._makers = {"crowd.density": self._density, "crowd.flow": self._flow, "crowd.occupancy": self._occupancy}
        self._topics = {thing: _Topic() for thing in things if thing in self._makers}
        self._seen: dict[str, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
        self._sums: dict[str, dict[str, dict[int, ZoneSums]]] = defaultdict(lambda: defaultdict(dict))
        self._crossed: dict[int, dict[str, list[Any]]] = defaultdict(dict)
        self._minutes: dict[str, deque[tuple[int, int, int]]] = defaultdict(deque)
        self._totals: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        self._counters: dict[int, dict[tuple[str, str], list[int]]] = defaultdict(dict)

    def take(self, record: Any) -> None:
        """One recorded record that no tick has overtaken."""
        match record:
            case CrowdZones() if self._is_new("crowd.density", record):
                for entry in record.entries:
                    self._sums[entry.zone][record.camera][record.slice_start_us] = entry
                if record.entries:
                    self._opens("crowd.density", record.slice_start_us + SLICE_US, WINDOW_US // SLICE_US, SLICE_US)
            case CrowdCrossings() if self._is_new("crowd.flow", record):
                end_us = record.slice_start_us - record.slice_start_us % US_PER_S + US_PER_S
                for count in record.entries:
                    row = self._crossed[end_us].setdefault(count.line, [count.gate, 0, 0, set(), 0])
                    row[1:] = [row[1] + count.entered, row[2] + count.exited, row[3] | {record.camera}, max(row[4], count.width_cm)]
                if record.entries:
                    self._opens("crowd.flow", end_us, 1, US_PER_S)
            case SensorTurnstile():
                at_us = record.event_time_us - record.event_time_us % 1000
                end_us = at_us - at_us % US_PER_S + US_PER_S
                for end in range(end_us, end_us + _COUNTERS_S * US_PER_S, US_PER_S):
                    kept = self._counters[end].setdefault((record.area, record.device), [0, 0])
                    kept[:] = [max(kept[0], record.entries_total), max(kept[1], record.exits_total)]
                self._opens("crowd.occupancy", end_us, _COUNTERS_S, US_PER_S)
            case _:
                pass

    def _is_new(self, thing: str, record: CrowdZones | CrowdCrossings) -> bool:
        cameras = self._seen[thing][record.slice_start_us]
        if record.camera in cameras:
            return False
        cameras.add(record.camera)
        return True

    def _opens(self, thing: str, end_us: int, count: int, step_us: int) -> None:
        if thing in self._topics:
            self._topics[thing].open.update(range(end_us, end_us + count * step_us, step_us))

    def tick(self, tick_us: int) -> Iterator[Row]:
        """The rows of every window that this tick closes, each window's before its progress."""
        for thing, topic in self._topics.items():
            topic.open.add(slice_start_us(tick_us) + SLICE_US)
            patience_us = PATIENCE_US if thing == "crowd.occupancy" else 0
            for end_us in topic.close(last_window_us(tick_us) - patience_us):
                rows = list(self._makers[thing](end_us))
                yield from ((thing, row) for row in rows)
                yield thing, progress(thing, end_us + patience_us, len(rows))
        for slices in self._seen.values():
            for old in [start for start in slices if start < tick_us - 2 * WINDOW_US]:
                del slices[old]

    # -- density --------------------------------------------------------------------------------------------------

    def _density(self, end_us: int) -> Iterator[CrowdDensity]:
        for zone, cameras in self._sums.items():
            found = []
            for slices in cameras.values():
                for old in [start for start in slices if start < end_us - WINDOW_US]:
                    del slices[old]
                entries = {start: entry for start, entry in slices.items() if start < end_us}
                if entries:
                    found.append(entries)
            if found:
                yield zone_window(zone, end_us=end_us, cameras=found, bounds_per_m2=self._bounds)

    # -- flow and occupancy ---------------------------------------------------------------------------------------

    def _flow(self, end_us: int) -> Iterator[CrowdFlow]:
        second = end_us // US_PER_S
        for line, (gate, entered, exited, cameras, width_cm) in self._crossed.pop(end_us, {}).items():
            last, totals = self._minutes[line], self._totals[line]
            last.append((second, entered, exited))
            while last[0][0] <= second - _MINUTE_S:
                last.popleft()
            totals[:] = [totals[0] + entered, totals[1] + exited]
            in_60, out_60 = sum(row[1] for row in last), sum(row[2] for row in last)
            ten = [row for row in last if row[0] > second - _TEN_S]
            in_10, out_10 = sum(row[1] for row in ten), sum(row[2] for row in ten)
            yield CrowdFlow(
                progress=False,
                rows=0,
                window_end_us=end_us,
                gate=gate,
                line=line,
                entered=entered,
                exited=exited,
                cameras_seen=len(cameras),
                width_m=width_cm / 1e2,
                entered_per_min=in_60 * 1.0,
                exited_per_min=out_60 * 1.0,
                entered_per_m_min=in_60 * 1e2 / width_cm if width_cm > 0 else 0.0,
                exited_per_m_min=out_60 * 1e2 / width_cm if width_cm > 0 else 0.0,
                counter_share=min(in_10, out_10) * 1.0 / (in_10 + out_10) if in_10 + out_10 > 0 else 0.0,
                entered_total=totals[0],
                exited_total=totals[1],
            )

    def _occupancy(self, end_us: int) -> Iterator[CrowdOccupancy]:
        """Rows are shifted by the job's patience: they join the others at a fixed, later step."""
        counters = self._counters.pop(end_us, {})
        for area in sorted({area for area, _ in counters}):
            rows = [row for (where, _), row in counters.items() if where == area]
            entries, exits = sum(row[0] for row in rows), sum(row[1] for row in rows)
            yield CrowdOccupancy(
                progress=False,
                rows=0,
                window_end_us=end_us + PATIENCE_US,
                area=area,
                inside=entries - exits,
                entries_total=entries,
                exits_total=exits,
                turnstiles_seen=len(rows),
            )


def progress(thing: str, end_us: int, rows: int) -> Any:
    """The progress row of a window with that many rows."""
    empty: dict[str, Any]
    match thing:
        case "crowd.density":
            numbers = dict.fromkeys(("people", "density_per_m2", "local_peak_per_m2", "peak_x_m", "peak_y_m", "around_per_m2"), 0.0)
            counts = dict.fromkeys(("cameras_expected", "cameras_seen", "frames_expected", "frames_used"), 0)
            empty = {"zone": "", "los": "", "los_scale": "", **numbers, **counts}
            return CrowdDensity(progress=True, rows=rows, window_end_us=end_us, **empty)
        case "crowd.flow":
            return CrowdFlow(progress=True, rows=rows, window_end_us=end_us, gate="", line="", entered=0, exited=0, cameras_seen=0)
        case _:
            empty = dict.fromkeys(("inside", "entries_total", "exits_total", "turnstiles_seen"), 0)
            return CrowdOccupancy(progress=True, rows=rows, window_end_us=end_us, area="", **empty)
