"""The right to run a machine in a runtime folder: one process at a time has it."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import TextIO

from pipelines.errors import ConfigError


def hold(home: Path) -> TextIO:
    """Take the right until the returned file is closed or this process ends; to be done before ports are claimed.

    Raises:
        ConfigError: another process has it; the sentence names its pid.
    """
    path = home / "run" / "holder"
    path.parent.mkdir(parents=True, exist_ok=True)
    holder = path.open("a+")
    try:
        fcntl.flock(holder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder.seek(0)
        pid = holder.read().strip()
        holder.close()
        msg = f"a machine already runs here, held by process {pid}: stop that one first"
        raise ConfigError(msg) from error
    holder.truncate(0)
    holder.write(f"{os.getpid()}\n")
    holder.flush()
    return holder
