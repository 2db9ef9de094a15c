"""Synthetic crowds with known answers, as the rows that jobs write: for tests of rules that need minutes."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from pipelines.alerts.kernel import Kernel, Step
from pipelines.events import AlertChange, CrowdDensity, CrowdFlow, CrowdOccupancy
from pipelines.units import MICRO, SLICE_US
from plan.load import parse
from tests.plans import plan_dict

START_US = 1_767_225_600_000_000
NAME = {"en": "x", "zh": "某处"}


def passage_plan(**changes: Any) -> dict[str, Any]:
    """A hall whose free way out is 1.2 m wide, a corridor, stairs with a foot, and a controlled gate with its queue."""
    return plan_dict(
        extent=[0, 0, 60, 20],
        zones=[
            {"id": "hall", "name": NAME, "area_type": "standing", "polygon": [[0, 0], [20, 0], [20, 20], [0, 20]]},
            {"id": "queue", "name": NAME, "area_type": "queue", "polygon": [[20, 0], [40, 0], [40, 10], [20, 10]]},
            {"id": "way", "name": NAME, "area_type": "way", "polygon": [[20, 10], [40, 10], [40, 13], [20, 13]]},
            {"id": "foot", "name": NAME, "area_type": "way", "polygon": [[40, 0], [50, 0], [50, 10], [40, 10]], "foot_of": "flight"},
            {"id": "flight", "name": NAME, "area_type": "stairs", "polygon": [[50, 0], [60, 0], [60, 10], [50, 10]]},
        ],
        gates=[
            {"id": "g", "label": "G", "name": NAME, "at": [20, 10], "area": "inside", "queue": ["queue"]},
            {"id": "x", "label": "X", "name": NAME, "at": [22, 5], "area": "inside"},
        ],
        lines=[
            {"id": "door", "gate": "g", "a": [22, 5], "b": [22, 8], "camera": "c2"},
            {"id": "out", "gate": "x", "a": [22, 2], "b": [22, 3.2], "camera": "c2", "upstream": "hall"},
        ],
        cameras=[
            {"id": "c1", "name": NAME, "at": [0, 0], "owns": [0, 0, 20, 20]},
            {"id": "c2", "name": NAME, "at": [20, 0], "owns": [20, 0, 60, 20]},
        ],
        **changes,
    )


def row(zone: str, end_us: int, **fields: Any) -> CrowdDensity:
    """One density row, well seen, empty unless said."""
    return CrowdDensity(
        **{
            "progress": False,
            "rows": 0,
            "window_end_us": end_us,
            "zone": zone,
            "people": 0.0,
            "density_per_m2": 0.0,
            "local_peak_per_m2": 0.0,
            "peak_x_m": 5.0,
            "peak_y_m": 5.0,
            "around_per_m2": 1.5,
            "los": "D",
            "los_scale": "walkway",
            "cameras_expected": 4,
            "cameras_seen": 4,
            "frames_expected": 20,
            "frames_used": 20,
            "observed_share": 1.0,
            **fields,
        }
    )


def flow(line: str, end_us: int, entered: int, exited: int, *, width_m: float = 1.2, seen: int = 1) -> CrowdFlow:
    return CrowdFlow(
        progress=False,
        rows=0,
        window_end_us=end_us,
        gate="g",
        line=line,
        entered=entered,
        exited=exited,
        cameras_seen=seen,
        width_m=width_m,
    )


def occupancy(area: str, end_us: int, entries: int, exits: int) -> CrowdOccupancy:
    return CrowdOccupancy(
        progress=False,
        rows=0,
        window_end_us=end_us,
        area=area,
        inside=entries - exits,
        entries_total=entries,
        exits_total=exits,
        turnstiles_seen=1,
    )


ZONES = ("hall", "queue", "way", "foot", "flight")


@dataclass
class Scene:
    """What happens second by second: fields of density rows by zone, crossings (in, out) by line, turnstile totals by area."""

    zones: dict[str, Callable[[int], dict[str, Any] | None]] = field(default_factory=dict)
    lines: dict[str, Callable[[int], tuple[int, int]]] = field(default_factory=dict)
    turnstiles: dict[str, Callable[[int], tuple[int, int]]] = field(default_factory=dict)
    width_m: float = 1.2

    def rows(self, second: int, end_us: int) -> list[tuple[str, Any]]:
        """Rows of the step that ends at *end_us*: zones each step, lines and areas each whole second."""
        found: list[tuple[str, Any]] = []
        for zone in ZONES:
            fields = self.zones.get(zone, lambda _: {})(second)
            if fields is not None:
                found.append(("crowd.density", row(zone, end_us, **fields)))
        if end_us % MICRO == 0:
            found += [("crowd.flow", flow(line, end_us, *at(second), width_m=self.width_m)) for line, at in self.lines.items()]
            found += [("crowd.occupancy", occupancy(area, end_us, *at(second))) for area, at in self.turnstiles.items()]
        return found

    def steps(self, kernel: Kernel, seconds: int, *, start_s: int = 0) -> Iterator[Step]:
        """Play it through *kernel*."""
        for index in range(start_s * 5, (start_s + seconds) * 5):
            end_us = START_US + (index + 1) * SLICE_US
            yield kernel.step(end_us, self.rows(-(-(index + 1) // 5), end_us))


def kernel(**changes: Any) -> Kernel:
    return Kernel(parse(passage_plan(**changes)), plan_hash="abc", mode="drill-t")


def play(scene: Scene, seconds: int, subject: Kernel | None = None, *, start_s: int = 0) -> list[AlertChange]:
    """All changes of *seconds* of the scene."""
    return [change for step in scene.steps(subject or kernel(), seconds, start_s=start_s) for change in step.changes]


def first_s(changes: list[AlertChange], rule: str, *, level: str = "", place: str = "") -> float | None:
    """When *rule* first said something (at that level), seconds from the start; None if it never did."""
    for change in changes:
        if change.rule == rule and level in ("", change.level) and place in ("", change.place):
            return (change.event_time_us - START_US) / MICRO
    return None


def crowd(peak: Callable[[int], float], *, noise: float = 0.1, seed: int = 1, **fields: Any) -> Callable[[int], dict[str, Any]]:
    """Rows of a zone with that local peak, with some noise that is the same each time."""

    def at(second: int) -> dict[str, Any]:
        value = max(peak(second) + random.Random(seed * 100_003 + second).gauss(0, noise), 0.0)
        return {
            "local_peak_per_m2": value,
            "people": value * 100,
            "density_per_m2": value / 2,
            "speed_mps": 0.5,
            "error_people": 0.0,
            **fields,
        }

    return at


def people_per_s(rate: float) -> Callable[[int], int]:
    """Whole people each second, with that mean rate."""
    return lambda second: int(rate * second) - int(rate * (second - 1))
