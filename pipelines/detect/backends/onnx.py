"""Finds people and vehicles with YOLOX-nano (COCO classes, input 416 x 416) on one CPU thread."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from pipelines.detect.backends import PERSON, VEHICLES, Boxes, Frame, no_boxes
from pipelines.errors import ConfigError

MODEL: Final = "yolox_nano_coco_416.onnx"
_SHA256: Final = "695e750a5d5754bb"  # its first 16 digits
_INPUT: Final = 416
_STRIDES: Final = (8, 16, 32)
_GREY: Final = 114  # what the letterbox is filled with, as in training
_CLASSES: Final = np.array([PERSON, *VEHICLES])
_ROOT: Final = Path(__file__).resolve().parents[3]


@dataclass(frozen=True, slots=True, kw_only=True)
class OnnxSettings:
    """What counts as found: the least score, and the overlap (IoU) above which two boxes of one kind are one object.

    The least score lets doubtful boxes through, which the tracker takes for those it has seen already and drops otherwise.
    """

    score: float = 0.2
    overlap: float = 0.45
    classes: tuple[int, ...] = (PERSON, *VEHICLES)


def models_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Where weights lie: MUSTER_MODELS, else `../shared/models` beside the project."""
    given = environment.get("MUSTER_MODELS", "")
    return Path(given) if given else _ROOT.parent / "shared" / "models"


def has_weights(folder: Path | None = None) -> bool:
    """Whether the model's file is there."""
    return ((folder or models_folder()) / MODEL).is_file()


class Onnx:
    """YOLOX-nano of one camera; it remembers nothing between frames."""

    name = "onnx"

    def __init__(self, settings: OnnxSettings | None = None, *, folder: Path | None = None) -> None:
        """Load the weights.

        Raises:
            ConfigError: they are missing, or not the ones that this code reads.
        """
        self._settings = settings or OnnxSettings()
        path = (folder or models_folder()) / MODEL
        try:
            weights = path.read_bytes()
        except OSError:
            raise ConfigError(f"model {MODEL} is missing: put it in {path.parent} (MUSTER_MODELS) or use backend motion") from None
        if not hashlib.sha256(weights).hexdigest().startswith(_SHA256):
            raise ConfigError(
                f"model {MODEL} is not the file that Muster knows (sha256 begins with {_SHA256}): get it again or use backend motion"
            )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])
        self._input = self._session.get_inputs()[0].name
        self._tensor, self._filled = np.zeros(0, dtype=np.float32), (0, 0)
        self.detect(np.zeros((_INPUT, _INPUT, 3), dtype=np.uint8))  # the first run is slow: not with a camera waiting

    def detect(self, frame_bgr: Frame) -> Boxes:
        """Boxes of people and vehicles, (n, 6) float32, the best first."""
        tensor, scale = self.prepared(frame_bgr)
        return self.read(self.infer(tensor), scale, frame_bgr.shape[:2])

    def prepared(self, frame_bgr: Frame) -> tuple[NDArray[np.float32], float]:
        """The network's input, (1, 3, 416, 416) float32 with the picture in its upper left, and the picture's scale in it.

        The tensor is the same one each time: what lies beside the picture is filled once for each size of picture.
        """
        height, width = frame_bgr.shape[:2]
        scale = min(_INPUT / height, _INPUT / width)
        wide, high = max(round(width * scale), 1), max(round(height * scale), 1)
        if (wide, high) != self._filled:
            self._tensor = np.full((1, 3, _INPUT, _INPUT), _GREY, dtype=np.float32)
            self._filled = (wide, high)
        for channel, plane in enumerate(cv2.split(_smaller(frame_bgr, (wide, high)))):
            self._tensor[0, channel, :high, :wide] = plane
        return self._tensor, scale

    def infer(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        """The network alone: its rows, (3549, 85) float32."""
        (raw,) = self._session.run(None, {self._input: tensor})
        return np.asarray(raw[0])

    def read(self, raw: NDArray[np.float32], scale: float, size: tuple[int, ...]) -> Boxes:
        """Boxes of the network's rows, for a picture of *size* (height, width) that was scaled by *scale*."""
        likely = np.flatnonzero(raw[:, 4] >= self._settings.score)  # a score is a share of the objectness
        return self._chosen(decode(raw[likely], likely), scale, size)

    def _chosen(self, found: NDArray[np.float32], scale: float, size: tuple[int, ...]) -> Boxes:
        wanted = np.array([kind for kind in _CLASSES if kind in self._settings.classes])
        scores = found[:, 4:5] * found[:, 5 + wanted]
        best = scores.argmax(axis=1)
        score = scores[np.arange(len(scores)), best]
        held = np.flatnonzero(score >= self._settings.score)
        if not len(held):
            return no_boxes()
        middle, half = found[held, :2] / scale, found[held, 2:4] / scale / 2
        boxes = np.concatenate([middle - half, middle + half], axis=1)
        boxes[:, [0, 2]] = boxes[:, [0, 2]].clip(0, size[1])
        boxes[:, [1, 3]] = boxes[:, [1, 3]].clip(0, size[0])
        kinds = wanted[best[held]]
        kept = suppress(boxes, score[held], kinds, overlap=self._settings.overlap)
        return np.column_stack([boxes[kept], score[held][kept], kinds[kept]]).astype(np.float32)


def _smaller(frame_bgr: Frame, size: tuple[int, int]) -> Frame:
    """The picture at (width, height), in halves and a last bilinear step: as good as means over areas, in an eighth of the time."""
    while frame_bgr.shape[1] >= 2 * size[0] and frame_bgr.shape[0] >= 2 * size[1]:
        half = (frame_bgr.shape[1] // 2, frame_bgr.shape[0] // 2)
        frame_bgr = np.asarray(cv2.resize(frame_bgr, half, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    return np.asarray(cv2.resize(frame_bgr, size, interpolation=cv2.INTER_LINEAR), dtype=np.uint8)


def _grids() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(3549, 2) cell corners and (3549, 1) strides of the three output scales."""
    corners, strides = [], []
    for stride in _STRIDES:
        side = _INPUT // stride
        y, x = np.meshgrid(np.arange(side), np.arange(side), indexing="ij")
        corners.append(np.stack([x, y], axis=2).reshape(-1, 2))
        strides.append(np.full((side * side, 1), stride))
    return np.concatenate(corners).astype(np.float32), np.concatenate(strides).astype(np.float32)


_CORNERS, _STEPS = _grids()


def decode(raw: NDArray[np.float32], rows: NDArray[np.int64] | None = None) -> NDArray[np.float32]:
    """The network's rows in pixels of its input.

    Args:
        raw: (n, 85) float32: offset and log size relative to the cell, objectness, class scores.
        rows: (n,) int64, which of the network's 3549 rows they are; None = all of them.

    Returns:
        (n, 85) float32: centre x, centre y, width, height in px, then as before.
    """
    corners, steps = (_CORNERS, _STEPS) if rows is None else (_CORNERS[rows], _STEPS[rows])
    found = raw.copy()
    found[:, :2] = (raw[:, :2] + corners) * steps
    found[:, 2:4] = np.exp(np.minimum(raw[:, 2:4], 20)) * steps
    return found


def suppress(boxes: NDArray[np.float32], scores: NDArray[np.float32], kinds: NDArray[np.int64], *, overlap: float) -> NDArray[np.int64]:
    """Which boxes stay when the better of two that overlap by more than *overlap* (IoU) wins, within one kind; best first.

    Args:
        boxes: (n, 4) float32, x0, y0, x1, y1.
        scores: (n,).
        kinds: (n,).
        overlap: greatest IoU of two that both stay.
    """
    apart = boxes + (kinds * 100_000)[:, None]  # other kinds never meet
    areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    order = np.argsort(-scores, kind="stable")
    kept = []
    while len(order):
        best, order = order[0], order[1:]
        kept.append(best)
        low = np.maximum(apart[best, :2], apart[order, :2])
        high = np.minimum(apart[best, 2:], apart[order, 2:])
        both = np.prod(np.maximum(high - low, 0), axis=1)
        order = order[both <= overlap * np.maximum(areas[best] + areas[order] - both, 1e-6)]
    return np.asarray(kept, dtype=np.int64)
