"""The rules beside the ladder, one family a file: what each step brings, and what each whole second says. Pure.

Levels of alerts without a ladder are those of the numbers of crowd safety. Upper-case names here are the ids of rules.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pipelines.alerts.rules.approved import APPROVED, RESIDUAL, approved
from pipelines.alerts.rules.cameras import CAMERA, camera
from pipelines.alerts.rules.collapse import COLLAPSE, collapse
from pipelines.alerts.rules.combinations import combine
from pipelines.alerts.rules.counter_flow import COUNTER_FLOW, counter_flow
from pipelines.alerts.rules.fire import FEEDBACK, FIRE, GAS, feedback, life_safety, panel
from pipelines.alerts.rules.identity import PASS_BACK, TWO_GATES, forget, identity
from pipelines.alerts.rules.motion import STAIRS, STOP_AND_GO, standstill, stop_and_go
from pipelines.alerts.rules.panel_fault import PANEL_FAULT, panel_fault
from pipelines.alerts.rules.passages import BOTTLENECK, bottleneck
from pipelines.alerts.rules.pressure import PRESSURE, pressure
from pipelines.alerts.rules.queues import QUEUE_WAIT, queue_wait
from pipelines.alerts.rules.reports import DOUBTFUL, REPORT, doubt, report
from pipelines.alerts.rules.resolution import RESOLUTION, resolution
from pipelines.alerts.rules.rising import BLIND, GROWTH, blind_rising, growth
from pipelines.alerts.rules.security import EQUIVOCATION, refused
from pipelines.alerts.rules.silence import LINK, SILENT, heard, silence
from pipelines.alerts.rules.time_to_act import TIME_TO_ACT, time_to_act
from pipelines.alerts.rules.uncertain import UNCERTAIN, uncertain
from pipelines.alerts.rules.unknown import UNKNOWN, unknown
from pipelines.alerts.rules.vehicles import BEYOND_PERMIT, IMPROPER_STOP, QUIET, SPEEDING, TOWARDS_PEOPLE, WRONG_WAY, vehicle
from pipelines.alerts.rules.watch import Watch
from pipelines.events import AlertCommand, CameraHealth, SensorFire, SensorIdentity, SensorTurnstile, VehicleEvent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pipelines.alerts.kernel import Kernel
    from pipelines.alerts.ladder import Reading
    from pipelines.alerts.outlook import Second

__all__ = [
    "APPROVED",
    "BEYOND_PERMIT",
    "BLIND",
    "BOTTLENECK",
    "CAMERA",
    "COLLAPSE",
    "COMMANDS",
    "COUNTER_FLOW",
    "DOUBTFUL",
    "EQUIVOCATION",
    "FEEDBACK",
    "FIRE",
    "GAS",
    "GROWTH",
    "IMPROPER_STOP",
    "LINK",
    "PANEL_FAULT",
    "PASS_BACK",
    "PRESSURE",
    "QUEUE_WAIT",
    "REPORT",
    "RESIDUAL",
    "RESOLUTION",
    "SILENT",
    "SPEEDING",
    "STAIRS",
    "STOP_AND_GO",
    "TIME_TO_ACT",
    "TOWARDS_PEOPLE",
    "TWO_GATES",
    "UNCERTAIN",
    "UNKNOWN",
    "WRONG_WAY",
    "Watch",
    "life_safety",
    "refused",
    "report",
    "second",
    "step",
]

# What people ask that is about no alert yet, by action: each does it, or returns the sentence that refuses it.
COMMANDS: Final[dict[str, Callable[[Kernel, AlertCommand], str]]] = {"report": report}


def step(kernel: Kernel, now_us: int, rows: Iterable[tuple[str, Any]], readings: Mapping[str, Reading]) -> None:
    """One step of the rules that evidence drives."""
    kernel.watch.now_us = now_us
    for _, row in rows:
        match row:
            case VehicleEvent():
                vehicle(kernel, now_us, row)
            case CameraHealth():
                heard(kernel, now_us, row.camera, row.received_us)
                camera(kernel, now_us, row)
                resolution(kernel, now_us, row)
            case SensorFire():
                heard(kernel, now_us, row.device, row.received_us)
                panel(kernel, row)
                panel_fault(kernel, now_us, row)
            case SensorTurnstile():
                heard(kernel, now_us, row.device, row.received_us)
            case SensorIdentity():
                heard(kernel, now_us, row.device, row.received_us)
                identity(kernel, now_us, row)
            case _:
                pass
    feedback(kernel, now_us)
    unknown(kernel, now_us, readings)
    _quiet(kernel, now_us)


def second(kernel: Kernel, now: Second) -> None:
    """One whole second of the rules that measures drive; the collapse first, since it holds the others of its zone."""
    collapse(kernel, now)
    for rule in (
        pressure,
        standstill,
        stop_and_go,
        growth,
        blind_rising,
        counter_flow,
        bottleneck,
        queue_wait,
        time_to_act,
        uncertain,
        approved,
        silence,
        doubt,
        forget,
        combine,
    ):
        rule(kernel, now)


def _quiet(kernel: Kernel, now_us: int) -> None:
    """Evidence that stays away clears what does not latch."""
    combined = [row.id for row in kernel.plan.rules.combinations]
    for rule in (*QUIET, UNKNOWN, PASS_BACK, TWO_GATES, EQUIVOCATION, *combined):
        for alert in kernel.unheard(rule, now_us - kernel.ground.quiet_us):
            if not kernel.held(alert.place):
                kernel.lapse(alert, now_us)
