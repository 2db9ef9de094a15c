"""Frames are spared where nothing is going on, and nowhere else."""

from __future__ import annotations

import itertools
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.detect.accuracy import street
from pipelines.detect.backends import Boxes, Frame, no_boxes
from pipelines.detect.backends.onnx import Onnx
from pipelines.detect.eye import Eye
from pipelines.detect.following import Following
from pipelines.detect.gate import Followed, GateSettings, faded, why_look
from pipelines.detect.picture import sample
from pipelines.detect.sight import Sight
from pipelines.detect.tracking import UNCONFIRMED, TrackerSettings
from pipelines.events import CrowdZones
from plan.load import parse
from plan.views import view_of
from tests.detect.test_worker import PLAN

FRAME_US = 100_000
SETTINGS = GateSettings()
LONG_US = SETTINGS.shortest_us


def followed(count: int, *, like: float = 0.95, gone: float = 0.0, elsewhere: int = 0) -> Followed:
    return Followed(
        boxes=np.tile(np.array([10, 10, 30, 60, 0.9, 0], dtype=np.float32), (count, 1)),
        like=np.full(count, like),
        gone=np.full(count, gone),
        elsewhere=elsewhere,
    )


@pytest.mark.parametrize(
    ("seen", "age_us", "why"),
    [
        (None, LONG_US, "nothing to carry"),
        (followed(1), SETTINGS.longest_us, "long ago"),
        (followed(SETTINGS.crowded), FRAME_US, "crowded"),
        (followed(1, elsewhere=SETTINGS.elsewhere), LONG_US, "something else moves"),
        (followed(1, like=0.3), LONG_US, "a box is doubtful"),
        (followed(1, gone=1.2), LONG_US, "a box has gone far"),
        (followed(SETTINGS.few + 1, gone=0.2, elsewhere=SETTINGS.elsewhere), FRAME_US, "something else moves"),
        (followed(SETTINGS.few, gone=0.2, elsewhere=SETTINGS.elsewhere), FRAME_US, ""),
        (followed(8), LONG_US, ""),
        (followed(0), LONG_US, ""),
    ],
)
def test_a_frame_is_looked_into_for_a_reason_that_has_a_name(seen: Followed | None, age_us: int, why: str) -> None:
    assert why_look(seen, age_us=age_us, settings=SETTINGS) == why


def test_a_carried_score_fades_until_it_can_begin_no_track() -> None:
    box = np.array([[10, 10, 30, 60, 0.8, 0]], dtype=np.float32)
    assert faded(box, age_us=SETTINGS.fades_us, settings=SETTINGS)[0, 4] == pytest.approx(0.4)
    assert faded(box, age_us=SETTINGS.longest_us, settings=SETTINGS)[0, 4] < TrackerSettings().sure_score
    assert box[0, 4] == np.float32(0.8)


class Room:
    """A room with one person in it, and a detector that finds whoever is there."""

    name = "room"

    def __init__(self) -> None:
        rng = np.random.default_rng(3)
        self.wall = cv2.resize(rng.uniform(90, 160, (30, 40)).astype(np.float32), (640, 480))
        self.coat = cv2.resize(rng.uniform(0, 90, (12, 5)).astype(np.float32), (80, 200))
        self.noise = rng
        self.people: list[tuple[int, int]] = []
        self.asked = 0

    def frame(self) -> Frame:
        grey = self.wall + self.noise.normal(0, 1.5, self.wall.shape)
        for x, y in self.people:
            grey[y : y + 200, x : x + 80] = self.coat
        return np.repeat(np.clip(grey, 0, 255).astype(np.uint8)[..., None], 3, axis=2)

    def detect(self, frame_bgr: Frame) -> Boxes:
        self.asked += 1
        rows = [(x, y, x + 80, y + 200, 0.9, 0) for x, y in self.people]
        return np.asarray(rows, dtype=np.float32).reshape(-1, 6) if rows else no_boxes()


class Watch:
    """The room through a gate, at ten frames a second."""

    def __init__(self) -> None:
        self.room = Room()
        self.sight = Sight(self.room, TrackerSettings(fps=10), following=Following())
        self._times = itertools.count(FRAME_US, FRAME_US)

    def step(self) -> tuple[Boxes, NDArray[np.int64], bool]:
        event_us, frame = next(self._times), self.room.frame()
        found = self.sight.look(event_us, frame, sample(frame))
        return found.boxes, self.sight.tracks(event_us, found), found.carried


def test_who_stands_still_is_looked_at_every_three_seconds_and_keeps_one_track() -> None:
    watch = Watch()
    watch.room.people = [(200, 200)]
    told = [watch.step() for _ in range(100)]
    assert watch.room.asked <= 6
    tracks = {int(track) for _, row, _ in told[1:] for track in row}
    assert len(tracks) == 1
    assert UNCONFIRMED not in tracks
    assert min(float(boxes[0, 4]) for boxes, _, carried in told if carried) < 0.4
    assert max(float(boxes[0, 4]) for boxes, _, carried in told if carried) < 0.9


def test_who_comes_into_an_empty_room_is_found_within_the_shortest_interval() -> None:
    watch = Watch()
    for _ in range(40):
        watch.step()
    watch.room.people = [(0, 200)]
    found = [len(watch.step()[0]) for _ in range(4)]
    assert found[-1] == 1


def test_who_walks_is_followed_between_looks() -> None:
    watch = Watch()
    watch.room.people = [(100, 200)]
    watch.step()
    off, carried = [], 0
    for number in range(1, 60):
        watch.room.people = [(100 + 6 * number, 200)]
        boxes, _, spared = watch.step()
        off.append(abs(float(boxes[0, 0]) - 100 - 6 * number))
        carried += spared
    assert carried > 25
    assert max(off) < 8


def test_who_left_is_not_carried_on() -> None:
    watch = Watch()
    watch.room.people = [(200, 200)]
    for _ in range(20):
        watch.step()
    watch.room.people = []
    left = [len(watch.step()[0]) for _ in range(5)]
    assert left[-1] == 0


def test_a_box_at_the_pictures_edge_or_without_size_is_looked_at_again_and_breaks_nothing() -> None:
    following, now = Following(), sample(Room().frame())
    boxes = np.array([[-5, 470, 3, 480, 0.9, 0], [639, 0, 640, 1, 0.9, 0], [700, 500, 720, 520, 0.9, 0]], dtype=np.float32)
    following.looked(0, now, boxes, width_px=640)
    assert following.carried(SETTINGS.shortest_us, now) is None


def test_a_picture_of_another_size_is_looked_into() -> None:
    following, now = Following(), sample(Room().frame())
    following.looked(0, now, no_boxes(), width_px=640)
    assert following.carried(FRAME_US, now[:-1]) is None
    assert following.carried(FRAME_US, now) is not None


@pytest.mark.parametrize("carried", [False, True])
def test_carried_frames_teach_nothing_about_a_cameras_noise(*, carried: bool) -> None:
    plan, rng = parse(PLAN), np.random.default_rng(2)
    eye, places = Eye(view_of(plan, plan.cameras[0]), start_us=0), rng.integers(100, 900, (20, 2))
    records = []
    for number in range(100):
        jitter = rng.normal(0, 12, (20, 2)).astype(np.int64)
        records += eye.frame(number * FRAME_US, np.arange(20), places + jitter, received_us=0, carried=carried)
    last = [record for record in records if isinstance(record, CrowdZones)][-1]
    assert (last.entries[0].noise_micro > 10_000) is not carried


def test_on_a_real_street_the_gate_costs_at_most_a_point_of_recall(videos: Path, weights: Path) -> None:
    assert Onnx(folder=weights).name == "onnx"
    found = street(videos.parent)
    assert found["recall"] - found["gated"]["recall"] <= 0.01
    assert found["gated"]["carried"] < 0.5
