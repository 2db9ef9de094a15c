"""Who is where in a camera's picture, and as whom: a detector's boxes, or those of its last look moved along; and their tracks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.detect.backends import Backend, Boxes, Frame, no_boxes
from pipelines.detect.following import Following
from pipelines.detect.health import Sample
from pipelines.detect.static_boxes import unmasked
from pipelines.detect.tracking import UNCONFIRMED, Tracker, TrackerSettings


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Found:
    """The boxes of one frame; `carried`: nobody looked into it, they are those of the last look, moved along with the picture."""

    boxes: Boxes
    carried: bool
    sample: Sample
    width_px: int


class Sight:
    """One camera's detector, what spares it frames, and its tracker.

    Args:
        backend: of this camera alone.
        tracker: how boxes are joined.
        masks: (m, 4) px of boxes that are nobody.
        following: spares frames in which what is known can be carried on; None where the backend must see every frame.
    """

    def __init__(
        self,
        backend: Backend,
        tracker: TrackerSettings,
        *,
        masks: Sequence[tuple[float, float, float, float]] = (),
        following: Following | None = None,
    ) -> None:
        """Know nobody yet."""
        self._backend, self._following = backend, following
        self._masks = np.asarray(masks, dtype=np.float64).reshape(-1, 4)
        self._sure_score = tracker.sure_score
        self._tracker = Tracker(tracker)

    def look(self, event_us: int, frame: Frame, now: Sample) -> Found:
        """The boxes of a frame whose sample is *now*."""
        carried = self._following.carried(event_us, now) if self._following is not None else None
        boxes = unmasked(self._backend.detect(frame), self._masks) if carried is None else carried
        return Found(boxes=boxes, carried=carried is not None, sample=now, width_px=frame.shape[1])

    def blind(self, now: Sample, *, width_px: int) -> Found:
        """A frame that nobody can look into."""
        if self._following is not None:
            self._following.forget()
        return Found(boxes=no_boxes(), carried=False, sample=now, width_px=width_px)

    def tracks(self, event_us: int, found: Found) -> NDArray[np.int64]:
        """The track of each box, (n,) int64, `UNCONFIRMED` for those that are not believed. Frames come in order."""
        tracks = self._tracker.step(event_us, found.boxes)
        if self._following is not None:
            known = tracks != UNCONFIRMED
            lost = ~known & (found.carried | (found.boxes[:, 4] >= self._sure_score))
            if lost.any():
                self._following.forget()  # somebody is still to be believed, or no longer is: look again at once
            elif not found.carried:
                self._following.looked(event_us, found.sample, found.boxes[known], width_px=found.width_px)
        return tracks

    def forget(self) -> None:
        """The picture cannot be believed: nothing of it is carried on."""
        if self._following is not None:
            self._following.forget()
