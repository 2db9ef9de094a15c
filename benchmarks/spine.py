"""CPU-seconds per million positions, from `camera.frames` bytes through sums, Kafka, Flink and ALERTS; everything counted.

A crowd of 40 cameras x 200 people x 15 frames a second stands and sways for 20 s, one zone a camera, played as fast as
it goes. Counted: this process (unpacking, sums, sending), Kafka, the JobManager, the TaskManager, ALERTS and the store.
Start-up is not counted; answers are checked: every zone's mean number of people must be what was played.
"""

from __future__ import annotations

import resource
import threading
import time
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from connectors.kafka import Rejected, Sender, Tail, producer
from pipelines import units
from pipelines.detect.eye import Eye
from pipelines.detect.frames import NO_VELOCITY, pack, unpack
from pipelines.errors import MusterError
from plan import needs
from plan.defaults import AREA_TYPES, LOS
from plan.load import parse
from plan.model import Plan
from plan.views import view_of
from simulation.player import Player
from stack import modes
from stack.machine import Machine
from stack.usage import usage

CAMERAS: Final = 40
PEOPLE: Final = 200
FPS: Final = 15
SECONDS: Final = 20
SIDE_M: Final = 30
MODE: Final = "drill-bench-spine"
START_US: Final = 1_767_225_600_000_000
COUNTED: Final = ("kafka", "registry", "flink-jobmanager", "flink-taskmanager", "alerts", "store")
_PATIENCE_S: Final = 120.0


def plan() -> Plan:
    """One square zone a camera, side by side."""
    name = {"en": "bench", "zh": "基准"}
    squares = [(index % 8 * SIDE_M, index // 8 * SIDE_M) for index in range(CAMERAS)]
    return parse(
        {
            "version": 1,
            "event": {"id": "bench", "site": "bench", "name": name, "venue": name},
            "extent": [0, 0, 8 * SIDE_M, CAMERAS // 8 * SIDE_M],
            "phases": [{"id": "show", "name": name}],
            "phase": "show",
            "area_types": list(AREA_TYPES),
            "los": list(LOS),
            "zones": [
                {
                    "id": f"z{i}",
                    "name": name,
                    "area_type": "standing",
                    "polygon": [(x, y), (x + SIDE_M, y), (x + SIDE_M, y + SIDE_M), (x, y + SIDE_M)],
                }
                for i, (x, y) in enumerate(squares)
            ],
            "cameras": [
                {"id": f"c{i}", "name": name, "at": (x, y), "owns": (x, y, x + SIDE_M, y + SIDE_M), "fps": FPS}
                for i, (x, y) in enumerate(squares)
            ],
        },
        name="bench",
    )


def _frames(chance: np.random.Generator, origin_cm: tuple[int, int]) -> list[bytes]:
    """One second of packed frames of one camera: people who sway by some cm."""
    tracks = np.arange(PEOPLE, dtype=np.int64)
    base = chance.integers(50, SIDE_M * 100 - 50, size=(PEOPLE, 2))
    none = np.full((PEOPLE, 2), NO_VELOCITY, dtype=np.int64)
    frames = []
    for _ in range(FPS):
        xy: NDArray[np.int64] = base + chance.integers(-3, 4, size=(PEOPLE, 2)) + np.asarray(origin_cm)
        frames.append(pack(xy, none, tracks, origin_cm=origin_cm))
    return frames


def _play(made: Plan, player: Player) -> int:
    chance = np.random.default_rng(7)
    views = [view_of(made, camera) for camera in made.cameras]
    origins = [(view.owns_cm[0], view.owns_cm[1]) for view in views]
    frames = [_frames(chance, origin) for origin in origins]
    eyes = [Eye(view, start_us=START_US) for view in views]
    for index in range(FPS * SECONDS):
        event_us = START_US + index * units.MICRO // FPS
        end = units.slice_start_us(player.clock_us) + units.SLICE_US
        while end <= event_us:
            player.advance(end)
            for number, eye in enumerate(eyes):
                player.send(eye.close_until(end, received_us=end), partition=number)
            end += units.SLICE_US
        player.advance(event_us)
        for number, (eye, origin) in enumerate(zip(eyes, origins, strict=True)):
            xy, _, tracks = unpack(frames[number][index % FPS], origin_cm=origin)
            player.send(eye.frame(event_us, tracks, xy, received_us=event_us), partition=number)
    return player.finish()


def _own_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def run(home: Path, root: Path) -> dict[str, Any]:
    """Play it, and say what it cost."""
    made = plan()
    with Machine(home, root, name="bench", join=False) as machine:
        mode = modes.prepare(home, machine.addresses, mode=MODE, plan=made, clock="player", fresh=True)
        after = machine.after_servers()
        machine.start([modes.setup_part(mode), *modes.stage_parts(mode, after=after, dispatch=False, ticker=False, ingest=False)])
        supervisor = machine.supervisor
        assert supervisor is not None
        pids = {status.name: status.pid for status in supervisor.status() if status.name in COUNTED and status.pid is not None}
        before, own = {name: usage(pid).cpu_s for name, pid in pids.items()}, _own_cpu_s()
        player = Player(
            Sender(producer(machine.addresses.kafka), MODE), start_us=START_US, rate=0, stop=threading.Event(), ticked=needs.ticked(made)
        )
        begun = time.monotonic()
        last_us = _play(made, player)
        windows = _results(machine.addresses.kafka, last_us)
        wall_s = time.monotonic() - begun
        cpu = {name: round(usage(pid).cpu_s - before[name], 2) for name, pid in pids.items()}
        cpu["sums and sending"] = round(_own_cpu_s() - own, 2)
        modes.withdraw(home, MODE)
    total = sum(cpu.values())
    millions = player.positions / 1e6
    return {
        "positions": player.positions,
        "windows": windows,
        "cpu_s": cpu,
        "cpu_s_per_m_positions": round(total / millions, 2),
        "wall_s": round(wall_s, 1),
    }


def _results(kafka: str, last_us: int) -> int:
    """Wait for the last window; check that the people of every whole window are those that were played.

    Raises:
        MusterError: they are not, or do not come.
    """
    tail = Tail(kafka, mode=MODE, things=("crowd.density",))
    until_s = time.monotonic() + _PATIENCE_S
    whole = range(START_US + units.WINDOW_US, START_US + SECONDS * units.MICRO + 1)
    seen: set[tuple[str, int]] = set()
    newest = 0
    try:
        while newest < last_us - 2 * units.SLICE_US:
            for row in tail.poll(0.5):
                if isinstance(row.record, Rejected):
                    continue
                newest = max(newest, row.record.window_end_us) if row.record.progress else newest
                if not row.record.progress and row.record.window_end_us in whole:
                    if row.record.people != PEOPLE:
                        raise MusterError(f"zone {row.record.zone}: {row.record.people} people where {PEOPLE} were played")
                    seen.add((row.record.zone, row.record.window_end_us))
            if time.monotonic() > until_s:
                raise MusterError("the results did not come")
    finally:
        tail.close()
    return len(seen)
