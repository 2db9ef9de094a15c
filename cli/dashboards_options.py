"""The options of `muster dashboards push`; what it does waits in `dashboards_push` until it is called."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

FileOption = Optional[Path]  # noqa: UP045 - typer reads it at run time
TextOption = Optional[str]  # noqa: UP045


def push(
    url: Annotated[str, typer.Option(envvar="GRAFANA_URL", help="Address of Grafana.")],
    *,
    token_file: Annotated[FileOption, typer.Option(help="File (mode 600) with a service account's token; else GRAFANA_TOKEN_FILE.")] = None,
    token: Annotated[TextOption, typer.Option(hidden=True)] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Write nothing; show what would be different.")] = False,
    language: Annotated[str, typer.Option(help="en, zh or both.")] = "both",
    force: Annotated[bool, typer.Option("--force", help="Overwrite boards that were edited by hand.")] = False,
    clickhouse: Annotated[TextOption, typer.Option(help="HOST:PORT of ClickHouse, as Grafana's server sees it.")] = None,
    clickhouse_user: Annotated[TextOption, typer.Option(help="Account that may read the views alone.")] = None,
    clickhouse_password_file: Annotated[FileOption, typer.Option(help="File (mode 600) with its password.")] = None,
    clickhouse_tls: Annotated[bool, typer.Option("--clickhouse-tls", help="ClickHouse's port speaks TLS.")] = False,
    renew_secrets: Annotated[bool, typer.Option("--renew-secrets", help="Send passwords again, which cannot be compared.")] = False,
    contacts: Annotated[FileOption, typer.Option(help="File (YAML): whom Grafana tells of the platform's faults.")] = None,
    drills: Annotated[FileOption, typer.Option(help="File (YAML): drills to mark on the time axis.")] = None,
    boards: Annotated[FileOption, typer.Option(help="Folder of boards: en/, zh/, playlist.yaml; the committed ones otherwise.")] = None,
    ca_file: Annotated[FileOption, typer.Option(help="Certificates to trust, instead of the system's.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON on standard output.")] = False,
) -> None:
    """Bring boards, data source, alert rules, teams and rights into Grafana. A second push changes nothing."""
    from cli import dashboards_push as command  # noqa: PLC0415

    command.push(
        command.How(
            url=url,
            token_file=token_file,
            token=token,
            dry_run=dry_run,
            force=force,
            renew_secrets=renew_secrets,
            language=language,
            clickhouse=clickhouse,
            clickhouse_user=clickhouse_user,
            clickhouse_password_file=clickhouse_password_file,
            clickhouse_tls=clickhouse_tls,
            contacts=contacts,
            drills=drills,
            boards=boards,
            ca_file=ca_file,
            as_json=as_json,
        )
    )
