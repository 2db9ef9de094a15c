"""Our whole path: `camera.frames` bytes through the edge, the broker and Flink to `crowd.density`.

Counted: this process (decoding, sums, sending, reading the results), Kafka, the TaskManager, the JobManager and the
registry, from the first frame to the last result. Servers and job are started before and not counted, as no peer's
start-up is.
"""

from __future__ import annotations

import atexit
import json
import resource
import threading
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from benchmarks.crowd import ours
from benchmarks.crowd.runners import Runner, Used
from benchmarks.crowd.workload import FPS, START_US, TILE_CM, Measure, Size, origin_cm, read_records, whole_windows, write, zone_cm
from connectors.kafka import Rejected, Sender, Tail, producer
from pipelines import units
from pipelines.errors import MusterError
from plan import needs
from plan.defaults import AREA_TYPES, LOS
from plan.load import parse
from plan.model import Plan
from simulation.player import Player
from stack import modes
from stack.keeper import cancel_all
from stack.machine import Machine
from stack.usage import usage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipelines.events import CrowdDensity

WHOLE: Final = "whole path"
MODE: Final = "drill-bench-crowd"
COUNTED: Final = ("kafka", "registry", "flink-jobmanager", "flink-taskmanager")
_PATIENCE_S: Final = 120.0
_NAME: Final = {"en": "bench", "zh": "基准"}


def plan(cameras: int) -> Plan:
    """One zone in the middle of each camera's tile."""
    corners = [origin_cm(camera) for camera in range(cameras)]
    owns = [[edge / 100 for edge in (x, y, x + TILE_CM, y + TILE_CM)] for x, y in corners]
    zones = [[edge / 100 for edge in zone_cm(camera)] for camera in range(cameras)]
    return parse(
        {
            "version": 1,
            "event": {"id": "bench", "site": "bench", "name": _NAME, "venue": _NAME},
            "extent": [0, 0, max(row[2] for row in owns), max(row[3] for row in owns)],
            "phases": [{"id": "show", "name": _NAME}],
            "phase": "show",
            "area_types": list(AREA_TYPES),
            "los": list(LOS),
            "zones": [
                {"id": f"z{index}", "name": _NAME, "area_type": "standing", "polygon": [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]}
                for index, (x0, y0, x1, y1) in enumerate(zones)
            ],
            "cameras": [_camera(index, row) for index, row in enumerate(owns)],
        },
        name="bench",
    )


def _camera(index: int, owns: list[float]) -> dict[str, Any]:
    return {"id": f"c{index}", "name": _NAME, "at": owns[:2], "owns": owns, "fps": FPS, "count_error": 0}


class WholePath:
    """A running machine with the density job of the workload's plan, made afresh for each run."""

    def __init__(self, home: Path, root: Path) -> None:
        self._home, self._root = home, root
        self._stack = ExitStack()
        self._base: Machine | None = None
        atexit.register(self._stack.close)

    def _machine(self) -> Machine:
        if self._base is None:
            self._base = self._stack.enter_context(Machine(self._home, self._root, name="bench", join=False))
            self._base.start([])
        return self._base

    @contextmanager
    def running(self, cameras: int) -> Iterator[tuple[str, dict[str, int]]]:
        """The broker's address, and the process ids of what is counted."""
        base, made = self._machine(), plan(cameras)
        with Machine(self._home, self._root, name=MODE, join=True) as machine:
            mode = modes.prepare(self._home, machine.addresses, mode=MODE, plan=made, clock="player", fresh=True)
            parts = modes.stage_parts(mode, after=machine.after_servers(), dispatch=False, ticker=False, ingest=False)
            machine.start([modes.setup_part(mode), *(part for part in parts if part.name == "flink-jobs")])
            supervisor = base.supervisor
            assert supervisor is not None
            try:
                yield (
                    machine.addresses.kafka,
                    {row.name: row.pid for row in supervisor.status() if row.name in COUNTED and row.pid is not None},
                )
            finally:
                modes.withdraw(self._home, MODE)
                cancel_all(machine.addresses.flink_url, MODE)

    def run(self, folder: Path, out: Path) -> Used:
        """One run at full speed: the answers to *out*, and what it used."""
        about = json.loads((folder / "about.json").read_text())
        size = Size(cameras=about["cameras"], seconds=about["seconds"])
        with self.running(size.cameras) as (kafka, pids):
            before, own, begun = {name: usage(pid).cpu_s for name, pid in pids.items()}, _own_cpu_s(), time.monotonic()
            rows = played(kafka, folder, size, rate=0)
            wall_s = time.monotonic() - begun
            cpu = {name: usage(pid).cpu_s - before[name] for name, pid in pids.items()}
            cpu["edge, sending and reading"] = _own_cpu_s() - own
        print(json.dumps({name: round(value, 2) for name, value in cpu.items()}), flush=True)
        with out.open("w") as opened:
            for row, _ in rows.values():
                answer = {name: getattr(row, name) for name in Measure.__dataclass_fields__}
                opened.write(json.dumps({"zone": row.zone, "window_end_us": row.window_end_us, **answer}) + "\n")
        return Used(cpu_s=sum(cpu.values()), wall_s=wall_s)

    def latency(self, size: Size, folder: Path) -> dict[str, Any]:
        """In real time: window end → result on its topic, ms, and the processor time of it all."""
        write(folder, size)
        with self.running(size.cameras) as (kafka, pids):
            before, own, zero_us = {name: usage(pid).cpu_s for name, pid in pids.items()}, _own_cpu_s(), time.time_ns() // 1000
            rows = played(kafka, folder, size, rate=1)
            cpu_s = sum(usage(pid).cpu_s - before[name] for name, pid in pids.items()) + _own_cpu_s() - own
            memory = {name: round(usage(pid).pss_mb) for name, pid in pids.items()}
        waits = [
            (appended_us - zero_us - (row.window_end_us - START_US)) / 1000
            for row, appended_us in rows.values()
            if row.window_end_us > START_US + _WARM_S * units.MICRO
        ]
        p50, p99 = np.percentile(waits, [50, 99])
        return {
            "p50": round(float(p50), 1),
            "p99": round(float(p99), 1),
            "results": len(waits),
            "seconds": size.seconds,
            "left_out_s": _WARM_S,
            "cores": round(cpu_s / size.seconds, 2),
            "memory_mb": memory,
        }


_WARM_S: Final = 20  # Java compiles, and the job has only begun


def played(kafka: str, folder: Path, size: Size, *, rate: float) -> dict[tuple[str, int], tuple[CrowdDensity, int]]:
    """Send the frames' sums; every whole window's row by zone and end, with the broker's append time (µs UTC).

    Raises:
        MusterError: not all came.
    """
    found: dict[tuple[str, int], tuple[CrowdDensity, int]] = {}
    ends = whole_windows(size)
    tail = Tail(kafka, mode=MODE, things=("crowd.density",))
    over = threading.Event()

    def read() -> None:
        while not over.is_set():
            for row in tail.poll(0.2):
                if not isinstance(row.record, Rejected) and not row.record.progress and row.record.window_end_us in ends:
                    found.setdefault((row.record.zone, row.record.window_end_us), (row.record, row.appended_us))

    reader = threading.Thread(target=read)
    reader.start()
    try:
        player = Player(
            Sender(producer(kafka, linger_ms=1), MODE),
            start_us=START_US,
            rate=rate,
            stop=threading.Event(),
            ticked=needs.ticked(plan(size.cameras)),
        )
        for record in ours.sums(read_records(folder / "frames.bin"), before=lambda at_us: player.advance(max(at_us, player.clock_us))):
            player.send([record], partition=int(record.camera.removeprefix("c")))
        player.finish()
        until_s = time.monotonic() + _PATIENCE_S
        while len(found) < len(ends) * size.cameras:
            if time.monotonic() > until_s:
                raise MusterError(f"{len(found)} of {len(ends) * size.cameras} windows came")
            time.sleep(0.02)
    finally:
        over.set()
        reader.join()
        tail.close()
    return found


def runner(path: WholePath, *, size: Size) -> Runner:
    """The whole path as a runner."""
    return Runner(
        name=WHOLE,
        what="ours: frames to crowd.density, broker and Flink included; servers and job started before",
        size=size,
        run=path.run,
        tolerance=0,
        counts_start=False,
    )


def _own_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
