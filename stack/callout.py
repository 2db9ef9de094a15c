"""The watchdog's own channel, which shares nothing with the pipeline: a file that the page shows, a bell, a command, a webhook.

The file that `MUSTER_CALLOUT` names says what is called (YAML): `command` (a list; it gets the words as JSON on its
standard input, never as arguments), `webhook` (a URL; it gets the same by POST), `timeout_s`. A drill calls nobody.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipelines.errors import ConfigError
from pipelines.topics import is_drill

WORDS: Final = "SYSTEM DOWN 系统失效"
PART_WORDS: Final = "PART DOWN 部件失效"
BACK_WORDS: Final = "SYSTEM BACK 系统恢复"


class Channel(BaseModel):
    """What is called."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    command: tuple[str, ...] = ()
    webhook: str = ""
    timeout_s: float = Field(default=5.0, gt=0, le=60)


def channel(path: Path) -> Channel:
    """The channel in the file *path*; nothing is called where there is no file.

    Raises:
        ConfigError: the file says something else.
    """
    if path == Path() or not path.exists():
        return Channel()
    try:
        return Channel.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")) or {})
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise ConfigError(f"{path.name}: expected command, webhook and timeout_s: {error}") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What is called out."""

    mode: str
    words: str
    sentence_en: str
    sentence_zh: str
    at_us: int

    def plain(self) -> dict[str, Any]:
        """As JSON says it."""
        exercise = is_drill(self.mode)
        words = f"EXERCISE 演练 {self.words}" if exercise else self.words
        return {
            "mode": self.mode,
            "exercise": exercise,
            "words": words,
            "en": self.sentence_en,
            "zh": self.sentence_zh,
            "at_us": self.at_us,
        }


def call_out(call: Call, by: Channel) -> list[threading.Thread]:
    """Ring, and call by every way at once; none waits for another, and none can hold the caller up."""
    told = json.dumps(call.plain(), ensure_ascii=False)
    print(f"\a{told}", file=sys.stderr, flush=True)
    if is_drill(call.mode):
        return []
    ways: list[Callable[[], None]] = []
    if by.command:
        ways.append(lambda: _run(by, told))
    if by.webhook:
        ways.append(lambda: _post(by, told))
    threads = [threading.Thread(target=way, name="call-out", daemon=True) for way in ways]
    for thread in threads:
        thread.start()
    return threads


def _run(by: Channel, told: str) -> None:
    try:
        subprocess.run(by.command, input=told.encode(), timeout=by.timeout_s, check=True, capture_output=True)  # noqa: S603 - the operator's own command
    except (OSError, subprocess.SubprocessError) as error:
        print(f"watchdog: the command of the call-out failed: {type(error).__name__}", file=sys.stderr, flush=True)


def _post(by: Channel, told: str) -> None:
    try:
        httpx.post(by.webhook, content=told.encode(), headers={"Content-Type": "application/json"}, timeout=by.timeout_s).raise_for_status()
    except (httpx.HTTPError, httpx.InvalidURL) as error:  # the address may hold a secret: only the kind of the failure is told
        print(f"watchdog: the webhook of the call-out failed: {type(error).__name__}", file=sys.stderr, flush=True)
