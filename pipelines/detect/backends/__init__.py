"""Backends find people and vehicles in one picture; all of them speak one protocol."""

from __future__ import annotations

from typing import Final, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

PERSON: Final = 0  # classes are those of COCO
VEHICLES: Final = (1, 2, 3, 5, 7)  # bicycle, car, motorcycle, bus, lorry
Frame = NDArray[np.uint8]  # (h, w, 3), BGR
Boxes = NDArray[np.float32]  # (n, 6): x0, y0, x1, y1 px of the full frame, score 0..1, class


class Backend(Protocol):
    """A detector of one camera; it may remember frames, so each camera has its own."""

    name: str

    def detect(self, frame_bgr: Frame) -> Boxes:
        """Boxes of what is in the frame."""
        ...


@runtime_checkable
class Overwhelmed(Protocol):
    """A backend that can say of its last frame that nothing could be told: its empty boxes are not "nobody"."""

    overwhelmed: bool


def no_boxes() -> Boxes:
    """Nobody: (0, 6)."""
    return np.zeros((0, 6), dtype=np.float32)
