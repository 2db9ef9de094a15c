"""Where a worker's frames come from, and when: a file in its own time, or a live camera. The clock is an argument."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from pipelines import units
from pipelines.detect.backends import Frame
from pipelines.detect.backends.metadata import Found
from pipelines.detect.waits import wait_s

LOOP_FROM_S: Final = 20  # at a file's end its picture goes on from here: what lies before is the empty scene
BEHIND: Final = "behind"
DAMAGED: Final = "damaged"
_JUMP_US: Final = 2 * units.MICRO
_BACKLOG_US: Final = units.MICRO  # within so long after a dial, what waited meanwhile has been read
Clock = Callable[[], int]


class Source(Protocol):
    """What a feed needs of a video."""

    fps: float
    frames: int

    @property
    def damaged(self) -> bool:
        """Whether the last picture could not be decoded, while more may come."""
        ...

    def read(self) -> Frame | None:
        """The next picture; None at the end, and for a damaged one."""
        ...

    def skip(self) -> bool:
        """Pass over a picture."""
        ...

    def seek(self, index: int) -> None:
        """Make picture *index* the next one."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shot:
    """A frame at its event time; without a picture where there is none to look at: then *why* says what became of it."""

    event_us: int
    frame: Frame | None
    why: str = BEHIND
    found: Found | None = None  # what is in it, where that came with it


class FileFeed:
    """A file in real time: frame k has event time base + k / fps, and the file's end is followed by its second 20."""

    def __init__(self, video: Source, *, base_us: int, clock: Clock) -> None:
        """Go to where the file should be by now."""
        self._video, self._base_us, self._clock = video, base_us, clock
        self._loop_from = round(LOOP_FROM_S * video.fps) if video.frames > LOOP_FROM_S * video.fps else 0
        self._number = 0
        self._at = 0  # in the file
        if clock() > base_us:
            self._go(self._due_number())

    def next(self, stop: threading.Event) -> Shot | None:
        """The next frame, when it is due; None when asked to stop, or when the file cannot be read on."""
        event_us = self._event_us(self._number)
        late_us = self._clock() - event_us
        if late_us > _JUMP_US:
            self._go(self._due_number())
            return Shot(event_us=event_us, frame=None)
        if late_us >= units.SLICE_US:
            self._number, self._at = self._number + 1, self._at + 1
            if not self._video.skip():
                self._rewind()
            return Shot(event_us=event_us, frame=None)
        frame = self._read()
        if frame is None and not self._video.damaged:
            return None
        if stop.wait(max(event_us - self._clock(), 0) / units.MICRO):
            return None
        self._number, self._at = self._number + 1, self._at + 1
        return Shot(event_us=event_us, frame=frame, why=DAMAGED)

    def _event_us(self, number: int) -> int:
        return self._base_us + round(number * units.MICRO / self._video.fps)

    def _due_number(self) -> int:
        """The first frame that is not over yet."""
        return max(int((self._clock() - self._base_us) * self._video.fps / units.MICRO) + 1, 0)

    def _go(self, number: int) -> None:
        frames = self._video.frames
        self._number = self._at = number
        if frames and number >= frames:
            self._at = self._loop_from + (number - frames) % (frames - self._loop_from)
        self._video.seek(self._at)

    def _read(self) -> Frame | None:
        if self._video.frames and self._at >= self._video.frames:
            self._rewind()
        frame = self._video.read()
        if frame is None and not self._video.damaged:
            self._rewind()
            frame = self._video.read()
        return frame

    def _rewind(self) -> None:
        self._at = self._loop_from
        self._video.seek(self._at)


class LiveFeed:
    """A live camera: the newest picture counts, thinned to the plan's rate; a camera that went away is dialled again.

    Event time is the arrival less *delay_us*. Of the pictures of one period the first is taken, so that it is looked
    at before its slice ends. While a camera is dialled its client learns the stream, for seconds, and its pictures wait: what
    has not been waited for is passed over until the first one that has, since it is older than its arrival says.
    """

    def __init__(
        self, dial: Callable[[], Source], *, fps: float, delay_us: int, clock: Clock, chance: Callable[[], float] = lambda: 0.0
    ) -> None:
        """Use *dial* to open the camera, now and whenever it went away; it returns a source or raises.

        *chance*, 0..1, spreads the waits before it is dialled again.
        """
        self._dial, self._clock, self._chance = dial, clock, chance
        self._tries = 0
        self._period_us, self._delay_us = round(units.MICRO / fps), delay_us
        self._handed = HandedFeed()
        self.failures = 0

    def read_on(self, video: Source | None, stop: threading.Event) -> None:
        """Take pictures in until asked to stop; run it in a thread of its own."""
        period, old_until_us = -1, self._clock() + _BACKLOG_US
        while not stop.is_set():
            asked_us = self._clock()
            frame = video.read() if video is not None else None
            if frame is None and video is not None and video.damaged:
                continue  # one damaged picture is no reason to hang up
            if frame is None or video is None:
                self.failures += 1
                video = self._again(stop)
                old_until_us = self._clock() + _BACKLOG_US
                continue
            self._tries = 0
            now_us = self._clock()
            if now_us < old_until_us and now_us - asked_us < units.MICRO / video.fps / 2:
                continue
            old_until_us = 0
            event_us = now_us - self._delay_us
            if event_us // self._period_us > period:
                period = event_us // self._period_us
                self._handed.put(Shot(event_us=event_us, frame=frame))

    def next(self, stop: threading.Event) -> Shot | None:
        """The newest picture that nobody looked at, or one that was passed over; None when asked to stop or for none."""
        return self._handed.next(stop)

    def _again(self, stop: threading.Event) -> Source | None:
        self._tries += 1
        stop.wait(wait_s(self._tries, chance=self._chance()))
        try:
            return None if stop.is_set() else self._dial()
        except Exception:  # noqa: BLE001 - whatever dialling raises, the camera is away, and `camera.health` says stale
            return None


class HandedFeed:
    """Frames that are handed in with what is in them; `put` never waits: the newest counts, the one before is passed over."""

    def __init__(self) -> None:
        """Nothing yet."""
        self._ready = threading.Condition()
        self._newest: Shot | None = None
        self._passed: list[Shot] = []

    def put(self, shot: Shot) -> None:
        """Take a frame in."""
        with self._ready:
            if self._newest is not None:
                self._passed.append(Shot(event_us=self._newest.event_us, frame=None))
            self._newest = shot
            self._ready.notify()

    def next(self, stop: threading.Event) -> Shot | None:
        """The newest frame that nobody looked at, or one that was passed over; None when asked to stop or for none."""
        with self._ready:
            if self._newest is None and not self._passed and not stop.is_set():
                self._ready.wait(0.2)
            if self._passed:
                return self._passed.pop(0)
            shot, self._newest = self._newest, None
            return shot
