"""`muster store`: the database of a mode."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

store = typer.Typer(help="The database of a mode: its schema, how long it keeps what, its disk.", no_args_is_help=True)

Mode = Annotated[Optional[str], typer.Option(help="Mode; the one that runs where there is only one.")]  # noqa: UP045 - typer reads it at run time
Address = Annotated[Optional[str], typer.Option("--clickhouse", help="host:port of the server; the embedded one otherwise.")]  # noqa: UP045


@store.command("migrate")
def store_migrate(
    *,
    mode: Mode = None,
    plan: Annotated[Optional[Path], typer.Option(help="Event plan (YAML) that says how long rows are kept; the mode's otherwise.")] = None,  # noqa: UP045
    clickhouse: Address = None,
) -> None:
    """Run the schema files that the database has not seen, and keep its rows as long as the plan says."""
    from cli import store as command  # noqa: PLC0415

    command.migrate(mode=mode, plan=plan, address=clickhouse)


@store.command("check")
def store_check(
    *,
    mode: Mode = None,
    clickhouse: Address = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON on standard output.")] = False,
) -> None:
    """Say which files, tables, columns and times of the database are not as they should be, and how full its disk is."""
    from cli import store as command  # noqa: PLC0415

    command.check(mode=mode, address=clickhouse, as_json=as_json)
