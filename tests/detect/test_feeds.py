"""Frames come when they are due, and never pile up."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pipelines.detect.feeds import DAMAGED, FileFeed, LiveFeed

BASE_US = 1_760_000_000_000_000


@dataclass
class Film:
    """A film of 200 frames at 5 fps; the first pixel of a frame is its number."""

    fps: float = 5.0
    frames: int = 200
    at: int = 0
    read_numbers: list[int] = field(default_factory=list)
    cannot_decode: tuple[int, ...] = ()
    damaged: bool = False

    def read(self) -> NDArray[np.uint8] | None:
        self.damaged = self.at in self.cannot_decode
        if self.at >= self.frames:
            return None
        self.at += 1
        if self.damaged:
            return None
        return np.full((2, 2, 3), self.at - 1, dtype=np.uint8)

    def skip(self) -> bool:
        self.at += 1
        return self.at <= self.frames

    def seek(self, index: int) -> None:
        self.at = index


class Hand:
    """A clock moved by hand; waiting moves it on."""

    def __init__(self, now_us: int) -> None:
        self.now_us = now_us

    def __call__(self) -> int:
        return self.now_us

    def wait(self, timeout: float | None = None) -> bool:
        self.now_us += round((timeout or 0) * 1_000_000)
        return False


def feed_of(now_us: int) -> tuple[FileFeed, Hand, threading.Event]:
    clock, stop = Hand(now_us), threading.Event()
    stop.wait = clock.wait  # type: ignore[method-assign]  # the test's own time
    return FileFeed(Film(), base_us=BASE_US, clock=clock), clock, stop


def test_each_frame_waits_until_it_is_due() -> None:
    feed, clock, stop = feed_of(BASE_US - 3_000_000)
    for number in range(4):
        shot = feed.next(stop)
        assert shot is not None
        assert shot.frame is not None
        assert (shot.event_us, clock.now_us, shot.frame[0, 0, 0]) == (BASE_US + 200_000 * number, BASE_US + 200_000 * number, number)


def test_a_damaged_frame_is_told_of_at_its_time_and_the_file_goes_on() -> None:
    clock, stop = Hand(BASE_US - 1_000_000), threading.Event()
    stop.wait = clock.wait  # type: ignore[method-assign]  # the test's own time
    feed = FileFeed(Film(cannot_decode=(2, 3)), base_us=BASE_US, clock=clock)
    shots = [shot for shot in (feed.next(stop) for _ in range(6)) if shot is not None]
    assert [(shot.event_us - BASE_US) // 200_000 for shot in shots] == [0, 1, 2, 3, 4, 5]
    assert [None if shot.frame is None else int(shot.frame[0, 0, 0]) for shot in shots] == [0, 1, None, None, 4, 5]
    assert {shot.why for shot in shots if shot.frame is None} == {DAMAGED}


def test_a_damaged_picture_of_a_live_camera_is_no_reason_to_dial_again() -> None:
    dialled: list[int] = []

    def dial() -> Film:
        dialled.append(1)
        raise OSError

    feed = LiveFeed(dial, fps=5, delay_us=0, clock=lambda: BASE_US)
    stop = threading.Event()
    film = Film(frames=8, cannot_decode=(2, 5))
    reading = threading.Thread(target=feed.read_on, args=(film, stop))
    reading.start()
    for _ in range(100):
        if dialled:
            break
        feed.next(stop)
    stop.set()
    reading.join()
    assert film.at == 8, "read on to its end, past the damaged ones"
    assert dialled


def test_a_late_start_goes_on_where_the_file_should_be() -> None:
    feed, _, stop = feed_of(BASE_US + 10_050_000)
    shot = feed.next(stop)
    assert shot is not None
    assert shot.frame is not None
    assert (shot.event_us, shot.frame[0, 0, 0]) == (BASE_US + 10_200_000, 51)


def test_a_frame_whose_slice_is_over_is_not_looked_at() -> None:
    feed, clock, stop = feed_of(BASE_US)
    feed.next(stop)
    clock.now_us = BASE_US + 450_000
    late, now = feed.next(stop), feed.next(stop)
    assert late is not None
    assert now is not None
    assert (late.event_us, late.frame) == (BASE_US + 200_000, None)
    assert now.event_us == BASE_US + 400_000
    assert now.frame is not None
    assert now.frame[0, 0, 0] == 2


def test_after_a_long_stall_the_file_jumps() -> None:
    feed, clock, stop = feed_of(BASE_US)
    feed.next(stop)
    clock.now_us = BASE_US + 8_010_000
    assert (shot := feed.next(stop)) is not None
    assert shot.frame is None
    assert (shot := feed.next(stop)) is not None
    assert shot.frame is not None
    assert (shot.event_us, shot.frame[0, 0, 0]) == (BASE_US + 8_200_000, 41)


def test_the_files_end_is_followed_by_its_second_20_while_event_time_goes_on() -> None:
    feed, _, stop = feed_of(BASE_US + 39_500_000)
    shots = [feed.next(stop) for _ in range(4)]
    assert [(shot.event_us - BASE_US) // 200_000 for shot in shots if shot] == [198, 199, 200, 201]
    assert [int(shot.frame[0, 0, 0]) for shot in shots if shot and shot.frame is not None] == [198, 199, 100, 101]


def test_a_start_long_after_the_end_is_in_the_repeated_part() -> None:
    feed, _, stop = feed_of(BASE_US + 70_100_000)
    shot = feed.next(stop)
    assert shot is not None
    assert shot.frame is not None
    assert (shot.event_us, shot.frame[0, 0, 0]) == (BASE_US + 70_200_000, 151)


def test_a_live_camera_is_thinned_and_its_newest_picture_counts() -> None:
    clock, stop = Hand(BASE_US), threading.Event()

    class Camera(Film):
        def read(self) -> NDArray[np.uint8] | None:
            clock.now_us += 40_000  # 25 fps
            if self.at == 24:
                stop.set()
            return super().read()

    live = LiveFeed(Camera, fps=5, delay_us=20_000, clock=clock)
    live.read_on(Camera(fps=25), stop)
    shots = []
    while (shot := live.next(stop)) is not None:
        shots.append(shot)
    assert [(shot.event_us - BASE_US) // 200_000 for shot in shots] == [0, 1, 2, 3, 4]
    assert [shot.frame is None for shot in shots] == [True] * 4 + [False]


def test_pictures_that_waited_while_a_camera_was_dialled_are_passed_over() -> None:
    clock, stop, shots = Hand(BASE_US), threading.Event(), list[int]()

    class Camera(Film):
        def read(self) -> NDArray[np.uint8] | None:
            clock.now_us += 5_000 if self.at < 30 else 100_000  # at 10 fps; the first 30 have waited
            frame = super().read()
            if self.at == 34:
                stop.set()
            return frame

    live = LiveFeed(Camera, fps=10, delay_us=0, clock=clock)
    put = live._handed.put
    live._handed.put = lambda shot: (shots.append(int(shot.frame[0, 0, 0])), put(shot))[1]  # type: ignore[method-assign,index]
    live.read_on(Camera(fps=10), stop)
    assert shots == [30, 31, 32, 33]


def test_a_camera_that_always_sends_faster_than_it_says_is_not_passed_over_for_long() -> None:
    clock, stop = Hand(BASE_US), threading.Event()

    class Hasty(Film):
        def read(self) -> NDArray[np.uint8] | None:
            clock.now_us += 10_000
            if clock.now_us >= BASE_US + 1_500_000:
                stop.set()
            return super().read()

    live = LiveFeed(Hasty, fps=5, delay_us=0, clock=clock)
    live.read_on(Hasty(fps=10), stop)
    shots = [shot for shot in iter(lambda: live.next(stop), None) if shot.frame is not None]
    assert len(shots) == 1


def test_a_camera_that_went_away_is_dialled_again() -> None:
    stop, dialled = threading.Event(), []

    def dial() -> Film:
        dialled.append(1)
        stop.set()
        return Film()

    live = LiveFeed(dial, fps=5, delay_us=20_000, clock=Hand(BASE_US))
    stop.wait = lambda _timeout=None: False  # type: ignore[method-assign,assignment]  # no real waiting
    live.read_on(Film(at=200), stop)
    assert (dialled, live.failures) == ([1], 1)


def test_a_slow_backend_loses_frames_by_rule_and_never_sees_an_old_picture() -> None:
    feed, clock, stop = feed_of(BASE_US)
    looked, passed = [], []
    for _ in range(60):
        shot = feed.next(stop)
        assert shot is not None
        if shot.frame is None:
            passed.append(shot.event_us)
            continue
        looked.append(shot.event_us)
        assert clock.now_us - shot.event_us < 200_000
        clock.now_us += 700_000  # three and a half frames
    assert looked
    assert sorted(looked + passed) == [BASE_US + 200_000 * number for number in range(60)]


def test_noise_at_60_frames_a_second_is_thinned_to_the_plans_rate() -> None:
    clock, stop = Hand(BASE_US), threading.Event()

    class Flood(Film):
        def read(self) -> NDArray[np.uint8] | None:
            clock.now_us += 16_667
            if self.at == 180:
                stop.set()
            return super().read()

    live = LiveFeed(Flood, fps=5, delay_us=20_000, clock=clock)
    live.read_on(Flood(fps=60), stop)
    shots = []
    while (shot := live.next(stop)) is not None:
        shots.append(shot)
    assert 15 <= len(shots) <= 17
    assert sum(shot.frame is not None for shot in shots) == 1
