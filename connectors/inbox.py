"""The inbox of a drill: a folder in which each delivered message is one file. It stands where radios and phones would.

It takes messages of drills only, whatever its caller has checked before.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import asdict
from pathlib import Path
from typing import Final

from pipelines.errors import ConfigError, RefusedError, TransientError
from pipelines.messages import Message
from pipelines.topics import is_drill

CHANNEL: Final = "drill-inbox"
_MESSAGE_ID: Final = re.compile(r"[0-9a-f]{32}")


class Inbox:
    """The inbox folder of one drill."""

    name = CHANNEL
    network = "drill"
    takes_live = False
    takes_drills = True

    def __init__(self, folder: Path) -> None:
        """Nothing is written here."""
        self._folder = folder

    def start(self) -> None:
        """Make the folder, for its owner only.

        Raises:
            TransientError: it cannot be made.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._folder.chmod(0o700)
        except OSError as error:
            raise TransientError(f"the drill's inbox cannot be made: {error.strerror}") from error

    def deliver(self, message: Message) -> str:
        """Write the message once, and return its receipt: BLAKE2b (16 bytes, hex) of the file's content.

        Delivering the same message again writes nothing and gives the same receipt.

        Raises:
            RefusedError: the message, or what it carries, is not a drill's, or its id is none.
            TransientError: the disk does not take it.
        """
        _check(message)
        path = self._folder / f"{message.message_id}.json"
        try:
            if not path.exists():
                _write(path, _content(message))
            return hashlib.blake2b(path.read_bytes(), digest_size=16).hexdigest()
        except OSError as error:
            raise TransientError(f"the drill's inbox does not take {path.name}: {error.strerror}") from error

    def close(self) -> None:
        """Nothing is open."""


def _check(message: Message) -> None:
    carried = [row.mode for row in (message.change, message.order) if row is not None]
    for mode in (message.mode, *carried):
        try:
            drill = is_drill(mode)
        except ConfigError as error:
            raise RefusedError(f"the drill's inbox: {error}") from error
        if not drill:
            raise RefusedError(f"the drill's inbox takes messages of drills only, not of mode '{mode}'")
    if not _MESSAGE_ID.fullmatch(message.message_id):
        raise RefusedError(f"the drill's inbox: '{message.message_id}' does not name a message")


def _content(message: Message) -> bytes:
    change, order = message.change, message.order
    told = {
        "message_id": message.message_id,
        "exercise": True,
        "mode": message.mode,
        "kind": message.kind,
        "to": message.recipient,
        "address": message.address,
        "sent_us": message.sent_us,
        "references": [list(row) for row in message.references],
        "text": {language: asdict(row) for language, row in message.texts.items()},
        "place_name": message.place_name,
        "change": asdict(change) if change is not None else None,
        "order": asdict(order) if order is not None else None,
    }
    return (json.dumps(told, ensure_ascii=False, indent=1) + "\n").encode()


def _write(path: Path, content: bytes) -> None:
    """All or nothing: readers see no file, or the whole one."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
