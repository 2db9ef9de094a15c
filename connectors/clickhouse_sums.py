"""ClickHouse as corrections see it: partial sums that are kept, rows and revisions that are stored, notes of what was corrected."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

from connectors.clickhouse import Database
from pipelines.events import CrowdDensity

MEASURED: Final = tuple(each.name for each in fields(CrowdDensity) if each.name not in {"progress", "rows"})
_MOST_NEEDLES: Final = 200  # multiSearchAny takes 255
# A correction waits rather than hold the store up: nobody waits for it.
_LIMITS: Final = {"max_execution_time": 3, "max_threads": 2}
_KEPT_WINDOW: Final = "slice_start_us - positiveModulo(slice_start_us, 1000000) + 1000000"
_NOT_OF_A_MESSAGE: Final = -1  # lower than every offset, so that the sink still finds where its own rows end
LARGEST_ANSWER: Final = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LateWindow:
    """A window whose late sums are not all worked in.

    Args:
        end_us: its end, µs UTC.
        late_offset: the highest source offset of its late sums.
        appended_s: when the broker took the newest of them, s UTC.
        late_sums: how many there are.
    """

    end_us: int
    late_offset: int
    appended_s: int
    late_sums: int


class Sums(Database):
    """One mode's database, for corrections."""

    def late_windows(self, *, appended_from_s: int) -> list[LateWindow]:
        """Windows to which a late sum came since then that is not worked in, oldest first; at most `LARGEST_ANSWER`."""
        late, marks = f"{self.name}.crowd_late", f"{self.name}.corrected_windows"
        new = f"FROM {late} WHERE appended_at >= toDateTime(%(since)s, 'UTC')"
        found = self._execute(
            f"WITH (SELECT min({_KEPT_WINDOW}) {new}) AS first, (SELECT max({_KEPT_WINDOW}) {new}) AS last"  # noqa: S608 - a checked name, typed values
            " SELECT l.window_end_us, l.late_offset, toUInt32(l.appended), l.late_sums FROM"
            f" (SELECT {_KEPT_WINDOW} AS window_end_us, max(source_offset) AS late_offset, max(appended_at) AS appended,"
            f" count() AS late_sums FROM {late}"
            " WHERE slice_start_us >= first - 1000000 AND slice_start_us < last GROUP BY window_end_us) AS l"
            " LEFT JOIN (SELECT window_end_us, argMax(late_offset, noted_at_us) AS late_offset, max(appended_at) AS appended,"
            f" count() AS notes FROM {marks} WHERE window_end_us BETWEEN first AND last GROUP BY window_end_us) AS d"
            " ON l.window_end_us = d.window_end_us"
            " WHERE d.notes = 0 OR l.late_offset > d.late_offset OR l.appended > d.appended"
            f" ORDER BY l.window_end_us LIMIT {LARGEST_ANSWER}",
            {"since": max(appended_from_s, 0)},
            settings=_LIMITS,
        )
        return [LateWindow(end_us=end, late_offset=offset, appended_s=at, late_sums=count) for end, offset, at, count in found]

    def late_sums(self, windows: Collection[int]) -> list[bytes]:
        """The late sums of *windows* (by their ends), in wire format."""
        return self._records("crowd_late", windows, "")

    def sums(self, windows: Collection[int], *, zones: Collection[str]) -> list[bytes]:
        """The sums of *windows* that came in time, in wire format: all that hold one of *zones*, perhaps more.

        A zone's name stands in the record as it is, so the server can leave out the cameras that do not see it.
        """
        needles = sorted(zones)
        having = " AND multiSearchAny(record, %(needles)s)" if needles and len(needles) <= _MOST_NEEDLES else ""
        return self._records("crowd_zones", windows, having, needles=needles)

    def _records(self, table: str, windows: Collection[int], having: str, **given: Any) -> list[bytes]:
        found = self._execute(
            f"SELECT record FROM {self.name}.{table}"  # noqa: S608 - a checked name, typed values
            f" WHERE slice_start_us >= %(first)s AND slice_start_us < %(end)s AND {_KEPT_WINDOW} IN %(windows)s{having}",
            {"first": min(windows) - 1_000_000, "end": max(windows), "windows": tuple(windows), **given},
            settings={**_LIMITS, "strings_as_bytes": True},
        )
        return [record for (record,) in found]

    def newest(self, windows: Collection[int], *, zones: Collection[str]) -> dict[tuple[str, int], tuple[int, CrowdDensity]]:
        """(zone, window end µs) → highest revision that is stored, and its row."""
        found = self._execute(
            f"SELECT revision, {', '.join(MEASURED)} FROM {self.name}.zone_seconds"  # noqa: S608 - a checked name, typed values
            f" WHERE window_end_us IN %(windows)s AND zone IN %(zones)s ORDER BY revision DESC LIMIT 1 BY zone, window_end_us",
            {"windows": tuple(windows), "zones": tuple(zones)},
            settings=_LIMITS,
        )
        rows = [(revision, CrowdDensity(progress=False, rows=0, **dict(zip(MEASURED, values, strict=True)))) for revision, *values in found]
        return {(row.zone, row.window_end_us): (revision, row) for revision, row in rows}

    def late_frames(self, windows: Collection[int], *, zones: Collection[str]) -> dict[tuple[str, int, int], int]:
        """(zone, window end µs, revision) → frames expected by the late sums that made it."""
        found = self._execute(
            f"SELECT zone, window_end_us, revision, late_frames FROM {self.name}.corrections FINAL"  # noqa: S608 - a checked name, typed values
            f" WHERE window_end_us IN %(windows)s AND zone IN %(zones)s",
            {"windows": tuple(windows), "zones": tuple(zones)},
            settings=_LIMITS,
        )
        return {(zone, end_us, revision): frames for zone, end_us, revision, frames in found}

    def note(self, corrections: Sequence[Mapping[str, Any]]) -> None:
        """Keep what each correction changes; before its row, so that none is without its note."""
        self._insert("corrections", corrections)

    def revise(self, rows: Iterable[tuple[int, int, CrowdDensity]]) -> None:
        """Store rows of (append time s, revision, measures)."""
        self._insert(
            "zone_seconds",
            [
                {
                    "source_partition": 0,
                    "source_offset": _NOT_OF_A_MESSAGE,
                    "appended_at": appended_s,
                    "revision": revision,
                    **{name: getattr(row, name) for name in MEASURED},
                }
                for appended_s, revision, row in rows
            ],
        )

    def mark(self, windows: Sequence[Mapping[str, Any]]) -> None:
        """Keep up to which late sum these windows are worked in."""
        self._insert("corrected_windows", windows)

    def _insert(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        if rows:
            names = list(rows[0])
            written = f"INSERT INTO {self.name}.{table} ({', '.join(names)}) VALUES"
            self._execute(written, [[row[name] for name in names] for row in rows], settings={"async_insert": 0})
