"""What a process and its children hold in memory and have used of the processor."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import psutil

KIB_PER_MB = 1024.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Proportional memory (MiB; a page shared by n counts 1/n) and processor time (s, reaped children too)."""

    pss_mb: float
    cpu_s: float


def usage(pid: int) -> Usage:
    """The use of a process and all its living descendants; zero for one that is gone."""
    try:
        root = psutil.Process(pid)
        tree = [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return Usage(pss_mb=0.0, cpu_s=0.0)
    return Usage(pss_mb=sum(map(_pss_mb, tree)), cpu_s=sum(map(_cpu_s, tree)))


def _pss_mb(process: psutil.Process) -> float:
    try:
        lines = Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines()
    except OSError:  # ended meanwhile, or not ours to read
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / KIB_PER_MB


def _cpu_s(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system + times.children_user + times.children_system)
