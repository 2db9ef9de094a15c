"""People are found by motion in made pictures, and by the model in a real video with known people."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from pipelines.detect.backends.choose import backend_for
from pipelines.detect.backends.motion import Motion, MotionSettings
from pipelines.detect.backends.onnx import MODEL, Onnx, OnnxSettings, suppress
from pipelines.detect.calibration import from_scale
from pipelines.errors import ConfigError

RNG = np.random.default_rng(2)
NOISE = [cv2.resize(RNG.normal(0, 3, (360, 640)).astype(np.float32), (1920, 1080)) for _ in range(4)]
FLOOR = cv2.resize(RNG.normal(140, 12, (54, 96)).astype(np.float32), (1920, 1080))


def picture(discs: NDArray[np.float64]) -> NDArray[np.uint8]:
    """The floor with noise, and a dark disc of 34 px around each of (n, 2) places."""
    noise = NOISE[RNG.integers(0, 4)]
    frame = np.repeat(np.clip(FLOOR + noise, 0, 255).astype(np.uint8)[..., None], 3, axis=2)
    for x, y in discs:
        cv2.circle(frame, (round(x), round(y)), 17, (35, 30, 40), -1, cv2.LINE_AA)
    return frame


def moving(count: int, frame: int) -> NDArray[np.float64]:
    row = np.arange(count)
    return np.stack([200 + 140.0 * row, 150 + 70.0 * row + 12 * frame], axis=1)


def test_motion_counts_moving_discs_and_puts_boxes_where_they_are() -> None:
    motion = Motion(MotionSettings(person_px=907))
    for _ in range(15):
        assert len(motion.detect(picture(np.zeros((0, 2))))) == 0
    for frame in range(20):
        discs = moving(8, frame)
        boxes = motion.detect(picture(discs))
        assert len(boxes) == 8
        centres = (boxes[:, :2] + boxes[:, 2:4]) / 2
        away = np.linalg.norm(centres[:, None] - discs[None], axis=2).min(axis=0)
        assert away.max() < 4
        assert ((boxes[:, 4] > 0.5) & (boxes[:, 4] <= 1)).all()


def test_motion_still_sees_who_stands_for_80_seconds() -> None:
    motion, discs = Motion(MotionSettings(person_px=907)), moving(3, 0)
    for _ in range(15):
        motion.detect(picture(np.zeros((0, 2))))
    still = picture(discs)
    assert {len(motion.detect(still)) for _ in range(400)} == {3}


def test_motion_tells_touching_people_apart() -> None:
    motion = Motion(MotionSettings(person_px=907))
    for _ in range(15):
        motion.detect(picture(np.zeros((0, 2))))
    discs = np.array([[400.0, 400.0], [431.0, 402.0], [900.0, 500.0], [928.0, 512.0], [955.0, 530.0]])
    assert len(motion.detect(picture(discs))) == 5


def test_a_sudden_light_is_nobody() -> None:
    motion = Motion(MotionSettings(person_px=907))
    for _ in range(15):
        motion.detect(picture(np.zeros((0, 2))))
    assert len(motion.detect(np.full((1080, 1920, 3), 250, dtype=np.uint8))) == 0


def test_the_better_of_two_boxes_on_one_person_wins() -> None:
    boxes = np.array([[0, 0, 10, 20], [1, 0, 11, 20], [50, 0, 60, 20], [1, 1, 10, 20]], dtype=np.float32)
    kept = suppress(boxes, np.array([0.5, 0.9, 0.6, 0.7], dtype=np.float32), np.array([0, 0, 0, 2]), overlap=0.45)
    assert kept.tolist() == [1, 3, 2]


def test_missing_weights_are_named_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=f"model {MODEL} is missing: put it in .* or use backend motion"):
        Onnx(folder=tmp_path)


def test_other_weights_are_refused(tmp_path: Path) -> None:
    (tmp_path / MODEL).write_bytes(b"not a model")
    with pytest.raises(ConfigError, match="not the file that Muster knows"):
        Onnx(folder=tmp_path)


def test_a_camera_that_looks_straight_down_gets_motion() -> None:
    floor = from_scale(80, height_px=1080)
    assert backend_for("auto", floor=floor, fps=5, size_px=(1920, 1080)).name == "motion"


@pytest.mark.usefixtures("weights")
def test_a_camera_without_calibration_gets_the_model_where_it_is_there() -> None:
    assert backend_for("auto", floor=None, fps=5, size_px=(768, 576)).name == "onnx"


def test_without_weights_every_camera_gets_motion(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUSTER_MODELS", str(tmp_path))
    assert backend_for("auto", floor=None, fps=5, size_px=(768, 576)).name == "motion"


def test_an_unknown_backend_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="auto, motion, onnx"):
        backend_for("magic", floor=None, fps=5, size_px=(768, 576))


@pytest.mark.usefixtures("weights")
def test_the_model_finds_the_people_of_a_real_street(videos: Path) -> None:
    tree = ET.parse(videos / "vtest-groundtruth-PETS2009-S2L1.xml")
    true = {int(frame.attrib["number"]): len(list(frame.iter("object"))) for frame in tree.iter("frame")}
    reader, onnx, people = cv2.VideoCapture(str(videos / "vtest.avi")), Onnx(OnnxSettings(score=0.4)), []
    for number in range(141):
        found, frame = reader.read()
        assert found
        if number >= 100 and number % 2 == 0:
            people.append(int((onnx.detect(np.asarray(frame, dtype=np.uint8))[:, 5] == 0).sum()))
    expected = float(np.mean([true[number] for number in range(100, 141, 2)]))
    assert abs(float(np.mean(people)) - expected) < 1.6  # one static box of that street looks like a person to it
