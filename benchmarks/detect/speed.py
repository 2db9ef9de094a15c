"""How fast the detection is on one core: beside the model alone, and beside the usual loop that asks it about every frame.

Rounds are interleaved, so that what else the machine does meets all of them; figures are medians of rounds, in
processor time of this process. Wall time stands beside.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import onnxruntime
import psutil
import yaml
from numpy.typing import NDArray

from benchmarks.detect.footage import ONE_BY_ONE, VTEST, VTEST_FPS, footage
from connectors.video import Video
from pipelines.codec import encode
from pipelines.detect.backends.onnx import MODEL, Onnx
from pipelines.detect.eye import Eye
from pipelines.detect.frames import unpack
from pipelines.detect.models import models_folder
from pipelines.detect.worker import CameraWorker
from pipelines.events import CameraFrame, CrowdCells, CrowdCrossings, CrowdZones
from pipelines.units import MICRO, SLICE_US
from plan.model import Plan
from plan.views import view_of
from simulation.play_video import plan_for_video, worker_of

ROUNDS: Final = 3
LONG_FRAMES: Final = 10_000
START_US: Final = 1_767_225_600_000_000
_ALONE: Final = 300
_TENSORS: Final = 40
_CAMERA: Final = "cam"
_SIDE: Final = 416
# a floor for the street of vtest.avi: any that holds everybody does, since it is time that is measured here
_FLOOR: Final = {"pixels": [[0, 575], [767, 575], [690, 130], [60, 130]], "metres": [[0, 0], [16, 0], [24, 45], [-8, 45]]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Took:
    """Frames, and the seconds they took: of processor time, and on the wall."""

    frames: int
    cpu_s: float
    wall_s: float


def _took(work: Callable[[], int]) -> Took:
    cpu_s, wall_s = time.process_time(), time.perf_counter()
    frames = work()
    return Took(frames=frames, cpu_s=time.process_time() - cpu_s, wall_s=time.perf_counter() - wall_s)


def measured(data: Path) -> dict[str, Any]:
    """`fps_ratio`, `gating_ratio`, `export_share` and `memory`, with what they are made of."""
    street, passage = footage(data, VTEST), footage(data, ONE_BY_ONE)
    plan, empty = street_plan(street), plan_for_video(passage, camera=_CAMERA)
    whole = Whole(street, plan, fps=VTEST_FPS)
    each = Whole(street, plan.model_copy(update={"cameras": (plan.cameras[0].model_copy(update={"gating": False}),)}), fps=VTEST_FPS)
    gated, alone, usual = Whole(passage, empty), Alone(street), Usual(passage)
    works: dict[str, Whole | Alone | Usual] = {
        "model_alone": alone,
        "whole": whole,
        "whole_without_gate": each,
        "usual_loop": usual,
        "gated": gated,
    }
    rounds: dict[str, list[Took]] = {name: [] for name in works}
    for _ in range(ROUNDS):
        for name, work in works.items():
            if isinstance(work, Whole):
                work.begin()
            rounds[name].append(_took(work.run))
    export = _took(lambda: exported(whole.records, plan))
    cpu = {name: _fps([row.frames / row.cpu_s for row in rows]) for name, rows in rounds.items()}
    wall = {name: _fps([row.frames / row.wall_s for row in rows]) for name, rows in rounds.items()}
    return {
        "fps_ratio": round(cpu["whole"] / cpu["model_alone"], 3),
        "fps_ratio_without_gate": round(cpu["whole_without_gate"] / cpu["model_alone"], 3),
        "gating_ratio": round(cpu["gated"] / cpu["usual_loop"], 2),
        "carried": {"street": whole.carried, "passage": gated.carried},
        "export_share": round(export.cpu_s / statistics.median(row.cpu_s for row in rounds["whole"]), 4),
        "frames_per_cpu_s": cpu,
        "frames_per_s": wall,
        "memory": memory(street, plan),
    }


def _fps(rates: list[float]) -> float:
    return round(statistics.median(rates), 1)


def street_plan(street: Path) -> Plan:
    """A plan for vtest.avi with a floor, so that everything a camera can send is made."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "floor.yaml"
        file.write_text(yaml.safe_dump(_FLOOR), encoding="utf-8")
        return plan_for_video(street, camera=_CAMERA, calibration=file, source_fps=VTEST_FPS)


class Whole:
    """A film through the worker of its camera, as it goes to the broker: every record in Avro."""

    def __init__(self, path: Path, plan: Plan, *, fps: float | None = None) -> None:
        """Nothing is open yet."""
        self._path, self._plan, self._fps = path, plan, fps
        self.records: list[Any] = []
        self.carried = 0.0
        self.begin()

    def begin(self) -> None:
        """Open the film and load the model anew, which the other works have done too before they are timed."""
        self._film = Video(str(self._path), fps=self._fps)
        self._worker = worker_of(self._film, self._plan, camera=_CAMERA, backend="onnx", fps=self._film.fps, start_us=START_US)

    def run(self) -> int:
        """From the file's first frame to its last; how many there were."""
        film, worker = self._film, self._worker
        self.records = []
        frames = 0
        while (frame := film.read()) is not None:
            self.records += one_frame(worker, START_US + round(frames * MICRO / film.fps), frame)
            frames += 1
        film.close()
        self.carried = round(worker.carried / frames, 3)
        return frames


def one_frame(worker: CameraWorker, event_us: int, frame: NDArray[np.uint8]) -> list[Any]:
    """What the worker says of a frame, each encoded as it is sent."""
    records = worker.close_until(event_us - event_us % SLICE_US, received_us=event_us)
    records += worker.take(event_us, worker.look(event_us, frame), received_us=event_us)
    for record in records:
        encode(record)
    return records


class Alone:
    """The model and nothing else, on tensors that are ready."""

    def __init__(self, path: Path) -> None:
        """Prepare tensors from the film's first frames."""
        self._finder = Onnx()
        film = Video(str(path))
        self._tensors = [self._finder.prepared(frame)[0].copy() for _, (_, frame) in zip(range(_TENSORS), film, strict=False)]
        film.close()

    def run(self) -> int:
        """Infer."""
        for number in range(_ALONE):
            self._finder.infer(self._tensors[number % len(self._tensors)])
        return _ALONE


class Usual:
    """What one writes with cv2 and onnxruntime: read, letterbox, run, decode, suppress, for every frame."""

    def __init__(self, path: Path) -> None:
        """Load the model."""
        self._path = path
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(str(models_folder() / MODEL), options, providers=["CPUExecutionProvider"])
        self._input = self._session.get_inputs()[0].name
        cells = [np.stack(np.meshgrid(np.arange(_SIDE // s), np.arange(_SIDE // s)), 2).reshape(-1, 2) for s in (8, 16, 32)]
        self._corners = np.concatenate(cells)
        self._steps = np.concatenate([np.full((len(cell), 1), s) for cell, s in zip(cells, (8, 16, 32), strict=True)])

    def run(self) -> int:
        """From the film's first frame to its last; how many there were."""
        capture, frames = cv2.VideoCapture(str(self._path)), 0
        while True:
            found, frame = capture.read()
            if not found:
                capture.release()
                return frames
            self._people(np.asarray(frame, dtype=np.uint8))
            frames += 1

    def _people(self, frame: NDArray[np.uint8]) -> list[list[float]]:
        scale = min(_SIDE / frame.shape[0], _SIDE / frame.shape[1])
        small = cv2.resize(frame, (round(frame.shape[1] * scale), round(frame.shape[0] * scale)), interpolation=cv2.INTER_LINEAR)
        canvas = np.full((_SIDE, _SIDE, 3), 114, dtype=np.uint8)
        canvas[: small.shape[0], : small.shape[1]] = small
        tensor = np.ascontiguousarray(canvas.transpose(2, 0, 1)[None], dtype=np.float32)
        (raw,) = self._session.run(None, {self._input: tensor})
        rows = np.asarray(raw[0])
        middle, size = (rows[:, :2] + self._corners) * self._steps, np.exp(rows[:, 2:4]) * self._steps
        scores = rows[:, 4] * rows[:, 5]
        boxes = np.concatenate([middle - size / 2, size], axis=1) / scale
        held = scores >= 0.4
        kept = cv2.dnn.NMSBoxes(boxes[held].tolist(), scores[held].tolist(), 0.4, 0.45)
        return [boxes[held][index].tolist() for index in np.asarray(kept).reshape(-1)]


def exported(records: list[Any], plan: Plan) -> int:
    """Build and encode again what a camera has sent: sums, grid and positions from its frames' positions, and all of it in Avro."""
    eye = Eye(view_of(plan, plan.cameras[0]), start_us=START_US)
    made: list[Any] = [row for row in records if not isinstance(row, CameraFrame | CrowdZones | CrowdCells | CrowdCrossings)]
    for row in records:
        if isinstance(row, CameraFrame):
            positions, _, tracks = unpack(row.positions, origin_cm=(row.tile_x_cm, row.tile_y_cm))
            made += eye.frame(row.event_time_us, tracks, positions, received_us=row.received_us)
    for row in made:
        encode(row)
    return len(made)


def memory(street: Path, plan: Plan) -> dict[str, float]:
    """Resident memory over 10,000 frames of the looped street: its slope once the first tenth is over, MB per 1,000 frames."""
    film = Video(str(street), fps=VTEST_FPS)
    worker = worker_of(film, plan, camera=_CAMERA, backend="onnx", fps=film.fps, start_us=START_US)
    process, at, rss = psutil.Process(), list[int](), list[float]()
    for number in range(LONG_FRAMES):
        frame = film.read()
        if frame is None:
            film.seek(0)
            frame = film.read()
        if frame is None:
            break
        one_frame(worker, START_US + round(number * MICRO / film.fps), frame)
        if number % 100 == 0:
            at.append(number)
            rss.append(process.memory_info().rss / 1e6)
    film.close()
    settled = np.asarray(at) >= LONG_FRAMES // 10
    slope = float(np.polyfit(np.asarray(at)[settled] / 1000, np.asarray(rss)[settled], 1)[0])
    held = np.asarray(rss)[settled]
    return {
        "frames": number + 1,
        "mb_per_1000_frames": round(slope, 3),
        "mb_after_a_tenth": round(float(held[0]), 1),
        "mb_at_the_end": round(float(held[-1]), 1),
    }
