"""The picture of one mode: what is where, how sure that is, and what is open. Pure; "now" is an argument."""

from __future__ import annotations

import base64
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal

import numpy as np

from command.alert_book import RANK, AlertBook
from command.order_book import OrderBook
from command.outlook import FRESH_US, Outlook, full_in_s
from command.recordings import Recordings
from command.series import CounterRate, MinuteCounts, Trend
from pipelines.codec import to_plain
from pipelines.detect.cells import CELL
from pipelines.events import (
    CameraHealth,
    CameraPreview,
    CrowdCells,
    CrowdDensity,
    CrowdFlow,
    CrowdOccupancy,
    LinkageChange,
    VehicleTrack,
)
from pipelines.topics import is_drill
from pipelines.units import CM_PER_M, US_PER_MS, US_PER_S
from plan.load import plan_hash
from plan.model import Plan, Zone
from plan.views import zones_of

SILENT_PICTURE_MS: Final = 5_000
CELL_PERIOD_US: Final = US_PER_S  # the 10 s roll-up goes by
SAMPLE_US: Final = 2 * US_PER_S
SAMPLES: Final = 900
FULL_HD_PX: Final = 1080
CROWDING: Final = "crowd_density"
ORDERS: Final = 60
ORDERS_US: Final = 300 * US_PER_S
REQUESTS: Final = 8


@dataclass(slots=True)
class _Camera:
    zones: list[str]
    health: CameraHealth | None = None
    cells: CrowdCells | None = None
    preview: CameraPreview | None = None

    def newest_us(self) -> int:
        """Event time of the last sign of life."""
        return max(self.health.event_time_us if self.health else 0, _end_us(self.cells) if self.cells else 0)

    def state(self, clock_us: int) -> str:
        """`ok`, the fault that its health names, or `silent`."""
        if self.newest_us() < clock_us - FRESH_US or not self.newest_us():
            return "silent"
        return self.health.state if self.health else "ok"


@dataclass(slots=True)
class _Ground:
    """Memory of one zone."""

    row: CrowdDensity | None = None
    trend: Trend = field(default_factory=Trend)


def _level(alerts: list[dict[str, Any]]) -> str:
    """The level that the ladder gives a zone now, from the alerts open in it."""
    levels = [str(row["measured_level"]) for row in alerts if row["rule"] == CROWDING]
    return max(levels, key=RANK.__getitem__, default="none")


def _alarm(alerts: list[dict[str, Any]]) -> tuple[str, str]:
    """The highest level of what else is open in a zone, and its rule: other rules, and crowding that is latched."""
    rows = [row for row in alerts if row["rule"] != CROWDING or row["latched"]]
    found = max(rows, key=lambda row: RANK[row["level"]], default=None)
    return (str(found["level"]), str(found["rule"])) if found else ("none", "")


def _end_us(cells: CrowdCells) -> int:
    return cells.event_time_us + cells.period_us


class Picture:
    """The state of one mode's picture, from the records of its topics in any order, repeats included.

    Args:
        plan: the plan in force.
        mode: live or drill-<id>.
        clock: `wall`, or `player` for a played stream, whose event times are not today's.
    """

    def __init__(self, plan: Plan, *, mode: str, clock: Literal["wall", "player"] = "wall") -> None:
        """Start with nothing seen: every zone is unknown."""
        self.plan, self.plan_hash, self.mode, self.clock = plan, plan_hash(plan), mode, clock
        self.alerts = AlertBook(plan)
        self.orders = OrderBook()
        self._outlook = Outlook()
        self._requests: dict[str, LinkageChange] = {}
        recorded = sum(camera.record for camera in plan.cameras)
        self._recordings = Recordings(recorded, expected=clock == "wall" and not is_drill(mode))
        self._cameras = {camera.id: _Camera(zones_of(plan, camera)) for camera in plan.cameras}
        self._grounds = {zone.id: _Ground() for zone in plan.zones}
        self._lines = {line.id: MinuteCounts() for line in plan.lines}
        self._line_rows: dict[str, CrowdFlow] = {}
        self._areas: dict[str, CrowdOccupancy] = {}
        self._area_rates = {area.id: CounterRate() for area in plan.areas}
        self._vehicles: dict[str, VehicleTrack] = {}
        self._samples: deque[tuple[int, int | None, int]] = deque(maxlen=SAMPLES)
        self._clock_us = self._measured_us = self._arrived_us = 0
        self._takes: dict[str, Callable[[Any, int], None]] = {
            "crowd.cells": self._cells,
            "crowd.density": self._density,
            "crowd.flow": self._flow,
            "crowd.occupancy": self._occupancy,
            "camera.health": self._health,
            "camera.preview": self._preview,
            "vehicle.tracks": self._track,
            "alerts.changes": self.alerts.apply_change,
            "alerts.commands": self.alerts.apply_command,
            "alerts.answers": self.alerts.apply_answer,
            "dispatch.receipts": self.alerts.apply_receipt,
            "orders.changes": self.orders.apply,
            "crowd.forecast": self._outlook.take_forecast,
            "crowd.queue": self._outlook.take_queue,
            "crowd.balance": self._outlook.take_balance,
            "linkage.changes": self._asked_panel,
            "recorder.state": self._recordings.take,
        }

    @property
    def things(self) -> tuple[str, ...]:
        """Topics that the picture is made from."""
        return tuple(self._takes)

    def apply(self, thing: str, record: Any, appended_us: int) -> None:
        """Take one record of topic *thing*, appended by the broker at *appended_us*."""
        self._takes[thing](record, appended_us)
        if self._clock_us - (self._samples[-1][0] if self._samples else 0) >= SAMPLE_US and self._measured_us:
            at_us = self._clock_us - self._clock_us % SAMPLE_US
            self._samples.append((at_us, self._inside(), self._people(self._cell_bytes())))

    def preview(self, camera: str) -> CameraPreview | None:
        """The camera's newest preview picture."""
        found = self._cameras.get(camera)
        return found.preview if found else None

    def _measured(self, event_us: int, appended_us: int) -> None:
        self._clock_us = max(self._clock_us, event_us)
        self._measured_us = max(self._measured_us, event_us)
        self._arrived_us = max(self._arrived_us, appended_us)

    def _cells(self, record: CrowdCells, appended_us: int) -> None:
        camera = self._cameras.get(record.camera)
        if camera is None or record.period_us != CELL_PERIOD_US:
            return
        self._measured(_end_us(record), appended_us)
        if camera.cells is None or record.event_time_us >= camera.cells.event_time_us:
            camera.cells = record

    def _density(self, record: CrowdDensity, appended_us: int) -> None:
        if record.progress:  # it proves that the job lives, not that anybody looked
            self._clock_us = max(self._clock_us, record.window_end_us)
            return
        ground = self._grounds.get(record.zone)
        if ground is None:
            return
        self._measured(record.window_end_us, appended_us)
        if ground.row is None or record.window_end_us >= ground.row.window_end_us:
            ground.row = record
            if record.cameras_seen:
                ground.trend.add(record.window_end_us, record.local_peak_per_m2)

    def _flow(self, record: CrowdFlow, _: int) -> None:
        if not record.progress and record.line in self._lines:
            self._lines[record.line].add(record.window_end_us, record.entered, record.exited)
            known = self._line_rows.get(record.line)
            if known is None or record.window_end_us >= known.window_end_us:
                self._line_rows[record.line] = record

    def _occupancy(self, record: CrowdOccupancy, _: int) -> None:
        known = self._areas.get(record.area)
        if record.progress or record.area not in self._area_rates or (known and known.window_end_us > record.window_end_us):
            return
        self._areas[record.area] = record
        self._area_rates[record.area].add(record.window_end_us, record.entries_total, record.exits_total)

    def _health(self, record: CameraHealth, appended_us: int) -> None:
        camera = self._cameras.get(record.camera)
        if record.tick or camera is None:
            return
        self._clock_us = max(self._clock_us, record.event_time_us)
        if record.state == "ok" and not record.calibrated:  # such a camera has no other rows
            self._measured(record.event_time_us, appended_us)
        if camera.health is None or record.event_time_us >= camera.health.event_time_us:
            camera.health = record

    def _preview(self, record: CameraPreview, _: int) -> None:
        camera = self._cameras.get(record.camera)
        if camera is not None:
            camera.preview = record

    def _track(self, record: VehicleTrack, _: int) -> None:
        known = self._vehicles.get(record.vehicle)
        if not record.tick and (known is None or record.event_time_us >= known.event_time_us):
            self._clock_us = max(self._clock_us, record.event_time_us)
            self._vehicles[record.vehicle] = record

    def _asked_panel(self, record: LinkageChange, _: int) -> None:
        known = self._requests.get(record.request_id)
        if known is None or record.number >= known.number:
            self._requests.pop(record.request_id, None)
            self._requests[record.request_id] = record
        while len(self._requests) > REQUESTS:
            del self._requests[next(iter(self._requests))]

    def snapshot(self, now_us: int, *, ended: bool = False) -> dict[str, Any]:
        """The whole picture as JSON-able values.

        Args:
            now_us: wall clock, µs UTC.
            ended: a played stream has come to its end: its last picture stays, and says so.
        """
        age_ms = self._age_ms(now_us)
        silent = (age_ms is None or age_ms > SILENT_PICTURE_MS) and not (ended and self.clock == "player")
        cells = b"" if silent else self._cell_bytes()
        alerts = self.alerts.shown(self._clock_us, now_us=now_us)
        zones = {zone.id: self._zone(zone, self._open_in(zone.id, alerts), silent=silent) for zone in self.plan.zones}
        cameras = {name: self._camera(camera, silent=silent) for name, camera in self._cameras.items()}
        return {
            "mode": self.mode,
            "exercise": is_drill(self.mode),
            "ended": ended,
            "clock": self.clock,
            "clock_us": self._clock_us,
            "now_us": now_us,
            "picture_age_ms": age_ms,
            "silent": silent,
            "complete": bool(cells) and any(ground.row for ground in self._grounds.values()),
            "plan_hash": self.plan_hash,
            "cells": base64.b64encode(cells).decode(),
            "people_seen": None if silent else self._people(cells),
            "people_at_least": not silent and any(row["saturated"] for row in cameras.values()),
            "zones": zones,
            "gates": {gate.id: self._gate(gate.id) for gate in self.plan.gates},
            "occupancy": self._occupied(),
            "cameras": cameras,
            "cameras_live": sum(row["state"] == "ok" for row in cameras.values()),
            "cameras_all": len(cameras),
            "recordings": self._recordings.now(now_us),
            "vehicles": [] if silent else self._driving(),
            "alerts": alerts,
            "alert_load": asdict(self.alerts.load(self._clock_us, operators=self._operators())),
            "orders": self.orders.now(now_us, kept_us=ORDERS_US, most=ORDERS),
            "panel_requests": [to_plain(row) for row in reversed(self._requests.values())],
            "timeline": self._timeline(),
        }

    def _age_ms(self, now_us: int) -> int | None:
        """How old the picture is: by event time on the wall clock, by arrival for a played stream."""
        if not self._measured_us:
            return None
        return max(now_us - (self._measured_us if self.clock == "wall" else self._arrived_us), 0) // US_PER_MS

    def _cell_bytes(self) -> bytes:
        """Fresh cells of the cameras that can be trusted, rows of `CELL`."""
        oldest = self._clock_us - FRESH_US
        return b"".join(
            camera.cells.cells
            for camera in self._cameras.values()
            if camera.cells and _end_us(camera.cells) >= oldest and camera.state(self._clock_us) == "ok"
        )

    def _people(self, cells: bytes) -> int:
        """People on the grid; where no camera is calibrated, people in the pictures."""
        if any(camera.cells for camera in self._cameras.values()):
            whole = len(cells) - len(cells) % CELL.itemsize
            return round(int(np.frombuffer(cells[:whole], dtype=CELL)["density"].astype(np.int64).sum()) / 100)
        counts = [row.health.people for row in self._cameras.values() if row.health and row.state(self._clock_us) == "ok"]
        return sum(max(count, 0) for count in counts)

    def _zone(self, zone: Zone, alerts: list[dict[str, Any]], *, silent: bool) -> dict[str, Any]:
        ground = self._grounds[zone.id]
        row, watching = ground.row, [name for name, camera in self._cameras.items() if zone.id in camera.zones]
        good = sum(self._cameras[name].state(self._clock_us) == "ok" for name in watching)
        expected = max(row.cameras_expected, len(watching)) if row else len(watching)
        fresh = row is not None and self._clock_us - row.window_end_us <= FRESH_US
        seen = min(row.cameras_seen, good) if row is not None and fresh and not silent else 0
        known = seen > 0 and seen >= zone.coverage * expected
        alarm, rule = _alarm(alerts)
        facts = {
            "known": known,
            "cameras_seen": seen,
            "cameras_expected": expected,
            "level": _level(alerts) if known else "none",
            "alarm": alarm,
            "alarm_rule": rule,
            "fire": any(row["rule"] == "fire" for row in alerts),
            "window_end_us": row.window_end_us if row else 0,
            "at_least": known and row is not None and row.saturated,
            "hidden_from": [name for name in watching if known and self._is_saturated(name)],
            "blind": [] if known else [name for name in watching if silent or self._cameras[name].state(self._clock_us) != "ok"],
        }
        return facts | self._measures(ground, known=known) | {"next": self._outlook.zone(zone.id, self._clock_us) if known else None}

    def _is_saturated(self, name: str) -> bool:
        """Whether people hide each other from a camera that can be trusted otherwise."""
        camera = self._cameras[name]
        return camera.health is not None and camera.health.saturated and camera.state(self._clock_us) == "ok"

    @staticmethod
    def _measures(ground: _Ground, *, known: bool) -> dict[str, Any]:
        """Numbers of a known zone; an unknown one has none, so that nobody can show its last ones."""
        row, trend = ground.row, ground.trend.per_min()
        names = ("people", "density", "local_peak", "peak_x_m", "peak_y_m", "trend", "speed", "los", "los_scale")
        if row is None or not known:
            return dict.fromkeys(names)
        return {
            "people": round(row.people, 1),
            "density": round(row.density_per_m2, 3),
            "local_peak": round(row.local_peak_per_m2, 2),
            "peak_x_m": row.peak_x_m,
            "peak_y_m": row.peak_y_m,
            "trend": None if trend is None else round(trend, 2),
            "speed": None if row.speed_mps is None else round(row.speed_mps, 2),
            "los": row.los,
            "los_scale": row.los_scale,
        }

    def _open_in(self, zone_id: str, alerts: list[dict[str, Any]]) -> list[dict[str, Any]]:
        of_device = {device.id: device.zone for device in self.plan.devices}
        return [row for row in alerts if row["condition"] == "active" and zone_id in (row["place"], of_device.get(row["place"]))]

    def _camera(self, camera: _Camera, *, silent: bool) -> dict[str, Any]:
        health = camera.health
        state = "silent" if silent else camera.state(self._clock_us)
        return {
            "state": state,
            "since_us": health.since_us if health and health.state != "ok" else camera.newest_us(),
            "age_ms": max(self._clock_us - camera.newest_us(), 0) // US_PER_MS if camera.newest_us() else None,
            "fps": round(health.fps, 1) if health else None,
            "below_1080p": bool(health and 0 < health.height_px < FULL_HD_PX),
            "night": bool(health and health.night and state == "ok"),
            "saturated": bool(health and health.saturated and state == "ok"),
            "calibrated": health.calibrated if health else None,
            "people": health.people if health and health.people >= 0 else None,
            "preview": camera.preview is not None,
        }

    def _gate(self, gate_id: str) -> dict[str, Any]:
        lines = [line.id for line in self.plan.lines if line.gate == gate_id]
        queue = self._outlook.gate(gate_id, self._clock_us)
        rates = [self._lines[line].per_min(self._clock_us) for line in lines]
        rows = [self._line_rows.get(line) for line in lines]
        known = bool(rows) and all(
            row is not None and row.cameras_seen > 0 and self._clock_us - row.window_end_us <= FRESH_US for row in rows
        )
        found = [rate for rate in rates if rate is not None]
        if not known or len(found) < len(lines):
            return {"known": False, "in_per_min": None, "out_per_min": None, "queue": queue}
        return {
            "known": True,
            "in_per_min": round(sum(row[0] for row in found)),
            "out_per_min": round(sum(row[1] for row in found)),
            "queue": queue,
        }

    def _inside(self) -> int | None:
        row = self._areas.get(self.plan.areas[0].id) if self.plan.areas else None
        return row.inside if row else None

    def _occupied(self) -> dict[str, Any] | None:
        """The plan's first area, with every area in `areas`; None when the plan has none."""
        areas = {area.id: self._area(area.id, area.approved.value) for area in self.plan.areas}
        return {**areas[self.plan.areas[0].id], "areas": areas} if areas else None

    def _area(self, area_id: str, approved: float) -> dict[str, Any]:
        row, rate = self._areas.get(area_id), self._area_rates[area_id].per_min()
        gates = {gate.id for gate in self.plan.gates if gate.area == area_id}
        expected = sum(device.kind == "turnstile" and device.gate in gates for device in self.plan.devices)
        fresh = row is not None and self._clock_us - row.window_end_us <= FRESH_US
        balance = self._outlook.area(area_id, self._clock_us)
        into, out = (round(rate[0]), round(rate[1])) if rate and fresh else (None, None)
        return {
            "balance": balance,
            "full": full_in_s(balance, approved=approved, in_per_min=into, out_per_min=out),
            "inside": row.inside if row else None,
            "approved": approved,
            "percent": round(row.inside / approved * 100, 1) if row and approved else None,
            "in_per_min": into,
            "out_per_min": out,
            "turnstiles_seen": row.turnstiles_seen if row and fresh else 0,
            "turnstiles_expected": expected,
            "window_end_us": row.window_end_us if row else 0,
        }

    def _driving(self) -> list[dict[str, Any]]:
        rows = [row for row in self._vehicles.values() if row.event_time_us >= self._clock_us - FRESH_US]
        return [
            {
                "id": row.vehicle,
                "x_m": row.x_cm / CM_PER_M,
                "y_m": row.y_cm / CM_PER_M,
                "heading_deg": row.heading_deg,
                "speed_kmh": round(row.speed_cmps * 0.036, 1),
                "lane": row.lane,
                "wrong_way": row.along_cmps < 0 and bool(row.lane),
                "ahead_zone": row.ahead_zone,
                "ahead_m": row.ahead_cm / CM_PER_M if row.ahead_cm >= 0 else None,
            }
            for row in sorted(rows, key=lambda row: row.vehicle)
        ]

    def _operators(self) -> int:
        return sum("acknowledge" in post.rights for post in self.plan.posts)

    def _timeline(self) -> dict[str, Any]:
        since_us = self._samples[0][0] if self._samples else self._clock_us
        return {
            "at_s": [(row[0] - since_us) // US_PER_S for row in self._samples],
            "since_us": since_us,
            "inside": [row[1] for row in self._samples],
            "people": [row[2] for row in self._samples],
            "marks": self.alerts.marks(self._clock_us - SAMPLES * SAMPLE_US),
        }
