"""`muster dashboards generate`: the boards' files from the code."""

from __future__ import annotations

from cli.console import console, fail
from dashboards import generate as code


def generate(*, check: bool) -> None:
    """Write what is not as the code makes it, or say which files are not (exit 1)."""
    stale = code.stale()
    if check and stale:
        fail(f"{', '.join(map(code.name, stale))}: not as the code makes it; `muster dashboards generate` writes it")
    if not check:
        code.write()
    console.print(f"{len(code.files())} files, {len(stale)} written" if stale else f"{len(code.files())} files, as the code makes them")
