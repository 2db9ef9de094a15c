"""`muster ledger`, `muster audit`, `muster watchdog`: what proves that the system itself can be relied on."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Optional

import typer

from cli.console import USAGE, fail

ledger = typer.Typer(help="What became of every record that came in.", no_args_is_help=True)
audit = typer.Typer(help="The hash chain of every act.", no_args_is_help=True)

Mode = Annotated[Optional[str], typer.Option(help="Mode; the one that runs where there is only one.")]  # noqa: UP045 - typer reads it at run time
AsJson = Annotated[bool, typer.Option("--json", help="As JSON on standard output.")]
KeyFile = Annotated[Optional[Path], typer.Option("--key", help="File with the public key that you trust, as hex.")]  # noqa: UP045


@ledger.command("check")
def ledger_check(
    *,
    mode: Mode = None,
    since: Annotated[Optional[str], typer.Option(help="Only what came in within that time, e.g. 10m.")] = None,  # noqa: UP045
    wait: Annotated[str, typer.Option(help="How long what is being judged this moment may take.")] = "20s",
    as_json: AsJson = False,
) -> None:
    """Prove that every record that came in became exactly one of accepted, duplicate, refused."""
    from cli import ledger as command  # noqa: PLC0415

    command.check(mode=mode, since_s=_seconds(since) if since else None, wait_s=_seconds(wait), as_json=as_json)


@audit.command("verify")
def audit_verify(
    *,
    mode: Mode = None,
    file: Annotated[Optional[Path], typer.Option(help="A chain that was exported, instead of one on its topics.")] = None,  # noqa: UP045
    key: KeyFile = None,
) -> None:
    """Say whether the chain is whole, or the first place where it is broken."""
    from cli import audit as command  # noqa: PLC0415

    command.verify(mode=mode, file=file, key=key)


@audit.command("export")
def audit_export(
    *,
    out: Annotated[Path, typer.Option("--out", "-o", help="The file to make.")],
    mode: Mode = None,
) -> None:
    """Write the chain of a mode to a file, one JSON object a line."""
    from cli import audit as command  # noqa: PLC0415

    command.export(mode=mode, out=out)


def watchdog(*, mode: Mode = None, as_json: AsJson = False) -> None:
    """What the dead man's switch says; exit 1 when a path is down."""
    from cli import watchdog as command  # noqa: PLC0415

    command.show(mode=mode, as_json=as_json)


def _seconds(text: str) -> float:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(s|m|h)?", text.strip())
    if found is None:
        fail(f"'{text}' is no time: expected e.g. 20s or 10m", USAGE)
    return float(found[1]) * {"s": 1, "m": 60, "h": 3600, None: 1}[found[2]]
