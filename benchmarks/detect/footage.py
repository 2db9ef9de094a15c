"""What is known of the recorded footage: boxes of every person of vtest.avi, and where the demo's walkers truly are."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from defusedxml import ElementTree
from numpy.typing import NDArray

from pipelines.errors import ConfigError

VTEST: Final = "vtest.avi"
VTEST_TRUTH: Final = "vtest-groundtruth-PETS2009-S2L1.xml"
VTEST_FPS: Final = 7.0  # the footage was shot at about 7 a second, whatever the file's header says
CARS: Final = "intel-car-detection.mp4"
ONE_BY_ONE: Final = "intel-one-by-one-person-detection.mp4"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Truth:
    """The people of one frame: ids (n,) int64, boxes (n, 4) float64 px."""

    ids: NDArray[np.int64]
    boxes: NDArray[np.float64]


def footage(folder: Path, name: str) -> Path:
    """The file called *name*.

    Raises:
        ConfigError: it is not there.
    """
    path = folder / "video" / name
    if not path.is_file():
        raise ConfigError(f"{name} is not in {path.parent}: MUSTER_DATA names the folder of the footage")
    return path


def truth(path: Path) -> list[Truth]:
    """Everybody in each frame, in order of the frames."""
    frames: dict[int, Truth] = {}
    for frame in ElementTree.parse(path).getroot().iter("frame"):
        found = list(frame.iter("object"))
        rows = [[float(thing.find("box").get(name)) for name in ("xc", "yc", "w", "h")] for thing in found]
        middle = np.asarray(rows, dtype=np.float64).reshape(-1, 4)
        low, high = middle[:, :2] - middle[:, 2:] / 2, middle[:, :2] + middle[:, 2:] / 2
        frames[int(frame.get("number"))] = Truth(
            ids=np.asarray([int(thing.get("id")) for thing in found], dtype=np.int64), boxes=np.concatenate([low, high], axis=1)
        )
    return [frames[number] for number in sorted(frames)]
