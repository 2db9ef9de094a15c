"""What one core of ALERTS carries: changes a second and the saving and taking up of its state, with 10,000 alerts open.

`python -m benchmarks.alerts_kernel [--open N]` prints JSON. The alerts are improper stops, each of a vehicle of its own, so that one
step brings many; people acknowledge, assign, verify and close them. Storms are grouped, and each change is encoded as it is sent.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from pipelines.alerts import saved
from pipelines.alerts.kernel import Kernel
from pipelines.codec import encode
from pipelines.events import AlertCommand, VehicleEvent
from pipelines.units import MICRO, SLICE_US
from plan.load import load, plan_hash

PLAN: Final = Path(__file__).resolve().parents[1] / "plan" / "examples" / "stadium.yaml"
START_US: Final = 1_767_225_600_000_000
PER_STEP: Final = 200
SECONDS: Final = 30


def kernel() -> Kernel:
    plan = load(PLAN)
    return Kernel(plan, plan_hash=plan_hash(plan), mode="drill-bench")


def stop(vehicle: int, now_us: int) -> tuple[str, VehicleEvent]:
    row = VehicleEvent(
        progress=False,
        rows=0,
        window_end_us=now_us,
        kind="improper_stop",
        vehicle=f"van-{vehicle}",
        lane="service-road",
        zone="",
        start_us=START_US,
        event_time_us=now_us,
        distance_cm=0,
        speed_cmps=0,
        ahead_cm=0,
        x_cm=vehicle,
        y_cm=1000,
    )
    return "vehicle.events", row


def ask(number: int, alert_id: str, now_us: int) -> AlertCommand:
    action = ("acknowledge", "verify", "assign", "hold", "resume")[number // PER_STEP % 5]
    return AlertCommand(
        command_id=f"{number:032x}",
        alert_id=alert_id,
        action=action,
        actor="S1",
        actor_role="shift leader",
        second_gesture=True,
        reason="as the bench asks",
        received_us=now_us,
        target="P1",
        choice="real",
    )


def opened(subject: Kernel, alerts: int) -> list[str]:
    """Ids of so many alerts, opened in one step after the other."""
    found = []
    for first in range(0, alerts, PER_STEP):
        now_us = START_US + first // PER_STEP * SLICE_US
        step = subject.step(now_us, [stop(vehicle, now_us) for vehicle in range(first, min(first + PER_STEP, alerts))])
        found += [change.alert_id for change in step.changes if change.number == 1]
    return found


def turns(subject: Kernel, ids: list[str], since_us: int) -> Iterator[int]:
    """Each second 1,000 acts of people in five steps, and the state saved once; gives the number of changes."""
    for second in range(SECONDS):
        for part in range(5):
            now_us = since_us + second * MICRO + part * SLICE_US
            changes = subject.step(now_us, [stop(vehicle, now_us) for vehicle in range(PER_STEP)]).changes
            for index in range(PER_STEP):
                number = (second * 5 + part) * PER_STEP + index
                changes += subject.command(ask(number, ids[(second // 5 * PER_STEP + index) % len(ids)], now_us))[0]
            for change in changes:
                encode(change)
            yield len(changes)
        saved.pieces({"last_us": 0, "offsets": {}, "kernel": subject.dump()}, set_number=second)


def measure(alerts: int) -> dict[str, Any]:
    subject = kernel()
    began_s = time.process_time()
    ids = opened(subject, alerts)
    opened_s = time.process_time() - began_s
    began_s = time.process_time()
    changes = sum(turns(subject, ids, START_US + alerts // PER_STEP * SLICE_US))
    took_s = time.process_time() - began_s
    began_s = time.process_time()
    pieces = saved.pieces({"kernel": subject.dump()}, set_number=1)
    save_s = time.process_time() - began_s
    again = kernel()
    began_s = time.process_time()
    _, plain = saved.newest(record for _, record in pieces)
    again.load((plain or {})["kernel"])
    load_s = time.process_time() - began_s
    return {
        "open": len(again.open_alerts("improper_stop")),
        "raised_per_s": round(alerts / opened_s),
        "changes_per_s": round(changes / took_s),
        "busy_at_1000_per_s": round(took_s / changes * 1000, 3),
        "save_s": round(save_s, 3),
        "state_bytes": sum(len(record.state) for _, record in pieces),
        "load_s": round(load_s, 3),
    }


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[sys.argv.index("--open") + 1]) if "--open" in sys.argv else 10_000), indent=1))
