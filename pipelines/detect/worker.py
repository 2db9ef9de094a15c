"""One camera's worker without its clock: frames in, every record of the camera out. Live worker and player share it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipelines import units
from pipelines.detect.backends import PERSON, VEHICLES, Backend, Boxes, Frame, no_boxes
from pipelines.detect.backends.metadata import Found as FoundElsewhere
from pipelines.detect.behaviour.watching import Behaviour
from pipelines.detect.calibration import Floor, floor_in
from pipelines.detect.eye import Eye, View
from pipelines.detect.fit import Fit
from pipelines.detect.following import Following
from pipelines.detect.health import Health, PictureStats, State
from pipelines.detect.picture import Picture, sample
from pipelines.detect.pose import Pose
from pipelines.detect.saturation import FROM_ABOVE, FROM_THE_SIDE
from pipelines.detect.sight import Found, Sight
from pipelines.detect.tracking import UNCONFIRMED, TrackerSettings
from pipelines.detect.vehicles import CameraVehicles
from pipelines.events import CameraHealth, CameraPreview, VehicleTrack

PREVIEW_US: Final = 250_000
RESIZED: Final = "size changed"
_FPS_OVER_US: Final = 5 * units.MICRO
_UNKNOWN: Final = -1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Looked:
    """What one frame shows: its boxes, the figures of its picture, and a preview where one is due (else no bytes).

    *tracks*, (n,), are there where the boxes came with tracks of their own; *turned* says so where its size is another than
    the last one's, and is empty otherwise.
    """

    found: Found
    stats: PictureStats
    size_px: tuple[int, int]
    jpeg: bytes
    tracks: NDArray[np.int64] | None = None
    turned: str = ""


class CameraWorker:
    """One camera. `look` is the slow part and touches nothing that the others do; the rest is quick.

    Args:
        camera: its id.
        backend: of this camera alone.
        jpeg: makes a preview of a frame; no bytes = none.
        start_us: event time from which the camera is watched, µs.
        size_px: width and height of the pictures that *backend* was made for.
        made_px: width and height of the picture that *floor* and *masks* are of; None = the first one that comes.
        another: makes the backend for pictures of another size, and of the floor in them; None = the same one goes on.
        fps: its usual rate.
        view, floor: what it owns and how pixels become metres; None for a camera without calibration, which then
            reports its health and previews only.
        behaviour: the plan's rules of behaviour over what it owns; None where there are none.
        vehicles: makes tracks of vehicles; None where the plan has no lanes, or the camera no calibration.
        masks: (m, 4) px of boxes that are nobody.
        over_road: it watches a road and nothing else: what moves is a vehicle, whatever its backend calls it.
        following: spares frames in which what is known can be carried on; None where the backend must see every frame.
        lights_up: at night the backend sees pictures lit up; not for one that remembers them.
        pose: holds the view against its reference; None = one that is made from the first seconds.
    """

    def __init__(
        self,
        *,
        camera: str,
        backend: Backend,
        jpeg: Callable[[Frame], bytes],
        start_us: int,
        size_px: tuple[int, int],
        fps: float,
        view: View | None = None,
        floor: Floor | None = None,
        behaviour: Behaviour | None = None,
        vehicles: CameraVehicles | None = None,
        masks: Sequence[tuple[float, float, float, float]] = (),
        over_road: bool = False,
        following: Following | None = None,
        lights_up: bool = False,
        pose: Pose | None = None,
        made_px: tuple[int, int] | None = None,
        another: Callable[[tuple[int, int], Floor | None], Backend] | None = None,
    ) -> None:
        """Begin without a frame."""
        self._camera, self._jpeg = camera, jpeg
        self._floor = floor
        self._vehicles, self._over_road = vehicles, over_road
        self._above = floor is not None and floor.looks_down(made_px or size_px)
        self._off_plane = 0
        if view is not None and view.saturation is None:
            view = replace(view, saturation=FROM_ABOVE if self._above else FROM_THE_SIDE)
        self._eye = Eye(view, start_us=start_us, behaviour=behaviour) if view is not None and floor is not None else None
        self._health = Health(start_us=start_us)
        self._sight = Sight(backend, TrackerSettings(fps=fps), masks=masks, following=following, lights_up=lights_up)
        self._masks, self._another = np.asarray(masks, dtype=np.float64).reshape(-1, 4), another
        self._fit = Fit(made_px, matters=floor is not None or len(self._masks) > 0)
        self._size_px = self._sight_px = self._usual_px = size_px
        self._picture = Picture(pose)
        self._frames_us: deque[int] = deque()
        self._carried_us: deque[int] = deque()
        self._preview_us = start_us
        self._second_us = start_us // units.MICRO
        self._people = _UNKNOWN
        self._last_us = start_us
        self.taken = self.skipped = self.carried = 0

    def look(self, event_us: int, frame: Frame) -> Looked:
        """Look at one frame, later than the last one."""
        size_px = (frame.shape[1], frame.shape[0])
        turned, now = self._turn_to(size_px), sample(frame)
        stats = self._picture.figures(event_us, frame, now, state=self._health.state, fits=self._fit.fits)
        night = self._health.night
        found = self._sight.look(event_us, frame, now, night=night) if self._watching else self._sight.blind(now, width_px=frame.shape[1])
        return Looked(found=found, stats=stats, size_px=size_px, jpeg=self._due_preview(event_us, frame), turned=turned)

    def handed(self, event_us: int, frame: Frame, found: FoundElsewhere) -> Looked:
        """Look at a frame whose boxes and tracks were found elsewhere; *frame* is its picture, thinned or whole."""
        turned, now = self._turn_to(found.size_px), sample(frame)
        stats = self._picture.figures(event_us, frame, now, state=self._health.state, fits=self._fit.fits)
        kept = self._sight.unmasked(found.boxes) if self._watching else np.zeros(0, dtype=np.int64)
        seen = Found(boxes=found.boxes[kept], carried=False, sample=now, width_px=frame.shape[1])
        preview, tracks = self._due_preview(event_us, frame), found.tracks[kept]
        return Looked(found=seen, stats=stats, size_px=found.size_px, jpeg=preview, tracks=tracks, turned=turned)

    @property
    def _watching(self) -> bool:
        return self._fit.fits and (self._health.state == "ok" or self._health.recovering)

    def _turn_to(self, size_px: tuple[int, int]) -> str:
        """Take pictures of that size from here on; what has changed, in words, or nothing."""
        turned, scale = self._fit.turn_to(size_px), self._fit.scale
        if scale is not None and size_px != self._sight_px:
            seen = floor_in(self._floor, self._fit.made_px or size_px, size_px)
            backend = self._another(size_px, seen) if self._another is not None else self._sight.backend
            self._sight.turn_to(backend, self._masks * np.array([*scale, *scale]))
            self._sight_px = size_px
        return turned

    def _due_preview(self, event_us: int, frame: Frame) -> bytes:
        if event_us < self._preview_us:
            return b""
        self._preview_us = max(self._preview_us + PREVIEW_US, event_us + PREVIEW_US // 2)
        return self._jpeg(frame)

    def take(self, event_us: int, looked: Looked, *, received_us: int) -> list[Any]:
        """Records that follow from a frame: slices that ended before it, its positions, health and preview."""
        self.taken += 1
        self._size_px, fits = looked.size_px, looked.stats.fits
        self._frames_us.append(event_us)
        began = self.taken == 1 or event_us - self._last_us > units.MICRO or looked.turned != ""
        if fits and looked.size_px != self._usual_px:
            self._usual_px = looked.size_px
            self._health.learn_anew()
        self._last_us = event_us
        was = self._health.state
        state = self._health.step(event_us, looked.stats)
        boxes, carried = looked.found.boxes, looked.found.carried
        tracks = self._tracks(event_us, looked, usable=state == "ok" and fits)
        why = _unusable(state, fits=fits, began=began, overwhelmed=looked.found.overwhelmed)
        if not why:
            known = tracks != UNCONFIRMED
            driving = known & ((boxes[:, 5, None] == VEHICLES).any(axis=1) | self._over_road)
            sure = known & (boxes[:, 5] == PERSON) & (not self._over_road)
            self._people = int(sure.sum())
            out = self._positions(event_us, tracks[sure], boxes[sure], carried=carried, received_us=received_us)
            out += self._driving(event_us, tracks[driving], boxes[driving], received_us=received_us)
            boxes = boxes[known]
        else:
            self._people = _UNKNOWN
            self.skipped += 1
            out = self._eye.skip(event_us, why, received_us=received_us) if self._eye else []
            boxes = no_boxes()
        if state != was or self.taken == 1:
            out.append(self._report(event_us, received_us))
        if looked.jpeg:
            out.append(self._preview(event_us, looked, boxes))
        return out

    def _tracks(self, event_us: int, looked: Looked, *, usable: bool) -> NDArray[np.int64]:
        found = looked.found
        if found.carried:
            self.carried += 1
            self._carried_us.append(event_us)
        if not usable:
            self._sight.forget()
        if not (usable or self._health.recovering):
            return np.zeros(0, dtype=np.int64)
        return self._sight.tracks(event_us, found) if looked.tracks is None else looked.tracks

    @property
    def refused(self) -> int:
        """Positions that were refused: off the floor's plane, or further than anybody can step."""
        return self._off_plane + (self._eye.refused if self._eye else 0)

    def skip(self, event_us: int, reason: str, *, received_us: int) -> list[Any]:
        """Count a frame that nobody looked at, and say why."""
        self.skipped += 1
        return self._eye.skip(event_us, reason, received_us=received_us) if self._eye else []

    def close_until(self, event_us: int, *, received_us: int) -> list[Any]:
        """Records of slices and seconds that end at or before *event_us*; call it at each slice's end, frames or none."""
        out = self._eye.close_until(event_us, received_us=received_us) if self._eye else []
        was = self._health.state
        if self._health.silence(event_us) == "stale":
            self._people = _UNKNOWN
        second = event_us // units.MICRO
        if self._health.state != was or (second > self._second_us and (self.taken or self._health.state != "ok")):
            out.append(self._report(event_us, received_us))
        self._second_us = max(self._second_us, second)
        return out

    def _positions(self, event_us: int, tracks: NDArray[np.int64], boxes: Boxes, *, carried: bool, received_us: int) -> list[Any]:
        if self._eye is None or self._floor is None:
            return []
        boxes = self._fit.as_made(boxes)
        metres, known = self._metres(self._floor, boxes)
        self._off_plane += int((~known).sum())
        positions_cm = np.floor(metres[known] * units.CM_PER_M).astype(np.int64)
        shapes = self._floor.shapes(boxes[known, :4], from_above=self._above)
        scores = np.rint(boxes[known, 4] * 255).astype(np.int64)
        return self._eye.frame(
            event_us, tracks[known], positions_cm, received_us=received_us, shapes=shapes, scores=scores, carried=carried
        )

    def _driving(self, event_us: int, tracks: NDArray[np.int64], boxes: Boxes, *, received_us: int) -> list[VehicleTrack]:
        if self._vehicles is None or self._floor is None:
            return []
        metres, known = self._metres(self._floor, self._fit.as_made(boxes))
        return self._vehicles.take(event_us, tracks[known], metres[known], received_us=received_us)

    def _metres(self, floor: Floor, boxes: Boxes) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Where (n, 6) boxes stand, (n, 2) metres, and which of them (n,) stand anywhere."""
        metres = floor.apply(feet(boxes, from_above=self._above))
        return metres, np.asarray(np.isfinite(metres).all(axis=1) & (np.abs(metres) < 1e6).all(axis=1))

    def _report(self, event_us: int, received_us: int) -> CameraHealth:
        for past in (self._frames_us, self._carried_us):
            while past and past[0] < event_us - _FPS_OVER_US:
                past.popleft()
        return CameraHealth(
            camera=self._camera,
            event_time_us=event_us,
            received_us=received_us,
            state=self._health.state,
            since_us=self._health.since_us,
            fps=self._fps(event_us),
            width_px=self._size_px[0],
            height_px=self._size_px[1],
            calibrated=self._eye is not None and self._fit.fits and self._health.state != "moved",
            people=self._people,
            carried=round(len(self._carried_us) / len(self._frames_us), 3) if self._frames_us else 0.0,
            night=self._health.night,
            saturated=self._eye is not None and self._eye.saturated,
        )

    def _fps(self, event_us: int) -> float:
        """Frames a second over the last 5 s; frames that stopped coming count as gone."""
        if len(self._frames_us) < 2:
            return 0.0
        span_us = self._frames_us[-1] - self._frames_us[0]
        if event_us - self._frames_us[-1] > units.MICRO:
            span_us = event_us - self._frames_us[0]
        return round((len(self._frames_us) - 1) * units.MICRO / max(span_us, 1), 2)

    def _preview(self, event_us: int, looked: Looked, boxes: Boxes) -> CameraPreview:
        width, height = looked.size_px
        return CameraPreview(
            camera=self._camera,
            event_time_us=event_us,
            width_px=width,
            height_px=height,
            jpeg=looked.jpeg,
            boxes=boxes.astype("<f4").tobytes(),
        )


def _unusable(state: State, *, fits: bool, began: bool, overwhelmed: bool) -> str:
    """Why a frame says nothing about people; no text where it does."""
    if not fits:
        return RESIZED
    if state != "ok":
        return state
    if overwhelmed:
        return "too much moves"
    return "no tracks yet" if began else ""  # one frame makes no track: its "nobody" would be false


def feet(boxes: Boxes, *, from_above: bool) -> NDArray[np.float64]:
    """Where the people of (n, 6) boxes stand, (n, 2) px: the middle seen from above, else the middle of the lower edge."""
    x = (boxes[:, 0] + boxes[:, 2]) / 2
    y = (boxes[:, 1] + boxes[:, 3]) / 2 if from_above else boxes[:, 3]
    return np.asarray(np.stack([x, y], axis=1), dtype=np.float64)
