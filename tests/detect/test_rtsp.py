"""The detector's eyes on a camera that speaks RTSP: a server of the tests' own, and OpenCV's FFmpeg as the client."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from connectors.video import Video
from pipelines.detect.backends import Boxes, Frame, no_boxes
from pipelines.detect.calibration import from_points
from pipelines.detect.feeds import LiveFeed, Shot
from pipelines.detect.station import Station
from pipelines.detect.worker import RESIZED, CameraWorker
from pipelines.errors import ConfigError
from pipelines.events import CrowdZones
from plan.load import parse
from plan.views import view_of
from tests.detect.test_worker import PLAN
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


class Nobody:
    """A backend that finds nobody, and keeps the sizes of what it is shown."""

    name = "nobody"

    def __init__(self) -> None:
        self.shown: set[tuple[int, ...]] = set()

    def detect(self, frame_bgr: Frame) -> Boxes:
        self.shown.add(frame_bgr.shape[:2])
        return no_boxes()


class Sent:
    """Stands where the sender stands: keeps what is sent."""

    def __init__(self) -> None:
        self.sent = 0
        self.records: list[Any] = []

    def send(self, thing: str, record: Any, *, key: str = "", partition: int | None = None) -> None:
        self.sent += 1
        self.records.append(record)

    def flush(self, timeout_s: float) -> None:
        """All has arrived."""

    def reasons(self) -> list[str]:
        """Why frames of a slice were not used."""
        return [entry.skip_reason for record in list(self.records) if isinstance(record, CrowdZones) for entry in record.entries]


def test_a_picture_of_other_proportions_after_a_new_dial_is_told_and_not_looked_at(
    cameras: list[Camera], capsys: pytest.CaptureFixture[str]
) -> None:
    small, wide = film(seconds=2, fps=FPS), film(seconds=8, fps=FPS, size=(320, 180))
    cameras.append(Camera([film_of(small), film_of(wide)]))
    address, stop, sent, backend = cameras[0].address(), threading.Event(), Sent(), Nobody()
    video, plan = Video(address), parse(PLAN)
    worker = CameraWorker(
        camera="cam-1",
        backend=backend,
        jpeg=lambda _: b"jpeg",
        start_us=now_us(),
        size_px=(160, 120),
        fps=5,
        view=view_of(plan, plan.cameras[0]),
        floor=from_points([(0, 120), (160, 120), (120, 20), (40, 20)], [(0, 0), (10, 0), (10, 10), (0, 10)]),
        made_px=(160, 120),
    )
    feed = LiveFeed(lambda: Video(address), fps=5, delay_us=0, clock=now_us)
    station = Station(worker, feed, sent, camera="cam-1", index=0, grace_us=0)
    works: list[Callable[[threading.Event], object]] = [station.watch, station.close_slices]
    threads = [threading.Thread(target=feed.read_on, args=(video, stop)), *(threading.Thread(target=work, args=(stop,)) for work in works)]
    for thread in threads:
        thread.start()
    try:
        wait(lambda: sent.reasons().count(RESIZED) >= 2)
    finally:
        stop.set()
        for thread in threads:
            thread.join(PATIENCE_S)
    assert not station.failed
    assert backend.shown == {(120, 160)}
    said = "its picture is now 320 x 180, its calibration is for 160 x 120: not looked at, its zones are unknown"
    assert capsys.readouterr().out.count(said) == 1
