"""`muster status`: parts, and how far each stage of each mode has come."""

from __future__ import annotations

import json
from typing import Any

from rich.table import Table

from cli.console import UNREACHABLE, console, fail, print_json
from cli.paths import HOME
from cli.watchdog import line as watchdog_line
from cli.watchdog import rows as watchdog_rows
from connectors.kafka import Rejected, Tail
from pipelines.codec import to_plain
from pipelines.errors import MusterError
from stack.addresses import read_addresses
from stack.machine import part_rows


def running_modes() -> list[str]:
    """Modes that say they run."""
    found = []
    for path in sorted((HOME / "run" / "modes").glob("*.json")):
        row = json.loads(path.read_text())
        if row.get("state") == "running":
            found.append(str(row["mode"]))
    return found


def stage_rows(kafka: str, mode: str) -> list[dict[str, Any]]:
    """The newest word of each stage of a mode.

    Raises:
        MusterError: the broker cannot be asked.
    """
    tail = Tail(kafka, mode=mode, things=("stage.health",))
    try:
        ends = tail.ends()["stage.health", 0]
    finally:
        tail.close()
    tail = Tail(kafka, mode=mode, things=("stage.health",), offsets={("stage.health", 0): max(ends - 200, 0)})
    newest: dict[str, dict[str, Any]] = {}
    try:
        for row in tail.read_to_end():
            if not isinstance(row.record, Rejected):
                newest[row.record.stage] = to_plain(row.record)
    finally:
        tail.close()
    return [newest[name] for name in sorted(newest)]


def show(*, as_json: bool) -> None:
    """Print it; exit 3 when nothing runs."""
    parts = part_rows(HOME)
    if not parts:
        fail("nothing runs", UNREACHABLE)
    stages: dict[str, list[dict[str, Any]]] = {}
    try:
        addresses = read_addresses(HOME)
        for mode in running_modes():
            stages[mode] = stage_rows(addresses.kafka, mode)
    except MusterError as error:
        fail(error, UNREACHABLE)
    if as_json:
        print_json({"parts": parts, "stages": stages, "page": addresses.page_url, "watchdogs": watchdog_rows()})
        return
    _print(parts, stages)
    for row in watchdog_rows():
        console.print(watchdog_line(row), markup=False)
    console.print(f"page: {addresses.page_url}", markup=False)


def _print(parts: list[dict[str, object]], stages: dict[str, list[dict[str, Any]]]) -> None:
    table = Table("part", "state", "pid", "restarts", "held by", box=None)
    for row in parts:
        table.add_row(*(str(row.get(key, "")) for key in ("name", "state", "pid", "restarts", "holder")))
    console.print(table)
    for mode, rows in stages.items():
        table = Table(
            "stage", "lag", "late", "clamped", "refused", "taken", "given", "tick age ms", box=None, title=mode, title_justify="left"
        )
        for stage in rows:
            age = stage["tick_age_us"]
            table.add_row(
                stage["stage"],
                *(str(stage[key]) for key in ("lag", "late", "clamped", "refused", "taken", "given")),
                str(age // 1000) if age >= 0 else "-",
            )
        console.print(table)
