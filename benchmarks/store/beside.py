"""A peer at the other end of a pipe: a line asks, a line of JSON answers."""

from __future__ import annotations

import contextlib
import json
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from benchmarks.peers.venvs import python_of
from pipelines.errors import ConfigError

_SCRIPTS: Final = Path(__file__).with_name("scripts")


class Peer:
    """Asks it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        """Take the running process."""
        self._process = process

    def ask(self, line: str) -> dict[str, Any]:
        """Its answer.

        Raises:
            ConfigError: it has ended.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        said = ""
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
            said = self._process.stdout.readline()
        if not said:
            raise ConfigError(f"the peer ended with {self._process.wait()}")
        answer: dict[str, Any] = json.loads(said)
        return answer


@contextmanager
def peer(home: Path, script: str, arguments: Sequence[str]) -> Iterator[Peer]:
    """The script, in the peers' environment, as long as the block runs."""
    command = [python_of(home, "store"), "-I", str(_SCRIPTS / script), *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own script
        try:
            yield Peer(process)
        finally:
            assert process.stdin is not None
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()
