"""Finds people and vehicles with a network of the YOLOX family in ONNX, as `models.yaml` lists them, on one CPU thread or a GPU."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from pipelines.detect.backends import PERSON, VEHICLES, Boxes, Frame, no_boxes
from pipelines.detect.models import DEFAULT, STRIDES, Model, model_called, models_folder, shape_refusal, weights_of
from pipelines.errors import ConfigError

MODEL: Final = "yolox_nano_coco_416.onnx"
PROVIDERS: Final = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}
_GREY: Final = 114  # what the letterbox is filled with, as in training


@dataclass(frozen=True, slots=True, kw_only=True)
class OnnxSettings:
    """How a network is run, and what counts as found.

    Args:
        score: the least score; None = the model's own. It lets doubtful boxes through, which the tracker takes for those
            it has seen already and drops otherwise.
        overlap: IoU above which two boxes of one kind are one object; None = the model's own.
        classes: those of COCO that are wanted.
        model: its name in `models.yaml`.
        provider: cpu | cuda | auto, which is cuda where onnxruntime offers it.
        threads: of the processor, for one camera.
    """

    score: float | None = None
    overlap: float | None = None
    classes: tuple[int, ...] = (PERSON, *VEHICLES)
    model: str = DEFAULT
    provider: str = "auto"
    threads: int = 1


def has_weights(folder: Path | None = None, *, model: str = DEFAULT) -> bool:
    """Whether the model's file is there."""
    return ((folder or models_folder()) / model_called(model).file).is_file()


def provider_for(wanted: str, offered: list[str]) -> str:
    """The execution provider called *wanted*, of those *offered* by onnxruntime.

    Raises:
        ConfigError: another name, or one that is not offered here: a GPU that was asked for is never left out silently.
    """
    if wanted == "auto":
        return PROVIDERS["cuda"] if PROVIDERS["cuda"] in offered else PROVIDERS["cpu"]
    if wanted not in PROVIDERS:
        raise ConfigError(f"provider '{wanted}': expected auto, {', '.join(PROVIDERS)}")
    if PROVIDERS[wanted] not in offered:
        raise ConfigError(f"provider '{wanted}' is not in this onnxruntime ({', '.join(offered)}): use auto, or the GPU worker's container")
    return PROVIDERS[wanted]


def session_of(model: Model, weights: bytes, *, provider: str = "cpu", threads: int = 1) -> onnxruntime.InferenceSession:
    """The network, ready to run, and as the list describes it.

    Raises:
        ConfigError: onnxruntime cannot read it, or its shapes are others.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = threads
    options.log_severity_level = 3
    chosen = provider_for(provider, onnxruntime.get_available_providers())
    providers = [chosen] if chosen == PROVIDERS["cpu"] else [chosen, PROVIDERS["cpu"]]
    try:
        session = onnxruntime.InferenceSession(weights, options, providers=providers)
    except Exception as error:  # noqa: BLE001 - onnxruntime's errors share no class but this one
        raise ConfigError(f"model {model.file}: onnxruntime cannot read it: {str(error).splitlines()[0]}") from None
    refusal = shape_refusal(model, {part.name: part.shape for part in session.get_inputs()}, session.get_outputs()[0].shape)
    if refusal is not None:
        raise ConfigError(refusal)
    return session


class Onnx:
    """A network of one camera; it remembers nothing between frames."""

    name = "onnx"

    def __init__(self, settings: OnnxSettings | None = None, *, folder: Path | None = None, known: tuple[Model, ...] | None = None) -> None:
        """Load the weights.

        Raises:
            ConfigError: they are missing, not the ones that the list names, or no network that this code reads.
        """
        chosen = settings or OnnxSettings()
        model = model_called(chosen.model, known)
        if model.output.kind != "yolox":
            raise ConfigError(f"model '{model.name}' ({model.task}): no backend reads its output; use {DEFAULT}")
        self._settings = replace(
            chosen,
            score=model.thresholds.score if chosen.score is None else chosen.score,
            overlap=model.thresholds.overlap if chosen.overlap is None else chosen.overlap,
        )
        self._wanted = np.array([kind for kind in sorted(model.classes) if kind in chosen.classes], dtype=np.int64)
        if not len(self._wanted):
            raise ConfigError(f"model '{model.name}' finds {', '.join(model.classes.values())}: none of what was asked for")
        self._side = (model.input.shape[2], model.input.shape[3])
        self._session = session_of(model, weights_of(model, folder or models_folder()), provider=chosen.provider, threads=chosen.threads)
        self._input = self._session.get_inputs()[0].name
        self.runs_on = "cuda" if PROVIDERS["cuda"] in self._session.get_providers() else "cpu"
        self._tensor, self._filled = np.zeros(0, dtype=np.float32), (0, 0)
        self.detect(np.zeros((*self._side, 3), dtype=np.uint8))  # the first run is slow: not with a camera waiting

    def detect(self, frame_bgr: Frame) -> Boxes:
        """Boxes of people and vehicles, (n, 6) float32, the best first."""
        tensor, scale = self.prepared(frame_bgr)
        return self.read(self.infer(tensor), scale, frame_bgr.shape[:2])

    def prepared(self, frame_bgr: Frame) -> tuple[NDArray[np.float32], float]:
        """The network's input, (1, 3, h, w) float32 with the picture in its upper left, and the picture's scale in it.

        The tensor is the same one each time: what lies beside the picture is filled once for each size of picture.
        """
        height, width = frame_bgr.shape[:2]
        scale = min(self._side[0] / height, self._side[1] / width)
        wide, high = max(round(width * scale), 1), max(round(height * scale), 1)
        if (wide, high) != self._filled:
            self._tensor = np.full((1, 3, *self._side), _GREY, dtype=np.float32)
            self._filled = (wide, high)
        for channel, plane in enumerate(cv2.split(_smaller(frame_bgr, (wide, high)))):
            self._tensor[0, channel, :high, :wide] = plane
        return self._tensor, scale

    def infer(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        """The network alone: its rows, (cells, 5 + classes) float32."""
        (raw,) = self._session.run(None, {self._input: tensor})
        return np.asarray(raw[0])

    def read(self, raw: NDArray[np.float32], scale: float, size: tuple[int, ...]) -> Boxes:
        """Boxes of the network's rows, for a picture of *size* (height, width) that was scaled by *scale*."""
        likely = np.flatnonzero(raw[:, 4] >= (self._settings.score or 0.0))  # a score is a share of the objectness
        return self._chosen(decode(raw[likely], self._side, likely), scale, size)

    def _chosen(self, found: NDArray[np.float32], scale: float, size: tuple[int, ...]) -> Boxes:
        wanted = self._wanted
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
        kept = suppress(boxes, score[held], kinds, overlap=self._settings.overlap or 0.0)
        return np.column_stack([boxes[kept], score[held][kept], kinds[kept]]).astype(np.float32)


def _smaller(frame_bgr: Frame, size: tuple[int, int]) -> Frame:
    """The picture at (width, height), in halves and a last bilinear step: as good as means over areas, in an eighth of the time."""
    while frame_bgr.shape[1] >= 2 * size[0] and frame_bgr.shape[0] >= 2 * size[1]:
        half = (frame_bgr.shape[1] // 2, frame_bgr.shape[0] // 2)
        frame_bgr = np.asarray(cv2.resize(frame_bgr, half, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    return np.asarray(cv2.resize(frame_bgr, size, interpolation=cv2.INTER_LINEAR), dtype=np.uint8)


@cache
def _grids(side: tuple[int, int]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(cells, 2) cell corners and (cells, 1) strides of the three output scales; *side* is (h, w) of the input."""
    corners, strides = [], []
    for stride in STRIDES:
        y, x = np.meshgrid(np.arange(side[0] // stride), np.arange(side[1] // stride), indexing="ij")
        corners.append(np.stack([x, y], axis=2).reshape(-1, 2))
        strides.append(np.full((x.size, 1), stride))
    return np.concatenate(corners).astype(np.float32), np.concatenate(strides).astype(np.float32)


def decode(raw: NDArray[np.float32], side: tuple[int, int] = (416, 416), rows: NDArray[np.int64] | None = None) -> NDArray[np.float32]:
    """The network's rows in pixels of its input.

    Args:
        raw: (n, 5 + classes) float32: offset and log size relative to the cell, objectness, class scores.
        side: (h, w) of the input.
        rows: (n,) int64, which of the network's rows they are; None = all of them.

    Returns:
        (n, 5 + classes) float32: centre x, centre y, width, height in px, then as before.
    """
    corners, steps = _grids(side)
    if rows is not None:
        corners, steps = corners[rows], steps[rows]
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
