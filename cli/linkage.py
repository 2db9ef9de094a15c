"""`muster linkage check`: reads the fire panel of a plan once, and says what each register says. It has no way to write."""

from __future__ import annotations

from pathlib import Path

from rich.table import Table

from cli.console import UNREACHABLE, USAGE, console, fail, print_json
from cli.paths import from_caller
from pipelines.errors import MusterError, RefusedError
from pipelines.linkage.lines import address_of, ask_all, linkage_of, panel_line
from pipelines.linkage.words import Said, said
from plan.load import load


def check(file: Path, *, mode: str, as_json: bool) -> None:
    """Say what the panel says; exit 3 when it does not answer, 1 when it is not as the plan says."""
    try:
        plan = load(from_caller(file))
        address, linkage = address_of(plan, mode), linkage_of(plan)
        line = panel_line(plan, mode)
    except MusterError as error:
        fail(error, USAGE)
    try:
        line.start()
        found = list(said(plan, linkage, ask_all(line, linkage)))
    except RefusedError as error:
        fail(error)
    except MusterError as error:
        fail(error, UNREACHABLE)
    finally:
        line.close()
    if as_json:
        print_json([{"register": row.register, "en": row.en, "zh": row.zh} for row in found])
        return
    _show(found)
    outputs = "enabled" if linkage.outputs.enabled else "off"
    console.print(
        f"panel {linkage.device} at {address.host}:{address.port}, unit {address.unit}: {len(found)} registers read, outputs {outputs}"
    )


def _show(found: list[Said]) -> None:
    table = Table("register", "says", "含义", box=None)
    for row in found:
        table.add_row(row.register, row.en, row.zh)
    console.print(table)
