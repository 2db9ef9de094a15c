"""`muster watchdog`: what the dead man's switch says of each mode."""

from __future__ import annotations

import time
from typing import Any

from cli.console import FAILED, UNREACHABLE, console, fail, print_json
from cli.paths import HOME
from stack.callout import WORDS
from stack.watch_file import watches

BAD = ("down", "silent")


def rows(mode: str | None = None) -> list[dict[str, Any]]:
    """The newest word of each watchdog, or of that of one mode."""
    return [row for row in watches(HOME / "run") if mode in (None, row["mode"])]


def line(row: dict[str, Any]) -> str:
    """One watchdog's word for people."""
    age_s = max(time.time() - row["since_us"] / 1e6, 0)
    words = f"  {WORDS}" if row["state"] in BAD else ""
    why = f": {row['sentence_en']} {row['sentence_zh']}" if row["sentence_en"] else ""
    return f"watchdog {row['mode']}: {row['state']} for {age_s:.0f} s, last passed {row['stage'] or 'nothing'}{why}{words}"


def show(*, mode: str | None, as_json: bool) -> None:
    """Print it; exit 1 when a path is down or a watchdog is silent, 3 when there is none."""
    found = rows(mode)
    if not found:
        fail("no watchdog runs", UNREACHABLE)
    if as_json:
        print_json(found)
    else:
        for row in found:
            console.print(line(row), markup=False)
    if any(row["state"] in BAD for row in found):
        fail(WORDS, FAILED)
