"""The comparison: every runner once a round, answers first, medians of the rounds, start-up told apart."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any, Final

import numpy as np

from benchmarks.crowd import ours, whole
from benchmarks.crowd.runners import Runner, Used, differing, metered
from benchmarks.crowd.workload import BIG_CAMERAS, FPS, MOST_CAMERAS, PEOPLE, Answers, Size, oracle, read_records, whole_windows, write
from benchmarks.peers import venvs
from pipelines.codec import decode
from pipelines.detect.frames import PERSON
from pipelines.errors import ConfigError, MusterError
from pipelines.events import CameraFrame
from stack.java import java_home

ROUNDS: Final = 5
SECONDS: Final = 20
REAL_S: Final = 90  # of the run in real time
REAL_PASS_S: Final = 30  # of which the workload is played again and again
BIG_S: Final = 20
G0: Final = 1.33  # CPU-s per million positions: W-big in real time on two cores
TINY: Final = Size(cameras=2, seconds=2)
EDGE: Final = "edge"
_SCRIPTS: Final = Path(__file__).parent / "scripts"
_PERSONS, _FRAMES = "person", "frame"


def runners(home: Path, root: Path, path: whole.WholePath, *, seconds: int, only: tuple[str, ...]) -> tuple[list[Runner], dict[str, str]]:
    """Those that can run here, ours first; and why the others are left out."""
    full = Size(cameras=MOST_CAMERAS, seconds=seconds)
    mine = [_edge(root, full), whole.runner(path, size=full)]
    found: list[Runner] = []
    left_out: dict[str, str] = {}
    makers: dict[str, Callable[[], list[Runner]]] = {
        "bytewax": lambda: _bytewax(home, root, full),
        "pathway": lambda: _pathway(home, root, full),
        "pedpy": lambda: _pedpy(home, root, full),
        "pyflink": lambda: _pyflink(home, root, full),
        "flink-sql": lambda: _flink_sql(home, root, full),
    }
    for name in only:
        if name not in makers:
            raise ConfigError(f"there is no peer '{name}'; there are {', '.join(makers)}")
    for name, make in makers.items():
        if only and name not in only:
            continue
        try:
            found += make()
        except ConfigError as error:
            left_out[name] = str(error)
    return mine + found, left_out


def _edge(root: Path, full: Size) -> Runner:
    return Runner(
        name=EDGE,
        what="ours, without broker and Flink: frames to encoded crowd.zones",
        size=full,
        run=metered(root, (sys.executable, "-m", "benchmarks.crowd.ours")),
        read=lambda path, size: ours.answers(read_records(path), whole_windows(size)),
        tolerance=0,
    )


def _bytewax(home: Path, root: Path, full: Size) -> list[Runner]:
    command = (venvs.python_of(home, "bytewax"), str(_SCRIPTS / "bytewax_flow.py"))
    return [
        Runner(name="bytewax", what="a row a person, from a file", size=full, run=metered(root, command, _PERSONS), goal=20),
        Runner(name="bytewax by frame", what="its rows summed in numpy first", size=full, run=metered(root, command, _FRAMES)),
    ]


def _pathway(home: Path, root: Path, full: Size) -> list[Runner]:
    command = (venvs.python_of(home, "pathway"), str(_SCRIPTS / "pathway_windows.py"))
    part = Size(cameras=5, seconds=min(full.seconds, 10))
    return [
        Runner(name="pathway", what="a row a person, from a Python connector", size=part, run=metered(root, command, _PERSONS), goal=3),
        Runner(name="pathway by frame", what="its rows summed in numpy first", size=full, run=metered(root, command, _FRAMES)),
    ]


def _pedpy(home: Path, root: Path, full: Size) -> list[Runner]:
    return [
        Runner(
            name="pedpy",
            what="classic density alone, no speeds, no windows while they come",
            size=full,
            run=metered(root, (venvs.python_of(home, "pedpy"), str(_SCRIPTS / "pedpy_density.py")), _FRAMES),
            measures=("people", "density_per_m2"),
            tolerance=1e-6,  # the mean of its frames is not cut to a millionth of a person
        )
    ]


def _pyflink(home: Path, root: Path, full: Size) -> list[Runner]:
    command, env = (sys.executable, str(_SCRIPTS / "pyflink_datastream.py")), _java_env(home)
    part = Size(cameras=5, seconds=min(full.seconds, 10))
    return [
        Runner(
            name="pyflink",
            what="DataStream in process mode, a row a person; frames from a collection in memory, no broker",
            size=part,
            run=metered(root, command, _PERSONS, env=env),
            goal=50,
        ),
        Runner(
            name="pyflink by frame",
            what="the same, its rows summed in numpy first",
            size=full,
            run=metered(root, command, _FRAMES, env=env),
        ),
    ]


def _flink_sql(home: Path, root: Path, full: Size) -> list[Runner]:
    return [
        Runner(
            name="flink-sql",
            what="all in the JVM; rows of people from a CSV file whose making is not counted, no broker",
            size=full,
            run=metered(root, (sys.executable, str(_SCRIPTS / "flink_sql.py")), "csv", env=_java_env(home)),
            goal=10,
            prepare=_write_people,
        )
    ]


def _java_env(home: Path) -> dict[str, str]:
    tmp = home / "cache" / "bench" / "tmp"
    tmp.mkdir(parents=True, exist_ok=True)
    return {"JAVA_HOME": str(java_home()), "TMPDIR": str(tmp), "JVM_ARGS": f"-Djava.io.tmpdir={tmp} -XX:+UseSerialGC -XX:-UsePerfData"}


def _write_people(folder: Path) -> None:
    """One line a person: camera, ms, place in the tile, velocity."""
    file = folder / "people.csv"
    if file.exists() and file.stat().st_mtime >= (folder / "about.json").stat().st_mtime:
        return
    with file.open("w") as opened:
        for raw in read_records(folder / "frames.bin"):
            frame = decode(raw, CameraFrame)
            head = f"{frame.camera},{frame.event_time_us // 1000}"
            for x, y, vx, vy, *_ in np.frombuffer(frame.positions, dtype=PERSON).tolist():
                opened.write(f"{head},{x},{y},{vx},{vy}\n")


class _Rounds:
    """Runs of all runners; a runner whose answers are wrong, or that fails, takes no further part."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._oracles: dict[Size, Answers] = {}
        self.used: defaultdict[tuple[str, bool], list[Used]] = defaultdict(list)
        self.failed: dict[str, str] = {}

    def run(self, runner: Runner, number: int) -> None:
        """The runner's slice, then a tiny workload."""
        try:
            for size in (runner.size, TINY) if runner.counts_start else (runner.size,):
                used = self._once(runner, size)
                self.used[runner.name, size == runner.size].append(used)
                _say(f"round {number}: {runner.name}: {size.positions} positions, {used.cpu_s:.2f} CPU-s in {used.wall_s:.1f} s")
        except MusterError as error:
            self.failed[runner.name] = str(error)
            _say(f"round {number}: {runner.name}: {error}")

    def _once(self, runner: Runner, size: Size) -> Used:
        folder = self.folder / f"{size.cameras}x{size.seconds}"
        write(folder, size)
        runner.prepare(folder)
        out = self.folder / f"{runner.name.replace(' ', '-')}.out"
        out.unlink(missing_ok=True)
        used = runner.run(folder, out)
        if size not in self._oracles:
            self._oracles[size] = oracle(size)
        wrong = differing(runner, self._oracles[size], runner.read(out, size))
        if wrong:
            raise MusterError(f"its answers are not the oracle's: {wrong}")
        return used


def _big(path: whole.WholePath, made: _Rounds, rounds: int) -> dict[str, Any]:
    """The whole path on W-big itself, where what each second costs anyway is shared by ten times the people."""
    big = replace(whole.runner(path, size=Size(cameras=BIG_CAMERAS, seconds=BIG_S)), name="whole path, W-big")
    for number in range(1, rounds + 1):
        made.run(big, number)
        if big.name in made.failed:
            raise MusterError(f"{big.name}: {made.failed[big.name]}")
    return {**_row(big, made), "goal": G0}


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _row(runner: Runner, rounds: _Rounds) -> dict[str, Any]:
    gross = [each.cpu_s for each in rounds.used[runner.name, True]]
    start = [each.cpu_s for each in rounds.used[runner.name, False]] or [0.0]
    cpu_s, start_s = median(gross), median(start)
    beyond = runner.size.positions - (TINY.positions if runner.counts_start else 0)
    return {
        "what": runner.what,
        "cameras": runner.size.cameras,
        "seconds": runner.size.seconds,
        "positions": runner.size.positions,
        "cpu_s": round(cpu_s, 3),
        "cpu_s_tiny": round(start_s, 3),
        "cpu_s_of_rounds": [round(each, 3) for each in gross],
        "wall_s": round(median(each.wall_s for each in rounds.used[runner.name, True]), 2),
        "gross_per_m": round(cpu_s / runner.size.positions * 1e6, 3),
        "net_per_m": round((cpu_s - start_s) / beyond * 1e6, 3),
        "answers": "bit-equal" if runner.tolerance == 0 else f"equal within {runner.tolerance:g}",
    }


def _ratios(rows: dict[str, dict[str, Any]], taking_part: Iterable[Runner], against: str) -> None:
    """Adds to each peer's row how many times more it needs than *against*, and whether that reaches its goal."""
    base = rows[against]
    for runner in taking_part:
        if runner.name in {EDGE, whole.WHOLE} or runner.name not in rows:
            continue
        row = rows[runner.name]
        for kind in ("gross", "net"):
            row[f"{kind}_ratio"] = round(row[f"{kind}_per_m"] / base[f"{kind}_per_m"], 2)
        if runner.goal is not None:
            row["goal"] = runner.goal
            row["goal_reached"] = against == whole.WHOLE and row["net_ratio"] >= runner.goal


def run(
    home: Path, root: Path, *, rounds: int = ROUNDS, seconds: int = SECONDS, real_seconds: int = REAL_S, only: str = ""
) -> dict[str, Any]:
    """All rounds; what each needs per million positions, gross and net of start-up, and the ratios to ours.

    `ratios` are of the same 50 cameras; `ratios_to_big` compare with what a million positions cost us at W-big, 500 cameras,
    which no peer is asked to play: the cost of each second is then shared by ten times the people.

    Raises:
        ConfigError: *only* names a peer that there is not, or a number is below what a ratio needs.
        MusterError: our own half failed or gave wrong answers.
    """
    if rounds < 1 or seconds <= TINY.seconds:
        raise ConfigError(f"rounds and seconds: expected at least 1 and {TINY.seconds + 1}, got {rounds} and {seconds}")
    path = whole.WholePath(home, root)
    taking_part, left_out = runners(home, root, path, seconds=seconds, only=tuple(filter(None, only.split(","))))
    for name, reason in left_out.items():
        _say(f"left out: {name}: {reason}")
    made = _Rounds(home / "cache" / "bench" / "crowd")
    for number in range(1, rounds + 1):
        for runner in taking_part:
            if runner.name not in made.failed:
                made.run(runner, number)
    for name in (EDGE, whole.WHOLE):
        if name in made.failed:
            raise MusterError(f"{name}: {made.failed[name]}")
    rows = {runner.name: _row(runner, made) for runner in taking_part if runner.name not in made.failed}
    _ratios(rows, taking_part, whole.WHOLE)
    real = Size(cameras=MOST_CAMERAS, seconds=REAL_PASS_S)
    latency = path.latency(real, made.folder / f"{real.cameras}x{real.seconds}", seconds=real_seconds)
    big = _big(path, made, rounds)
    return {
        "ok": not made.failed,
        "ratios": {name: row["net_ratio"] for name, row in rows.items() if "net_ratio" in row},
        "cpu_s_per_m_positions": big["net_per_m"],
        "latency_ms": latency,
        "big": big,
        "ratios_to_big": {name: round(row["net_per_m"] / big["net_per_m"], 2) for name, row in rows.items() if "net_ratio" in row},
        "workload": {"cameras": MOST_CAMERAS, "fps": FPS, "people": PEOPLE, "seconds": seconds, "tiny_positions": TINY.positions},
        "rounds": rounds,
        "runners": rows,
        "left_out": {**left_out, **made.failed},
    }
