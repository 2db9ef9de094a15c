"""The peers' own environments, under `cache/bench/<peer>` of the runtime folder: nothing of theirs enters the project's."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from pipelines.errors import ConfigError

# fastavro reads the frames' envelope, numpy their packed people; both as in the project where the peer leaves the choice.
WANTED: Final = {
    "bytewax": ("bytewax==0.21.1", "fastavro==1.13.1", "numpy==2.1.3"),
    "pathway": ("pathway==0.33.0", "fastavro==1.13.1"),
    "pedpy": ("pedpy==1.5.1", "fastavro==1.13.1"),
    "store": ("clickhouse-connect==1.12.0", "duckdb==2.0.0", "numpy==2.1.3"),
}
_PATIENCE_S: Final = 600


def python_of(home: Path, peer: str) -> str:
    """The interpreter of the peer's environment, which is made when it is not there or was made for other versions.

    Raises:
        ConfigError: it cannot be installed; the installer's last line says why.
    """
    wanted = WANTED[peer]
    folder = home / "cache" / "bench" / peer
    python, stamp = folder / "bin" / "python", folder / "muster-stamp"
    if stamp.exists() and stamp.read_text() == "\n".join(wanted):
        return str(python)
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    for command in _commands(folder, python, wanted):
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False, env=_env(), timeout=_PATIENCE_S)  # noqa: S603 - installers
        except subprocess.TimeoutExpired as error:
            raise ConfigError(f"{peer} could not be installed within {_PATIENCE_S} s") from error
        if done.returncode != 0:
            said = (done.stderr or done.stdout).strip().splitlines()
            raise ConfigError(f"{peer} could not be installed: {said[-1] if said else f'exit code {done.returncode}'}")
    stamp.write_text("\n".join(wanted))
    return str(python)


def _commands(folder: Path, python: Path, wanted: tuple[str, ...]) -> tuple[list[str], list[str]]:
    uv = shutil.which("uv")
    if uv is not None:
        install = [uv, "pip", "install", "--quiet", "--only-binary", ":all:", "--python", str(python)]
        return [uv, "venv", "--quiet", "--python", sys.executable, str(folder)], [*install, *wanted]
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:"]
    return [sys.executable, "-m", "venv", str(folder)], [*install, *wanted]


def _env() -> dict[str, str]:
    """Without what would lead an installer, or a peer, into the project's own environment."""
    return {name: value for name, value in os.environ.items() if name not in {"VIRTUAL_ENV", "PYTHONPATH", "UV_PROJECT_ENVIRONMENT"}}
