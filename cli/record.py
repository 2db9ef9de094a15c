"""`muster record`: the verified topics of a running mode into a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import IO

from cli.console import UNREACHABLE, USAGE, console, fail
from cli.paths import HOME, from_caller
from cli.running import ended_by_signal
from cli.status import running_modes
from drills.record import Recorded, Recording
from pipelines.errors import ConfigError, MusterError
from pipelines.topics import check_mode
from plan.load import load, plan_hash
from stack.addresses import read_addresses
from stack.modes import run_folder


def record(out: Path, *, mode: str | None, for_s: float | None, begin: bool) -> None:
    """Record until Ctrl-C, for a time of the mode's clock, or until the mode ends."""
    stop = ended_by_signal()
    stop.interrupts = False
    chosen = mode or _only_mode()
    path = from_caller(out)
    try:
        check_mode(chosen)
        plan_file = run_folder(HOME, chosen) / "plan.yaml"
        plan, clock = load(plan_file), _clock(chosen)
        addresses = read_addresses(HOME)
        with new_file(path) as stream:
            recording = Recording(addresses.kafka, mode=chosen, plan=plan, out=stream, begin=begin)
            console.print(f"recording {chosen} into {path.name}; Ctrl-C ends it", markup=False)
            over = recording.follow(stop, for_s=for_s, over=lambda: chosen not in running_modes())
            found = recording.finish(ended=over and clock == "player", for_s=for_s)
        if plan_hash(load(plan_file)) != plan_hash(plan):
            console.print("muster: warning: the plan changed meanwhile; the recording holds the one it began with", markup=False)
    except ConfigError as error:
        fail(error, USAGE)
    except MusterError as error:
        fail(error, UNREACHABLE)
    tell(path, found)


def new_file(path: Path) -> IO[bytes]:
    """A file that was not there.

    Raises:
        ConfigError: it was, or cannot be made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("xb")
    except FileExistsError:
        raise ConfigError(f"{path} is there already: a recording is never written over") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written: {error.strerror}") from error


def tell(path: Path, found: Recorded) -> None:
    """Say what was recorded."""
    total = sum(count for thing, count in found.counts.items() if thing != "ticks")
    length = f"{found.seconds:g} s, {path.stat().st_size // 1024} kB"
    console.print(f"recorded {total} records and {found.counts.get('ticks', 0)} ticks, {length}: {path.name}", markup=False)
    for count, what in (
        (found.overtaken, "records had been overtaken by ticks, and stand before them"),
        (found.displaced, "records came too late for their place"),
        (found.rejected, "records could not be read, and are not in it"),
    ):
        if count:
            console.print(f"muster: warning: {count} {what}", markup=False)


def _only_mode() -> str:
    modes = running_modes()
    if len(modes) != 1:
        fail(f"say which mode with --mode: {', '.join(modes) or 'none runs'}", USAGE if modes else UNREACHABLE)
    return modes[0]


def _clock(mode: str) -> str:
    """What moves the mode's time: wall or player."""
    try:
        return str(json.loads((HOME / "run" / "modes" / f"{mode}.json").read_text())["clock"])
    except (OSError, ValueError, KeyError):
        fail(f"{mode} does not run", UNREACHABLE)
