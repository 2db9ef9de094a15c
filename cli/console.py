"""What the commands say: progress of each part, tables, JSON, and the exit codes 0 ok, 1 failed check, 2 usage, 3 not reachable."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, NoReturn

import typer
from rich.console import Console
from rich.live import Live
from rich.table import Table

from stack.parts import PartStatus

FAILED: Final = 1
USAGE: Final = 2
UNREACHABLE: Final = 3
INTERRUPTED: Final = 130
console = Console(stderr=True, highlight=False, soft_wrap=True)
_COLOURS: Final = {
    "ready": "green",
    "done": "green",
    "starting": "yellow",
    "waiting": "bright_black",
    "restarting": "magenta",
    "failed": "red",
}


def fail(sentence: object, code: int = FAILED) -> NoReturn:
    """Say why, and end with *code*."""
    console.print(f"muster: {sentence}", markup=False)
    raise typer.Exit(code)


def print_json(value: Any) -> None:
    """One JSON document on standard output."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=1) + "\n")


class Progress:
    """Shows how each part comes up: a live table on a terminal, a line a change elsewhere."""

    def __init__(self) -> None:
        """Nothing known yet."""
        self._rows: dict[str, tuple[str, str]] = {}
        self._live: Live | None = None

    def part(self, status: PartStatus) -> None:
        """A part changed."""
        note = f"{status.ready_after_s:.1f} s" if status.ready_after_s is not None and status.state in ("ready", "done") else ""
        if status.restarts:
            note += f"  restarted {status.restarts} x"
        self._set(status.name, status.state, note)

    def fetch(self, what: str, done: int, total: int) -> None:
        """Something is being fetched or built."""
        self._set(what, "ready" if done >= total else "starting", f"{done} of {total}")

    def _set(self, name: str, state: str, note: str) -> None:
        if self._rows.get(name) == (state, note):
            return
        self._rows[name] = (state, note)
        if self._live is not None:
            self._live.update(self._table())
        elif state not in ("waiting", "starting"):
            console.print(f"  {name:<20} {state:<11} {note}", markup=False)

    def _table(self) -> Table:
        table = Table(box=None, show_header=False, padding=(0, 2))
        for name, (state, note) in self._rows.items():
            table.add_row(name, f"[{_COLOURS.get(state, 'white')}]{state}[/]", note)
        return table

    @contextmanager
    def shown(self) -> Iterator[Progress]:
        """Show it while the block runs."""
        if not console.is_terminal:
            yield self
            return
        with Live(self._table(), console=console, refresh_per_second=8) as live:
            self._live = live
            try:
                yield self
            finally:
                self._live = None
