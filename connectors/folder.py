"""A folder as a channel: each message is one file. For systems that watch a folder, and for CAP feeds that another server hands out."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from connectors.marks import check
from connectors.payload import JSON, Format
from pipelines.errors import RefusedError, TransientError
from pipelines.messages import Message

_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]")
_MOST_NAME: Final = 160


@dataclass(kw_only=True)
class FolderChannel:
    """A channel into *folder*."""

    name: str
    network: str
    takes_live: bool
    takes_drills: bool
    folder: Path
    body: Format = JSON

    def start(self) -> None:
        """Make the folder, for its owner only; one that is there keeps its rights, since another system reads it.

        Raises:
            TransientError: it cannot be made or written to.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise TransientError(f"channel '{self.name}': its folder cannot be made: {error.strerror}") from error
        if not os.access(self.folder, os.W_OK | os.X_OK):
            raise TransientError(f"channel '{self.name}': its folder cannot be written to")

    def deliver(self, message: Message) -> str:
        """Write it once; the receipt is BLAKE2b (16 bytes, hex) of the file. The same message again writes nothing.

        Raises:
            TransientError: the disk does not take it.
            RefusedError: the channel does not take this mode, or another message has this id.
        """
        check(message, name=self.name, takes_live=self.takes_live, takes_drills=self.takes_drills)
        content = self.body.encode(message)
        path = self.folder / f"{file_name(message.message_id)}.{self.body.suffix}"
        try:
            if not path.exists():
                _write(path, content)
            elif path.read_bytes() != content:
                raise RefusedError(f"channel '{self.name}': another message with the id of {path.name} is there already")
        except OSError as error:
            raise TransientError(f"channel '{self.name}': its folder does not take {path.name}: {error.strerror}") from error
        return hashlib.blake2b(content, digest_size=16).hexdigest()

    def close(self) -> None:
        """There is nothing to hang up."""


def file_name(message_id: str) -> str:
    """A name that no folder minds; a digest is added where a character had to go, so that two ids stay two files."""
    plain = _UNSAFE.sub("-", message_id).lstrip(".")[:_MOST_NAME]
    if plain == message_id:
        return plain
    return f"{plain}.{hashlib.blake2b(message_id.encode(), digest_size=6).hexdigest()}"


def _write(path: Path, content: bytes) -> None:
    """All or nothing: readers see no file, or the whole one."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
