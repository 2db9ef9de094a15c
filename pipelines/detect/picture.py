"""The figures by which a picture's health is judged: some for each frame, those that take longer once or twice a second."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from pipelines.detect.backends import Frame
from pipelines.detect.health import PictureStats, Sample, State, edges, picture_stats
from pipelines.detect.pose import Pose

_EDGES_EVERY_US: Final = 500_000
FULL_HD_PX: Final = 1080  # what the standard asks of each camera


class Picture:
    """One camera's frames, in order.

    Args:
        pose: holds the view against its reference; None = one that is made from the first seconds.
    """

    def __init__(self, pose: Pose | None = None) -> None:
        """Begin without a frame."""
        self.pose = pose or Pose()
        self._before: Sample | None = None
        self._edges_us = 0

    def figures(self, event_us: int, frame: Frame, now: Sample, *, state: State, fits: bool = True) -> PictureStats:
        """Figures of a frame whose sample is *now*, of a camera in that *state* so far; one that does not fit teaches nothing."""
        if not fits:
            found = replace(picture_stats(now, self._before), fits=False)
            self._before = now
            return found
        if state in {"ok", "moved"} or self.pose.reference is not None:
            shift = self.pose.step(event_us, frame)
        else:
            shift = 0.0
            self.pose.again()
        sharp = None
        if event_us >= self._edges_us:
            self._edges_us, sharp = event_us + _EDGES_EVERY_US, edges(frame)
        found = replace(picture_stats(now, self._before), edges=sharp, shift=shift)
        self._before = now
        return found
