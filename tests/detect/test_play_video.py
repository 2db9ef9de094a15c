"""A video played as a camera of its own."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from pipelines.errors import ConfigError
from pipelines.events import CameraHealth, CrowdZones
from plan import needs
from simulation.play_video import plan_for_video, play_video, stride

START_US = 1_760_000_000_000_000


class Recorder:
    """A player that keeps what it is sent."""

    stopped = False

    def __init__(self) -> None:
        self.clock_us = START_US
        self.records: list[Any] = []

    def advance(self, clock_us: int) -> None:
        assert clock_us >= self.clock_us
        self.clock_us = clock_us

    def send(self, records: list[Any], *, partition: int = 0) -> None:
        assert partition == 0
        self.records += records

    def finish(self) -> int:
        return self.clock_us


@pytest.fixture(scope="session")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six seconds from above, 40 px a metre: two without anybody, then three people who walk."""
    path = tmp_path_factory.mktemp("film") / "people.mp4"
    rng = np.random.default_rng(8)
    floor = cv2.resize(rng.normal(140, 12, (24, 32)).astype(np.float32), (640, 480))
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 10, (640, 480))
    for number in range(60):
        grey = floor + cv2.resize(rng.normal(0, 4, (240, 320)).astype(np.float32), (640, 480))
        frame = np.repeat(np.clip(grey, 0, 255).astype(np.uint8)[..., None], 3, axis=2)
        for row in range(3 if number >= 20 else 0):
            cv2.circle(frame, (100 + 4 * (number - 20), 100 + 130 * row), 9, (30, 30, 30), -1, cv2.LINE_AA)
        writer.write(frame)
    writer.release()
    return path


def test_with_a_scale_the_zone_is_the_picture_and_its_people_are_counted(people: Path) -> None:
    plan = plan_for_video(people, camera="cam-1", scale_px_per_m=40)
    assert plan.zones[0].polygon == ((0, 0), (16, 0), (16, 12), (0, 12))
    assert needs.results(plan) == ("crowd.density",)
    player = Recorder()
    last_us = play_video(people, plan, player, camera="cam-1", backend="auto")  # type: ignore[arg-type]  # plays no topic
    zones = [record for record in player.records if isinstance(record, CrowdZones)]
    assert [record.slice_start_us for record in zones] == list(range(START_US, last_us, 200_000))
    assert {record.received_us - record.slice_start_us for record in zones} == {200_000}
    settled = [record.entries[0] for record in zones[12:-1]]
    assert {(entry.frames_used, entry.n) for entry in settled} == {(2, 6)}
    moving = [entry for entry in settled if entry.n_v == 6]
    assert 95 < np.mean([entry.sum_vx / entry.n_v for entry in moving]) < 105  # 4 px a frame at 10 fps: 1 m/s


def test_without_calibration_nothing_speaks_of_density(people: Path) -> None:
    plan = plan_for_video(people, camera="cam-1")
    assert needs.results(plan) == ()
    assert plan.zones[0].name.zh == "画面"
    player = Recorder()
    play_video(people, plan, player, camera="cam-1", backend="motion")  # type: ignore[arg-type]  # plays no topic
    kinds = Counter(type(record).__name__ for record in player.records)
    assert set(kinds) == {"CameraHealth", "CameraPreview"}
    assert not any(record.calibrated for record in player.records if isinstance(record, CameraHealth))


def test_a_calibration_file_places_the_zone_around_its_points(people: Path, tmp_path: Path) -> None:
    file = tmp_path / "floor.yaml"
    file.write_text("pixels: [[0, 480], [640, 480], [500, 100], [140, 100]]\nmetres: [[0, 0], [8, 0], [8, 12], [0, 12]]\n")
    plan = plan_for_video(people, camera="cam-1", calibration=file)
    assert plan.extent == (0, 0, 8, 12)
    assert plan.cameras[0].calibration is not None


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("pixels: [", "is not YAML"),
        ("pixels: [[0, 0]]", "pixels"),
        ("[1, 2]", "calibration"),
        ("pixels: [[0,0],[1,0],[2,0],[3,0]]\nmetres: [[0,0],[1,0],[1,1],[0,1]]", "one line"),
    ],
)
def test_a_calibration_that_cannot_be_used_is_refused(people: Path, tmp_path: Path, text: str, sentence: str) -> None:
    file = tmp_path / "floor.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError, match=sentence):
        plan_for_video(people, camera="cam-1", calibration=file)


def test_a_scale_that_makes_the_picture_a_country_is_refused(people: Path) -> None:
    with pytest.raises(ConfigError, match="the picture would show"):
        plan_for_video(people, camera="cam-1", scale_px_per_m=0.5)


def test_a_fast_video_is_thinned_to_30_frames_a_second() -> None:
    assert [stride(fps) for fps in (5, 25, 29.97, 30, 50, 60, 120)] == [1, 1, 1, 1, 2, 2, 4]
