"""Who is where in a camera's picture, and as whom: a detector's boxes, or those of its last look moved along; and their tracks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.detect.backends import Backend, Boxes, Frame, Overwhelmed, no_boxes
from pipelines.detect.following import Following
from pipelines.detect.picture import Sample
from pipelines.detect.static_boxes import unmasked
from pipelines.detect.tracking import UNCONFIRMED, Tracker, TrackerSettings

_DAY: Final = 110.0  # mean luma of a picture by day
_MOST_GAIN: Final = 8.0
_SMOOTH_PX: Final = 1.2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Found:
    """The boxes of one frame.

    Args:
        boxes: (n, 6) px.
        carried: nobody looked into it, they are those of the last look, moved along with the picture.
        overwhelmed: nothing could be told: no boxes are not "nobody".
        sample, width_px: of the frame.
    """

    boxes: Boxes
    carried: bool
    overwhelmed: bool = False
    sample: Sample
    width_px: int


class Sight:
    """One camera's detector, what spares it frames, what helps it at night, and its tracker.

    Args:
        backend: of this camera alone.
        tracker: how boxes are joined.
        masks: (m, 4) px of boxes that are nobody.
        following: spares frames in which what is known can be carried on; None where the backend must see every frame.
        lights_up: at night the backend sees each picture lit up; not for one that remembers pictures.
    """

    def __init__(
        self,
        backend: Backend,
        tracker: TrackerSettings,
        *,
        masks: Sequence[tuple[float, float, float, float]] = (),
        following: Following | None = None,
        lights_up: bool = False,
    ) -> None:
        """Know nobody yet."""
        self._following, self._lights_up = following, lights_up
        self.backend = backend
        self._masks = np.asarray(masks, dtype=np.float64).reshape(-1, 4)
        self._sure_score = tracker.sure_score
        self._tracker = Tracker(tracker)

    def look(self, event_us: int, frame: Frame, now: Sample, *, night: bool = False) -> Found:
        """The boxes of a frame whose sample is *now*; at *night* every frame is looked into, lit up."""
        carried = self._following.carried(event_us, now) if self._following is not None and not night else None
        if carried is None and night and self._lights_up:
            frame = lit_up(frame, luma=float(now.mean()))
        boxes = unmasked(self.backend.detect(frame), self._masks) if carried is None else carried
        overwhelmed = carried is None and isinstance(self.backend, Overwhelmed) and self.backend.overwhelmed
        return Found(boxes=boxes, carried=carried is not None, overwhelmed=overwhelmed, sample=now, width_px=frame.shape[1])

    def unmasked(self, boxes: Boxes) -> NDArray[np.int64]:
        """Which of boxes (n, 6) that were found elsewhere lie on no mask."""
        rows = np.column_stack([boxes, np.arange(len(boxes))])
        return unmasked(rows, self._masks)[:, -1].astype(np.int64)

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

    def turn_to(self, backend: Backend, masks: NDArray[np.float64]) -> None:
        """Pictures have another size from now on: nobody is where they were."""
        self.backend, self._masks = backend, masks
        self._tracker.forget()
        self.forget()

    def forget(self) -> None:
        """The picture cannot be believed: nothing of it is carried on."""
        if self._following is not None:
            self._following.forget()


def lit_up(frame_bgr: Frame, *, luma: float) -> Frame:
    """A dark picture as bright as by day, its noise smoothed: the detector was trained by daylight."""
    gain = min(_DAY / max(luma, 1.0), _MOST_GAIN)
    table = np.clip(np.arange(256) * gain, 0, 255).astype(np.uint8)
    return np.asarray(cv2.GaussianBlur(cv2.LUT(frame_bgr, table), (0, 0), _SMOOTH_PX), dtype=np.uint8)
