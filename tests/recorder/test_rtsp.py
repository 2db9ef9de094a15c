"""Recording from a camera that speaks RTSP: a server of the tests' own, and PyAV's FFmpeg as the client."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.recorded import examine
from connectors.stream import CameraStream
from pipelines.errors import TransientError
from pipelines.recorder.clips import make_clip
from tests.recorder.conftest import Station
from tests.recorder.films import film
from tests.recorder.test_camera import pictures
from tests.rtsp import CLOCK_HZ, Camera, film_of

FPS = 25


@pytest.fixture
def cameras() -> Iterator[list[Camera]]:
    found: list[Camera] = []
    yield found
    for camera in found:
        camera.close()


def units(body: bytes) -> list[bytes]:
    return [unit.rstrip(b"\0") for unit in body.split(b"\0\0\1") if unit.strip(b"\0")]


@pytest.mark.parametrize("most_bytes", [1400, 100], ids=["whole units", "fragments"])
def test_the_packets_are_what_the_camera_sent_at_its_own_times(cameras: list[Camera], most_bytes: int) -> None:
    shown = film_of(film(seconds=4, fps=FPS))
    cameras.append(Camera([shown], user="guard", password="hunter2", most_bytes=most_bytes))
    stream = CameraStream(cameras[0].address())
    stream.start()
    try:
        came = [(arrived.pts_us, arrived.key, arrived.damaged, units(arrived.body)) for arrived in stream.packets()]
    finally:
        stream.close()
    assert (stream.codec, stream.is_live) == ("h264", True)
    assert [row[3] for row in came] == [sent for _, sent in shown.pictures]
    # the times of the stream run over their 32 bits in the middle, and FFmpeg gives the first packet none
    assert [row[0] for row in came] == pytest.approx([ticks * 1_000_000 / CLOCK_HZ for ticks, _ in shown.pictures], abs=2)
    assert [number for number, row in enumerate(came) if row[1]] == list(range(0, 4 * FPS, 10))
    assert not any(row[2] for row in came)
    assert (cameras[0].fragments > 0) == (most_bytes == 100)
    assert "GET_PARAMETER" in cameras[0].asked, "a sign of life, or a camera ends the session"


def test_parameter_sets_that_stand_in_the_description_alone_come_into_every_file(
    tmp_path: Path, cameras: list[Camera], stations: list[Station]
) -> None:
    cameras.append(Camera([film_of(film(seconds=4, fps=FPS), sets_in_band=False)]))
    stations.append(Station(tmp_path / "r", cameras[0].address()))
    stations[0].wait(lambda: len(stations[0].made) >= 3)
    for row in stations[0].made[:3]:
        assert pictures(tmp_path / "r" / row.file) == row.frames > 0
        assert (row.codec, row.width_px, row.height_px, row.damaged) == ("h264", 160, 120, 0)
    first, last = stations[0].made[0], stations[0].made[2]
    made = make_clip(stations[0].library, "c1", from_us=first.start_us, until_us=last.end_us, out=tmp_path / "clip.mp4")
    assert pictures(tmp_path / "clip.mp4") == made.pictures >= first.frames


def test_a_wrong_password_is_refused_in_a_sentence_without_it(tmp_path: Path, cameras: list[Camera], stations: list[Station]) -> None:
    cameras.append(Camera([film_of(film(seconds=1))], user="guard", password="hunter2"))
    with pytest.raises(TransientError, match="401 Unauthorized") as refused:
        CameraStream(cameras[0].address("swordfish")).start()
    stations.append(Station(tmp_path, cameras[0].address("swordfish")))
    stations[0].wait(lambda: stations[0].recorder._said != "")
    assert "swordfish" not in str(refused.value) + stations[0].recorder._said
    assert (cameras[0].refused >= 2, cameras[0].plays) == (True, 0)


def test_a_camera_that_goes_away_and_comes_back_with_another_size_is_recorded_on(
    tmp_path: Path, cameras: list[Camera], stations: list[Station]
) -> None:
    small, large = film_of(film(seconds=8, fps=FPS)), film_of(film(seconds=3, fps=FPS, size=(320, 240)))
    cameras.append(Camera([small, large], user="guard", password="hunter2", cut_after=2 * FPS))
    stations.append(Station(tmp_path, cameras[0].address(), segment_us=30_000_000))
    stations[0].wait(lambda: len(stations[0].made) >= 2)
    first, second = stations[0].made[:2]
    assert (first.ended, first.width_px, first.height_px) == ("lost", 160, 120)
    assert (second.frames, second.width_px, second.height_px) == (3 * FPS, 320, 240)
    assert FPS < first.frames <= 2 * FPS
    assert second.gap_us == second.start_us - first.end_us > 0
    assert [examine(tmp_path / row.file).width_px for row in (first, second)] == [160, 320]
