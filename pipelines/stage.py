"""The start and the end of a stage that takes turns and has its place on its topics: all begin, stop and give up alike."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from signal import SIGINT, SIGTERM, signal
from typing import Protocol

from pipelines.errors import MusterError
from pipelines.settings import Settings, die, read


class Stage(Protocol):
    """What a stage does between its start and its end."""

    def turn(self) -> None:
        """Take what has come."""

    def close(self) -> None:
        """See that what was made has arrived."""


def told_to_stop() -> threading.Event:
    """Set when the process is told to stop."""
    stop = threading.Event()
    for which in (SIGTERM, SIGINT):
        signal(which, lambda *_: stop.set())
    return stop


def run(name: str, build: Callable[[Settings], Stage], *, again_from: str) -> None:
    """Run a stage until it is told to stop.

    What was sent may not have arrived when something fails for good: the process ends without another word to the broker, and the next
    start goes on *again_from* what has surely arrived.
    """
    stop = told_to_stop()
    try:
        settings = read()
        stage = build(settings)
    except MusterError as error:
        die(error)
        return
    settings.ready()
    try:
        while not stop.is_set():
            stage.turn()
        stage.close()
    except MusterError as error:
        print(f"{name}: {error}; starting again from {again_from}", flush=True)
        os._exit(1)
