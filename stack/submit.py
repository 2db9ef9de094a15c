"""Submits the Flink jobs of a mode and ends: `python -m stack.submit [JOB …]`, all of them when none is named.

A job that has a completed checkpoint continues from it; one that has none starts at the mode's beginning (drills) or
five seconds back (live). It never starts empty where a checkpoint was. PyFlink and its Java client, which take seconds
to load, are loaded while the cluster itself is still starting.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from connectors.flink_sql import Job, submit
from connectors.flink_tables import Addresses
from pipelines.crowd.jobs import density, flow, occupancy
from pipelines.errors import MusterError, TransientError
from pipelines.settings import TOPICS_READY, Settings, die, read
from pipelines.topics import is_drill
from pipelines.vehicles.jobs import events as vehicle_events
from plan import needs
from plan.load import load
from plan.model import Plan
from stack import flink
from stack.jobs import newest_checkpoint

BUILDS: Final[dict[str, tuple[str, Callable[[Addresses, Plan], Job]]]] = {
    needs.DENSITY: (density.NAME, density.build),
    needs.FLOW: (flow.NAME, flow.build),
    needs.OCCUPANCY: (occupancy.NAME, occupancy.build),
    needs.VEHICLES: (vehicle_events.NAME, vehicle_events.build),
}
_BACK_S: Final = 5
_PATIENCE_S: Final = 120


def job_name(mode: str, name: str) -> str:
    """The job's name on the cluster."""
    return f"{mode}.{name}"


def jobs_of(plan: Plan) -> list[str]:
    """Names (without mode) of the jobs that a plan needs."""
    return [BUILDS[thing][0] for thing in needs.results(plan)]


def built(settings: Settings, plan: Plan, *, start_ms: int) -> dict[str, Job]:
    """The plan's jobs by name, as SQL; nothing is started. Without a checkpoint they begin at *start_ms* (ms UTC)."""
    addresses = Addresses(mode=settings.mode, kafka=settings.kafka, registry=settings.registry, start_ms=start_ms)
    return {name: build(addresses, plan) for name, build in (BUILDS[thing] for thing in needs.results(plan))}


def options(settings: Settings, name: str) -> dict[str, str]:
    """Flink settings of one job of a mode."""
    checkpoints = settings.run / "checkpoints" / name
    checkpoints.mkdir(parents=True, exist_ok=True)
    found = newest_checkpoint(settings.run / "checkpoints", name)
    return {
        **flink.client_settings(settings.flink),
        "parallelism.default": str(settings.parallelism),
        "table.local-time-zone": "UTC",
        "table.optimizer.agg-phase-strategy": "TWO_PHASE",
        "pipeline.auto-watermark-interval": "20 ms" if name == density.NAME else "100 ms",
        "pipeline.object-reuse": "true",
        "execution.buffer-timeout.interval": "10 ms" if name == density.NAME else "100 ms",
        "execution.checkpointing.interval": "3 s",
        "execution.checkpointing.dir": checkpoints.resolve().as_uri(),
        "execution.checkpointing.externalized-checkpoint-retention": "RETAIN_ON_CANCELLATION",
        "execution.checkpointing.num-retained": "3",
        "execution.checkpointing.tolerable-failed-checkpoints": "1000",
        **({"execution.state-recovery.path": found.resolve().as_uri()} if found else {}),
    }


def _wait_for_cluster(settings: Settings) -> None:
    """Wait until the mode's topics are there and a TaskManager offers slots.

    Raises:
        TransientError: not within two minutes.
    """
    until_s = time.monotonic() + _PATIENCE_S
    while time.monotonic() < until_s:
        if (settings.run / TOPICS_READY).exists() and _slots(settings.flink) > 0:
            return
        time.sleep(0.1)
    raise TransientError("the Flink cluster offers no slot, or the mode has no topics", retry_after_s=5)


def _slots(flink_url: str) -> int:
    try:
        found = flink.overview(flink_url)
    except (OSError, ValueError):
        return 0
    return found.get("slots-available", 0)


def _environment() -> Any:
    from pyflink.table import EnvironmentSettings, TableEnvironment  # noqa: PLC0415 - a JVM, only when it is needed

    return TableEnvironment.create(EnvironmentSettings.in_streaming_mode())


def main(names: list[str]) -> None:
    """Submit the named jobs, or all."""
    try:
        settings = read()
        start_ms = 0 if is_drill(settings.mode) else round((time.time() - _BACK_S) * 1000)
        jobs = built(settings, load(settings.plan), start_ms=start_ms)
        environment = _environment()
        _wait_for_cluster(settings)
    except MusterError as error:
        die(error)
        return
    for name in names or list(jobs):
        job = Job(name=job_name(settings.mode, name), tables=jobs[name].tables, statements=jobs[name].statements)
        identity = submit(job, environment=environment, options=options(settings, name))
        (settings.run / f"{name}.sql").write_text("\n".join(job.statements))
        print(f"{job.name}: {identity}", flush=True)
        environment = _environment()


def sql_changed(settings: Settings, plan: Plan) -> list[str]:
    """Names of jobs whose SQL under *plan* is not what was submitted last."""
    changed = []
    for name, job in built(settings, plan, start_ms=0).items():
        path = Path(settings.run / f"{name}.sql")
        if not path.exists() or path.read_text() != "\n".join(job.statements):
            changed.append(name)
    return changed


if __name__ == "__main__":
    main(sys.argv[1:])
