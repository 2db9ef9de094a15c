"""The report of a run, gathered from the topics while it runs. Pure but for the numbers it is given."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pipelines.events import AlertChange, CrowdDensity, DispatchReceipt, LedgerEntry
from pipelines.ingest import ledger
from pipelines.levels import NONE, rank
from pipelines.rules import CROWD
from pipelines.units import MICRO

THINGS = ("alerts.changes", "crowd.density", "ledger.ingest", "dispatch.receipts")


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """An alert that must come, its place, its level, and when it must begin (s after the story's start)."""

    rule: str
    place: str
    level: str
    latched: bool
    from_s: float
    to_s: float


@dataclass(slots=True)
class Book:
    """What was seen of one mode.

    Args:
        keep_measures: keep each window's measures too (a play's report has them).
        changes: newest condition change by alert id, lowest number first; repeats fall together.
        latency_ms: window end → result on its topic, by window end; the first result counts.
        ready_us: the last window that ended before the run was ready.
    """

    keep_measures: bool = False
    changes: dict[str, dict[int, AlertChange]] = field(default_factory=dict)
    repeats: int = 0
    latency_ms: dict[int, float] = field(default_factory=dict)
    measures: dict[tuple[str, int], CrowdDensity] = field(default_factory=dict)
    entries: list[LedgerEntry] = field(default_factory=list)
    receipts: set[tuple[str, str, int, str]] = field(default_factory=set)
    last_window_us: int = 0
    ready_us: int = 0

    def take(self, record: Any, *, appended_us: int) -> None:
        """Take one record as the broker appended it."""
        match record:
            case AlertChange() if record.axis == "condition":
                rows = self.changes.setdefault(record.alert_id, {})
                self.repeats += record.number in rows
                rows.setdefault(record.number, record)
            case CrowdDensity():
                self._window(record, appended_us)
            case LedgerEntry():
                self.entries.append(record)
            case DispatchReceipt() if record.state == "delivered":
                self.receipts.add((record.alert_id, record.axis, record.number, record.recipient))
            case _:
                pass

    def _window(self, row: CrowdDensity, appended_us: int) -> None:
        if row.progress:
            self.last_window_us = max(self.last_window_us, row.window_end_us)
            return
        self.latency_ms.setdefault(row.window_end_us, (appended_us - row.window_end_us) / 1000)
        if self.keep_measures:
            self.measures.setdefault((row.zone, row.window_end_us), row)

    def zones(self, every: list[str]) -> dict[str, str]:
        """The highest level that the ladder gave each zone, or none."""
        found = dict.fromkeys(every, NONE)
        for change in self._all():
            if change.rule == CROWD and change.place in found and rank(change.level) > rank(found[change.place]):
                found[change.place] = change.level
        return found

    def _all(self) -> list[AlertChange]:
        return [change for rows in self.changes.values() for change in rows.values()]

    def alerts(self) -> list[dict[str, Any]]:
        """Every alert that has a card, by the time that it got it."""
        rows = []
        for alert_id, changes in self.changes.items():
            newest = changes[max(changes)]
            if newest.card:
                first = min(change.event_time_us for change in changes.values() if change.card)
                rows.append((first, alert_id, newest, max((change.level for change in changes.values()), key=rank)))
        return [
            {
                "id": alert_id,
                "rule": newest.rule,
                "place": newest.place,
                "level": level,
                "latched": newest.latched,
                "condition": newest.condition,
                "source": newest.source,
                "prompt": {"en": newest.prompt_en, "zh": newest.prompt_zh},
                "levels": [{"level": step.level, "event_time_us": step.event_time_us} for step in newest.levels],
                "card_us": first,
            }
            for first, alert_id, newest, level in sorted(rows, key=lambda row: row[:2])
        ]

    def events(self, taken_in: int) -> dict[str, int]:
        """What became of the devices' records: in = accounted + dead-lettered."""
        counts = ledger.counts(ledger.fold(self.entries))
        return {"in": taken_in, "accounted": counts["accepted"] + counts["duplicate"], "dead_lettered": counts["refused"]}

    def _latencies(self) -> list[float]:
        return [value for end_us, value in list(self.latency_ms.items()) if end_us > self.ready_us]

    def windows(self) -> dict[str, int]:
        """How many windows had a result after ready, and how many before."""
        after = len(self._latencies())
        return {"after_ready": after, "before_ready": len(self.latency_ms) - after}

    def in_time(self, limit_ms: float) -> bool:
        """Whether the last five windows had their results within *limit_ms*."""
        last = sorted(self.latency_ms)[-5:]
        return len(last) == 5 and all(self.latency_ms[end_us] <= limit_ms for end_us in last)

    def window_to_result_ms(self) -> dict[str, float | None]:
        """Median and 99th percentile over all windows that ended after ready."""
        values = self._latencies()
        if not values:
            return {"p50": None, "p99": None}
        p50, p99 = np.percentile(values, [50, 99])
        return {"p50": round(float(p50), 1), "p99": round(float(p99), 1)}

    def against(self, expected: list[Expected], *, start_us: int) -> dict[str, list[str]]:
        """Which expected alerts did not come, and which came that were not expected; sentences."""
        left = list(self.alerts())
        missing = []
        for want in expected:
            hit = next((row for row in left if _fits(row, want, start_us)), None)
            if hit is None:
                missing.append(f"{want.rule} at {want.place}: {want.level} between {want.from_s:g} and {want.to_s:g} s")
            else:
                left.remove(hit)
        unexpected = [f"{row['rule']} at {row['place']}: {row['level']} after {(row['card_us'] - start_us) / MICRO:.1f} s" for row in left]
        return {"missing": missing, "unexpected": unexpected}

    def undelivered(self) -> list[str]:
        """Alerts with a card that reached nobody."""
        named = {alert_id for alert_id, *_ in self.receipts}
        return [row["id"] for row in self.alerts() if row["id"] not in named]

    def measure_rows(self) -> list[dict[str, Any]]:
        """Each window's measures, by time."""
        return [
            {
                "zone": zone,
                "window_end_us": end_us,
                "density_per_m2": row.density_per_m2,
                "local_peak_per_m2": row.local_peak_per_m2,
                "speed_mps": row.speed_mps,
                "los": row.los,
            }
            for (zone, end_us), row in sorted(self.measures.items(), key=lambda item: (item[0][1], item[0][0]))
        ]


def _fits(row: dict[str, Any], want: Expected, start_us: int) -> bool:
    after_s = (row["card_us"] - start_us) / MICRO
    same = (row["rule"], row["place"], row["level"], row["latched"]) == (want.rule, want.place, want.level, want.latched)
    return same and want.from_s <= after_s <= want.to_s
