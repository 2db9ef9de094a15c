"""Whether a camera's pictures are those that its calibration and its masks are of. Pure."""

from __future__ import annotations

from typing import Final

import numpy as np

from pipelines.detect.backends import Boxes
from pipelines.detect.calibration import Scale, scale_between

_AS_MADE: Final = (1.0, 1.0)


class Fit:
    """How many times as large pictures are as the one that what is in pixels was made for.

    Args:
        made_px: width and height of that one; None = the first that comes.
        matters: whether anything is in pixels; else pictures of every size fit.
    """

    def __init__(self, made_px: tuple[int, int] | None, *, matters: bool) -> None:
        """Begin without a picture."""
        self.made_px, self._matters = made_px, matters
        self._at_px: tuple[int, int] | None = None
        self.scale: Scale | None = _AS_MADE  # None where the proportions are others

    @property
    def fits(self) -> bool:
        """Whether what is in pixels can be believed of such pictures."""
        return self.scale is not None

    def turn_to(self, size_px: tuple[int, int]) -> str:
        """Take pictures of that size from here on; what has changed, in words, or nothing."""
        if size_px == self._at_px:
            return ""
        first, self._at_px = self._at_px is None, size_px
        self.made_px = made = self.made_px or size_px
        self.scale = scale_between(made, size_px) if self._matters else _AS_MADE
        if (first and size_px == made) or not self._matters:
            return ""
        does = {None: "not looked at, its zones are unknown", _AS_MADE: "as it was made"}.get(self.scale, "scaled to it")
        return f"its picture is now {size_px[0]} x {size_px[1]}, its calibration is for {made[0]} x {made[1]}: {does}"

    def as_made(self, boxes: Boxes) -> Boxes:
        """Boxes (n, 6) in pixels of the picture that the calibration is for."""
        if self.scale is None or self.scale == _AS_MADE:
            return boxes
        return np.asarray(boxes / np.array([*self.scale, *self.scale, 1, 1]), dtype=np.float32)
