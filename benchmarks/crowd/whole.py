"""Our whole path: `camera.frames` bytes through the edge, the broker and Flink to `crowd.density`.

`runner` makes the `Runner` named `WHOLE`; while it gives None, the comparison is with the edge's half alone, and the
report says so. Its `run(folder, out)` plays `folder/frames.bin` (see `workload.read_records`), writes one JSON line a
whole window with `zone`, `window_end_us` and the names of `workload.Measure`, and gives the processor time of every
part from the first frame to the last result. With start-up left out of that, `counts_start=False`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from benchmarks.crowd.runners import Runner
from benchmarks.crowd.workload import Size

WHOLE: Final = "whole path"


def runner(home: Path, root: Path, *, size: Size) -> Runner | None:
    """The whole path as a runner; None while there is none."""
    del home, root, size
    return None
