"""What a sink is fed in the fault campaigns, out of a seed, and the manifest of what its tables must then hold.

Each row of the manifest is written before its record is sent. The rows of `positions`, `grid_10s` and the tables of one
second are worked out here, from what was drawn, not with the store's code.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from connectors.kafka import Sender
from pipelines import units
from pipelines.codec import encode
from pipelines.detect.cells import CELL
from pipelines.detect.frames import PERSON
from pipelines.events import AlertChange, CameraFrame, CrowdCells, CrowdDensity, CrowdZones, SensorTurnstile
from pipelines.topics import topic

START_US: Final = 1_767_225_600_000_000
CAMERAS: Final = 4
FPS: Final = 5
ZONES: Final = ("hall", "gate")
TURNSTILES: Final = ("t-1", "t-2", "t-3")
_EMPTY_SHARE, _SILENT_SHARE = 0.2, 0.1
_TILE_CM: Final = (-1000, 2500)
# Table → what a row is known by, as ClickHouse says it.
KEYS: Final = {
    "camera_frames": "camera, event_time_us, people",
    "positions": "camera, toUnixTimestamp(at), track, x_cm, y_cm",
    "crowd_cells": "camera, event_time_us, period_us",
    "grid_10s": "camera, toUnixTimestamp(at), x_m, y_m, density_centi",
    "crowd_zones": "camera, slice_start_us, lower(hex(SHA256(record)))",
    "zone_seconds": "zone, window_end_us, people",
    "sensor_turnstile": "device, entries_total",
    "alerts_changes": "alert_id, number",
}
Row = tuple[Any, ...]


class Feed:
    """Seconds of an event, one after the other."""

    def __init__(self, sender: Sender, manifest: Path, *, seed: int) -> None:
        """Send by *sender*; rows go into *manifest* before."""
        self._sender, self._manifest = sender, manifest
        self._chance = np.random.default_rng(seed)
        self._second_of: dict[str, int] = {}
        self._track = 0
        self.seconds = self.records = 0
        self._rows: list[tuple[str, Row]] = []
        self._sent: list[tuple[str, bytes, str, int | None]] = []

    def send(self, seconds: int) -> None:
        """Send the next *seconds* of the event and wait until the broker has them."""
        for _ in range(seconds):
            self._second(START_US + self.seconds * units.MICRO)
            self.seconds += 1
            with self._manifest.open("a") as manifest:
                manifest.writelines(json.dumps([table, *row]) + "\n" for table, row in self._rows)
            for thing, body, key, partition in self._sent:
                self._sender.send_encoded(thing, body, key=key, partition=partition)
            self.records += len(self._sent)
            self._rows, self._sent = [], []
        self._sender.flush(60)

    def _second(self, start_us: int) -> None:
        for index in range(CAMERAS):
            if self._chance.random() >= _SILENT_SHARE:
                self._camera(f"c{index}", index, start_us)
        for zone in ZONES:
            self._density(zone, start_us)
        for device in TURNSTILES:
            self._turnstile(device, start_us)
        for partition in range(topic("crowd.zones").partitions):
            tick = CrowdZones(tick=True, camera="", slice_start_us=start_us, received_us=start_us, plan="")
            self._put("crowd.zones", tick, partition=partition)
        if self.seconds % 3 == 0:
            self._alert(start_us)

    def _camera(self, camera: str, index: int, start_us: int) -> None:
        for frame in range(FPS):
            self._frame(camera, start_us + frame * units.MICRO // FPS + int(self._chance.integers(0, 60_000)))
            slice_us = start_us + frame * units.SLICE_US
            sums = CrowdZones(camera=camera, slice_start_us=slice_us, received_us=slice_us + 210_000, plan="p")
            body = self._put("crowd.zones", sums, partition=index)
            self._row("crowd_zones", camera, slice_us, hashlib.sha256(body).hexdigest())
        self._cells(camera, start_us, units.MICRO)
        if self.seconds % 10 == 0:
            self._cells(camera, start_us, 10 * units.MICRO)

    def _frame(self, camera: str, event_us: int) -> None:
        count = 0 if self._chance.random() < _EMPTY_SHARE else int(self._chance.integers(1, 9))
        people = np.zeros(count, dtype=PERSON)
        people["x"], people["y"] = self._chance.integers(0, 5000, count), self._chance.integers(0, 5000, count)
        people["track"] = np.arange(self._track, self._track + count)
        self._track += count
        x, y = _TILE_CM
        record = CameraFrame(
            camera=camera,
            event_time_us=event_us,
            received_us=event_us,
            tile_x_cm=x,
            tile_y_cm=y,
            people=count,
            positions=people.tobytes(),
        )
        self._put("camera.frames", record, key=camera)
        self._row("camera_frames", camera, event_us, count)
        second = event_us // units.MICRO
        if self._second_of.get(camera) != second:
            self._second_of[camera] = second
            for person in people:
                self._row("positions", camera, second, int(person["track"]), x + int(person["x"]), y + int(person["y"]))

    def _cells(self, camera: str, start_us: int, period_us: int) -> None:
        rows = np.zeros(int(self._chance.integers(0, 5)), dtype=CELL)
        rows["x"], rows["y"] = np.arange(len(rows)), -3
        rows["density"] = self._chance.integers(1, 600, len(rows))
        record = CrowdCells(camera=camera, event_time_us=start_us, period_us=period_us, cells=rows.tobytes(), row_bytes=CELL.itemsize)
        self._put("crowd.cells", record, key=camera)
        self._row("crowd_cells", camera, start_us, period_us)
        if period_us != units.MICRO:
            for row in rows:
                self._row("grid_10s", camera, start_us // units.MICRO, int(row["x"]), int(row["y"]), int(row["density"]))

    def _density(self, zone: str, start_us: int) -> None:
        for step in range(1, 6):
            end_us, people = start_us + step * units.SLICE_US, float(self._chance.integers(0, 900))
            for progress in (False, True):
                self._put("crowd.density", _density(zone, end_us, people, progress=progress))
            if step == FPS:
                self._row("zone_seconds", zone, end_us, people)

    def _turnstile(self, device: str, start_us: int) -> None:
        record = SensorTurnstile(
            device=device,
            event_time_us=start_us,
            received_us=start_us,
            gate="g",
            area="inside",
            entries_total=self.seconds,
            exits_total=0,
        )
        self._put("sensor.turnstile", record, key=device)
        self._row("sensor_turnstile", device, self.seconds)

    def _alert(self, start_us: int) -> None:
        alert, number = f"{self.seconds // 30:032x}", self.seconds % 30
        self._put("alerts.changes", _change(alert, number, start_us))
        self._row("alerts_changes", alert, number)

    def _put(self, thing: str, record: Any, *, key: str = "", partition: int | None = None) -> bytes:
        body = encode(record)
        self._sent.append((thing, body, key, partition))
        return body

    def _row(self, table: str, *row: Any) -> None:
        self._rows.append((table, row))


def _density(zone: str, end_us: int, people: float, *, progress: bool) -> CrowdDensity:
    return CrowdDensity(
        progress=progress,
        rows=1,
        window_end_us=end_us,
        zone="" if progress else zone,
        people=people,
        density_per_m2=people / 400,
        local_peak_per_m2=0.0,
        peak_x_m=0.0,
        peak_y_m=0.0,
        around_per_m2=0.0,
        los="A",
        los_scale="walkway",
        cameras_expected=1,
        cameras_seen=1,
        frames_expected=FPS,
        frames_used=FPS,
    )


def _change(alert: str, number: int, at_us: int) -> AlertChange:
    return AlertChange(
        alert_id=alert,
        mode="drill-sink",
        axis="condition",
        number=number,
        rule="crowd_density",
        rule_version=1,
        place="hall",
        priority="P2",
        level="warning",
        measured_level="warning",
        condition="active",
        work="new",
        latched=False,
        card=True,
        verified=True,
        start_us=at_us,
        event_time_us=at_us,
        value=4.2,
        unit="p/m2",
        x_m=0.0,
        y_m=0.0,
        source="",
        actor="",
        actor_role="",
        reason="",
        plan="p",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Tables against the manifest.

    Attributes:
        rows: of the manifest.
        lost: rows that no table holds.
        doubled: rows that a table holds more than once, before anything is merged.
        unexpected: rows that nobody sent.
    """

    rows: int
    lost: tuple[tuple[str, Row], ...]
    doubled: tuple[tuple[str, Row], ...]
    unexpected: tuple[tuple[str, Row], ...]

    @property
    def none(self) -> bool:
        """Whether the tables hold exactly the manifest."""
        return not (self.lost or self.doubled or self.unexpected)

    def __str__(self) -> str:
        """One line."""
        return f"{self.rows} rows in the manifest, {len(self.lost)} lost, {len(self.doubled)} doubled, {len(self.unexpected)} unexpected"


def wanted(manifest: Path) -> dict[str, Counter[Row]]:
    """The manifest by table."""
    found: dict[str, Counter[Row]] = {table: Counter() for table in KEYS}
    with manifest.open() as lines:
        for line in lines:
            table, *row = json.loads(line)
            found[table][tuple(row)] += 1
    return found


def difference(want: dict[str, Counter[Row]], held: dict[str, Counter[Row]]) -> Difference:
    """What tables hold against what they must."""
    lost, doubled, unexpected = [], [], []
    for table, rows in want.items():
        lost += [(table, row) for row, count in rows.items() if held[table][row] < count]
        doubled += [(table, row) for row, count in rows.items() if held[table][row] > count]
        unexpected += [(table, row) for row in held[table] if row not in rows]
    total = sum(rows.total() for rows in want.values())
    return Difference(rows=total, lost=tuple(lost), doubled=tuple(doubled), unexpected=tuple(unexpected))
