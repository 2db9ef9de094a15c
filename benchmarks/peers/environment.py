"""A Python environment for a peer, made once, apart from Muster's own."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from pipelines.errors import ConfigError


def peer_python(home: Path, name: str, *requirements: str) -> Path:
    """The interpreter of the environment .muster/cache/peers/<name>, which has *requirements*; made where it is not there.

    Raises:
        ConfigError: it cannot be made, as without a network.
    """
    folder = home / "cache" / "peers" / name
    python = folder / "bin" / "python"
    done = folder / "requirements"
    wanted = "\n".join(requirements)
    if done.is_file() and done.read_text(encoding="utf-8") == wanted:
        return python
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    uv = shutil.which("uv")
    make = [uv, "venv", "--quiet", "--python", sys.executable, str(folder)] if uv else [sys.executable, "-m", "venv", str(folder)]
    install = [uv, "pip", "install", "--quiet", "--python", str(python)] if uv else [str(python), "-m", "pip", "install", "--quiet"]
    for command in (make, [*install, *requirements]):
        ended = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own commands
        if ended.returncode != 0:
            raise ConfigError(f"the peer {name} cannot be installed: {(ended.stderr or ended.stdout).strip()[-300:]}")
    done.write_text(wanted, encoding="utf-8")
    return python
