"""What cannot be decoded is refused with a sentence that says why."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from connectors.addressing import without_password
from connectors.video import JPEG_MOST_BYTES, Video, jpeg
from pipelines.errors import ConfigError


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty frames at 8 fps; the grey of a frame is 5 times its number."""
    path = tmp_path_factory.mktemp("film") / "grey.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 8, (160, 120))
    for number in range(40):
        writer.write(np.full((120, 160, 3), 5 * number, dtype=np.uint8))
    writer.release()
    return path


def test_a_video_gives_its_frames_with_their_times(film: Path) -> None:
    video = Video(str(film))
    assert (video.fps, video.frames, video.width_px, video.height_px, video.is_live) == (8, 40, 160, 120, False)
    times, frames = zip(*video, strict=True)
    assert times[:3] == (0, 0.125, 0.25)
    assert len(frames) == 40


def test_the_true_rate_may_be_given(film: Path) -> None:
    assert [time for time, _ in Video(str(film), fps=4)][:2] == [0, 0.25]


def test_seeking_lands_on_the_frame_asked_for(film: Path) -> None:
    greys = [int(frame.mean()) for _, frame in Video(str(film))]
    assert len(set(greys)) == 40
    video = Video(str(film))
    for index in (20, 3, 33, 0):
        video.seek(index)
        frame = video.read()
        assert frame is not None
        assert int(frame.mean()) == greys[index]


@pytest.mark.parametrize(
    ("name", "body", "sentence"),
    [
        ("empty.mp4", b"", "is empty"),
        ("notes.txt", b"people come in at gate C\n" * 40, "is a text file, not a video"),
        ("notes.mp4", "门口有人\n".encode() * 40, "is a text file, not a video"),
        ("broken.mp4", bytes(range(256)) * 20, "cannot be decoded"),
    ],
)
def test_a_file_that_is_no_video_is_refused(tmp_path: Path, name: str, body: bytes, sentence: str) -> None:
    path = tmp_path / name
    path.write_bytes(body)
    with pytest.raises(ConfigError, match=sentence):
        Video(str(path))


def test_a_truncated_video_is_refused(tmp_path: Path, film: Path) -> None:
    path = tmp_path / "cut.mp4"
    path.write_bytes(film.read_bytes()[:500])
    with pytest.raises(ConfigError, match=r"cannot be decoded|no picture"):
        Video(str(path))


def damaged(film: Path, out: Path, pictures: range) -> Path:
    """The film with the heads of some of its pictures spoilt: they cannot be decoded."""
    body, start = bytearray(film.read_bytes()), b"\0\0\1\xb6"  # of a picture, in MPEG-4 part 2
    heads = [at for at in range(len(body)) if body.startswith(start, at)]
    assert len(heads) == 40
    for number in pictures:
        body[heads[number] : heads[number] + 8] = b"\xff" * 8
    out.write_bytes(body)
    return out


def test_pictures_that_are_damaged_do_not_end_a_film_and_their_time_passes(tmp_path: Path, film: Path) -> None:
    video = Video(str(damaged(film, tmp_path / "damaged.mp4", range(20, 23))))
    times = [time for time, _ in video]
    assert times == [number / 8 for number in range(40) if number not in (20, 21, 22)]


def test_seeking_past_damaged_pictures_lands_on_the_frame_asked_for(tmp_path: Path, film: Path) -> None:
    greys = [int(frame.mean()) for _, frame in Video(str(film))]
    video = Video(str(damaged(film, tmp_path / "damaged.mp4", range(20, 23))))
    for index in (30, 9, 24, 39):
        video.seek(index)
        frame = video.read()
        assert frame is not None
        assert int(frame.mean()) == greys[index]


def test_a_film_of_which_nothing_more_can_be_decoded_ends(tmp_path: Path, film: Path) -> None:
    video = Video(str(damaged(film, tmp_path / "damaged.mp4", range(10, 40))))
    assert len(list(video)) == 10
    assert not video.damaged
    assert video.read() is None


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no such file"):
        Video(str(tmp_path / "none.mp4"))
    with pytest.raises(ConfigError, match="cannot be read"):
        Video(str(tmp_path))


def test_a_camera_that_does_not_answer_is_refused_without_its_password() -> None:
    with pytest.raises(ConfigError, match="does not answer") as refused:
        Video("rtsp://guard:secret@127.0.0.1:9/stream")
    assert "secret" not in str(refused.value)


def test_a_nonsense_rate_is_refused(film: Path) -> None:
    with pytest.raises(ConfigError, match="fps"):
        Video(str(film), fps=0)


def test_a_preview_is_small_whatever_the_picture() -> None:
    rng = np.random.default_rng(1)
    body = jpeg(rng.integers(0, 255, (1080, 1920, 3), dtype=np.uint8))
    assert 0 < len(body) <= JPEG_MOST_BYTES
    shown = cv2.imdecode(np.frombuffer(body, np.uint8), cv2.IMREAD_COLOR)
    assert shown is not None
    assert shown.shape == (540, 960, 3)


def test_passwords_do_not_show() -> None:
    assert without_password("rtsp://u:p@10.0.0.1/s?x=1") == "rtsp://10.0.0.1/s?x=1"
