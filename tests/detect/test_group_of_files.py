"""Cameras of one process, with real files: one that is empty, damaged or changes its size touches no other."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from connectors.video import Video
from pipelines.detect.group import members_of
from pipelines.detect.making import group_of
from pipelines.events import CameraHealth, CrowdZones
from pipelines.settings import Settings
from plan.load import parse
from plan.model import Plan
from tests.detect.test_worker import NAME, PLAN

RNG = np.random.default_rng(11)
POINTS = [[0, 0], [320, 0], [320, 240], [0, 240]]


def picture(wide: int, high: int, at: int = 0) -> NDArray[np.uint8]:
    drawn = RNG.integers(90, 110, (high, wide, 3), dtype=np.uint8)
    drawn[high // 2 :, at : at + wide // 20] = 230
    return drawn


def film(path: Path, sizes: list[tuple[int, int]]) -> Path:
    """A stream of JPEG pictures; FFmpeg takes it for 25 a second."""
    made = [cv2.imencode(".jpg", picture(*size, at=number % 200))[1].tobytes() for number, size in enumerate(sizes)]
    path.write_bytes(b"".join(made))
    return path


def plan_of(sources: dict[str, Path]) -> Plan:
    """A plan whose cameras stand side by side, each over a zone of 10 m x 10 m."""
    cameras, zones = [], []
    for number, (camera, source) in enumerate(sources.items()):
        x = 10 * number
        metres = [[x, 10], [x + 10, 10], [x + 10, 0], [x, 0]]
        row = {"id": camera, "name": NAME, "at": [x, 0], "owns": [x, 0, x + 10, 10], "fps": 25, "kind": "video", "source": str(source)}
        cameras.append({**row, "calibration": {"pixels": POINTS, "metres": metres, "picture": [320, 240]}})
        zones.append({"id": f"zone-{camera}", "name": NAME, "area_type": "standing", "polygon": metres})
    return parse({**PLAN, "extent": [0, 0, 10 * len(sources), 10], "zones": zones, "cameras": cameras})


class Sent:
    """Keeps what is sent, of all cameras."""

    def __init__(self) -> None:
        self.records: list[Any] = []
        self.sent = 0

    def send(self, thing: str, record: Any, *, key: str = "", partition: int | None = None) -> None:
        self.records.append(record)

    def flush(self, timeout_s: float) -> None:
        pass

    def of(self, kind: type[Any], camera: str) -> list[Any]:
        return [record for record in list(self.records) if isinstance(record, kind) and record.camera == camera]


def eventually(so: Callable[[], bool]) -> bool:
    until_s = time.monotonic() + 60
    while time.monotonic() < until_s:
        if so():
            return True
        time.sleep(0.05)
    return False


def test_files_that_are_empty_damaged_or_change_their_size_touch_no_other_camera_of_the_process(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    well = film(tmp_path / "well.mjpeg", [(320, 240)] * 500)
    whole = well.read_bytes()
    empty, noise, torn = tmp_path / "empty.mp4", tmp_path / "noise.mp4", tmp_path / "torn.mjpeg"
    empty.touch()
    noise.write_bytes(b"\0" + RNG.bytes(50_000))
    torn.write_bytes(b"".join(whole[at : at + 4000] + RNG.bytes(300) for at in range(0, 200_000, 5000)))
    turns = film(tmp_path / "turns.mjpeg", [(320, 240)] * 25 + [(640, 480)] * 25 + [(320, 180)] * 25)
    wrong = film(tmp_path / "wrong.mjpeg", [(320, 180)] * 500)
    plan = plan_of({"empty": empty, "well": well, "noise": noise, "torn": torn, "turns": turns, "wrong": wrong})
    sent, stop = Sent(), threading.Event()
    settings = Settings(mode="drill-t", kafka="", backend="motion")
    group = group_of(settings, plan, members_of("empty,well,noise,torn,turns,wrong", plan), sent, lambda: sent)
    working = threading.Thread(target=group.work, args=(stop,))
    working.start()
    try:
        assert eventually(lambda: all(len(sent.of(CameraHealth, camera)) > 3 for camera in ("empty", "noise")))
        assert eventually(lambda: any(row.state == "moved" for row in sent.of(CameraHealth, "wrong")))
        sums = len(sent.of(CrowdZones, "well"))
        assert eventually(lambda: len(sent.of(CrowdZones, "well")) > sums + 10)
    finally:
        stop.set()
        working.join(20)
    assert not working.is_alive()
    slices = [row.slice_start_us for row in sent.of(CrowdZones, "well")]
    assert slices == list(range(slices[0], slices[-1] + 1, 200_000))  # none missing, none twice: it was begun once
    assert {row.state for row in sent.of(CameraHealth, "well")} == {"ok"}
    assert {row.state for camera in ("empty", "noise") for row in sent.of(CameraHealth, camera)} == {"stale"}
    assert {row.entries[0].skip_reason for row in sent.of(CrowdZones, "wrong") if row.entries[0].frames_expected} - {"", "behind"} == {
        "size changed"
    }
    assert not any(row.entries[0].frames_used for row in sent.of(CrowdZones, "wrong"))
    said = capsys.readouterr()
    assert "detect empty: video" in said.err
    assert "is empty (0 bytes)" in said.err
    assert "detect wrong: its picture is now 320 x 180, its calibration is for 320 x 240: not looked at" in said.out
    assert "detect well" not in said.out + said.err


def test_a_stream_that_changes_its_size_is_scaled_by_the_decoder_to_the_size_it_began_with(tmp_path: Path) -> None:
    film_ = Video(str(film(tmp_path / "turns.mjpeg", [(320, 240)] * 5 + [(640, 480)] * 5 + [(320, 180)] * 5)))
    assert {frame.shape for _, frame in film_} == {(240, 320, 3)}
    film_.close()
