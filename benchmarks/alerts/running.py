"""A mode of the bench on a machine of its own: all its stages, by the wall clock."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pipelines.errors import MusterError
from stack import modes
from stack.machine import Machine

if TYPE_CHECKING:
    from plan.model import Plan
    from stack.supervisor import Supervisor

MODE: Final = "drill-bench-alerts"
_CHECK_S: Final = 180


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """What a load needs to know of it."""

    kafka: str
    folder: Path
    mode_key: bytes
    supervisor: Supervisor

    def judged(self, manifest: Path) -> dict[str, Any]:
        """What the checker, a program of its own, finds.

        Raises:
            MusterError: it has failed.
        """
        command = [sys.executable, "-m", "benchmarks.alerts.check", str(manifest), "--kafka", self.kafka, "--mode", MODE]
        command += ["--inbox", str(self.folder / "inbox")]
        done = subprocess.run(command, capture_output=True, text=True, timeout=_CHECK_S, check=False)  # noqa: S603 - our own module
        if not done.stdout:
            raise MusterError(f"the checker has failed:\n{done.stderr}")
        found: dict[str, Any] = json.loads(done.stdout)
        return found


@contextmanager
def running(home: Path, root: Path, plan: Plan) -> Iterator[Running]:
    """Start servers and stages; all of it ends with the block."""
    with Machine(home, root, name="bench", join=False) as machine:
        mode = modes.prepare(home, machine.addresses, mode=MODE, plan=plan, clock="wall", fresh=True)
        machine.start([modes.setup_part(mode), *modes.stage_parts(mode, after=machine.after_servers())])
        assert machine.supervisor is not None
        try:
            yield Running(
                kafka=machine.addresses.kafka,
                folder=mode.settings.run,
                mode_key=mode.settings.mode_key(),
                supervisor=machine.supervisor,
            )
        finally:
            modes.withdraw(home, MODE)
