"""Submits the Flink jobs of a mode and ends: `python -m stack.submit [JOB …]`, all of them when none is named.

A job that has a completed checkpoint continues from it; one that has none starts at the mode's beginning (drills) or
five seconds back (live). It never starts empty where a checkpoint was.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any, Final

from connectors.flink_sql import Job, submit
from connectors.flink_tables import Addresses
from pipelines.crowd.jobs import density, flow, occupancy
from pipelines.errors import MusterError
from pipelines.topics import is_drill
from pipelines.vehicles.jobs import wrong_way
from plan.load import load
from plan.model import Plan
from stack.jobs import newest_checkpoint
from stack.settings import Settings, die, read

JOBS: Final[dict[str, Callable[[Addresses, Plan], Job]]] = {
    density.NAME: density.build,
    flow.NAME: flow.build,
    occupancy.NAME: occupancy.build,
    wrong_way.NAME: wrong_way.build,
}
_BACK_S: Final = 5


def job_name(mode: str, name: str) -> str:
    """The job's name on the cluster."""
    return f"{mode}.{name}"


def options(settings: Settings, name: str) -> dict[str, str]:
    """Flink settings of one job of a mode."""
    checkpoints = settings.run / "checkpoints" / name
    checkpoints.mkdir(parents=True, exist_ok=True)
    found = newest_checkpoint(settings.run / "checkpoints", name)
    return {
        "parallelism.default": str(settings.parallelism),
        "table.local-time-zone": "UTC",
        "table.optimizer.agg-phase-strategy": "TWO_PHASE",
        "pipeline.auto-watermark-interval": "20 ms",
        "pipeline.object-reuse": "true",
        "execution.buffer-timeout.interval": "10 ms",
        "execution.checkpointing.interval": "1 s",
        "execution.checkpointing.dir": checkpoints.resolve().as_uri(),
        "execution.checkpointing.externalized-checkpoint-retention": "RETAIN_ON_CANCELLATION",
        "execution.checkpointing.num-retained": "3",
        "execution.checkpointing.tolerable-failed-checkpoints": "1000",
        "execution.state-recovery.path": found.resolve().as_uri() if found else "",
    }


def _point_at(environment: Any, flink_url: str) -> None:
    """Submit to the standing cluster; left alone, PyFlink would start one of its own inside this process."""
    host, _, port = flink_url.removeprefix("http://").partition(":")
    for key, value in {"execution.target": "remote", "rest.address": host, "rest.port": port}.items():
        environment.get_config().set(key, value)


def main(names: list[str]) -> None:
    """Submit the named jobs, or all."""
    try:
        settings = read()
        plan = load(settings.plan)
    except MusterError as error:
        die(error)
        return
    from pyflink.table import EnvironmentSettings, TableEnvironment  # noqa: PLC0415 - 3 s and a JVM, only when it is needed

    start_ms = 0 if is_drill(settings.mode) else round((time.time() - _BACK_S) * 1000)
    addresses = Addresses(mode=settings.mode, kafka=settings.kafka, registry=settings.registry, start_ms=start_ms)
    for name in names or list(JOBS):
        environment = TableEnvironment.create(EnvironmentSettings.in_streaming_mode())
        _point_at(environment, settings.flink)
        job = JOBS[name](addresses, plan)
        chosen = {key: value for key, value in options(settings, name).items() if value}
        named = Job(name=job_name(settings.mode, name), tables=job.tables, statements=job.statements)
        print(f"{named.name}: {submit(named, environment=environment, options=chosen)}", flush=True)
    settings.ready()


if __name__ == "__main__":
    main(sys.argv[1:])
