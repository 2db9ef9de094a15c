"""The inbox of a drill: a folder in which each delivered change is one file. It stands where radios and phones would.

It takes changes of drills only, whatever its caller has checked before.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from pipelines.errors import ConfigError, RefusedError, TransientError
from pipelines.events import AlertChange
from pipelines.topics import is_drill

CHANNEL: Final = "drill-inbox"
_ALERT_ID: Final = re.compile(r"[0-9a-f]{32}")
_AXES: Final = ("condition", "work")


class Inbox:
    """The inbox folder of one drill."""

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

    def deliver(self, change: AlertChange, *, recipients: Sequence[str], text: Mapping[str, str]) -> str:
        """Write the message once, and return its receipt: BLAKE2b (16 bytes, hex) of the file's content.

        Delivering the same change again writes nothing and gives the same receipt.

        Args:
            change: what happened; its `mode` must be a drill.
            recipients: posts that get it.
            text: language → line.

        Raises:
            RefusedError: the change is not a drill's, or its names are not those of a change.
            TransientError: the disk does not take it.
        """
        _check(change)
        path = self._folder / f"{change.alert_id}.{change.axis}.{change.number}.json"
        try:
            if not path.exists():
                _write(path, _content(change, recipients, text))
            return hashlib.blake2b(path.read_bytes(), digest_size=16).hexdigest()
        except OSError as error:
            raise TransientError(f"the drill's inbox does not take {path.name}: {error.strerror}") from error


def _check(change: AlertChange) -> None:
    try:
        drill = is_drill(change.mode)
    except ConfigError as error:
        raise RefusedError(f"the drill's inbox: {error}") from error
    if not drill:
        raise RefusedError(f"the drill's inbox takes changes of drills only, not of mode '{change.mode}'")
    if not _ALERT_ID.fullmatch(change.alert_id) or change.axis not in _AXES or change.number < 1:
        raise RefusedError(f"the drill's inbox: '{change.alert_id}', '{change.axis}', {change.number} do not name a change")


def _content(change: AlertChange, recipients: Sequence[str], text: Mapping[str, str]) -> bytes:
    message = {
        "id": f"{change.mode}:{change.alert_id}",
        "exercise": True,
        "axis": change.axis,
        "number": change.number,
        "priority": change.priority,
        "rule": change.rule,
        "place": change.place,
        "level": change.level,
        "condition": change.condition,
        "verified": change.verified,
        "event_time_us": change.event_time_us,
        "to": list(recipients),
        "text": dict(text),
    }
    return (json.dumps(message, ensure_ascii=False, indent=1) + "\n").encode()


def _write(path: Path, content: bytes) -> None:
    """All or nothing: readers see no file, or the whole one."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
