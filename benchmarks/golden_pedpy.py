"""Writes tests/measures/golden: what PedPy 1.5.1 says about ten zones and four lines in four recorded files.

Run again only when a case of cases.json changes: the golden files are the independent word against which the measures are
tested without PedPy.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks.peers.pedpy_side import PEDPY, cases, pedpy


def run(home: Path, root: Path) -> dict[str, Any]:
    """Ask PedPy, and write one file a recording."""
    written = {}
    with pedpy(home) as peer:
        for case in cases(root):
            path = root / "tests" / "measures" / "golden" / f"{Path(case['file']).stem}.json"
            path.write_text(json.dumps({"by": PEDPY, **peer.ask(case, "answers")}) + "\n", encoding="utf-8")
            written[path.name] = path.stat().st_size
    return {"written_bytes": written}


if __name__ == "__main__":
    from cli.console import print_json
    from cli.paths import HOME, ROOT

    print_json(run(HOME, ROOT))
