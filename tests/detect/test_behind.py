"""A worker that is too slow drops frames by rule and says so: expected, used, and skipped with the reason."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from pipelines.detect.backends import Boxes, Frame
from pipelines.detect.calibration import from_scale
from pipelines.detect.feeds import BEHIND, FileFeed
from pipelines.detect.worker import CameraWorker
from pipelines.events import CrowdZones
from pipelines.units import SLICE_US
from plan.load import parse
from plan.views import view_of
from tests.detect.test_worker import PLAN

BASE_US = 1_760_000_000_000_000
RNG = np.random.default_rng(6)


class Clock:
    """A clock that a slow backend and waiting move on."""

    def __init__(self) -> None:
        self.now_us = BASE_US

    def __call__(self) -> int:
        return self.now_us

    def wait(self, timeout: float | None = None) -> bool:
        self.now_us += round((timeout or 0) * 1_000_000)
        return False


class Slow:
    """Takes 900 ms for a frame of a camera that gives five a second."""

    name = "slow"

    def __init__(self, clock: Clock) -> None:
        self.clock = clock

    def detect(self, frame_bgr: Frame) -> Boxes:
        self.clock.now_us += 900_000
        return np.array([[100, 100, 120, 120, 0.9, 0]], dtype=np.float32)


class Noise:
    """An endless film of live pictures."""

    fps, frames, damaged = 5.0, 10_000, False

    def read(self) -> Frame:
        return RNG.integers(60, 180, (400, 400, 3), dtype=np.uint8)

    def skip(self) -> bool:
        return True

    def seek(self, index: int) -> None:
        pass


def closed(worker: CameraWorker, clock: Clock) -> list[Any]:
    return worker.close_until(clock.now_us - clock.now_us % SLICE_US, received_us=clock.now_us)


def test_what_a_slow_backend_cannot_look_at_is_skipped_as_behind_and_its_picture_never_grows_old() -> None:
    clock, stop, plan = Clock(), threading.Event(), parse(PLAN)
    stop.wait = clock.wait  # type: ignore[method-assign]  # the test's own time
    feed = FileFeed(Noise(), base_us=BASE_US, clock=clock)
    worker = CameraWorker(
        camera="cam-1",
        backend=Slow(clock),
        jpeg=lambda _: b"",
        start_us=BASE_US,
        size_px=(400, 400),
        fps=5,
        view=view_of(plan, plan.cameras[0]),
        floor=from_scale(40, height_px=400),
    )
    records, ages = list[Any](), []
    while clock.now_us < BASE_US + 30_000_000:
        shot = feed.next(stop)
        assert shot is not None
        if shot.frame is None:
            records += worker.skip(shot.event_us, BEHIND, received_us=clock.now_us)
        else:
            ages.append(clock.now_us - shot.event_us)
            looked = worker.look(shot.event_us, shot.frame)
            records += closed(worker, clock)  # another thread does it, whatever the backend takes
            records += worker.take(shot.event_us, looked, received_us=clock.now_us)
        records += closed(worker, clock)
    zones = [record.entries[0] for record in records if isinstance(record, CrowdZones)]
    expected, used, skipped = (sum(getattr(row, name) for row in zones) for name in ("frames_expected", "frames_used", "frames_skipped"))
    assert max(ages) < SLICE_US
    assert expected == len(zones)
    assert used == 0  # each answer comes after its slice was sent
    assert skipped >= 0.9 * expected
    assert {row.skip_reason for row in zones} - {""} == {BEHIND}
