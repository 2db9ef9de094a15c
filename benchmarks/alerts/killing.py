"""The kill campaign: processes are killed one after the other at random moments while fires and crowds go on; nothing may be lost."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any, Final

from benchmarks.alerts.running import MODE, running
from benchmarks.alerts.venue import Cameras, venue
from benchmarks.alerts.world import Cycle, World
from pipelines.errors import MusterError
from stack.parts import PartStatus
from stack.supervisor import Supervisor

KINDS: Final = (
    "ingest",
    "alerts",
    "dispatch",
    "store",
    "ticker",
    "kafka",
    "registry",
    "flink-taskmanager",
    "flink-jobmanager",
    "flink-jobs",
)
CROWD: Final = 13  # people in one box: 3.25 / m², caution
HOLD_S: Final = 3.0
CYCLE: Final = Cycle(dense=40, empty=40, lead=4)  # the mean of a window is above watch once four of its five slices are dense
ZONES_A_CAMERA: Final = 12
FIRES_PER_S: Final = 1.0
_START_S: Final = 180.0
_BACK_S: Final = 90.0
_LONGEST_PAUSE_S: Final = 6.0
_LAST_S: Final = 150.0
_SETTLED_S: Final = 6.0
_TURN_S: Final = 0.05


def campaign(home: Path, root: Path, *, kills: int, seed: int, manifest: Path, most_s: float = 2400) -> dict[str, Any]:
    """Kill *kills* processes, each kind equally often, and hold what came against the manifest.

    Args:
        home: the runtime folder.
        root: the project.
        kills: in all; the kinds take turns in an order that *seed* gives.
        seed: of the order, the moments, and the places of fires.
        manifest: the file to write.
        most_s: no further kill after so many seconds.
    """
    chance = random.Random(seed)  # noqa: S311 - a seed makes it repeatable
    deck = [KINDS[number % len(KINDS)] for number in range(kills)]
    chance.shuffle(deck)
    plan = venue(zones_a_camera=ZONES_A_CAMERA, hold_up_s=HOLD_S, hold_down_s=HOLD_S)
    with running(home, root, plan) as stack:
        world = World(
            stack.kafka,
            mode=MODE,
            mode_key=stack.mode_key,
            plan=plan,
            cameras=Cameras(plan, people=CROWD),
            cycle=CYCLE,
            manifest=manifest,
            clear_after_s=2,
            seed=seed,
        )
        with world:
            world.wait_until_steady(_START_S)
            world.fires_per_s, world.crowds = FIRES_PER_S, True
            begun_s = time.monotonic()
            time.sleep(_LONGEST_PAUSE_S)
            killed = _kill_all(stack.supervisor, world, deck, chance, until_s=begun_s + most_s)
            world.fires_per_s, world.crowds = 0.0, False
            _settle(world)
            took_s = time.monotonic() - begun_s
        judged = stack.judged(manifest)
    return {
        "kills": sum(killed.values()),
        "killed": dict(killed),
        "seconds": round(took_s),
        "repeated_sends": world.sender.repeated,
        "fires_without_a_free_zone": world.missed_fires,
        **judged,
    }


def _kill_all(supervisor: Supervisor, world: World, deck: list[str], chance: random.Random, *, until_s: float) -> Counter[str]:
    killed: Counter[str] = Counter()
    for kind in deck:
        if time.monotonic() > until_s:
            break
        time.sleep(chance.uniform(0, _LONGEST_PAUSE_S))
        world.check()
        row, pid = _alive(supervisor, kind)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        killed[kind] += 1
        back_s = _wait_until_back(supervisor, kind, row.restarts)
        print(f"kill {sum(killed.values())}: {kind}, back after {back_s:.1f} s", file=sys.stderr, flush=True)
    return killed


def _alive(supervisor: Supervisor, kind: str) -> tuple[PartStatus, int]:
    """The part with its process; one that ended by itself, as some do after an outage of the broker, is started again first."""
    until_s = time.monotonic() + _BACK_S
    while time.monotonic() < until_s:
        row = next(row for row in supervisor.status() if row.name == kind)
        if row.pid is not None:
            return row, row.pid
        time.sleep(_TURN_S)
    raise MusterError(f"{kind} had no process for {_BACK_S:g} s")


def _wait_until_back(supervisor: Supervisor, kind: str, restarts: int) -> float:
    """Seconds until the part that was killed is ready again."""
    begun_s = time.monotonic()
    while time.monotonic() - begun_s < _BACK_S:
        row = next(row for row in supervisor.status() if row.name == kind)
        if row.restarts > restarts and row.state == "ready":
            return time.monotonic() - begun_s
        time.sleep(_TURN_S)
    raise MusterError(f"{kind} did not come back within {_BACK_S:g} s")


def _settle(world: World) -> None:
    """Wait until everything that was sent has been answered, and as long again as a hold takes."""
    until_s = time.monotonic() + _LAST_S
    while time.monotonic() < until_s:
        world.check()
        if world.quiet and 0 <= world.tick_age_us < 2_000_000:
            break
        time.sleep(0.2)
    time.sleep(_SETTLED_S + 2 * HOLD_S)
