"""A picture that cannot be believed is noticed; one that merely shows nothing new is not accused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from pipelines.detect.health import Health, State
from pipelines.detect.picture import picture_stats, sample

FRAME_US = 200_000
Frame = NDArray[np.uint8]
RNG = np.random.default_rng(11)


def scene() -> Frame:
    """A picture with light and dark things in it."""
    small = np.random.default_rng(5).uniform(40, 200, (27, 48)).astype(np.float32)
    grey = cv2.resize(small, (480, 270), interpolation=cv2.INTER_CUBIC)
    return np.repeat(np.clip(grey, 0, 255).astype(np.uint8)[..., None], 3, axis=2)


NOISE = RNG.standard_normal((576 + 97, 768 + 89, 1)).astype(np.float32)


def noisy(frame: Frame, sigma: float = 1.5) -> Frame:
    """The frame with another piece of one field of noise each time."""
    down, right = RNG.integers(0, 97), RNG.integers(0, 89)
    piece = NOISE[down : down + frame.shape[0], right : right + frame.shape[1]]
    return np.clip(frame + sigma * piece, 0, 255).astype(np.uint8)


class Watch:
    """A camera at 5 fps, and its states."""

    def __init__(self) -> None:
        self.health = Health(start_us=0)
        self.frame_us = 0
        self._before: NDArray[np.int16] | None = None

    def show(self, picture: Callable[[], Frame], seconds: float) -> list[State]:
        states = []
        for _ in range(round(seconds * 5)):
            now = sample(picture())
            states.append(self.health.step(self.frame_us, picture_stats(now, self._before)))
            self._before = now
            self.frame_us += FRAME_US
        return states


def test_a_noisy_still_scene_is_never_called_frozen() -> None:
    still = scene()
    assert set(Watch().show(lambda: noisy(still), 30)) == {"ok"}


def test_a_frozen_picture_is_noticed_within_five_seconds_and_dated_to_when_it_stood_still() -> None:
    watch, still = Watch(), scene()
    watch.show(lambda: noisy(still), 5)
    last = noisy(still)
    states = watch.show(lambda: last, 5)
    assert states.index("frozen") <= 16
    assert states[-1] == "frozen"
    assert watch.health.since_us == 5_000_000


def test_a_frozen_picture_behind_an_encoder_is_frozen_though_key_frames_come_again() -> None:
    watch, still = Watch(), scene()
    watch.show(lambda: noisy(still), 5)
    last, count = noisy(still), iter(range(1000))

    def encoded() -> Frame:
        return noisy(last, 0.45) if next(count) % 12 == 0 else last

    states = watch.show(encoded, 30)
    assert set(states[16:]) == {"frozen"}


def test_recovery_needs_a_second_of_live_frames() -> None:
    watch, still = Watch(), scene()
    watch.show(lambda: noisy(still), 2)
    last = noisy(still)
    watch.show(lambda: last, 6)
    states = watch.show(lambda: noisy(still), 3)
    assert states[:5] == ["frozen"] * 5
    assert states[5:] == ["ok"] * 10


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        (lambda frame: noisy(np.full_like(frame, 4), 2), "black"),
        (lambda frame: noisy(np.full_like(frame, 252), 2), "white"),
        (lambda frame: noisy(np.full_like(frame, 90), 2), "covered"),
        (lambda frame: noisy(cv2.GaussianBlur(frame, (0, 0), 60), 0.5), "covered"),
    ],
    ids=["black", "white", "a cover", "out of focus"],
)
def test_a_picture_without_anything_in_it_is_noticed_within_two_seconds(fault: Callable[[Frame], Frame], state: State) -> None:
    watch, still = Watch(), scene()
    watch.show(lambda: noisy(still), 5)
    broken = fault(still)
    states = watch.show(lambda: noisy(broken, 0.8), 6)
    assert states[10:] == [state] * 20
    assert watch.show(lambda: noisy(still), 2)[-1] == "ok"


def test_a_flash_of_white_changes_nothing() -> None:
    watch, still = Watch(), scene()
    watch.show(lambda: noisy(still), 5)
    white = np.full_like(still, 255)
    assert watch.show(lambda: white, 0.6) == ["ok"] * 3


def test_two_seconds_without_a_frame_are_stale_and_frames_alone_end_it() -> None:
    watch, still = Watch(), scene()
    watch.show(lambda: noisy(still), 2)
    last_us = watch.frame_us - FRAME_US
    assert watch.health.silence(last_us + 1_999_999) == "ok"
    assert watch.health.silence(last_us + 2_000_000) == "stale"
    assert watch.health.since_us == last_us
    watch.frame_us = last_us + 10_000_000
    states = watch.show(lambda: noisy(still), 2)
    assert states[0] == "stale"
    assert states[-1] == "ok"


def test_real_videos_are_ok_throughout(videos: Path) -> None:
    for name in ("vtest.avi", "intel-one-by-one-person-detection.mp4"):
        reader, watch = cv2.VideoCapture(str(videos / name)), Watch()
        states = set[State]()
        for _ in range(150):
            found, frame = reader.read()
            assert found
            states |= set(watch.show(lambda frame=frame: np.asarray(frame, dtype=np.uint8), 0.2))
        assert states == {"ok"}, name


def test_a_still_of_a_real_video_is_frozen_without_noise_and_ok_with_it(videos: Path) -> None:
    found, frame = cv2.VideoCapture(str(videos / "vtest.avi")).read()
    assert found
    still = np.asarray(frame, dtype=np.uint8)
    assert set(Watch().show(lambda: noisy(still), 10)) == {"ok"}
    assert Watch().show(lambda: still, 5)[-1] == "frozen"
