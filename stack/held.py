"""`python -m stack.held cameras|recorders|linkage`: holds processes whose number only the plan knows, where no machine does.

A detect worker for each camera with a source, recorders of those that are kept, or a LINKAGE where there is a fire panel.
One that fails is tried again, so that one camera's fault touches no other. A second holder of the same mode is refused:
it would count everybody twice.
"""

from __future__ import annotations

import fcntl
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Final, TextIO

from pipelines.errors import ConfigError, MusterError
from pipelines.settings import Settings, die, read
from plan.load import load
from stack import modes
from stack.parts import Part, PartStatus
from stack.supervisor import Supervisor

_LOOK_EVERY_S: Final = 0.5
_KINDS: Final[dict[str, Callable[[modes.Mode], list[Part]]]] = {
    "cameras": modes.camera_parts,
    "recorders": modes.recorder_parts,
    "linkage": lambda mode: modes.linkage_parts(mode, after=()),
}


def parts_of(kind: str, settings: Settings) -> list[Part]:
    """What is to be held.

    Raises:
        ConfigError: there is no such kind, or the plan cannot be read.
    """
    if kind not in _KINDS:
        raise ConfigError(f"'{kind}' is nothing that can be held; there are {', '.join(_KINDS)}")
    mode = modes.Mode(settings=settings, plan=load(settings.plan), fresh=False, clock="wall")
    return [replace(part, keeps_trying=True) for part in _KINDS[kind](mode)]


def alone(kind: str, settings: Settings) -> TextIO:
    """The right to hold *kind*, for as long as what is returned stays open.

    Raises:
        ConfigError: another process holds it.
    """
    lock = (settings.run / f"held-{kind}.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise ConfigError(f"the {kind} of mode '{settings.mode}' are held by another process; a second one would count twice") from None
    return lock


def tried(status: PartStatus) -> bool:
    """Whether a part works, or has shown that it does not yet."""
    return status.state == "ready" or status.restarts > 0


def hold(kind: str, settings: Settings, stop: threading.Event) -> None:
    """Hold until told to stop; ready once each part has been tried.

    Raises:
        ConfigError: as `parts_of` and `alone`.
    """
    parts = parts_of(kind, settings)
    with alone(kind, settings):
        if not parts:
            print(f"held: the plan has no {kind} to run", flush=True)
        supervisor = Supervisor(
            parts,
            logs=settings.run.parent / "logs" / kind,
            status_file=settings.run / f"held-{kind}.json",
            on_change=lambda status: print(f"{status.name}: {status.state}, {status.restarts} restarts", flush=True),
        )
        try:
            supervisor.run_in_background()
            said = False
            while not stop.wait(_LOOK_EVERY_S):
                if not said and all(tried(status) for status in supervisor.status()):
                    settings.ready()
                    said = True
        finally:
            supervisor.stop()


def main(arguments: list[str]) -> None:
    """Hold what is named."""
    stop = threading.Event()
    for which in (signal.SIGTERM, signal.SIGINT):
        signal.signal(which, lambda *_: stop.set())
    try:
        hold(arguments[0] if arguments else "", read(), stop)
    except MusterError as error:
        die(error)


if __name__ == "__main__":
    main(sys.argv[1:])
