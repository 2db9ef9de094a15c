"""PedPy at the other end of a pipe, and the cases that are measured."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from benchmarks.peers.venvs import WANTED, python_of
from cli.paths import data_folder
from pipelines.errors import ConfigError

PEDPY: Final = WANTED["pedpy"][0]


def cases(root: Path) -> list[dict[str, Any]]:
    """The cases of tests/measures/golden/cases.json, each with the `path` of its file.

    Raises:
        ConfigError: a recorded file is not here.
    """
    table = json.loads((root / "tests" / "measures" / "golden" / "cases.json").read_text(encoding="utf-8"))
    found = [{**case, "every": table["every"], "path": str(data_folder() / "trajectories" / case["file"])} for case in table["files"]]
    away = [case["file"] for case in found if not Path(case["path"]).is_file()]
    if away:
        raise ConfigError(f"recorded trajectories are not here: {', '.join(away)} (MUSTER_DATA names their folder)")
    return found


class PedPy:
    """Asks it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        """Take the running process."""
        self._process = process

    def ask(self, case: dict[str, Any], task: str) -> dict[str, Any]:
        """Its answer to one request.

        Raises:
            ConfigError: it has ended.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({**case, "task": task}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise ConfigError(f"PedPy ended with {self._process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        return answer


@contextmanager
def pedpy(home: Path) -> Iterator[PedPy]:
    """PedPy, in its own environment, as long as the block runs."""
    python = python_of(home, "pedpy")
    script = Path(__file__).with_name("pedpy_measures.py")
    command = [python, "-I", str(script)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own script
        try:
            yield PedPy(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()
