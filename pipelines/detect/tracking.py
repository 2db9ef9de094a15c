"""Joins the boxes of neighbouring frames into tracks, by ByteTrack: who is hidden for a moment is held by a doubtful box."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import supervision
from numpy.typing import NDArray
from trackers import BIoU, ByteTrackTracker

from pipelines.errors import ShapeError
from pipelines.units import MICRO

UNCONFIRMED: Final = -1
BOX_COLUMNS: Final = 6
_BUFFER_FPS: Final = 30  # the tracker counts a lost track's age in frames of this rate, whatever the camera's
_ROW: Final = "row"
Boxes = NDArray[np.float32]
Ids = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackerSettings:
    """How boxes are joined.

    Args:
        fps: the camera's usual rate; frames may stay away, their times are what counts.
        max_age_us: a track that is not seen for longer than this ends.
        min_hits: sightings after which a track is believed.
        sure_score: a box from this score on may begin a track; one below it may only go on with a track that is there.
        least_overlap: intersection over union of a box with where its track should be, both widened by *margin*.
        margin: share of its width and height by which a box is widened on each side: at few frames a second people
            who walk leave their own box.

    Source: Zhang et al., ByteTrack, 2022, for the two rounds; margin and score tuned on frames 0 to 396 of vtest.avi alone.
    """

    fps: float = 7.0
    max_age_us: int = MICRO
    min_hits: int = 2
    sure_score: float = 0.4
    least_overlap: float = 0.1
    margin: float = 0.5


class Tracker:
    """Tracks of one camera. Feed it every frame, the empty ones too."""

    def __init__(self, settings: TrackerSettings | None = None) -> None:
        """Start with nobody seen; ids begin at 1."""
        self._settings = settings or TrackerSettings()
        self._last_id = 0
        self.forget()

    def forget(self) -> None:
        """Nobody seen so far is known again; ids go on, and none is given twice."""
        chosen, self._before_id = self._settings, self._last_id
        self._tracker = ByteTrackTracker(
            lost_track_buffer=round(chosen.max_age_us / MICRO * _BUFFER_FPS),
            frame_rate=chosen.fps,
            track_activation_threshold=chosen.sure_score,
            high_conf_det_threshold=chosen.sure_score,
            minimum_consecutive_frames=chosen.min_hits,
            minimum_iou_threshold=chosen.least_overlap,
            iou=BIoU(chosen.margin),
        )

    def step(self, event_us: int, boxes: Boxes) -> Ids:
        """The track of each box.

        Args:
            event_us: event time of the frame, µs, later than the last one's.
            boxes: (n, 6) float32: x0, y0, x1, y1 px, score, class.

        Returns:
            (n,) int64; `UNCONFIRMED` until a track was seen `min_hits` times, and for a doubtful box that belongs to
            none. No track is given twice in a frame.

        Raises:
            ShapeError: *boxes* is not (n, 6).
        """
        if boxes.ndim != 2 or boxes.shape[1] != BOX_COLUMNS:
            raise ShapeError("boxes", expected=f"(n, {BOX_COLUMNS})", got=boxes.shape)
        seen = supervision.Detections(
            xyxy=boxes[:, :4].astype(np.float64),
            confidence=boxes[:, 4].astype(np.float64),
            data={_ROW: np.arange(len(boxes))},
        )
        told = self._tracker.update(seen, timestamp=event_us / MICRO)
        found = np.full(len(boxes), UNCONFIRMED, dtype=np.int64)
        if len(told) and told.tracker_id is not None:
            ids = told.tracker_id.astype(np.int64)
            found[told.data[_ROW]] = np.where(ids >= 0, ids + 1 + self._before_id, UNCONFIRMED)
            self._last_id = max(self._last_id, int(found.max(initial=0)))
        return found
