"""`python -m stack.setup_mode PLAN`: makes the folder of the mode in the settings, and ends; where no machine does it.

Plan, key and the files that submitting jobs needs. A plan that changes the SQL of running jobs ends those jobs and forgets
their checkpoints; their keeper must not run meanwhile, and submits them anew when it starts again.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from pipelines.errors import ConfigError, MusterError, TransientError
from pipelines.settings import Settings, die, read
from plan.load import load, plan_hash
from plan.model import Plan
from stack import flink, modes
from stack.jobs import cancel, jobs
from stack.submit import job_name, sql_changed


def set_up(settings: Settings, plan: Plan) -> list[str]:
    """Make the folder, or bring it up to date; returns the jobs that have to begin anew."""
    settings.run.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    settings.run.mkdir(exist_ok=True, mode=0o700)
    changed = [name for name in sql_changed(settings, plan) if (settings.run / f"{name}.sql").exists()]
    _end(settings, changed)
    modes.write_plan(settings.run, plan)
    modes.ensure_key(settings.run)
    flink.prepare_client(settings.home)
    return changed


def _end(settings: Settings, names: list[str]) -> None:
    try:
        there = jobs(settings.flink) if names else []
    except TransientError:
        there = []  # no cluster, no jobs: only their checkpoints are left
    wanted = {job_name(settings.mode, name) for name in names}
    for job in there:
        if job.name in wanted and job.state == "RUNNING":
            cancel(settings.flink, job.id)
    for name in names:
        shutil.rmtree(settings.run / "checkpoints" / name, ignore_errors=True)
        (settings.run / f"{name}.sql").unlink(missing_ok=True)


def main(arguments: list[str]) -> None:
    """Set up the mode in the settings."""
    try:
        if len(arguments) != 1:
            raise ConfigError("expected one argument: the plan's file")
        plan, settings = load(Path(arguments[0])), read()
        changed = set_up(settings, plan)
    except MusterError as error:
        die(error)
        return
    print(f"mode '{settings.mode}' is set up with plan {plan_hash(plan)}; jobs that begin anew: {', '.join(changed) or 'none'}")


if __name__ == "__main__":
    main(sys.argv[1:])
