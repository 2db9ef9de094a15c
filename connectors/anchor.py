"""Where roots are kept outside of the machine that makes them: a folder, or an address that takes them by POST."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Final

import httpx

from pipelines.errors import TransientError

_TIMEOUT_S: Final = 5.0


class Anchor:
    """Keeps lines of JSON, by mode; what is there is never changed.

    Args:
        where: a folder, or an http(s) address.
    """

    def __init__(self, where: str) -> None:
        """Nothing is touched yet."""
        self._where = where

    @property
    def is_readable(self) -> bool:
        """Whether what was kept can be read back here."""
        return not self._where.startswith(("http://", "https://"))

    def keep(self, mode: str, line: dict[str, Any]) -> None:
        """Keep one line.

        Raises:
            TransientError: it could not be kept now.
        """
        text = json.dumps({"mode": mode, **line}, sort_keys=True)
        try:
            self._append(mode, text) if self.is_readable else self._post(text)
        except (OSError, httpx.HTTPError, httpx.InvalidURL) as error:
            raise TransientError(f"the root could not be anchored: {type(error).__name__}", retry_after_s=10) from error

    def _post(self, text: str) -> None:
        answer = httpx.post(self._where, content=text.encode(), headers={"Content-Type": "application/json"}, timeout=_TIMEOUT_S)
        answer.raise_for_status()

    def _append(self, mode: str, text: str) -> None:
        path = self._path(mode)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(handle, text.encode() + b"\n")
            os.fsync(handle)
        finally:
            os.close(handle)

    def _path(self, mode: str) -> Path:
        return Path(self._where) / f"{mode}.roots.jsonl"

    def kept(self, mode: str) -> list[dict[str, Any]]:
        """Every line that was kept of a mode, the oldest first; a line that was cut in the middle is left out."""
        if not self.is_readable or not self._path(mode).exists():
            return []
        found = []
        for line in self._path(mode).read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                row = json.loads(line)
            except ValueError:
                continue
            found.append(row)
        return found
