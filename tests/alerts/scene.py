"""A small hall for tests of the alerts' life: its plan with posts, its readings, what people ask."""

from __future__ import annotations

import itertools
from typing import Any

from pipelines.alerts.kernel import Kernel
from pipelines.events import AlertChange, AlertCommand, CameraHealth, CrowdDensity, CrowdFlow, SensorFire, VehicleEvent
from pipelines.units import MICRO, SLICE_US
from plan.load import parse
from tests.plans import plan_dict

START = 1_767_225_600_000_000
MIN_US = 60 * MICRO
_ids = itertools.count()


def posts() -> list[dict[str, Any]]:
    every = ["acknowledge", "clear", "assign", "verify", "close", "shelve", "escalate", "downgrade"]
    return [
        {"call_sign": "S1", "role": {"en": "shift leader", "zh": "值班长"}, "rights": every},
        {"call_sign": "M1", "role": {"en": "monitor", "zh": "监看员"}, "rights": ["acknowledge"]},
    ]


def kernel(mode: str = "drill-t", **handling: Any) -> Kernel:
    return Kernel(parse(plan_dict(posts=posts(), handling=handling)), plan_hash="abc", mode=mode)


def density(zone: str, end_us: int, peak: float, *, people: float = 10.0, seen: int = 1) -> tuple[str, CrowdDensity]:
    row = CrowdDensity(
        progress=False,
        rows=0,
        window_end_us=end_us,
        zone=zone,
        people=people,
        density_per_m2=peak / 3,
        local_peak_per_m2=peak,
        peak_x_m=5.0,
        peak_y_m=5.0,
        around_per_m2=1.5,
        los="D",
        los_scale="walkway",
        cameras_expected=1,
        cameras_seen=seen,
        frames_expected=5,
        frames_used=5,
    )
    return "crowd.density", row


def crowd(now_us: int, peak: float = 0.0, *, seen: int = 1) -> list[tuple[str, CrowdDensity]]:
    return [density("hall", now_us, peak, seen=seen), density("queue", now_us, 0.0)]


def flow(entered: int, now_us: int) -> tuple[str, CrowdFlow]:
    row = CrowdFlow(progress=False, rows=0, window_end_us=now_us, gate="g", line="door", entered=entered, exited=0, cameras_seen=1)
    return "crowd.flow", row


def vehicle(kind: str, now_us: int, *, name: str = "van-1", zone: str = "", start_us: int | None = None) -> tuple[str, VehicleEvent]:
    row = VehicleEvent(
        progress=False,
        rows=0,
        window_end_us=now_us,
        kind=kind,
        vehicle=name,
        lane="road",
        zone=zone,
        start_us=now_us if start_us is None else start_us,
        event_time_us=now_us,
        distance_cm=1200,
        speed_cmps=611,
        ahead_cm=6000,
        x_cm=0,
        y_cm=0,
    )
    return "vehicle.events", row


def health(camera: str, state: str, now_us: int) -> tuple[str, CameraHealth]:
    row = CameraHealth(
        camera=camera,
        event_time_us=now_us,
        received_us=now_us,
        state=state,
        since_us=now_us,
        fps=5.0,
        width_px=1,
        height_px=1,
        calibrated=True,
        people=0,
    )
    return "camera.health", row


def fire(
    at_us: int = START, *, zone: str = "hall", kind: str = "smoke", state: str = "alarm", output: str = "", verified: bool = True
) -> SensorFire:
    return SensorFire(
        device="s-1",
        event_time_us=at_us,
        received_us=at_us,
        zone=zone,
        kind=kind,
        state=state,
        output=output,
        x_cm=100,
        y_cm=200,
        verified=verified,
    )


def ask(alert_id: str, action: str, *, at_us: int = START, actor: str = "S1", role: str = "shift leader", **fields: Any) -> AlertCommand:
    plain = {"second_gesture": True, "reason": "as seen at the place", **fields}
    return AlertCommand(
        command_id=f"c-{next(_ids)}", alert_id=alert_id, action=action, actor=actor, actor_role=role, received_us=at_us, **plain
    )


def steps(
    subject: Kernel, since_us: int, seconds: float, rows: Any = lambda _: [], *, peak: float = 0.0, seen: int = 1
) -> list[AlertChange]:
    """Whole steps of event time; *rows* gives what else a step brings."""
    found = []
    for index in range(round(seconds * 5)):
        now_us = since_us + index * SLICE_US
        found += subject.step(now_us, [*crowd(now_us, peak, seen=seen), *rows(now_us)]).changes
    return found


def run(subject: Kernel, seconds: float, peak: float, *, start_s: float = 0, extra: Any = (), seen: int = 1) -> list[AlertChange]:
    """Steps from *start_s* on; *extra* holds (number of the step, row)."""
    since_us = START + round(start_s * MICRO)
    return steps(
        subject, since_us, seconds, lambda now_us: [row for at, row in extra if since_us + at * SLICE_US == now_us], peak=peak, seen=seen
    )
