"""The jobs on a Flink cluster: which there are, an end to one, and where to take one up again."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipelines.errors import RefusedError, TransientError
from stack.loopback import Answer, ask

TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job by Flink's id, the name it was given, and Flink's word for its state (RUNNING, RESTARTING, FAILED, …)."""

    id: str
    name: str
    state: str


def jobs(url: str) -> list[Job]:
    """All jobs that the JobManager remembers, ended ones included.

    Raises:
        TransientError: it does not answer.
    """
    found = _ask("GET", f"{url}/jobs/overview").json()["jobs"]
    return [Job(id=job["jid"], name=job["name"], state=job["state"]) for job in found]


def cancel(url: str, job_id: str) -> None:
    """Ask for the end of a job; its checkpoints stay where they are.

    Raises:
        TransientError: the JobManager does not answer.
        RefusedError: it does not know the job.
    """
    _ask("PATCH", f"{url}/jobs/{job_id}?mode=cancel")


def newest_checkpoint(checkpoint_root: Path, job_name: str) -> Path | None:
    """The newest completed checkpoint under ``checkpoint_root/job_name/<run>/chk-<n>``, or None.

    Completed means that ``_metadata`` is there; the newest is the one whose ``_metadata`` was written last,
    because the count starts again with every run.
    """
    completed = (checkpoint_root / job_name).glob("*/chk-*/_metadata")
    newest = max(completed, key=_written_ns, default=None)
    return newest.parent if newest is not None else None


def _written_ns(path: Path) -> tuple[int, int]:
    try:
        written = path.stat().st_mtime_ns
    except FileNotFoundError:  # a newer checkpoint has just replaced it
        written = 0
    return written, int(path.parent.name.removeprefix("chk-"))


def _ask(method: str, address: str) -> Answer:
    try:
        answer = ask(address, method=method, timeout_s=TIMEOUT_S)
    except OSError as error:
        msg = f"Flink does not answer at {address}: {error}"
        raise TransientError(msg) from error
    if 400 <= answer.status < 500:
        msg = f"Flink refused {method} {address}: {answer.text[:300]}"
        raise RefusedError(msg)
    if answer.status >= 500:
        msg = f"Flink could not do {method} {address}: {answer.text[:300]}"
        raise TransientError(msg)
    return answer
