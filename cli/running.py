"""What the commands that run a mode share: what is fetched first, and signals that end a wait."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from pathlib import Path

from cli.console import Progress
from cli.paths import HOME, ROOT
from stack.fetch import fetch_all


def fetched(progress: Progress) -> float:
    """Fetch what is missing; returns the seconds of set-up in this start, the environment's included."""
    begun = time.monotonic()
    fetch_all(HOME, progress=progress.fetch, root=ROOT)
    took = time.monotonic() - begun
    made = float(os.environ.get("MUSTER_SETUP_S", "0"))
    return made + took


class Stop(threading.Event):
    """Set by Ctrl-C or SIGTERM. While *interrupts*, the signal also ends what is being waited for."""

    interrupts = True


def ended_by_signal() -> Stop:
    """The stop of this process; to be called from the main thread."""
    stop = Stop()

    def told(*_: object) -> None:
        stop.set()
        if stop.interrupts:
            raise KeyboardInterrupt

    for which in (signal.SIGINT, signal.SIGTERM):
        signal.signal(which, told)
    return stop


def write_report(path: Path, report: dict[str, object]) -> None:
    """The report as JSON, written whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".new")
    draft.write_text(json.dumps(report, ensure_ascii=False, indent=1))
    draft.replace(path)
