"""A Flink SQL job as a value: its tables, its statements, and how both reach a cluster."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One job: CREATE TABLE texts, then views, then INSERT statements that run together."""

    name: str
    tables: tuple[str, ...]
    statements: tuple[str, ...]


def statements(job_file: str, /, **values: str) -> tuple[str, ...]:
    """The statements of the .sql file beside *job_file*, with {names} filled in."""
    text = Path(job_file).with_suffix(".sql").read_text(encoding="utf-8")
    text = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("--"))
    for name, value in values.items():
        text = text.replace("{" + name + "}", value)
    return tuple(part.strip() for part in text.split(";") if part.strip())


def end_us(window_time: str, *, shift_ms: int = 0) -> str:
    """SQL for the end (µs) of the window whose last millisecond is the rowtime column *window_time*.

    A job that is patient with late readings shifts its results by that patience, in event time: they join the others
    at a fixed, later step, and nothing has to wait for them.
    """
    seconds = f"UNIX_TIMESTAMP(DATE_FORMAT({window_time}, 'yyyy-MM-dd HH:mm:ss'))"
    millis = f"CAST(DATE_FORMAT({window_time}, 'SSS') AS BIGINT)"
    return f"(({seconds}) * 1000 + {millis} + {1 + shift_ms}) * 1000"


def submit(job: Job, *, environment: Any, options: Mapping[str, str]) -> str:
    """Start *job* in a PyFlink TableEnvironment; returns the cluster's job id."""
    for key, value in {**options, "pipeline.name": job.name}.items():
        environment.get_config().set(key, value)
    for table in job.tables:
        environment.execute_sql(table)
    together = environment.create_statement_set()
    for statement in job.statements:
        if statement.upper().startswith("INSERT"):
            together.add_insert_sql(statement)
        else:
            environment.execute_sql(statement)
    client = together.execute().get_job_client()
    assert client is not None
    return str(client.get_job_id())
