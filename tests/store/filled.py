"""A small database as an evening leaves it: two minutes, so that each answer is known by hand."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from typing import Any, Final

from connectors import clickhouse as connector
from pipelines.units import MICRO

HOSTILE: Final = '=HYPERLINK("http://x","口")\'\\<b>'
SECONDS: Final = 120
WORST_S: Final = 70
Row = dict[str, Any]


def start_us() -> int:
    """A whole hour not long ago: what is older than a table's days would go at the next merge."""
    now = datetime.now(tz=UTC).replace(minute=0, second=0, microsecond=0)
    return (int(now.timestamp()) - 2 * 3600) * MICRO


class Filling:
    """Rows on their way into tables, each with a source offset of its own."""

    def __init__(self, database: connector.Database, first_us: int) -> None:
        self._database, self._first_us = database, first_us
        self._offset = 0
        self._rows: dict[tuple[str, tuple[str, ...]], list[tuple[Any, ...]]] = defaultdict(list)

    def at(self, second: float) -> int:
        """µs UTC."""
        return self._first_us + round(second * MICRO)

    def put(self, table: str, *rows: Row) -> None:
        for row in rows:
            self._offset += 1
            given = {"source_partition": 0, "source_offset": self._offset, "appended_at": self._first_us // MICRO, **row}
            self.plain(table, given)

    def plain(self, table: str, row: Row) -> None:
        self._rows[table, tuple(row)].append(tuple(row.values()))

    def insert(self) -> None:
        for (table, columns), rows in self._rows.items():
            names = ", ".join(f"`{name}`" for name in columns)
            self._database._client.execute(f"INSERT INTO {self._database.name}.{table} ({names}) VALUES", rows)


def fill(database: connector.Database) -> int:
    """Insert it; returns its beginning, µs UTC."""
    first_us = start_us()
    filling = Filling(database, first_us)
    _plan(filling)
    _measures(filling)
    _grid(filling)
    _response(filling)
    _recorders(filling)
    filling.insert()
    return first_us


def _plan(filling: Filling) -> None:
    for kind, name, name_en, name_zh in (("gate", "gate-c", "Gate C", "C口"), ("zone", "north", HOSTILE, "北区")):
        place = {"kind": kind, "id": name, "name_en": name_en, "name_zh": name_zh, "detail": "", "area_m2": 100.0}
        filling.plain("plan_places", {**place, "x_m": 1.0, "y_m": 2.0, "parent": "", "plan": "p1"})


def _measures(filling: Filling) -> None:
    seen = {
        "peak_x_m": 3.0,
        "peak_y_m": 4.0,
        "cameras_expected": 2,
        "cameras_seen": 2,
        "frames_expected": 30,
        "frames_used": 30,
        "los": "C",
    }
    for second in range(1, SECONDS + 1):
        peak = 5.5 if second == WORST_S else 2.0
        when = {"window_end_us": filling.at(second)}
        filling.put(
            "zone_seconds", {**when, "zone": "north", "people": 80.0 + second, "density_per_m2": 0.8, "local_peak_per_m2": peak, **seen}
        )
        line = {"gate": "gate-c", "line": "c-in", "entered": 1, "exited": second % 2, "width_m": 3.0, "entered_total": second}
        filling.put("line_seconds", {**when, **line})
    corrected = {"zone": "north", "people": 200.0, "local_peak_per_m2": 6.0, "revision": 1}
    filling.put("zone_seconds", {"window_end_us": filling.at(WORST_S), **seen, **corrected, "cameras_seen": 1})
    filling.put("zone_seconds", {"window_end_us": filling.at(30), "zone": HOSTILE, "people": 1.0, "local_peak_per_m2": 0.25})
    for second in (10, 60, 110):
        times = {"event_time_us": filling.at(second), "received_us": filling.at(second)}
        for number in (1, 2):
            counters = {"device": f"t{number}", "gate": "gate-c", "area": "stadium", "entries_total": second // 2, "exits_total": 0}
            filling.put("sensor_turnstile", {**times, **counters})


def _grid(filling: Filling) -> None:
    for second in range(0, SECONDS, 10):
        for x_m in range(3):
            cell = {"camera": "cam-n", "at": filling.at(second) // MICRO, "x_m": x_m, "y_m": -2, "density_centi": 100 * x_m + 50}
            filling.put("grid_10s", {**cell, "vx_cmps": -32768, "vy_cmps": 10, "pressure_milli": 65535})


def _response(filling: Filling) -> None:
    alert = {"alert_id": "a1", "mode": "drill-t1", "rule": "crowd_density", "place": "north", "priority": "P1", "level": "critical"}
    alert |= {"start_us": filling.at(WORST_S), "verified": True}
    changes = (
        {"axis": "condition", "number": 1, "condition": "active", "card": True, "event_time_us": filling.at(WORST_S)},
        {
            "axis": "work",
            "number": 1,
            "work": "in_progress",
            "actor": "P. Person",
            "actor_role": "monitor",
            "event_time_us": filling.at(82.5),
        },
        {"axis": "condition", "number": 2, "condition": "cleared", "event_time_us": filling.at(110)},
    )
    filling.put("alerts_changes", *({**alert, **change} for change in changes))
    told = {"alert_id": "a1", "axis": "condition", "number": 1, "channel": "inbox", "state": "delivered", "receipt": "r"}
    for recipient, step, second, due_s in (
        ("C1", "0s", 71, 70.5),
        ("p.person@mail.test", "60s", 131, 130),
        ("+49 170 1234567", "60s", 132, 130),
        (HOSTILE, "60s", 133, 130),
    ):
        filling.put(
            "dispatch_receipts", {**told, "recipient": recipient, "step": step, "at_us": filling.at(second), "due_us": filling.at(due_s)}
        )


def _recorders(filling: Filling) -> None:
    for second, state, recording, used_percent in ((10, "ok", 4, 79.5), (20, "disk_80", 3, 80.25)):
        said = {"recorder": "recorder-cam-n", "state": state, "cameras": 4, "recording": recording, "used_percent": used_percent}
        filling.put("recorder_state", {**said, "at_us": filling.at(second), "free_bytes": 10**9})
