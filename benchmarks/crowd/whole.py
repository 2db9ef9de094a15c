"""Our whole path: `camera.frames` bytes through the edge, the broker and Flink to `crowd.density`.

Counted: this process (decoding, sums, sending, reading the results), Kafka, the TaskManager, the JobManager and the
registry, from the first frame to the last result. Servers and job are started before and not counted, as no peer's
start-up is; and they have had some minutes of such records before, as a job at an event has had hours.
"""

from __future__ import annotations

import atexit
import json
import resource
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
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
    from pipelines.events import CrowdDensity, CrowdZones

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
        """One run at full speed: the answers to *out*, and what it used once Java had seen some minutes of such records."""
        about = json.loads((folder / "about.json").read_text())
        size = Size(cameras=about["cameras"], seconds=about["seconds"])
        passes = max(_WARM_RECORDS // (size.cameras * size.seconds * _SLICES_A_S), 1)
        with self.running(size.cameras) as (kafka, pids):
            playing = Playing(kafka, size, start_us=START_US - passes * size.seconds * units.MICRO, rate=0)
            try:
                records = list(_sums(folder))
                for number in range(passes, 0, -1):
                    playing.send(_shifted(records, by_us=-number * size.seconds * units.MICRO))
                playing.wait_for([START_US - units.MICRO])
                del records
                before, own, begun = {name: usage(pid).cpu_s for name, pid in pids.items()}, _own_cpu_s(), time.monotonic()
                playing.send(_sums(folder, before=playing.advance))
                rows = playing.finish(whole_windows(size))
                wall_s = time.monotonic() - begun
                cpu = {name: usage(pid).cpu_s - before[name] for name, pid in pids.items()}
                cpu["edge, sending and reading"] = _own_cpu_s() - own
            finally:
                playing.close()
        print(json.dumps({name: round(value, 2) for name, value in cpu.items()}), flush=True)
        with out.open("w") as opened:
            for row, _ in rows.values():
                answer = {name: getattr(row, name) for name in Measure.__dataclass_fields__}
                opened.write(json.dumps({"zone": row.zone, "window_end_us": row.window_end_us, **answer}) + "\n")
        return Used(cpu_s=sum(cpu.values()), wall_s=wall_s)

    def latency(self, size: Size, folder: Path, *, seconds: int) -> dict[str, Any]:
        """In real time for *seconds*, the workload again and again: window end → result on its topic, cores, memory and its slope."""
        write(folder, size)
        passes = -(-seconds // size.seconds)
        with self.running(size.cameras) as (kafka, pids):
            watch = MemoryWatch(pids)
            own = _own_cpu_s()
            before = {name: usage(pid).cpu_s for name, pid in pids.items()}
            playing = Playing(kafka, size, start_us=START_US, rate=1, beside=watch.look)
            try:
                for number in range(passes):
                    by_us = number * size.seconds * units.MICRO
                    playing.send(_shifted(_sums(folder, before=lambda at_us, by_us=by_us: playing.advance(at_us + by_us)), by_us=by_us))  # type: ignore[misc]
                ends = range(START_US + units.WINDOW_US, START_US + passes * size.seconds * units.MICRO + 1, units.SLICE_US)
                rows = playing.finish(ends)
            finally:
                playing.close()
            cpu_s = sum(usage(pid).cpu_s - before[name] for name, pid in pids.items()) + _own_cpu_s() - own
        waits = [
            (appended_us - playing.began_us - (row.window_end_us - START_US)) / 1000
            for row, appended_us in rows.values()
            if row.window_end_us > START_US + _LEFT_OUT_S * units.MICRO
        ]
        p50, p99 = np.percentile(waits, [50, 99])
        return {
            "p50": round(float(p50), 1),
            "p99": round(float(p99), 1),
            "results": len(waits),
            "cameras": size.cameras,
            "seconds": passes * size.seconds,
            "left_out_s": _LEFT_OUT_S,
            "cores": round(cpu_s / (passes * size.seconds), 2),
            "memory_mb": watch.newest(),
            "memory_mb_per_min": watch.slopes_mb_per_min(),
        }


_SLICES_A_S: Final = units.MICRO // units.SLICE_US
_WARM_RECORDS: Final = 25_000  # Java compiles what it meets often
_LEFT_OUT_S: Final = 20  # of a run in real time, whose job has only begun
_LOOK_S: Final = 5.0
_SETTLED_S: Final = 120.0  # heaps have taken their size


class MemoryWatch:
    """Memory of processes as time passes."""

    def __init__(self, pids: dict[str, int]) -> None:
        self._pids = pids
        self._begun_s = self._looked_s = time.monotonic()
        self._seen: list[tuple[float, dict[str, float]]] = []

    def look(self) -> None:
        """Note it, every five seconds."""
        now_s = time.monotonic()
        if now_s - self._looked_s >= _LOOK_S:
            self._looked_s = now_s
            self._seen.append((now_s - self._begun_s, {name: usage(pid).pss_mb for name, pid in self._pids.items()}))

    def newest(self) -> dict[str, int]:
        """MiB (PSS) by process."""
        return {name: round(value) for name, value in self._seen[-1][1].items()} if self._seen else {}

    def slopes_mb_per_min(self) -> dict[str, float] | None:
        """Slope of the line that fits best from two minutes on, by process; None for a shorter run."""
        settled = [(at_s, seen) for at_s, seen in self._seen if at_s >= _SETTLED_S]
        if not settled or settled[-1][0] - settled[0][0] < _SETTLED_S:
            return None
        minutes = np.asarray([at_s for at_s, _ in settled]) / 60
        return {name: round(float(np.polyfit(minutes, [seen[name] for _, seen in settled], 1)[0]), 3) for name in self._pids}


class Playing:
    """Sums of cameras into the mode under its clock, and the density job's rows out.

    Args:
        kafka: host:port.
        size: of the workload.
        start_us: where the mode's clock begins, µs UTC.
        rate: 1 = real time, 0 = as fast as it goes.
        beside: called by the reading thread at each turn.
    """

    def __init__(self, kafka: str, size: Size, *, start_us: int, rate: float, beside: Callable[[], None] = lambda: None) -> None:
        """Dial, and begin to read."""
        self._size, self._beside = size, beside
        self._found: dict[tuple[str, int], tuple[CrowdDensity, int]] = {}
        self._ended: Counter[int] = Counter()
        self._over = threading.Event()
        self._tail = Tail(kafka, mode=MODE, things=("crowd.density",))
        sender = Sender(producer(kafka, linger_ms=5), MODE)
        ticked = needs.ticked(plan(size.cameras))
        self.began_us = time.time_ns() // 1000  # the clock begins with the player
        self._player = Player(sender, start_us=start_us, rate=rate, stop=threading.Event(), ticked=ticked)
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        while not self._over.is_set():
            for row in self._tail.poll(0.2):
                if not isinstance(row.record, Rejected) and not row.record.progress:
                    key = row.record.zone, row.record.window_end_us
                    if key not in self._found:
                        self._found[key] = (row.record, row.appended_us)
                        self._ended[row.record.window_end_us] += 1
            self._beside()

    def advance(self, at_us: int) -> None:
        """Move the clock on; it never goes back."""
        self._player.advance(max(at_us, self._player.clock_us))

    def send(self, records: Iterable[CrowdZones]) -> None:
        """Send sums; the clock goes at least as far as each was received."""
        for record in records:
            self.advance(record.slice_start_us + units.SLICE_US)
            self._player.send([record], partition=int(record.camera.removeprefix("c")))

    def finish(self, ends: range) -> dict[tuple[str, int], tuple[CrowdDensity, int]]:
        """Every zone's row of the windows that end at *ends* (µs UTC), with the broker's append time (µs UTC)."""
        self._player.finish()
        self.wait_for(ends)
        return {key: row for key, row in self._found.items() if key[1] in ends}

    def wait_for(self, ends: Iterable[int]) -> None:
        """Wait until each of these windows has a row of every zone.

        Raises:
            MusterError: not all came.
        """
        until_s = time.monotonic() + _PATIENCE_S
        for end_us in ends:
            while self._ended[end_us] < self._size.cameras:
                if time.monotonic() > until_s:
                    raise MusterError(f"{self._ended[end_us]} of {self._size.cameras} zones came of the window that ends at {end_us}")
                time.sleep(0.02)

    def close(self) -> None:
        """Stop reading."""
        self._over.set()
        self._reader.join()
        self._tail.close()


def _sums(folder: Path, *, before: Callable[[int], None] | None = None) -> Iterator[CrowdZones]:
    return ours.sums(read_records(folder / "frames.bin"), before=before)


def _shifted(records: Iterable[CrowdZones], *, by_us: int) -> Iterator[CrowdZones]:
    for record in records:
        yield replace(record, slice_start_us=record.slice_start_us + by_us, received_us=record.received_us + by_us)


def runner(path: WholePath, *, size: Size) -> Runner:
    """The whole path as a runner."""
    return Runner(
        name=WHOLE,
        what="ours: frames to crowd.density, broker and Flink included; servers and job started, and warm, before",
        size=size,
        run=path.run,
        tolerance=0,
        counts_start=False,
    )


def _own_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
