"""Secrets come from files that only their owner can read: never from the channels file, an argument or the environment."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from pipelines.errors import ConfigError

_MOST_BYTES: Final = 4096


def read_secret(path: Path) -> str:
    """The first line of *path*, without its end.

    Raises:
        ConfigError: it is not there, empty, no regular file, or readable by others than this user.
    """
    try:
        secret = read_private(path, what="secret file").decode().partition("\n")[0].strip()
    except UnicodeDecodeError:
        raise ConfigError(f"secret file {path.name}: expected one line of UTF-8 text") from None
    if not secret:
        raise ConfigError(f"secret file {path.name}: its first line is empty")
    return secret


def read_private(path: Path, *, what: str, follow: bool = True) -> bytes:
    """What stands in *path*, a plain file that its owner, who runs this process, alone can read.

    Args:
        path: of the file.
        what: it is, for the sentence that refuses it.
        follow: whether it may be a link, as mounted secrets are.

    Raises:
        ConfigError: it is not there, no plain file, or readable by others. The sentence holds nothing of it.
    """
    try:
        # One descriptor for the look and the reading, so that nobody can put another file between them.
        flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | (0 if follow else os.O_NOFOLLOW)
        descriptor = os.open(path, flags)
    except OSError as error:
        raise ConfigError(f"{what} {path.name}: cannot be read: {error.strerror}") from error
    try:
        about = os.fstat(descriptor)
        if not stat.S_ISREG(about.st_mode):
            raise ConfigError(f"{what} {path.name}: expected a plain file")
        if about.st_mode & (stat.S_IRWXG | stat.S_IRWXO) or about.st_uid != os.geteuid():
            raise ConfigError(
                f"{what} {path.name}: expected to be readable by its owner alone (chmod 600, owned by the user that runs Muster), "
                f"got mode {stat.S_IMODE(about.st_mode):03o}"
            )
        return os.read(descriptor, _MOST_BYTES)
    finally:
        os.close(descriptor)
