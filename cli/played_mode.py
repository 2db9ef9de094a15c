"""What `play` and `replay` share: a drill whose clock is its player, on a machine of its own or one that runs already."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cli.console import INTERRUPTED, Progress, console, fail
from cli.paths import HOME, ROOT, from_caller
from cli.running import Stop, ended_by_signal, fetched, write_report
from pipelines.errors import MusterError
from plan.model import Plan
from stack import modes
from stack.keeper import cancel_all
from stack.machine import Machine


def drill_of(kind: str, path: Path) -> str:
    """`drill-<kind>-<id>`: the id is that of the file, so that a second run of it takes the first one's place."""
    return f"drill-{kind}-{hashlib.blake2b(str(path.resolve()).encode(), digest_size=4).hexdigest()}"


def run_played(
    mode_name: str,
    plan: Plan,
    play: Callable[[Machine, Stop], dict[str, Any]],
    *,
    said: str,
    tell: Callable[[dict[str, Any]], None],
    report: Path | None,
    parallelism: int = 1,
    check: Callable[[Machine], None] = lambda _: None,
) -> None:
    """Start the stages of a drill, let *play* find what it finds, end the drill, tell it and write the report.

    Args:
        mode_name: drill-<kind>-<id>.
        plan: its plan.
        play: what is done once every stage is ready.
        said: the line that announces it, before the mode and its page.
        tell: prints what was found.
        report: file for it, as the caller wrote it.
        parallelism: of the Flink jobs.
        check: refuses a machine that will not do.
    """
    stop, progress = ended_by_signal(), Progress()
    try:
        with progress.shown():
            fetched(progress)
        with Machine(HOME, ROOT, name=mode_name, join=True, on_change=progress.part) as machine:
            mode = modes.prepare(HOME, machine.addresses, mode=mode_name, plan=plan, clock="player", fresh=True, parallelism=parallelism)
            check(machine)
            after = machine.after_servers()
            parts = [modes.setup_part(mode), *modes.stage_parts(mode, after=after, dispatch=False, ticker=False, ingest=False)]
            with progress.shown():
                machine.start(parts)
            console.print(f"\n{said} as {mode_name}. EXERCISE 演练: {machine.addresses.page_url}/?mode={mode_name}\n", markup=False)
            stop.interrupts = False
            try:
                found = play(machine, stop)
            finally:
                modes.announce(HOME, mode=mode_name, plan=plan, clock="player", state="ended")
                modes.withdraw(HOME, mode_name)
                cancel_all(machine.addresses.flink_url, mode_name)
        tell(found)
        if report is not None:
            write_report(from_caller(report), found)
    except KeyboardInterrupt:
        fail("stopped before it was ready", INTERRUPTED)
    except MusterError as error:
        fail(error)
