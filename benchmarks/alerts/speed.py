"""How fast an alert is: from a detector's sending, and from the window end that completes a condition, to the record in alerts.changes."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.alerts.manifest import CROWD, FIRE
from benchmarks.alerts.running import MODE, running
from benchmarks.alerts.venue import Cameras, venue
from benchmarks.alerts.world import Cycle, World
from pipelines.errors import MusterError
from pipelines.units import MICRO

ZONES_A_CAMERA: Final = 25
FIRES_PER_S: Final = 8.0
WATCHERS: Final = 9  # people in one box: 2.25 / m², which is watch once the whole window is dense
CYCLE: Final = Cycle(dense=10, empty=10, lead=5)
_START_S: Final = 180.0
_WARM_S: Final = 15.0
_TICK_US: Final = 1000  # of the broker's append time, which is cut to whole milliseconds


def speed(home: Path, root: Path, *, seconds: int, seed: int) -> dict[str, Any]:
    """Fires for *seconds* beside cameras that see nobody, then crowds for as long beside no fire."""
    plan = venue(zones_a_camera=ZONES_A_CAMERA, hold_up_s=0, hold_down_s=0)
    cameras = Cameras(plan, people=WATCHERS)
    with running(home, root, plan) as stack, tempfile.TemporaryDirectory() as folder:
        world = World(
            stack.kafka,
            mode=MODE,
            mode_key=stack.mode_key,
            plan=plan,
            cameras=cameras,
            cycle=CYCLE,
            manifest=Path(folder) / "manifest.jsonl",
            clear_after_s=1,
            seed=seed,
        )
        with world:
            world.wait_until_steady(_START_S)
            marks = []
            for fires_per_s, crowds in ((FIRES_PER_S, False), (0.0, True)):
                world.fires_per_s, world.crowds = fires_per_s, crowds
                time.sleep(_WARM_S)
                marks.append(time.time_ns() // 1000)
                time.sleep(seconds)
                world.check()
            world.crowds = False
            _until_quiet(world)
        judged = stack.judged(world.manifest.path)
    waits = {
        rule: [(row.appended_us + _TICK_US - row.event_time_us) / 1000 for row in world.came.values() if _counts(row, rule, since_us)]
        for rule, since_us in zip((FIRE, CROWD), marks, strict=True)
    }
    return {"fire_ms": percentiles(waits[FIRE]), "crowd_ms": percentiles(waits[CROWD]), "speed_judged": judged}


def _counts(row: Any, rule: str, since_us: int) -> bool:
    return bool(row.rule == rule and row.event_time_us >= since_us)


def _until_quiet(world: World, patience_s: float = 60) -> None:
    until_s = time.monotonic() + patience_s
    while not world.quiet and time.monotonic() < until_s:
        time.sleep(0.1)
    time.sleep(3 * MICRO / MICRO)  # windows that are under way


def percentiles(waits_ms: list[float]) -> dict[str, float | int]:
    """Median, the 99th of a hundred, the longest, and of how many.

    Raises:
        MusterError: of none.
    """
    if not waits_ms:
        raise MusterError("no alert came")
    p50, p99 = np.percentile(waits_ms, [50, 99])
    return {"p50": round(float(p50), 1), "p99": round(float(p99), 1), "most": round(max(waits_ms), 1), "samples": len(waits_ms)}
