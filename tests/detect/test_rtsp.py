"""The detector's eyes on a camera that speaks RTSP: a server of the tests' own, and OpenCV's FFmpeg as the client."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from connectors.video import Video
from pipelines.detect.app import RESIZED, Station
from pipelines.detect.backends import Frame
from pipelines.detect.feeds import LiveFeed, Shot
from pipelines.errors import ConfigError
from tests.recorder.films import film
from tests.rtsp import Camera, film_of

PATIENCE_S = 60
FPS = 25


@pytest.fixture
def cameras() -> Iterator[list[Camera]]:
    found: list[Camera] = []
    yield found
    for camera in found:
        camera.close()


def number_of(frame: Frame) -> int:
    """Which picture of the film it is: its bar moves on by 7 px, round a picture of 160, and 7 * 23 is 1 more than 160."""
    return int(np.argmax(frame[60, :, 0] > 100)) * 23 % 160


def now_us() -> int:
    return time.time_ns() // 1000


def wait(enough: Callable[[], bool]) -> None:
    until_s = time.monotonic() + PATIENCE_S
    while not enough():
        assert time.monotonic() < until_s
        time.sleep(0.02)


@pytest.mark.parametrize("sets_in_band", [True, False], ids=["sets in the stream", "sets in the description alone"])
@pytest.mark.parametrize("most_bytes", [1400, 100], ids=["whole units", "fragments"])
def test_every_picture_of_the_camera_comes_once_and_in_order(cameras: list[Camera], most_bytes: int, *, sets_in_band: bool) -> None:
    shown = film_of(film(seconds=2, fps=FPS), sets_in_band=sets_in_band)
    cameras.append(Camera([shown], user="guard", password="hunter2", most_bytes=most_bytes))
    video = Video(cameras[0].address())
    try:
        assert (video.is_live, video.fps, video.width_px, video.height_px) == (True, FPS, 160, 120)
        frames = []
        while (frame := video.read()) is not None:
            frames.append(frame)
    finally:
        video.close()
    assert [number_of(frame) for frame in frames] == list(range(2 * FPS))
    assert (cameras[0].fragments > 0) == (most_bytes == 100)


def test_a_wrong_password_is_refused_in_a_sentence_without_it(cameras: list[Camera]) -> None:
    cameras.append(Camera([film_of(film(seconds=1))], user="guard", password="hunter2"))
    with pytest.raises(ConfigError, match="refuses name or password") as refused:
        Video(cameras[0].address("swordfish"))
    assert (cameras[0].refused, cameras[0].plays) == (1, 0)
    assert "swordfish" not in str(refused.value)


def test_pictures_that_waited_while_the_stream_was_learnt_are_not_taken_for_new_ones(cameras: list[Camera]) -> None:
    cameras.append(Camera([film_of(film(seconds=8, fps=5))]))
    stop, shots = threading.Event(), list[Shot]()
    feed = LiveFeed(lambda: Video(cameras[0].address()), fps=5, delay_us=0, clock=now_us)
    reading = threading.Thread(target=feed.read_on, args=(Video(cameras[0].address()), stop))
    reading.start()
    try:
        wait(lambda: any(shot.frame is not None for shot in drain(feed, stop, shots)))
    finally:
        stop.set()
        reading.join(PATIENCE_S)
    first = next(shot.frame for shot in shots if shot.frame is not None)
    assert number_of(first) > 10, "the client learns the stream from its first pictures, for some four seconds here"


def test_a_camera_that_goes_away_in_the_middle_is_dialled_again_and_its_pictures_go_on(cameras: list[Camera]) -> None:
    cameras.append(Camera([film_of(film(seconds=3, fps=FPS))], user="guard", password="hunter2", cut_after=2 * FPS))
    address, stop, shots = cameras[0].address(), threading.Event(), list[Shot]()
    feed = LiveFeed(lambda: Video(address), fps=5, delay_us=0, clock=now_us)
    reading = threading.Thread(target=feed.read_on, args=(Video(address), stop))
    reading.start()
    try:
        wait(lambda: cameras[0].plays >= 2 and feed.failures >= 1)
        before = len(drain(feed, stop, shots))
        wait(lambda: len(drain(feed, stop, shots)) > before + 3)
    finally:
        stop.set()
        reading.join(PATIENCE_S)
    assert not reading.is_alive()
    times = [shot.event_us for shot in shots]
    assert times == sorted(times)


def drain(feed: LiveFeed, stop: threading.Event, shots: list[Shot]) -> list[Shot]:
    """What came of pictures up to now."""
    shot = feed.next(stop)
    if shot is not None:
        shots.append(shot)
    return shots


class Notes:
    """Stands where the worker and the sender stand: notes which pictures were looked at, and why others were not."""

    def __init__(self) -> None:
        self.looked: list[tuple[int, ...]] = []
        self.skipped: list[str] = []

    def look(self, _: int, frame: Frame) -> Frame:
        return frame

    def take(self, _: int, frame: Frame, *, received_us: int) -> list[Any]:
        self.looked.append(frame.shape[:2])
        return []

    def skip(self, _: int, reason: str, *, received_us: int) -> list[Any]:
        self.skipped.append(reason)
        return []


def test_a_picture_of_another_size_after_a_new_dial_is_told_and_not_looked_at(
    cameras: list[Camera], capsys: pytest.CaptureFixture[str]
) -> None:
    small, large = film(seconds=2, fps=FPS), film(seconds=4, fps=FPS, size=(320, 240))
    cameras.append(Camera([film_of(small), film_of(large)]))
    address, stop, notes = cameras[0].address(), threading.Event(), Notes()
    video = Video(address)
    feed = LiveFeed(lambda: Video(address), fps=5, delay_us=0, clock=now_us)
    station: Any = Station(notes, feed, notes, camera="c1", index=0, grace_us=0, size_px=(video.width_px, video.height_px))  # type: ignore[arg-type]
    threads = [threading.Thread(target=feed.read_on, args=(video, stop)), threading.Thread(target=station.watch, args=(stop,))]
    for thread in threads:
        thread.start()
    try:
        wait(lambda: notes.skipped.count(RESIZED) >= 2)
    finally:
        stop.set()
        for thread in threads:
            thread.join(PATIENCE_S)
    assert not station.failed
    assert set(notes.looked) == {(120, 160)}
    assert capsys.readouterr().out.count("detect c1: its picture is now 320 x 240, not 160 x 120: not looked at") == 1
