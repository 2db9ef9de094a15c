"""Partial sums of a small venue, and a database filled with them as the store does it."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterable
from typing import Any

import numpy as np

from connectors.clickhouse import client
from connectors.clickhouse_sums import MEASURED
from pipelines.codec import encode
from pipelines.events import CrowdDensity, CrowdZones, ZoneSums
from pipelines.units import SLICE_US, US_PER_S

START_US = 1_767_225_600_000_000
BOUNDS = {"walkway": (0.31, 0.43, 0.72, 1.08, 2.17)}
CAMERAS = ("c0", "c1", "c2")
SEEN = {"c0": ("north",), "c1": ("north", "south"), "c2": ("south",)}
NOW_S = int(time.time())  # rows of another time would be beyond their TTL


def entry(zone: str, chance: np.random.Generator) -> ZoneSums:
    """The sums of two frames, any numbers that such sums may have."""
    n, pressed = int(chance.integers(0, 200)), int(chance.integers(0, 2))
    return ZoneSums(
        zone=zone,
        zone_area_cm2=3_333_333,
        los_scale="walkway",
        cameras_expected=2,
        frames_expected=2,
        frames_used=int(chance.integers(0, 3)),
        frames_skipped=0,
        skip_reason="",
        n=n,
        n_v=n // 2,
        sum_vx=int(chance.integers(-9_000, 9_000)),
        sum_vy=int(chance.integers(-9_000, 9_000)),
        sum_v=int(chance.integers(0, 9_000)),
        sum_v2=0,
        peak_sum=int(chance.integers(0, 20)),
        peak_place=int(chance.integers(2**38, 2**39)),
        around_sum=int(chance.integers(0, 10**7)),
        owned_area_cm2=1_666_666,
        n_error=int(chance.integers(0, 10**6)),
        saturated=int(chance.integers(0, 2)),
        noise_micro=int(chance.integers(0, 10**4)),
        pressure_n=2 * pressed,
        pressure_sum=pressed * int(chance.integers(0, 10**5)),
        pressure_low_sum=-pressed * int(chance.integers(0, 10**5)),
        pressure_high_sum=pressed * int(chance.integers(10**5, 10**6)),
        patch_n=int(chance.integers(0, 40)),
        lost=int(chance.integers(0, 3)),
    )


def sums(seconds: int, *, seed: int = 0) -> list[CrowdZones]:
    """What three cameras send on time over whole seconds."""
    chance = np.random.default_rng(seed)
    return [
        CrowdZones(
            camera=camera,
            slice_start_us=START_US + index * SLICE_US,
            received_us=START_US + (index + 1) * SLICE_US + 10_000,
            plan="p",
            entries=tuple(entry(zone, chance) for zone in SEEN[camera]),
        )
        for index in range(seconds * US_PER_S // SLICE_US)
        for camera in CAMERAS
    ]


def later(record: CrowdZones, delay_us: int) -> CrowdZones:
    """The same sum, received that long after its slice's end."""
    return dataclasses.replace(record, received_us=record.slice_start_us + SLICE_US + delay_us)


class Filled:
    """A database into which rows go as the store puts them."""

    def __init__(self, address: str, name: str) -> None:
        self._client, self.name = client(address), name
        self._offsets = {"crowd_zones": 0, "crowd_late": 0, "zone_seconds": 0}

    def sums(self, table: str, records: Iterable[CrowdZones]) -> None:
        """Partial sums, on time or late, whole as they came."""
        rows = []
        for row in records:
            partition = CAMERAS.index(row.camera) if table == "crowd_zones" else 0
            rows.append((partition, self._offset(table), NOW_S, row.camera, row.slice_start_us, row.received_us, encode(row)))
        names = "source_partition, source_offset, appended_at, camera, slice_start_us, received_us, record"
        self._client.execute(f"INSERT INTO {self.name}.{table} ({names}) VALUES", rows)

    def densities(self, rows: Iterable[CrowdDensity]) -> None:
        """Flink's rows, those that end on a whole second."""
        kept = [
            (0, self._offset("zone_seconds"), NOW_S, 0, *(getattr(row, name) for name in MEASURED))
            for row in rows
            if row.window_end_us % US_PER_S == 0
        ]
        names = f"source_partition, source_offset, appended_at, revision, {', '.join(MEASURED)}"
        self._client.execute(f"INSERT INTO {self.name}.zone_seconds ({names}) VALUES", kept)

    def _offset(self, table: str) -> int:
        self._offsets[table] += 1
        return self._offsets[table] - 1

    def ask(self, query: str) -> list[Any]:
        found: list[Any] = self._client.execute(query.format(db=self.name))
        return found

    def zones(self) -> dict[tuple[str, int], tuple[int, CrowdDensity]]:
        """(zone, window end) → revision and row, as the view's rule has it: the newest revision."""
        rows = self.ask("SELECT revision, " + ", ".join(MEASURED) + " FROM {db}.zone_seconds FINAL")
        made = [(row[0], CrowdDensity(progress=False, rows=0, **dict(zip(MEASURED, row[1:], strict=True)))) for row in rows]
        assert len({(row.zone, row.window_end_us) for _, row in made}) == len(made)
        return {(row.zone, row.window_end_us): (revision, row) for revision, row in made}

    def close(self) -> None:
        self._client.disconnect()
