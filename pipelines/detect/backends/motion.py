"""Finds people as what differs from the empty picture: needs no model, and works where a model was never trained, as from above.

The background learns fast in its first frames, then slowly: someone who stands still is absorbed only after
`absorb_s`. Whoever stands in the very first frames leaves a ghost for that time; a file is therefore begun at its start.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.detect.backends import PERSON, Boxes, Frame, no_boxes
from pipelines.errors import ConfigError

_ABSORBED: Final = 0.1  # weight from which the subtractor takes a new colour for background
_KMEANS_TURNS: Final = 6
_MOST_PARTS: Final = 12  # of one k-means
_GAPS: Final = 1.12  # in a crowd the blur fills what lies between people: `muster bench detect --only saturation`
_DOUBTFUL: Final = 1.4  # areas of a person from which a blob may be two
_COMPACT: Final = 0.2  # of a person's area: clothes, bags and blur that a round blob may have beside
_SLENDER: Final = 4 / math.pi * 0.52 / 0.30  # squared length of shoulders to their area
_LONGER: Final = 1.35
_WHOLE_PICTURE: Final = 0.6  # more than this share in motion: the light or the camera moved, or people stand everywhere


@dataclass(frozen=True, slots=True, kw_only=True)
class MotionSettings:
    """How motion becomes boxes.

    Args:
        fps: frames a second that the backend will see.
        width_px: pictures are worked on at this width at most.
        person_px: a person's usual area in the picture, px² of the full frame; None where perspective makes it vary.
            With it, touching people are told apart.
        least_share: a blob is somebody from this share of *person_px* on.
        least_of_picture: a blob is somebody from this share of the picture's area on, where *person_px* is None.
        contrast: squared distance from the background, in its own variances, that counts.
        learn_frames: frames in which the background is learnt at first.
        absorb_s: who stands still for so long becomes background.
        shadows: a darker floor of the same colour is a shadow and nobody.
        even_light: a picture as bright as it was at first is made of each, by its median: a camera whose exposure follows
            a white car through an empty road would see the whole road move.
    """

    fps: float = 5.0
    width_px: int = 640
    person_px: float | None = None
    least_share: float = 0.3
    least_of_picture: float = 0.0003
    contrast: float = 25.0
    learn_frames: int = 15
    absorb_s: float = 300.0
    shadows: bool = False
    even_light: bool = False

    def __post_init__(self) -> None:
        """Refuse nonsense.

        Raises:
            ConfigError: a number is out of range.
        """
        if not (0 < self.fps <= 120 and self.width_px >= 64 and 0 < self.least_share < 1 and self.absorb_s > 0 and self.learn_frames > 0):
            raise ConfigError(f"motion: a setting is out of range: {self}")
        if self.person_px is not None and not self.person_px > 0:
            raise ConfigError(f"motion: person_px: expected more than 0, got {self.person_px}")


class Motion:
    """Background subtraction of one camera."""

    name = "motion"

    def __init__(self, settings: MotionSettings | None = None) -> None:
        """Know nothing of the background yet."""
        self._settings = settings or MotionSettings()
        self._subtractor = cv2.createBackgroundSubtractorMOG2(
            history=500, varThreshold=self._settings.contrast, detectShadows=self._settings.shadows
        )
        self._frames = 0
        self.overwhelmed = False
        self._bright: NDArray[np.float64] | None = None

    def detect(self, frame_bgr: Frame) -> Boxes:
        """Boxes of what moves or has moved lately, (n, 6) float32; the class is always person."""
        scale = max(frame_bgr.shape[1] / self._settings.width_px, 1.0)
        small = self._small(frame_bgr, scale)
        if self._settings.even_light:
            small = self._evened(small)
        mask = self._subtractor.apply(small, learningRate=self._rate())
        self._frames += 1
        if self._frames <= 1:
            return no_boxes()
        _, mask = cv2.threshold(mask, 200, 255, cv2.THRESH_BINARY)
        self.overwhelmed = cv2.countNonZero(mask) > _WHOLE_PICTURE * mask.size
        if self.overwhelmed:
            return no_boxes()
        return self._boxes(self._cleaned(np.asarray(mask, dtype=np.uint8)), scale)

    def _usual(self, scale: float) -> float | None:
        """A person's area in the mask: a blurred edge makes everybody half a pixel wider all round."""
        if self._settings.person_px is None:
            return None
        return math.pi * (math.sqrt(self._settings.person_px / math.pi) / scale + 0.5) ** 2

    def _small(self, frame_bgr: Frame, scale: float) -> NDArray[np.uint8]:
        if scale == 1:
            return np.asarray(cv2.GaussianBlur(frame_bgr, (3, 3), 0), dtype=np.uint8)
        size = (round(frame_bgr.shape[1] / scale), round(frame_bgr.shape[0] / scale))
        return np.asarray(cv2.resize(frame_bgr, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)

    def _evened(self, small: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The picture with the median colour of the first one."""
        now = np.maximum(np.median(small[::4, ::4].reshape(-1, 3), axis=0), 1.0)
        if self._bright is None:
            self._bright = now
        return np.asarray(np.clip(small * (self._bright / now), 0, 255), dtype=np.uint8)

    def _rate(self) -> float:
        """Share of a frame in the background: its mean at first, then so little that absorption takes `absorb_s`."""
        if self._frames < self._settings.learn_frames:
            return 1 / (self._frames + 1)
        return _ABSORBED / (self._settings.absorb_s * self._settings.fps)

    def _cleaned(self, mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
        square = np.ones((2, 2), np.uint8)
        opened = cv2.dilate(cv2.erode(mask, square, anchor=(0, 0)), square, anchor=(1, 1))  # opposite anchors: no shift
        if self._settings.person_px is not None:
            return np.asarray(opened, dtype=np.uint8)
        return np.asarray(
            cv2.morphologyEx(opened, cv2.MORPH_CLOSE, np.ones((9, 5), np.uint8)), dtype=np.uint8
        )  # a person in pieces, from the side

    def _boxes(self, mask: NDArray[np.uint8], scale: float) -> Boxes:
        usual = self._usual(scale)
        least = self._settings.least_share * usual if usual else self._settings.least_of_picture * mask.size
        _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
        rows: list[tuple[float, ...]] = []
        for label in range(1, len(stats)):
            x, y, wide, high, area = (int(value) for value in stats[label])
            if area < least:
                continue
            parts = 1
            if usual and area > _DOUBTFUL * usual:
                held = np.argwhere(labels[y : y + high, x : x + wide] == label)[:, ::-1].astype(np.float64)
                parts = _people(held, usual)
            if parts == 1:
                rows.append((x, y, x + wide, y + high, _score(area, wide, high), PERSON))
            else:
                rows += [(x + a, y + b, x + c, y + d, score, PERSON) for a, b, c, d, score in _split(held, parts)]
        if not rows:
            return no_boxes()
        boxes = np.asarray(rows, dtype=np.float32)
        boxes[:, :4] *= scale
        return boxes


def _score(area: float, wide: float, high: float) -> float:
    """How much of its box a blob fills; an ellipse, 0.79, is as good as it gets."""
    return min(area / max(wide * high, 1) / (math.pi / 4), 1.0)


def _people(pixels: NDArray[np.float64], usual: float) -> int:
    """How many people a blob of (n, 2) pixels is: by its area, and more readily where it is longer than one is wide."""
    around = pixels - pixels.mean(axis=0)
    length = 4 * math.sqrt(float(np.linalg.eigvalsh(around.T @ around / len(pixels))[-1]))  # of an ellipse like it
    doubt = 0.0 if length > _LONGER * math.sqrt(usual * _SLENDER) else _COMPACT
    found = round(len(pixels) / usual - doubt)
    return max(found if found <= _MOST_PARTS else round(len(pixels) / (usual * _GAPS)), 1)


def _split(pixels: NDArray[np.float64], parts: int) -> list[tuple[float, float, float, float, float]]:
    """A blob of several people as boxes: k-means over its pixels, begun along its longer axis; a large one in halves first.

    Args:
        pixels: (n, 2) float64, x and y.
        parts: people in it.

    Returns:
        x0, y0, x1, y1, score of each.
    """
    around = pixels - pixels.mean(axis=0)
    axis = np.linalg.eigh(around.T @ around)[1][:, -1]
    order = np.argsort(around @ axis, kind="stable")
    if parts > _MOST_PARTS:  # a crowd: in halves of as many people, until they are few
        first = parts // 2
        at = len(order) * first // parts
        return _split(pixels[order[:at]], first) + _split(pixels[order[at:]], parts - first)
    centres = np.stack([piece.mean(axis=0) for piece in np.array_split(pixels[order], parts)])
    nearest = np.zeros(len(pixels), dtype=np.int64)
    for _ in range(_KMEANS_TURNS):
        nearest = np.argmin(((pixels[:, None] - centres[None]) ** 2).sum(axis=2), axis=1)
        for part in range(parts):
            if (nearest == part).any():
                centres[part] = pixels[nearest == part].mean(axis=0)
    found = []
    for part in range(parts):
        mine = pixels[nearest == part]
        if len(mine):
            (x0, y0), (x1, y1) = mine.min(axis=0), mine.max(axis=0) + 1
            found.append((float(x0), float(y0), float(x1), float(y1), _score(len(mine), x1 - x0, y1 - y0) * 0.8))
    return found
