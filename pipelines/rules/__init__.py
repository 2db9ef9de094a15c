"""The rules, one family a file: signals in, evidence out. What each step brings, and what each whole second says. Pure.

A rule knows no kernel and keeps no alert: it looks at `Facts` and says `Evidence`, a level that is `Met`, or what is `Over`.
Levels of alerts without a ladder are those of the numbers of crowd safety. Upper-case names here are the ids of rules.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pipelines.events import AlertCommand, CameraEvent, CameraHealth, SensorFire, SensorIdentity, SensorTurnstile, VehicleEvent
from pipelines.rules.approved import APPROVED, RESIDUAL, approved
from pipelines.rules.behaviour import BREACH, LOITERING, MASS_RUNNING, PERSON_DOWN, behaviour
from pipelines.rules.cameras import CAMERA, camera
from pipelines.rules.collapse import COLLAPSE, collapse
from pipelines.rules.combinations import combine
from pipelines.rules.counter_flow import COUNTER_FLOW, counter_flow
from pipelines.rules.evidence import Evidence, GoesOn, Met, Over
from pipelines.rules.fire import FEEDBACK, FIRE, GAS, feedback, life_safety, panel
from pipelines.rules.identity import PASS_BACK, TWO_GATES, forget, identity
from pipelines.rules.ladder import CROWD
from pipelines.rules.motion import STAIRS, STOP_AND_GO, standstill, stop_and_go
from pipelines.rules.panel_fault import PANEL_FAULT, panel_fault
from pipelines.rules.passages import BOTTLENECK, bottleneck
from pipelines.rules.pressure import PRESSURE, pressure
from pipelines.rules.queues import QUEUE_WAIT, queue_wait
from pipelines.rules.reports import DOUBTFUL, REPORT, doubt, report
from pipelines.rules.resolution import RESOLUTION, resolution
from pipelines.rules.rising import BLIND, GROWTH, blind_rising, growth
from pipelines.rules.security import EQUIVOCATION, refused
from pipelines.rules.silence import LINK, SILENT, heard, silence
from pipelines.rules.time_to_act import TIME_TO_ACT, time_to_act
from pipelines.rules.uncertain import UNCERTAIN, uncertain
from pipelines.rules.unknown import UNKNOWN, unknown
from pipelines.rules.vehicles import BEYOND_PERMIT, IMPROPER_STOP, QUIET, SPEEDING, TOWARDS_PEOPLE, WRONG_WAY, vehicle
from pipelines.rules.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from pipelines.outlook.second import Second
    from pipelines.rules.facts import Facts
    from pipelines.rules.ladder import Reading
    from pipelines.words import Said

__all__ = [
    "APPROVED",
    "BEYOND_PERMIT",
    "BLIND",
    "BOTTLENECK",
    "BREACH",
    "CAMERA",
    "COLLAPSE",
    "COMMANDS",
    "COUNTER_FLOW",
    "CROWD",
    "DOUBTFUL",
    "EQUIVOCATION",
    "FEEDBACK",
    "FIRE",
    "GAS",
    "GROWTH",
    "IMPROPER_STOP",
    "LINK",
    "LOITERING",
    "MASS_RUNNING",
    "PANEL_FAULT",
    "PASS_BACK",
    "PERSON_DOWN",
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
    "Evidence",
    "GoesOn",
    "Met",
    "Over",
    "Watch",
    "clear_by_quiet",
    "life_safety",
    "refused",
    "report",
    "second",
    "step",
]

# What people ask that is about no alert yet, by action: each says what it is evidence of, or returns the sentence that refuses it.
COMMANDS: Final[dict[str, Callable[[Facts, AlertCommand], Evidence | Said]]] = {"report": report}


def step(facts: Facts, now_us: int, rows: Iterable[Any], readings: Mapping[str, Reading]) -> Iterator[Evidence | GoesOn | Over]:
    """One step of the rules that evidence drives."""
    facts.watch.now_us = now_us
    for row in rows:
        match row:
            case VehicleEvent():
                yield from vehicle(facts, now_us, row)
            case CameraHealth():
                heard(facts, now_us, row.camera, row.received_us)
                yield from camera(now_us, row)
                yield from resolution(facts, now_us, row)
            case CameraEvent():
                yield from behaviour(facts, now_us, row)
            case SensorFire():
                heard(facts, now_us, row.device, row.received_us)
                panel(facts, row)
                yield from panel_fault(now_us, row)
            case SensorTurnstile():
                heard(facts, now_us, row.device, row.received_us)
            case SensorIdentity():
                heard(facts, now_us, row.device, row.received_us)
                yield from identity(facts, now_us, row)
            case _:
                pass
    yield from feedback(facts, now_us)
    yield from unknown(facts, now_us, readings)


def second(facts: Facts, now: Second) -> Iterator[Evidence | Met | Over]:
    """One whole second of the rules that measures drive; the collapse first, since it holds the others of its zone."""
    yield from collapse(facts, now)
    yield from pressure(facts, now)
    yield from standstill(facts, now)
    yield from stop_and_go(facts, now)
    yield from growth(facts, now)
    yield from blind_rising(facts, now)
    yield from counter_flow(facts, now)
    yield from bottleneck(facts, now)
    yield from queue_wait(facts, now)
    yield from time_to_act(facts, now)
    yield from uncertain(facts, now)
    yield from approved(facts, now)
    yield from silence(facts, now)
    yield from doubt(facts, now)
    forget(facts, now)
    yield from combine(facts, now)


def clear_by_quiet(plan: Any) -> tuple[str, ...]:
    """The rules whose alerts are over when their evidence stays away."""
    return (*QUIET, UNKNOWN, PASS_BACK, TWO_GATES, EQUIVOCATION, LOITERING, *(row.id for row in plan.rules.combinations))
