"""One evening's records for the page, made from a formula: no clock, no chance, no Kafka."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.detect.cells import CELL
from pipelines.events import (
    AlertChange,
    CameraHealth,
    CameraPreview,
    CrowdBalance,
    CrowdCells,
    CrowdDensity,
    CrowdFlow,
    CrowdForecast,
    CrowdOccupancy,
    CrowdQueue,
    DispatchReceipt,
    LevelStep,
    OrderChange,
    RecorderState,
    VehicleTrack,
)
from plan.load import load, parse
from plan.model import Plan
from plan.views import zones_of
from simulation.alerts import alert_change

S = 1_000_000
NOW_US = 1_767_000_000 * S
STADIUM = Path(__file__).resolve().parents[2] / "plan" / "examples" / "stadium.yaml"
PEAKS = {
    "gate-c-queue": (3.1, 0.3),
    "stage-front": (3.4, 0.2),
    "field": (1.6, 0.0),
    "concourse-east": (0.9, 0.1),
    "gate-a-queue": (0.9, -0.1),
    "gate-b-queue": (0.7, 0.0),
}
HEAPS = (
    (104, 93, 20, 5, 3.3),
    (104, 76, 30, 14, 1.3),
    (197, 83, 7, 4, 3.4),
    (13, 84, 8, 8, 0.9),
    (104, 138, 9, 6, 0.8),
    (110, 18, 9, 9, 1.0),
    (31, 76, 4, 30, 0.5),
    (176, 78, 4, 30, 0.8),
)
Fed = tuple[str, Any]


def stadium() -> Plan:
    """The example plan."""
    return load(STADIUM)


def recorded(plan: Plan, count: int) -> Plan:
    """The plan with its first cameras recorded."""
    first = [camera.model_copy(update={"record": True, "kind": "video", "source": "rtsp://camera/"}) for camera in plan.cameras[:count]]
    return plan.model_copy(update={"cameras": (*first, *plan.cameras[count:])})


def small_plan(**changes: Any) -> Plan:
    """Two zones, three cameras: `west` is seen by one, `east` by two."""
    plain: dict[str, Any] = {
        "version": 1,
        "event": {"id": "fair", "site": "square", "name": {"en": "Fair", "zh": "庙会"}, "venue": {"en": "Square", "zh": "广场"}},
        "extent": [0, 0, 40, 20],
        "phase": "entry",
        "phases": [{"id": "entry", "name": {"en": "Entry", "zh": "入场"}}],
        "areas": [{"id": "square", "name": {"en": "Square", "zh": "广场"}, "approved": {"value": 200, "source": "permit"}}],
        "area_types": [
            {
                "id": "standing",
                "ladder": {"watch": 2, "caution": 3, "warning": 4, "critical": 5, "act_now": 6},
                "los_scale": "walkway",
                "card_mean_per_m2": 0.72,
                "source": "proposal",
            }
        ],
        "los": [{"scale": "walkway", "bounds_per_m2": [0.31, 0.43, 0.72, 1.08, 2.17], "source": "Fruin 1971 [V]"}],
        "zones": [
            {"id": "west", "name": {"en": "West", "zh": "西"}, "area_type": "standing", "polygon": [[0, 0], [20, 0], [20, 20], [0, 20]]},
            {"id": "east", "name": {"en": "East", "zh": "东"}, "area_type": "standing", "polygon": [[20, 0], [40, 0], [40, 20], [20, 20]]},
        ],
        "gates": [{"id": "gate", "label": "G", "name": {"en": "Gate", "zh": "门"}, "at": [0, 10], "area": "square"}],
        "lines": [{"id": "line", "gate": "gate", "a": [2, 15], "b": [2, 5], "camera": "cam-w"}],
        "cameras": [
            {"id": "cam-w", "name": {"en": "West", "zh": "西"}, "at": [10, 0], "owns": [0, 0, 20, 20]},
            {"id": "cam-e1", "name": {"en": "East 1", "zh": "东1"}, "at": [30, 0], "owns": [20, 0, 40, 10]},
            {"id": "cam-e2", "name": {"en": "East 2", "zh": "东2"}, "at": [30, 20], "owns": [20, 10, 40, 20]},
        ],
        "devices": [{"id": "t-1", "kind": "turnstile", "at": [0, 10], "gate": "gate"}],
        "posts": [
            {"call_sign": "S1", "role": {"en": "shift leader", "zh": "值班长"}, "rights": ["acknowledge", "clear", "close", "shelve"]},
            {"call_sign": "M1", "role": {"en": "monitor", "zh": "监看员"}, "rights": ["acknowledge"]},
        ],
    }
    return parse(plain | changes)


def cells(camera: str, at_us: int, rows: list[tuple[int, int, int]]) -> Fed:
    """The grid of one camera: x, y, density in 0.01 p/m²."""
    made = np.zeros(len(rows), dtype=CELL)
    for index, (x, y, density) in enumerate(rows):
        made[index] = (x, y, density, 0, 0, 65535)
    return "crowd.cells", CrowdCells(camera=camera, event_time_us=at_us - S, period_us=S, cells=made.tobytes(), row_bytes=CELL.itemsize)


def density(
    zone: str, end_us: int, *, peak: float = 1.0, seen: int = 1, expected: int = 1, x: float = 0, y: float = 0, **fields: Any
) -> Fed:
    """A row of the density job."""
    row = CrowdDensity(
        progress=False,
        rows=0,
        window_end_us=end_us,
        zone=zone,
        people=peak * 100,
        density_per_m2=peak * 0.45,
        local_peak_per_m2=peak,
        peak_x_m=x,
        peak_y_m=y,
        around_per_m2=peak * 0.7,
        speed_mps=0.6,
        vx_mps=0.1,
        vy_mps=0.0,
        los="D" if peak > 2 else "B",
        los_scale="queue" if "queue" in zone else "walkway",
        cameras_expected=expected,
        cameras_seen=seen,
        frames_expected=5,
        frames_used=5,
    )
    return "crowd.density", replace(row, **fields)


def progress(end_us: int) -> Fed:
    """A progress row of the density job."""
    return "crowd.density", CrowdDensity(
        progress=True,
        rows=2,
        window_end_us=end_us,
        zone="",
        people=0,
        density_per_m2=0,
        local_peak_per_m2=0,
        peak_x_m=0,
        peak_y_m=0,
        around_per_m2=0,
        los="",
        los_scale="",
        cameras_expected=0,
        cameras_seen=0,
        frames_expected=0,
        frames_used=0,
    )


def health(
    camera: str, at_us: int, *, state: str = "ok", calibrated: bool = True, people: int = 12, height_px: int = 1080, **fields: bool
) -> Fed:
    """What a camera says of itself."""
    row = CameraHealth(
        camera=camera,
        event_time_us=at_us,
        received_us=at_us,
        state=state,
        since_us=at_us - 34 * S if state != "ok" else at_us,
        fps=5.0,
        width_px=1920,
        height_px=height_px,
        calibrated=calibrated,
        people=people,
    )
    return "camera.health", replace(row, **fields)


def recorder(name: str, at_us: int, *, cameras: int, recording: int, state: str = "ok") -> Fed:
    """What a recorder says of its cameras and its disk."""
    row = RecorderState(
        recorder=name,
        at_us=at_us,
        state=state,
        cameras=cameras,
        recording=recording,
        used_percent=50.0,
        free_bytes=10**12,
        sentence_en="",
        sentence_zh="",
    )
    return "recorder.state", row


def flow(line: str, end_us: int, entered: int, exited: int, *, gate: str = "gate") -> Fed:
    """Crossings of one line."""
    return "crowd.flow", CrowdFlow(
        progress=False, rows=0, window_end_us=end_us, gate=gate, line=line, entered=entered, exited=exited, cameras_seen=1
    )


def occupancy(area: str, end_us: int, entries: int, exits: int, *, seen: int = 1) -> Fed:
    """People inside by turnstiles."""
    return "crowd.occupancy", CrowdOccupancy(
        progress=False,
        rows=0,
        window_end_us=end_us,
        area=area,
        inside=entries - exits,
        entries_total=entries,
        exits_total=exits,
        turnstiles_seen=seen,
    )


def change(alert_id: str, rule: str, place: str, *, start_us: int, **fields: Any) -> AlertChange:
    """A change of an alert; crowding of level II unless *fields* say otherwise."""
    plain: dict[str, Any] = {
        "mode": "drill-demo",
        "priority": "P2",
        "level": "warning",
        "measured_level": "warning",
        "latched": False,
        "event_time_us": start_us,
        "value": 3.1,
        "levels": (LevelStep(level="warning", event_time_us=start_us),),
    }
    return alert_change(**({"alert_id": alert_id, "rule": rule, "place": place, "start_us": start_us} | plain | fields))


def order(order_id: str, number: int, state: str, at_us: int, **fields: Any) -> Fed:
    """A change of an order: C2 holds the inflow before gate C's queue, unless *fields* say otherwise."""
    plain: dict[str, Any] = {
        "alert_id": "c1",
        "mode": "drill-demo",
        "kind": "hold_upstream",
        "place": "gate-c-queue",
        "recipient": "C2",
        "text_en": "Gate C queue, hold the inflow",
        "text_zh": "C口外场,远端截流",
        "issued_by": "S1",
        "issued_role": "shift leader",
        "actor": "S1",
        "actor_role": "shift leader",
        "due_us": NOW_US + 120 * S,
        "effect": "pending",
        "effect_due_us": NOW_US + 300 * S,
        "reason": "",
        "plan": "abc",
    }
    return "orders.changes", OrderChange(order_id=order_id, number=number, state=state, at_us=at_us, **(plain | fields))


def forecast(zone: str, at_us: int, level: str, next_level: str, seconds: tuple[float, float, float | None] | None) -> Fed:
    """Time to the next level of a zone: best guess, lower and upper end."""
    guess, low, high = seconds or (None, None, None)
    row = CrowdForecast(
        window_end_us=at_us,
        zone=zone,
        level=level,
        next_level=next_level,
        trend_per_m2_min=0.3,
        history_s=180,
        next_s=guess,
        next_low_s=low,
        next_high_s=high,
    )
    return "crowd.forecast", row


def queue(gate: str, at_us: int, people: float, wait_s: float | None, *, known: bool = True) -> Fed:
    """The queue of a gate."""
    row = CrowdQueue(window_end_us=at_us, gate=gate, people=people, arriving_per_min=30, served_per_min=12, wait_s=wait_s, known=known)
    return "crowd.queue", row


def balance(area: str, at_us: int, inside: float, *, half: float = 30, seen: float | None = None, suspect: str = "") -> Fed:
    """What the counts of an area say, reconciled."""
    row = CrowdBalance(
        window_end_us=at_us,
        area=area,
        inside=inside,
        low=inside - half,
        high=inside + half,
        turnstiles=inside + 4,
        lines=inside - 8,
        seen=seen,
        residual=12,
        suspect=suspect,
    )
    return "crowd.balance", row


def evening_outlook(at_us: int, second: int) -> Iterator[Fed]:
    """What ALERTS works out beside its alerts in one second of the evening."""
    yield forecast("gate-c-queue", at_us, "warning", "critical", (240, 170, 400))
    yield forecast("stage-front", at_us, "caution", "warning", (1100, 600, None))
    yield queue("gate-c", at_us, 214, 1080)
    yield queue("gate-a", at_us, 32, 95)
    yield balance("bowl", at_us, 1864 + second - 140 - second // 6 - 4)


def evening_orders(at_us: int) -> Iterator[Fed]:
    """Three orders: one under way, one overdue, one that waits for a second person."""
    for number, state in enumerate(("issued", "delivered", "read", "accepted"), start=1):
        yield order("o1", number, state, at_us - (60 - number * 10) * S, due_us=at_us + 120 * S, effect_due_us=at_us + 240 * S)
    for number, state in enumerate(("issued", "delivered", "overdue"), start=1):
        late = {
            "kind": "free",
            "place": "hall-1",
            "recipient": "P3",
            "text_en": "look on the spot, report",
            "text_zh": "到场查看",
            "effect": "",
        }
        yield order("o2", number, state, at_us - (300 - number * 20) * S, due_us=at_us - 45 * S, alert_id="u1", **late)
    stop = {"kind": "stop_show", "place": "field", "recipient": "P4", "effect": "", "reason": "waits for a second person"}
    yield order("o3", 1, "issued", at_us - 12 * S, due_us=at_us + 48 * S, **stop)


def receipt(alert_id: str, recipient: str, at_us: int, *, number: int = 1, state: str = "delivered") -> Fed:
    """A receipt of a delivery."""
    return "dispatch.receipts", DispatchReceipt(
        alert_id=alert_id, axis="condition", number=number, channel="webhook", recipient=recipient, state=state, receipt="r", at_us=at_us
    )


def evening(plan: Plan, at_us: int, second: int) -> Iterator[Fed]:
    """What the stadium's topics carry in one second; hall 1's camera is frozen, a van comes the wrong way."""
    yield from _cameras(plan, at_us, second)
    text = plan.model_dump_json()
    for zone in plan.zones:
        peak, trend = PEAKS.get(zone.id, (0.4, 0.0))
        xs, ys = [x for x, _ in zone.polygon], [y for _, y in zone.polygon]
        number = _seen_by(text, zone.id)
        blind = zone.id == "hall-1"
        value = peak + trend / 2 * np.sin(second / 20)
        yield density(zone.id, at_us, peak=float(value), seen=number - blind, expected=number, x=sum(xs) / len(xs) + 2, y=sum(ys) / len(ys))
    for index, line in enumerate(plan.lines):
        yield flow(line.id, at_us, (second + index) % 3 == 0, second % 20 == index, gate=line.gate)
    entries = 1864 + second
    yield occupancy("bowl", at_us, entries, 140 + second // 6, seen=18)
    x = 205 - (second % 60) * 3
    yield (
        "vehicle.tracks",
        VehicleTrack(
            vehicle="van-07",
            event_time_us=at_us,
            received_us=at_us,
            source="v-1",
            x_cm=x * 100,
            y_cm=1000,
            speed_cmps=611,
            heading_deg=180.0,
            lane="service-road-east",
            along_cmps=-611,
            s_cm=100,
            ahead_zone="gate-d-queue",
            ahead_cm=6000,
        ),
    )


def _cameras(plan: Plan, at_us: int, second: int) -> Iterator[Fed]:
    for camera in plan.cameras:
        frozen = camera.id == "cam-hall-1"
        yield health(camera.id, at_us, state="frozen" if frozen else "ok")
        if not frozen:
            made = _crowd(camera.owns, second // 3)
            yield "crowd.cells", CrowdCells(camera=camera.id, event_time_us=at_us - S, period_us=S, cells=made)


@cache
def _seen_by(plan_text: str, zone: str) -> int:
    plan = Plan.model_validate_json(plan_text)
    return sum(zone in zones_of(plan, camera) for camera in plan.cameras)


@lru_cache(maxsize=256)
def _crowd(owns: tuple[float, float, float, float], step: int) -> bytes:
    """A smooth crowd with grain in one camera's floor."""
    x0, y0, x1, y1 = (round(value) for value in owns)
    y, x = (part.ravel() for part in np.mgrid[y0:y1, x0:x1])
    mean = sum(top * np.exp(-(((x - a) / w) ** 2) - ((y - b) / h) ** 2) for a, b, w, h, top in HEAPS)
    grain = ((x * 73_856_093) ^ (y * 19_349_663) ^ (step * 83_492_791)) % 1000 / 1000
    there = mean * (0.3 + grain) > 0.22
    made = np.zeros(int(there.sum()), dtype=CELL)
    made["x"], made["y"] = x[there], y[there]
    made["density"] = np.round(mean * (0.6 + 0.8 * grain) * 100)[there]
    return made.tobytes()


def evening_doubts(at_us: int) -> Iterator[Fed]:
    """The evening's cameras, each with something wrong: out of focus, moved, covered, in the dark, too coarse, too full."""
    yield health("cam-a-gate", at_us, state="blurred")
    yield health("cam-d-gate", at_us, state="moved", calibrated=False)
    yield health("cam-hall-2", at_us, state="covered")
    yield health("cam-b-gate", at_us, night=True)
    yield health("cam-e-south", at_us, height_px=720)
    yield health("cam-c-gate", at_us, saturated=True, people=64)
    yield health("cam-stage-w", at_us, saturated=True, night=True, people=210)
    yield recorder("recorder-cam-a-gate", at_us, cameras=4, recording=3, state="disk_90")
    yield density("gate-c-queue", at_us, peak=3.3, saturated=True)
    yield density("stage-front", at_us, peak=3.5, seen=2, expected=2, saturated=True)
    maybe = change("x1", "cannot_exclude", "stage-front", start_us=at_us - 20 * S, value=6.8)
    yield "alerts.changes", maybe


def evening_alerts(at_us: int) -> Iterator[Fed]:
    """Five open alerts and one on watch, as of *at_us*."""
    rows = [
        change(
            "f1",
            "fire",
            "hall-2",
            start_us=at_us - 41 * S,
            priority="P1",
            level="critical",
            measured_level="critical",
            latched=True,
            value=0,
            unit="smoke",
            source="s-217",
            x_m=193.0,
            y_m=29.0,
        ),
        change(
            "v1",
            "vehicle_towards_people",
            "gate-d-queue",
            start_us=at_us - 3 * S,
            priority="P1",
            level="critical",
            measured_level="critical",
            latched=True,
            value=22.0,
            unit="km/h",
            source="van-07",
            prompt_en="STOP – WRONG WAY",
            prompt_zh="逆行 立即停车",
        ),
        change("c1", "crowd_density", "gate-c-queue", start_us=at_us - 58 * S, value=3.1),
        change("u1", "unknown_while_filling", "hall-1", start_us=at_us - 34 * S, value=12, unit="p/min"),
        change(
            "c2",
            "crowd_density",
            "stage-front",
            start_us=at_us - 320 * S,
            level="caution",
            measured_level="caution",
            priority="P3",
            value=3.4,
        ),
        change(
            "h1",
            "camera_health",
            "cam-hall-1",
            start_us=at_us - 34 * S,
            level="watch",
            measured_level="watch",
            priority="P3",
            card=False,
            value=0,
            unit="frozen",
            source="cam-hall-1",
        ),
    ]
    for row in rows:
        yield "alerts.changes", row
    yield (
        "alerts.changes",
        change(
            "c2",
            "crowd_density",
            "stage-front",
            start_us=at_us - 320 * S,
            axis="work",
            work="in_progress",
            level="caution",
            measured_level="caution",
            priority="P3",
            actor="S1",
            actor_role="shift leader",
            event_time_us=at_us - 300 * S,
        ),
    )
    yield receipt("c1", "C2", at_us)
    yield receipt("f1", "F1", at_us)


def preview(camera: str, at_us: int, jpeg: bytes, boxes: list[tuple[float, float, float, float]]) -> Fed:
    """A preview picture with boxes."""
    rows = np.array([(*box, 0.9, 0) for box in boxes], dtype="<f4")
    return "camera.preview", CameraPreview(
        camera=camera, event_time_us=at_us, width_px=1920, height_px=1080, jpeg=jpeg, boxes=rows.tobytes()
    )
