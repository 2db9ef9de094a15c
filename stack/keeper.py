"""Keeps the Flink jobs of a mode running: submits what is missing, at the start and after the JobManager was lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from typing import Final

from pipelines.errors import MusterError, RefusedError
from pipelines.settings import Settings, die, read
from plan.load import load
from stack import flink
from stack.jobs import cancel, jobs
from stack.submit import job_name, jobs_of

_LOOK_EVERY_S: Final = 1.0
_ALIVE: Final = {"RUNNING", "CREATED", "INITIALIZING", "RESTARTING", "RECONCILING", "FAILING"}


def missing(settings: Settings, wanted: list[str]) -> list[str] | None:
    """Wanted jobs that the cluster does not have; None when it does not answer."""
    try:
        there = {job.name for job in jobs(settings.flink) if job.state in _ALIVE}
    except MusterError:
        return None
    return [name for name in wanted if job_name(settings.mode, name) not in there]


def running(settings: Settings, wanted: list[str]) -> bool:
    """Whether the cluster runs all wanted jobs."""
    try:
        there = {job.name for job in jobs(settings.flink) if job.state == "RUNNING"}
    except MusterError:
        return False
    return all(job_name(settings.mode, name) in there for name in wanted)


def cancel_all(flink_url: str, mode: str) -> None:
    """End every job of a mode; a cluster that is gone has none."""
    try:
        for job in jobs(flink_url):
            if job.name.startswith(f"{mode}.") and job.state in _ALIVE:
                cancel(flink_url, job.id)
    except (MusterError, RefusedError):
        return


class Keeper:
    """Watches one mode's jobs, and submits in a process of its own, which ends and gives its memory back."""

    def __init__(self, settings: Settings, stop: threading.Event) -> None:
        """Know which jobs the plan needs."""
        self._settings, self._stop = settings, stop
        self._wanted = jobs_of(load(settings.plan))
        self._submitting: subprocess.Popen[bytes] | None = None

    def run(self) -> None:
        """Until told to stop."""
        if missing(self._settings, self._wanted) is None:
            self._submit(self._wanted)  # the cluster is still starting: PyFlink loads meanwhile
        while not self._stop.wait(_LOOK_EVERY_S if self._submitting is None else 0.1):
            if self._submitting is not None:
                if self._submitting.poll() is None:
                    continue
                self._submitting = None
            lost = missing(self._settings, self._wanted)
            if lost:
                self._submit(lost)
            elif lost == [] and running(self._settings, self._wanted):
                self._settings.ready()
        if self._submitting is not None:
            self._submitting.terminate()

    def _submit(self, names: list[str]) -> None:
        print(f"submitting {', '.join(names)}", flush=True)
        environment = {**os.environ, **flink.client_env(self._settings.home)}
        self._submitting = subprocess.Popen([sys.executable, "-m", "stack.submit", *names], env=environment)  # noqa: S603 - our own module


def main() -> None:
    """Keep the jobs of the mode in the settings."""
    stop = threading.Event()
    for which in (signal.SIGTERM, signal.SIGINT):
        signal.signal(which, lambda *_: stop.set())
    try:
        Keeper(read(), stop).run()
    except MusterError as error:
        die(error)


if __name__ == "__main__":
    main()
