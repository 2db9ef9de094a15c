"""What the watchdogs last said, as files in the runtime folder: for the page, for `muster status`, and for who watches the watchdog."""

from __future__ import annotations

import contextlib
import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from pipelines.topics import check_mode
from stack.deadman import Verdict

SILENT_S: Final = 15.0  # a watchdog that has said nothing for this long is dead itself


def path_of(home: Path, mode: str) -> Path:
    """The file of a mode's watchdog."""
    return home / "run" / "watchdog" / f"{check_mode(mode)}.json"


def down_path(home: Path, mode: str) -> Path:
    """The file that is there while a mode is down."""
    return path_of(home, mode).with_suffix(".down")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """The watchdog's newest word.

    Args:
        since_us: when this state began, µs UTC.
        at_us: when this was written, µs UTC.
        sequence: of the last synthetic event that was sent.
    """

    mode: str
    pid: int
    state: str
    stage: str
    sentence_en: str
    sentence_zh: str
    since_us: int
    at_us: int
    sequence: int


def said(verdict: Verdict, *, mode: str, pid: int, since_us: int, sequence: int) -> Said:
    """The word for a verdict, now."""
    return Said(mode=mode, pid=pid, since_us=since_us, at_us=time.time_ns() // 1000, sequence=sequence, **asdict(verdict))


def write(home: Path, word: Said) -> None:
    """Write it whole."""
    path = path_of(home, word.mode)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps(asdict(word), ensure_ascii=False), encoding="utf-8")
    draft.replace(path)


def forget(home: Path, mode: str) -> None:
    """The watch has ended as it should."""
    path_of(home, mode).unlink(missing_ok=True)
    down_path(home, mode).unlink(missing_ok=True)


def is_alive(home: Path, mode: str) -> bool:
    """Whether the watchdog of a mode has given a sign of life; monotonic enough, as the file system's clock is the writer's."""
    with contextlib.suppress(OSError):
        return time.time() - path_of(home, mode).stat().st_mtime <= SILENT_S
    return False


def watches(run: Path) -> list[dict[str, Any]]:
    """Every watchdog's newest word under the folder *run*; one that has been quiet for too long has the state `silent`."""
    found = []
    for path in sorted((run / "watchdog").glob("*.json")):
        with contextlib.suppress(OSError, ValueError):
            row: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            if time.time() - path.stat().st_mtime > SILENT_S:
                en, zh = "the watchdog itself gives no sign of life", "看门狗进程自身无响应"
                row = {**row, "state": "silent", "sentence_en": en, "sentence_zh": zh}
            found.append(row)
    return found
