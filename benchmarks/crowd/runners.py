"""What takes part in the comparison: a runner turns a workload folder into a file of answers, and says what it used."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import isclose
from pathlib import Path
from typing import Final

from benchmarks.crowd.workload import Answers, Measure, Size
from pipelines.errors import MusterError

LIMIT_S: Final = 600.0
ALL_MEASURES: Final = tuple(Measure.__dataclass_fields__)
# A project's own environment, and settings of servers that run beside, are not for peers.
_NOT_FOR_PEERS: Final = ("VIRTUAL_ENV", "PYTHONPATH", "FLINK_HOME", "FLINK_CONF_DIR", "FLINK_LIB_DIR", "JVM_ARGS")


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """User and system time of a whole process tree, and wall time."""

    cpu_s: float
    wall_s: float


def read_lines(path: Path, size: Size) -> Answers:
    """Answers as JSON lines; measures that a line lacks are None."""
    del size
    made: Answers = {}
    for line in path.read_text().splitlines():
        row = json.loads(line)
        made[row["zone"], row["window_end_us"]] = Measure(**{name: row.get(name) for name in ALL_MEASURES})
    return made


@dataclass(frozen=True, slots=True, kw_only=True)
class Runner:
    """One that takes part.

    Args:
        name: as in the report.
        what: what it does and what is not counted, in a sentence.
        size: the slice of the workload that it gets.
        run: from the workload's folder to the file of answers.
        read: what the file holds; JSON lines where left out.
        measures: those that it answers.
        tolerance: relative; 0 = bit for bit.
        goal: how many times more processor time than ours this one should need; None where no goal is set.
        counts_start: its `run` counts start-up, so that a tiny workload tells how much that is.
        prepare: makes what the runner reads besides the frames, in the workload's folder; not counted.
    """

    name: str
    what: str
    size: Size
    run: Callable[[Path, Path], Used]
    read: Callable[[Path, Size], Answers] = read_lines
    measures: tuple[str, ...] = ALL_MEASURES
    tolerance: float = 1e-9
    goal: float | None = None
    counts_start: bool = True
    prepare: Callable[[Path], None] = field(default=lambda _: None)


def metered(root: Path, command: tuple[str, ...], *more: str, env: Mapping[str, str] | None = None) -> Callable[[Path, Path], Used]:
    """A runner's `run` for a program: `COMMAND FOLDER OUT MORE`, its whole process tree counted."""

    def run(folder: Path, out: Path) -> Used:
        report, log = out.with_suffix(".used"), out.with_suffix(".log")
        report.unlink(missing_ok=True)
        meter = (sys.executable, "-m", "benchmarks.crowd.meter", str(report), str(LIMIT_S))
        given = {name: value for name, value in os.environ.items() if name not in _NOT_FOR_PEERS}
        with log.open("w") as opened:
            done = subprocess.run(  # noqa: S603 - our own commands
                [*meter, *command, str(folder), str(out), *more],
                cwd=root,
                env={**given, **(env or {})},
                stdout=opened,
                stderr=subprocess.STDOUT,
                check=False,
            )
        if done.returncode != 0 or not report.exists():
            raise MusterError(f"it ended with code {done.returncode}: {_last_word(log)}")
        found = json.loads(report.read_text())
        return Used(cpu_s=found["cpu_s"], wall_s=found["wall_s"])

    return run


def _last_word(log: Path) -> str:
    said = [line for line in log.read_text(errors="replace").splitlines() if line.strip() and not line.startswith("\t")]
    return said[-1].strip()[:300] if said else "it said nothing"


def differing(runner: Runner, expected: Answers, got: Answers) -> str:
    """What is wrong with the answers, in a sentence; empty when they are right."""
    if expected.keys() != got.keys():
        return f"{len(got)} windows where {len(expected)} belong, {len(expected.keys() & got.keys())} of them in common"
    for place, right in expected.items():
        for name in runner.measures:
            want, have = getattr(right, name), getattr(got[place], name)
            if not _same(want, have, runner.tolerance):
                return f"{name} of {place[0]} at {place[1]}: expected {want!r}, got {have!r}"
    return ""


def _same(want: float | None, have: float | None, tolerance: float) -> bool:
    if want is None or have is None or tolerance == 0:
        return want == have
    return isclose(want, have, rel_tol=tolerance, abs_tol=tolerance)
