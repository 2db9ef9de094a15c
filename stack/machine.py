"""The embedded machine as one thing to hold: takes it up, or joins the one that runs already."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from pipelines.errors import ConfigError
from stack.addresses import Addresses, claim_addresses, read_addresses
from stack.base import base_parts
from stack.hold import hold
from stack.modes import page_part
from stack.parts import Part, PartStatus
from stack.supervisor import Supervisor

SERVERS = ("kafka", "registry", "clickhouse", "flink-jobmanager", "flink-taskmanager")


class Machine:
    """Servers, page and the processes of modes, under one supervisor, for as long as it is held.

    Args:
        home: the runtime folder.
        root: the project.
        name: of this holder's status file, `run/status-<name>.json`.
        join: use the servers of a machine that runs already, instead of refusing.
        on_change: told of each part's changes.
    """

    def __init__(self, home: Path, root: Path, *, name: str, join: bool, on_change: Callable[[PartStatus], None] | None = None) -> None:
        """Take the right to run the servers, or find who has it.

        Raises:
            ConfigError: another machine runs here, and joining was not asked for.
        """
        self.home, self.root, self._name, self._on_change = home, root, name, on_change
        (home / "run").mkdir(parents=True, exist_ok=True, mode=0o700)
        (home / "run").chmod(0o700)
        self._holder: TextIO | None = None
        try:
            self._holder = hold(home)
        except ConfigError:
            if not join:
                raise
        self.addresses: Addresses = claim_addresses(home) if self._holder else read_addresses(home)
        self.supervisor: Supervisor | None = None

    @property
    def owns_servers(self) -> bool:
        """Whether this holder runs the servers itself."""
        return self._holder is not None

    def after_servers(self) -> tuple[str, ...]:
        """Names that a part must wait for when it needs Kafka and ClickHouse."""
        return ("kafka", "clickhouse") if self.owns_servers else ()

    def start(self, parts: Sequence[Part]) -> None:
        """Start servers (where they are ours), the page and *parts*; returns when all are ready.

        Raises:
            ConfigError: one of them failed; all are stopped then.
        """
        mine = [*base_parts(self.home, self.root, self.addresses), page_part(self.home, self.addresses, after=("kafka",))]
        self.supervisor = Supervisor(
            [*(mine if self.owns_servers else []), *parts],
            logs=self.home / "run" / "logs" / self._name,
            status_file=self.home / "run" / f"status-{self._name}.json",
            on_change=self._on_change,
        )
        self.supervisor.start()
        self.supervisor.run_in_background()

    def __enter__(self) -> Self:
        """Hold it."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Stop everything that this holder started."""
        if self.supervisor is not None:
            self.supervisor.stop()
        (self.home / "run" / f"status-{self._name}.json").unlink(missing_ok=True)
        if self._holder is not None:
            self._holder.close()


def part_rows(home: Path) -> list[dict[str, object]]:
    """Every part of every holder, as its status file says; empty when nothing runs."""
    rows: list[dict[str, object]] = []
    for path in sorted((home / "run").glob("status-*.json")):
        with contextlib.suppress(OSError, ValueError):
            found = json.loads(path.read_text())
            rows += [
                {**row, "holder": path.stem.removeprefix("status-"), "supervisor_pid": found["supervisor_pid"]} for row in found["parts"]
            ]
    return rows
