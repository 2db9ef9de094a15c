"""A calibration belongs to a picture: one of another size is scaled, one of other proportions is not believed, until it is back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from pipelines.detect.backends import Boxes, Frame
from pipelines.detect.backends.metadata import Found
from pipelines.detect.backends.motion import Motion
from pipelines.detect.calibration import Floor, floor_in, from_points, from_scale, scale_between
from pipelines.detect.fit import Fit
from pipelines.detect.frames import unpack
from pipelines.detect.worker import CameraWorker
from pipelines.events import CameraFrame, CameraHealth, CameraPreview, CrowdZones
from plan.load import parse
from plan.views import view_of
from tests.detect.test_worker import FRAME_US, PLAN, START_US

RNG = np.random.default_rng(5)
SCENE = np.asarray(cv2.GaussianBlur(RNG.integers(40, 220, (400, 400, 3), dtype=np.uint8), (0, 0), 3), dtype=np.uint8)
SIDE = from_points([(0, 400), (400, 400), (300, 100), (100, 100)], [(0, 0), (10, 0), (10, 10), (0, 10)])
PERSON = np.array([[100, 100, 120, 140, 0.9, 0], [300, 300, 340, 380, 0.9, 0]], dtype=np.float32)
SIGN = (296.0, 296.0, 344.0, 384.0)


class Scene:
    """A backend that sees the same people in a picture of any size: boxes of the 400 x 400 one, scaled."""

    name = "scene"

    def __init__(self) -> None:
        self.boxes = PERSON
        self.asked: list[tuple[int, int]] = []

    def detect(self, frame_bgr: Frame) -> Boxes:
        high, wide = frame_bgr.shape[:2]
        self.asked.append((wide, high))
        return np.asarray(self.boxes * np.array([wide / 400, high / 400, wide / 400, high / 400, 1, 1]), dtype=np.float32)


def picture(wide: int = 400, high: int = 400) -> NDArray[np.uint8]:
    noisy = np.clip(cv2.resize(SCENE, (wide, high)).astype(np.int16) + RNG.integers(-6, 7, (high, wide, 3)), 0, 255)
    return np.asarray(noisy, dtype=np.uint8)


def worker_of(scene: Scene, *, made_px: tuple[int, int] | None = (400, 400), floor: Floor | None = SIDE, **more: Any) -> CameraWorker:
    plan = parse(PLAN)
    return CameraWorker(
        camera="cam-1",
        backend=scene,
        jpeg=lambda _: b"jpeg",
        start_us=START_US,
        size_px=(400, 400),
        fps=5,
        view=view_of(plan, plan.cameras[0]) if floor is not None else None,
        floor=floor,
        made_px=made_px,
        **more,
    )


class Run:
    """Feeds a worker frame after frame."""

    def __init__(self, worker: CameraWorker) -> None:
        self.worker, self.number = worker, 0
        self.said: list[str] = []

    def frames(self, pictures: Iterable[NDArray[np.uint8]]) -> list[Any]:
        out: list[Any] = []
        for shown in pictures:
            event_us = START_US + self.number * FRAME_US
            out += self.worker.close_until(event_us, received_us=event_us)
            looked = self.worker.look(event_us, shown)
            self.said += [looked.turned] if looked.turned else []
            out += self.worker.take(event_us, looked, received_us=event_us)
            self.number += 1
        return out


def of(kind: type[Any], records: Iterable[Any]) -> list[Any]:
    return [record for record in records if isinstance(record, kind)]


def where(records: Iterable[Any]) -> list[tuple[tuple[float, ...], tuple[int, ...]]]:
    """Of each frame the places of its people, in steps of 2 cm, and their tracks."""
    rows = [unpack(frame.positions, origin_cm=(0, 0)) for frame in of(CameraFrame, records)]
    return [(tuple(np.round(places / 2).ravel().tolist()), tuple(tracks.tolist())) for places, _, tracks in rows]


@pytest.mark.parametrize(
    ("made", "now", "scale"),
    [
        ((1920, 1080), (1920, 1080), (1.0, 1.0)),
        ((1920, 1080), (960, 540), (0.5, 0.5)),
        ((1920, 1080), (3840, 2160), (2.0, 2.0)),
        ((1920, 1080), (854, 480), (854 / 1920, 480 / 1080)),  # an encoder wants even sides
        ((1920, 1080), (1920, 1088), None),
        ((1920, 1080), (1440, 1080), None),
        ((1920, 1080), (1080, 1920), None),
        ((768, 576), (640, 480), (640 / 768, 480 / 576)),
        ((704, 576), (640, 480), None),
    ],
)
def test_only_pictures_of_the_same_proportions_have_a_scale(
    made: tuple[int, int], now: tuple[int, int], scale: tuple[float, float] | None
) -> None:
    assert scale_between(made, now) == scale


def test_a_scaled_floor_is_the_same_floor() -> None:
    pixels = np.array([[40.0, 350.0], [390.0, 120.0], [200.0, 220.0]])
    scaled = floor_in(SIDE, (400, 400), (800, 800))
    assert scaled is not None
    np.testing.assert_allclose(scaled.apply(pixels * 2), SIDE.apply(pixels))
    assert floor_in(SIDE, (400, 400), (800, 600)) is SIDE


def test_people_stand_where_they_stood_when_the_camera_is_set_to_another_size() -> None:
    run = Run(worker_of(Scene()))
    before = where(run.frames(picture() for _ in range(10)))
    after = where(run.frames(picture(800, 800) for _ in range(10)))
    again = where(run.frames(picture() for _ in range(10)))
    assert len(before) == len(after) == len(again) == 9  # the first frame of each size makes no track
    places = [{place for place, _ in frames} for frames in (before, after, again)]
    assert places[0] == places[1] == places[2]
    tracks = [{track for _, numbers in frames for track in numbers} for frames in (before, after, again)]
    assert [len(numbers) for numbers in tracks] == [2, 2, 2]
    assert len(set.union(*tracks)) == 6  # nobody is taken for somebody of the other size
    assert run.said == [
        "its picture is now 800 x 800, its calibration is for 400 x 400: scaled to it",
        "its picture is now 400 x 400, its calibration is for 400 x 400: as it was made",
    ]


def test_a_camera_that_begins_at_another_size_than_its_calibration_is_scaled_and_says_so() -> None:
    made = where(Run(worker_of(Scene())).frames(picture() for _ in range(5)))
    run = Run(worker_of(Scene()))
    records = run.frames(picture(200, 200) for _ in range(5))
    assert [place for place, _ in where(records)] == [place for place, _ in made]
    assert len(run.said) == 1
    assert {(row.width_px, row.calibrated, row.state) for row in of(CameraHealth, records)} == {(200, True, "ok")}


def test_masks_lie_where_they_lay() -> None:
    scene = Scene()
    run = Run(worker_of(scene, masks=(SIGN,)))
    for size in (400, 800, 200):
        assert {row.people for row in of(CameraHealth, run.frames(picture(size, size) for _ in range(12))[-3:])} <= {1}
    previews = of(CameraPreview, run.frames(picture(200, 200) for _ in range(4)))
    assert np.frombuffer(previews[-1].boxes, "<f4").reshape(-1, 6)[:, :4].tolist() == [[50, 50, 60, 70]]  # of the picture that came


def test_a_picture_of_other_proportions_makes_its_zones_unknown_at_once_and_the_camera_moved() -> None:
    scene = Scene()
    run = Run(worker_of(scene))
    run.frames(picture() for _ in range(10))
    asked = len(scene.asked)
    records = run.frames(picture(400, 300) for _ in range(25))
    assert len(scene.asked) == asked
    assert not of(CameraFrame, records)
    used = [(row.entries[0].frames_used, row.entries[0].skip_reason) for row in of(CrowdZones, records)]
    assert used == [(1, ""), *[(0, "size changed")] * 24]
    health = of(CameraHealth, records)
    assert [row.state for row in health][-2:] == ["moved", "moved"]
    assert not any(row.calibrated or row.people >= 0 for row in health[2:])
    assert of(CameraPreview, records)  # what it shows can still be seen
    assert run.said == ["its picture is now 400 x 300, its calibration is for 400 x 400: not looked at, its zones are unknown"]


def test_the_camera_is_well_again_by_itself_when_its_size_comes_back() -> None:
    run = Run(worker_of(Scene()))
    before = where(run.frames(picture() for _ in range(10)))
    run.frames(picture(400, 300) for _ in range(25))
    records = run.frames(picture() for _ in range(25))
    assert of(CameraHealth, records)[-1].state == "ok"
    assert of(CameraHealth, records)[-1].calibrated
    assert of(CrowdZones, records)[-1].entries[0].frames_used == 1
    assert where(records)[-1][0] == before[-1][0]


def test_a_black_picture_of_another_size_is_black() -> None:
    run = Run(worker_of(Scene()))
    run.frames(picture() for _ in range(10))
    records = run.frames(np.zeros((300, 400, 3), dtype=np.uint8) for _ in range(25))
    assert of(CameraHealth, records)[-1].state == "black"


def test_without_a_size_in_the_plan_the_first_picture_is_the_one_that_was_meant() -> None:
    run = Run(worker_of(Scene(), made_px=None))
    assert where(run.frames(picture() for _ in range(5)))
    assert not where(run.frames(picture(400, 300) for _ in range(5)))
    assert run.said[-1].startswith("its picture is now 400 x 300, its calibration is for 400 x 400")


def test_a_camera_without_calibration_counts_in_pictures_of_any_size() -> None:
    run = Run(worker_of(Scene(), floor=None))
    run.frames(picture() for _ in range(6))
    records = run.frames(picture(400, 300) for _ in range(12))
    assert (of(CameraHealth, records)[-1].people, of(CameraHealth, records)[-1].state, run.said) == (2, "ok", [])


def test_boxes_of_a_gpu_are_scaled_by_the_size_that_came_with_them() -> None:
    workers = [worker_of(Scene()), worker_of(Scene())]
    seen = []
    for worker, size in zip(workers, (400, 1600), strict=True):
        boxes = np.asarray(PERSON * np.array([size / 400] * 4 + [1, 1]), dtype=np.float32)
        out: list[Any] = []
        for number in range(4):
            event_us = START_US + number * FRAME_US
            found = Found(boxes=boxes, tracks=np.array([1, 2]), size_px=(size, size))
            out += worker.take(event_us, worker.handed(event_us, picture(), found), received_us=event_us)
        seen.append(where(out))
    assert seen[0] == seen[1] != []


def test_who_lies_down_is_judged_by_the_same_heights_in_a_picture_of_another_size() -> None:
    told: list[list[float]] = []
    for size in (400, 800):
        fit = Fit((400, 400), matters=True)
        fit.turn_to((size, size))
        boxes = np.asarray(PERSON * np.array([size / 400] * 4 + [1, 1]), dtype=np.float32)
        told.append(SIDE.shapes(fit.as_made(boxes)[:, :4], from_above=False).ravel().tolist())
    assert told[0] == pytest.approx(told[1], rel=1e-5)


def test_a_backend_that_remembers_is_made_anew_for_another_size() -> None:
    made: list[tuple[tuple[int, int], float]] = []

    def another(size_px: tuple[int, int], floor: Floor | None) -> Motion:
        assert floor is not None
        made.append((size_px, floor.px_per_m((size_px[0] / 2, size_px[1] / 2))))
        return Motion()

    above = from_scale(40, height_px=400)
    run = Run(worker_of(Scene(), floor=above, another=another))
    for size in (400, 800, 800, 400):
        run.frames(picture(size, size) for _ in range(3))
    run.frames(picture(400, 300) for _ in range(3))
    run.frames(picture(400, 400) for _ in range(3))
    assert [(size, round(scale)) for size, scale in made] == [((800, 800), 80), ((400, 400), 40)]


def test_an_unsharp_picture_is_held_against_pictures_of_its_own_size() -> None:
    tiles = np.kron(RNG.integers(40, 220, (25, 25, 3)), np.ones((8, 8, 1))).astype(np.uint8)
    soft = np.asarray(cv2.resize(tiles, (1600, 1600), interpolation=cv2.INTER_CUBIC), dtype=np.uint8)
    run = Run(worker_of(Scene()))
    states = set()
    for shown in (tiles, soft):
        noise = [RNG.integers(-6, 7, shown.shape) for _ in range(3)]
        records = run.frames(np.clip(shown + noise[number % 3], 0, 255).astype(np.uint8) for number in range(30))
        states |= {row.state for row in of(CameraHealth, records)}
    assert states == {"ok"}
