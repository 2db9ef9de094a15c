"""One camera's records, from made frames and a backend that says what it is told."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from pipelines.detect.backends import Boxes, Frame, no_boxes
from pipelines.detect.calibration import Floor, from_scale
from pipelines.detect.routing import address
from pipelines.detect.worker import CameraWorker, feet
from pipelines.events import CameraFrame, CameraHealth, CameraPreview, CrowdZones, StageHealth
from plan.defaults import AREA_TYPES, LOS
from plan.load import parse
from plan.views import view_of

START_US = 1_760_000_000_000_000
FRAME_US = 200_000
FLOOR = from_scale(40, height_px=400)  # 400 x 400 px show 10 m x 10 m
RNG = np.random.default_rng(4)
NAME = {"en": "hall", "zh": "厅"}
PLAN = {
    "version": 1,
    "event": {"id": "e", "site": "s", "name": NAME, "venue": NAME},
    "extent": [0, 0, 10, 10],
    "phases": [{"id": "show", "name": NAME}],
    "phase": "show",
    "area_types": list(AREA_TYPES),
    "los": list(LOS),
    "zones": [{"id": "hall", "name": NAME, "area_type": "standing", "polygon": [[0, 0], [10, 0], [10, 10], [0, 10]]}],
    "cameras": [
        {
            "id": "cam-1",
            "name": NAME,
            "at": [0, 0],
            "owns": [0, 0, 10, 10],
            "fps": 5,
            "kind": "video",
            "calibration": {"pixels": [[0, 0], [400, 0], [400, 400], [0, 400]], "metres": [[0, 10], [10, 10], [10, 0], [0, 0]]},
        }
    ],
}


class Told:
    """A backend that finds what it is told."""

    name = "told"

    def __init__(self) -> None:
        self.boxes = no_boxes()
        self.asked = 0

    def detect(self, frame_bgr: Frame) -> Boxes:
        assert frame_bgr.shape == (400, 400, 3)
        self.asked += 1
        return self.boxes


def live_picture() -> NDArray[np.uint8]:
    return RNG.integers(60, 180, (400, 400, 3), dtype=np.uint8)


def worker_of(told: Told, *, floor: Floor | None = FLOOR) -> CameraWorker:
    plan = parse(PLAN)
    view = view_of(plan, plan.cameras[0])
    return CameraWorker(
        camera="cam-1",
        backend=told,
        jpeg=lambda _: b"jpeg",
        start_us=START_US,
        size_px=(400, 400),
        fps=1_000_000 / FRAME_US,
        view=view if floor else None,
        floor=floor,
    )


def run(worker: CameraWorker, pictures: Iterable[NDArray[np.uint8]], *, first: int = 0) -> list[Any]:
    out: list[Any] = []
    for number, picture in enumerate(pictures, start=first):
        event_us = START_US + number * FRAME_US
        out += worker.close_until(event_us, received_us=event_us)
        out += worker.take(event_us, worker.look(event_us, picture), received_us=event_us)
    return out


def of(kind: type[Any], records: Iterable[Any]) -> list[Any]:
    return [record for record in records if isinstance(record, kind)]


def test_people_are_counted_in_the_zone_from_the_second_frame_on() -> None:
    told = Told()
    told.boxes = np.array([[100, 100, 120, 120, 0.9, 0], [200, 300, 220, 320, 0.9, 0], [300, 50, 340, 90, 0.9, 2]], dtype=np.float32)
    records = run(worker_of(told), (live_picture() for _ in range(11)))
    zones = [record.entries[0] for record in of(CrowdZones, records)]
    assert [(row.frames_used, row.frames_skipped, row.n) for row in zones] == [(0, 1, 0)] + [(1, 0, 2)] * 9
    assert zones[0].skip_reason == "no tracks yet"
    frames = of(CameraFrame, records)
    assert [frame.people for frame in frames] == [2] * 10
    assert of(CameraHealth, records)[-1].people == 2


def test_a_frozen_picture_gives_no_frames_and_says_so_at_once() -> None:
    told, still = Told(), live_picture()
    worker = worker_of(told)
    run(worker, (live_picture() for _ in range(5)))
    records = run(worker, (still for _ in range(30)), first=5)
    zones = [record.entries[0] for record in of(CrowdZones, records)]
    assert (zones[-1].frames_used, zones[-1].frames_skipped, zones[-1].skip_reason) == (0, 1, "frozen")
    change = next(record for record in of(CameraHealth, records) if record.state == "frozen")
    assert (change.since_us, change.people) == (START_US + 5 * FRAME_US, -1)
    assert change.event_time_us == START_US + 20 * FRAME_US
    assert told.asked < 30


def test_slices_are_closed_and_staleness_is_told_without_a_frame() -> None:
    worker = worker_of(Told())
    run(worker, (live_picture() for _ in range(5)))
    out: list[Any] = []
    for number in range(5, 30):
        end = START_US + number * FRAME_US
        out += worker.close_until(end, received_us=end)
    assert [record.slice_start_us for record in of(CrowdZones, out)] == [START_US + number * FRAME_US for number in range(4, 29)]
    assert [record.entries[0].frames_used for record in of(CrowdZones, out)] == [1] + [0] * 24
    states = [record.state for record in of(CameraHealth, out)]
    assert states == ["ok", "ok", "stale", "stale", "stale", "stale"]


def test_health_comes_every_second_with_the_true_rate() -> None:
    reports = of(CameraHealth, run(worker_of(Told()), (live_picture() for _ in range(51))))
    assert [(report.event_time_us - START_US) // 1_000_000 for report in reports] == list(range(11))
    assert {report.fps for report in reports[1:]} == {5.0}
    assert {(report.width_px, report.height_px, report.calibrated) for report in reports} == {(400, 400, True)}


def test_previews_come_about_four_times_a_second_with_their_boxes() -> None:
    told = Told()
    told.boxes = np.array([[100, 100, 120, 120, 0.5, 0]], dtype=np.float32)
    previews = of(CameraPreview, run(worker_of(told), (live_picture() for _ in range(50))))
    assert 36 <= len(previews) <= 45
    assert (previews[0].width_px, previews[0].jpeg) == (400, b"jpeg")
    assert np.frombuffer(previews[3].boxes, "<f4").reshape(-1, 6).tolist() == [[100, 100, 120, 120, 0.5, 0]]


def test_a_camera_without_calibration_counts_people_but_gives_no_sums() -> None:
    told = Told()
    told.boxes = np.array([[100, 100, 120, 120, 0.9, 0]], dtype=np.float32)
    records = run(worker_of(told, floor=None), (live_picture() for _ in range(11)))
    assert {type(record) for record in records} == {CameraHealth, CameraPreview}
    last = of(CameraHealth, records)[-1]
    assert (last.calibrated, last.people) == (False, 1)


def test_people_stand_in_the_middle_of_a_box_from_above_and_at_its_lower_edge_from_the_side() -> None:
    boxes = np.array([[10, 20, 30, 60, 1, 0]], dtype=np.float32)
    assert feet(boxes, from_above=True).tolist() == [[20, 40]]
    assert feet(boxes, from_above=False).tolist() == [[20, 60]]


def test_sums_that_are_late_go_elsewhere() -> None:
    record = CrowdZones(camera="cam-1", slice_start_us=START_US, received_us=START_US + 300_001, plan="p")
    assert (address(record, camera_index=6).thing, address(record, camera_index=6).partition) == ("crowd.late", 0)
    record = CrowdZones(camera="cam-1", slice_start_us=START_US, received_us=START_US + 300_000, plan="p")
    assert (address(record, camera_index=6).thing, address(record, camera_index=6).partition) == ("crowd.zones", 2)


def test_a_camera_sends_no_foreign_records() -> None:
    with pytest.raises(TypeError, match="StageHealth"):
        address(StageHealth(stage="", at_us=0, taken=0, given=0, late=0, clamped=0, refused=0, lag=0, tick_age_us=0), camera_index=0)
