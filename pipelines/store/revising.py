"""Corrections at work: every few seconds, within the store's turn, late sums are worked into the windows they belong to.

What is left to do is asked of the tables (late sums without a mark that covers them), so a kill at any point repeats at most what
changes nothing: the note of a correction, then its row, then the mark of its window. A turn takes a small part of a second and
raises nothing; the sink goes first.
"""

from __future__ import annotations

import math
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from connectors.clickhouse_sums import LARGEST_ANSWER, LateWindow
from pipelines.codec import decode, to_plain
from pipelines.errors import DecodeError, RefusedError, TransientError
from pipelines.events import CrowdDensity, CrowdZones
from pipelines.measures.zone_window import Bounds
from pipelines.store.corrections import Correction, Stored, Verdict, WindowSums, kept_window_us
from pipelines.store.settling import Settling, StoredUntil
from pipelines.topics import topic

EVERY_S: Final = 3.0
QUIET_S: Final = 3.0  # a window waits this long for more late sums,
LONGEST_S: Final = 15.0  # and no longer than this for the last of them
BUDGET_S: Final = 0.2  # of one turn; windows that have been begun are finished
AT_ONCE: Final = 8  # windows asked for together
STILL_S: Final = 60.0  # no tick for this long: the mode has ended, or nobody tells the time
_OVERLAP_S: Final = 60  # a broker's clock may step back
_ALL_AGAIN_S: Final = 3600.0  # by more than that; then the late sums are found again by a look at all
_REFUSED_AGAIN_S: Final = 600.0
_LONGEST_PAUSE_S: Final = 60.0


class SumsProtocol(Protocol):
    """What is kept, and where corrections go (`connectors/clickhouse_sums.py`)."""

    def late_windows(self, *, appended_from_s: int) -> list[LateWindow]:
        """Windows with late sums that are not worked in."""

    def late_sums(self, windows: Collection[int]) -> list[bytes]:
        """Late sums of these windows."""

    def sums(self, windows: Collection[int], *, zones: Collection[str]) -> list[bytes]:
        """Sums of these windows that came in time."""

    def newest(self, windows: Collection[int], *, zones: Collection[str]) -> dict[tuple[str, int], tuple[int, CrowdDensity]]:
        """The newest revisions that are stored."""

    def late_frames(self, windows: Collection[int], *, zones: Collection[str]) -> dict[tuple[str, int, int], int]:
        """Frames of late sums that revisions were made with."""

    def note(self, corrections: Sequence[Mapping[str, Any]]) -> None:
        """Keep what corrections change."""

    def revise(self, rows: Iterable[tuple[int, int, CrowdDensity]]) -> None:
        """Store revisions."""

    def mark(self, windows: Sequence[Mapping[str, Any]]) -> None:
        """Keep which windows are worked in."""


@dataclass(slots=True, kw_only=True)
class _Work:
    """What came of some windows: rows to write, and what to say of them."""

    notes: list[dict[str, Any]] = field(default_factory=list)
    rows: list[tuple[int, int, CrowdDensity]] = field(default_factory=list)
    marks: list[dict[str, Any]] = field(default_factory=list)
    waiting: list[int] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    latest_us: int = 0


class Corrections:
    """The corrections of one store.

    Args:
        sums: the mode's database; it may be away.
        bounds_per_m2: scale → the five bounds of its level of service, of the plan in force.
        wall_us: the time that notes carry, µs UTC.
        spent_s: a clock that measures a turn.
    """

    def __init__(
        self,
        sums: SumsProtocol,
        *,
        bounds_per_m2: Bounds,
        wall_us: Callable[[], int] = lambda: time.time_ns() // 1000,
        spent_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """Nothing is asked of the database yet."""
        self._sums, self._bounds, self._wall_us, self._spent_s = sums, bounds_per_m2, wall_us, spent_s
        self.stored_until = StoredUntil(topic("crowd.zones").partitions)
        self.counts: Counter[str] = Counter()
        self._settling = Settling(quiet_s=QUIET_S, longest_s=LONGEST_S)
        self._found: dict[int, LateWindow] = {}
        self._until_us: int | None = None
        self._moved_s = self._all_s = -math.inf
        self._next_s, self._pause_s = -math.inf, EVERY_S
        self._appended_from_s = 0
        self._last_said = ""

    def saw(self, thing: str, partition: int, record: Any) -> None:
        """What the sink has read, before it is stored: a tick among the sums, as fields by name or as event, says what stands before it."""
        if thing != "crowd.zones":
            return
        fields = record if isinstance(record, Mapping) else to_plain(record) if isinstance(record, CrowdZones) else {}
        if fields.get("tick"):
            self.stored_until.saw(partition, fields["slice_start_us"])

    def turn(self, now_s: float) -> None:
        """Look for late sums and work in what is due, if the last turn was some seconds ago.

        Args:
            now_s: of a clock that never steps, s.
        """
        if now_s < self._next_s:
            return
        self._next_s = now_s + EVERY_S
        if self._until_us != self.stored_until.event_us or self._moved_s == -math.inf:
            self._until_us, self._moved_s = self.stored_until.event_us, now_s
        try:
            self._look(now_s)
            self._work_in(now_s)
            self._pause_s, self._last_said = EVERY_S, ""
        except (TransientError, RefusedError) as error:
            self._pause_s = min(self._pause_s * 2, _LONGEST_PAUSE_S)
            self._next_s = now_s + self._pause_s
            self._say_once(f"{error}; late sums wait")

    def _look(self, now_s: float) -> None:
        if now_s - self._all_s >= _ALL_AGAIN_S:
            self._appended_from_s, self._all_s = 0, now_s
        found = self._sums.late_windows(appended_from_s=self._appended_from_s - _OVERLAP_S)
        self._found.update({window.end_us: window for window in found})
        if len(found) < LARGEST_ANSWER:  # else there may be more of the same time
            self._appended_from_s = max([self._appended_from_s, *(window.appended_s for window in found)])
        self._settling.look({window.end_us: window.late_offset for window in self._found.values()}, now_s=now_s)

    def _work_in(self, now_s: float) -> None:
        still, began_s, total = now_s - self._moved_s >= STILL_S, self._spent_s(), _Work()
        due = [end_us for end_us in self._settling.due(now_s=now_s) if still or self._passed(end_us)]
        at_once = AT_ONCE
        while due and self._spent_s() - began_s < BUDGET_S:
            chosen = due[:at_once]
            try:
                work = self._written(chosen, still=still)
            except RefusedError as error:
                if at_once == 1:
                    self._say_once(f"window {chosen[0]}: {error}; it is tried again, the others go on")
                    self._settling.later(chosen[0], at_s=now_s + _REFUSED_AGAIN_S)
                    due = due[1:]
                at_once = 1
                continue
            due = due[at_once:]
            self._settle(chosen, work, now_s)
            total.counts += work.counts
            total.latest_us = max(total.latest_us, work.latest_us)
        self.counts += total.counts
        self._say(total)

    def _passed(self, end_us: int) -> bool:
        return self._until_us is not None and self._until_us >= end_us

    def _written(self, chosen: list[int], *, still: bool) -> _Work:
        work = self._work_out(chosen, still=still)
        self._sums.note(work.notes)
        self._sums.revise(work.rows)
        self._sums.mark(work.marks)
        return work

    def _settle(self, chosen: list[int], work: _Work, now_s: float) -> None:
        for end_us in chosen:
            if end_us in work.waiting:
                self._settling.later(end_us, at_s=now_s + STILL_S)
            else:
                self._settling.done(end_us)
                del self._found[end_us]

    def _work_out(self, chosen: list[int], *, still: bool) -> _Work:
        work = _Work()
        late = _decoded(self._sums.late_sums(chosen), work.counts)
        zones = {entry.zone for records in late.values() for record in records for entry in record.entries}
        if not zones:
            for end_us in chosen:
                _put(work, self._found[end_us], [], at_us=self._wall_us())
            return work
        on_time = _decoded(self._sums.sums(chosen, zones=zones), work.counts)
        newest = self._sums.newest(chosen, zones=zones)
        frames = self._sums.late_frames(chosen, zones=zones)
        for end_us in chosen:
            window = WindowSums(end_us, on_time=on_time.get(end_us, ()), late=late.get(end_us, ()))
            verdicts = [
                window.judge(
                    zone,
                    stored=_stored(newest, frames, zone, end_us),
                    passed=self._passed(end_us),
                    still=still,
                    bounds_per_m2=self._bounds,
                )
                for zone in sorted(window.zones)
            ]
            _put(work, self._found[end_us], verdicts, at_us=self._wall_us())
        return work

    def _say(self, work: _Work) -> None:
        counts = work.counts
        if counts["corrected"]:
            print(
                f"store: corrected {counts['corrected']} rows of zones in {counts['windows']} windows by {counts['late_sums']} late sums,"
                f" the latest {work.latest_us / 1e6:.1f} s late",
                flush=True,
            )
        if counts["gone"]:
            print(
                f"store: late sums came when the others of their windows had been deleted: {counts['gone']} rows of zones stay as they are",
                flush=True,
            )
        if counts["unreadable"]:
            print(f"store: {counts['unreadable']} kept sums could not be read; they correct nothing", flush=True)

    def _say_once(self, sentence: str) -> None:
        if sentence != self._last_said:
            print(f"store: corrections: {sentence}", flush=True)
            self._last_said = sentence


def _decoded(records: Iterable[bytes], counts: Counter[str]) -> dict[int, list[CrowdZones]]:
    """Sums by the end of their window; those that cannot be used are counted."""
    found: dict[int, list[CrowdZones]] = defaultdict(list)
    for raw in records:
        try:
            record = decode(raw, CrowdZones)
        except DecodeError:
            counts["unreadable"] += 1
            continue
        if any(entry.zone_area_cm2 <= 0 for entry in record.entries):
            counts["unreadable"] += 1
            continue
        found[kept_window_us(record.slice_start_us)].append(record)
    return found


def _stored(
    newest: Mapping[tuple[str, int], tuple[int, CrowdDensity]], frames: Mapping[tuple[str, int, int], int], zone: str, end_us: int
) -> Stored | None:
    if (zone, end_us) not in newest:
        return None
    revision, row = newest[zone, end_us]
    return Stored(revision=revision, row=row, late_frames=frames.get((zone, end_us, revision), 0))


def _put(work: _Work, found: LateWindow, verdicts: Sequence[Correction | Verdict], *, at_us: int) -> None:
    if Verdict.WAITING in verdicts:
        work.waiting.append(found.end_us)
        return
    made = [verdict for verdict in verdicts if isinstance(verdict, Correction)]
    counts = {
        "corrected": len(made),
        "unchanged": verdicts.count(Verdict.UNCHANGED),
        "gone": verdicts.count(Verdict.GONE),
    }
    work.notes += [_note(correction, appended_s=found.appended_s, at_us=at_us) for correction in made]
    work.rows += [(found.appended_s, correction.revision, correction.now) for correction in made]
    work.marks.append(
        {
            "appended_at": found.appended_s,
            "window_end_us": found.end_us,
            "late_offset": found.late_offset,
            "late_sums": found.late_sums,
            **counts,
            "noted_at_us": at_us,
        }
    )
    work.counts += Counter({**counts, "windows": 1, "late_sums": found.late_sums})
    work.latest_us = max([work.latest_us, *(correction.late_us for correction in made)])


def _note(correction: Correction, *, appended_s: int, at_us: int) -> dict[str, Any]:
    before = correction.was
    return {
        "appended_at": appended_s,
        "zone": correction.now.zone,
        "window_end_us": correction.now.window_end_us,
        "revision": correction.revision,
        "people_before": before.people if before else None,
        "density_before_per_m2": before.density_per_m2 if before else None,
        "local_peak_before_per_m2": before.local_peak_per_m2 if before else None,
        "cameras_seen_before": before.cameras_seen if before else None,
        "people": correction.now.people,
        "density_per_m2": correction.now.density_per_m2,
        "local_peak_per_m2": correction.now.local_peak_per_m2,
        "cameras_seen": correction.now.cameras_seen,
        "late_sums": correction.late_sums,
        "late_frames": correction.late_frames,
        "late_us": correction.late_us,
        "corrected_at_us": at_us,
    }
