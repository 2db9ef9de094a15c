"""Faults of a camera, made by code on real clips: each has its name within its time, and nothing is accused on a good clip."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from connectors.video import Video
from pipelines.detect import references
from pipelines.detect.backends import Frame
from pipelines.detect.health import Health, State
from pipelines.detect.picture import Picture, sample
from pipelines.detect.pose import Pose
from pipelines.units import MICRO
from plan.load import parse
from tests.detect.test_worker import PLAN

STREET, PASSAGE, ROAD = "vtest.avi", "intel-one-by-one-person-detection.mp4", "intel-car-detection.mp4"
FPS = {STREET: 7.0, PASSAGE: 10.0, ROAD: 12.5}
RNG = np.random.default_rng(12)
Fault = Callable[[Frame], Frame]


def noisy(frame: NDArray[Any], sigma: float) -> Frame:
    noise = cv2.resize(RNG.normal(0, 2 * sigma, (144, 192, 1)).astype(np.float32), frame.shape[1::-1])
    return np.asarray(np.clip(frame + noise[..., None], 0, 255), dtype=np.uint8)


def warped(frame: Frame, *, right: float = 0.0, turn: float = 0.0) -> Frame:
    high, wide = frame.shape[:2]
    matrix = cv2.getRotationMatrix2D((wide / 2, high / 2), turn, 1)
    matrix[0, 2] += right * wide
    return np.asarray(cv2.warpAffine(frame, matrix, (wide, high), borderMode=cv2.BORDER_REFLECT), dtype=np.uint8)


def played(
    path: Path, fault: Fault | None = None, *, from_s: float = 0.0, to_s: float = 1e9, seconds: float = 1e9
) -> list[tuple[float, State]]:
    """Seconds at which the state changed, and to what, of a clip with a *fault* between two times."""
    film, health, picture = Video(str(path), fps=FPS[path.name]), Health(start_us=0), Picture()
    changes: list[tuple[float, State]] = []
    for at_s, frame in film:
        if at_s > seconds:
            break
        shown = fault(frame) if fault is not None and from_s <= at_s < to_s else frame
        event_us, now, was = round(at_s * MICRO), sample(shown), health.state
        state = health.step(event_us, picture.figures(event_us, shown, now, state=was))
        if state != was:
            changes.append((at_s, state))
    film.close()
    return changes


@pytest.mark.parametrize("name", [STREET, PASSAGE, ROAD])
def test_a_good_clip_is_never_accused(videos: Path, name: str) -> None:
    assert played(videos / name) == []


@pytest.mark.parametrize("name", [STREET, PASSAGE])
@pytest.mark.parametrize(
    ("fault", "state", "within_s"),
    [
        (lambda frame: noisy(cv2.GaussianBlur(frame, (0, 0), 4), 0.7), "blurred", 5),
        (lambda frame: noisy(cv2.GaussianBlur(frame, (0, 0), 12), 0.7), "blurred", 5),
        (lambda frame: noisy(np.full_like(frame, 90), 1.5), "covered", 5),
        (lambda frame: warped(frame, right=0.05), "moved", 30),
        (lambda frame: warped(frame, right=-0.05), "moved", 30),
        (lambda frame: warped(frame, turn=3), "moved", 30),
        (lambda frame: warped(frame, turn=-5), "moved", 30),
        (lambda frame: warped(frame, right=0.25), "moved", 30),
    ],
    ids=["defocus", "strong defocus", "cover", "3 degrees right", "3 degrees left", "turned by 3", "turned by 5", "turned away"],
)
def test_a_fault_has_its_name_within_its_time_and_ends_with_the_fault(
    videos: Path, name: str, fault: Fault, state: State, within_s: float
) -> None:
    changes = played(videos / name, fault, from_s=15, to_s=40, seconds=50)
    assert [what for _, what in changes] == [state, "ok"]
    assert changes[0][0] - 15 <= within_s
    assert changes[1][0] - 40 <= 5


def test_a_turn_too_small_to_matter_is_no_move(videos: Path) -> None:
    assert played(videos / STREET, lambda frame: warped(frame, right=0.01), from_s=15, seconds=40) == []


def test_people_who_fill_the_picture_bit_by_bit_are_no_moved_camera(videos: Path) -> None:
    film = Video(str(videos / STREET), fps=7)
    frames = [frame for _, (_, frame) in zip(range(400), film, strict=False)]
    film.close()
    pose, shifts = Pose(), []
    for number, frame in enumerate(frames):
        shown, filled = frame.copy(), number * frame.shape[0] // len(frames)
        crowd = cv2.resize(RNG.uniform(0, 255, (max(filled // 12, 1), 64, 3)).astype(np.uint8), (frame.shape[1], max(filled, 1)))
        shown[frame.shape[0] - len(crowd) :] = crowd
        shifts.append(pose.step(round(number / 7 * MICRO), shown))
    assert max(shifts) < 0.01


def test_a_reference_from_an_earlier_start_tells_a_camera_that_was_moved_meanwhile(videos: Path) -> None:
    first = Pose()
    for at_s, frame in Video(str(videos / STREET), fps=7):
        if first.step(round(at_s * MICRO), frame) or first.reference is not None:
            break
    again, shift = Pose(first.reference), 0.0
    for at_s, frame in Video(str(videos / STREET), fps=7):
        if at_s < 40:
            continue
        shift = again.step(round(at_s * MICRO), warped(frame, turn=4))
        break
    assert shift > 0.03


def test_dusk_brings_night_settings_and_dawn_ends_them_and_neither_is_a_fault(videos: Path) -> None:
    film, health, picture = Video(str(videos / STREET), fps=7), Health(start_us=0), Picture()
    nights = []
    for at_s, frame in film:
        dark = max(0.25, 1 - at_s / 40) if at_s < 60 else min(0.25 + (at_s - 60) / 40, 1)
        shown, event_us = noisy(frame * dark, 1), round(at_s * MICRO)
        now = sample(shown)
        assert health.step(event_us, picture.figures(event_us, shown, now, state=health.state)) == "ok", at_s
        nights.append(health.night)
    assert nights[10 * 7] is False
    assert nights[50 * 7] is True
    assert nights[-1] is False
    assert sum(one != other for one, other in itertools.pairwise(nights)) == 2


def test_sixty_frames_a_second_of_noise_are_a_picture_that_never_stands_still_and_break_nothing() -> None:
    health, picture = Health(start_us=0), Picture()
    for number in range(600):
        frame = RNG.integers(0, 255, (216, 384, 3), dtype=np.uint8)
        event_us = number * MICRO // 60
        health.step(event_us, picture.figures(event_us, frame, sample(frame), state=health.state))
    assert health.state in {"ok", "moved"}


def test_a_reference_is_kept_with_its_calibration_and_a_new_calibration_begins_anew(tmp_path: Path) -> None:
    plan = parse(PLAN)
    camera, other = plan.cameras[0], plan.cameras[0].model_copy(update={"calibration": None})
    made = Pose(np.full((24, 32), 7, dtype=np.uint8))
    references.keep(tmp_path, camera, made, threading.Event())
    found = references.kept(tmp_path, camera).reference
    assert found is not None
    assert (found == 7).all()
    assert references.kept(tmp_path, other).reference is None
    assert references.kept(Path(), camera).reference is None
