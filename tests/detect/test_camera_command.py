"""`muster camera calibrate` says how good pairs of points are, and what is wrong with bad ones."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer
import yaml

from cli import camera
from plan.model import Calibration

PIXELS = [[100, 1000], [1800, 1000], [700, 400], [1200, 400], [950, 640]]
METRES = [[0, 0], [10, 0], [0, 40], [10, 40], [5, 12.245]]


def written(folder: Path, pixels: list[list[float]], metres: list[list[float]]) -> Path:
    path = folder / "points.yaml"
    path.write_text(yaml.safe_dump({"pixels": pixels, "metres": metres}), encoding="utf-8")
    return path


def test_each_pair_is_held_against_a_floor_of_the_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    camera.calibrate(written(tmp_path, PIXELS, METRES), size="1920x1080", error_px=3)
    said = capsys.readouterr().err
    assert " ".join(said.split()).count("when the others alone make the floor") == 5
    assert "above the horizon" in said


def test_the_points_are_written_with_the_size_of_the_picture_as_a_plan_has_them(tmp_path: Path) -> None:
    out = tmp_path / "out.yaml"
    camera.calibrate(written(tmp_path, PIXELS, METRES), size="1920x1080", error_px=3, out=out)
    loaded = Calibration.model_validate(yaml.safe_load(out.read_text(encoding="utf-8")))
    assert (loaded.picture, [list(point) for point in loaded.pixels]) == ((1920, 1080), PIXELS)
    camera.calibrate(out, error_px=3)  # what was written is read, and knows its size


def test_a_video_of_the_camera_says_the_size(tmp_path: Path, videos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    points = written(tmp_path, [[x / 3, y / 2] for x, y in PIXELS], METRES)
    out = tmp_path / "out.yaml"
    camera.calibrate(points, video=videos / "vtest.avi", error_px=3, out=out)
    assert yaml.safe_load(out.read_text(encoding="utf-8"))["picture"] == [768, 576]
    assert "for a picture of 768 x 576" in capsys.readouterr().err
    with pytest.raises(typer.Exit):
        camera.calibrate(out, size="1920x1080", error_px=3)
    assert "its `picture` says 768 x 576, --size 1920x1080 says 1920 x 1080" in " ".join(capsys.readouterr().err.split())


def test_what_a_picture_does_not_hold_or_nobody_knows_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    points = written(tmp_path, PIXELS, METRES)
    for more, words in (({"size": "1280x720"}, "lies outside of its picture, 1280 x 720"), ({"out": tmp_path / "o"}, "is not known")):
        with pytest.raises(typer.Exit) as ended:
            camera.calibrate(points, error_px=3, **more)  # type: ignore[arg-type]
        assert ended.value.exit_code == 2
        assert words in " ".join(capsys.readouterr().err.split())


def test_four_pairs_are_said_to_prove_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    camera.calibrate(written(tmp_path, PIXELS[:4], METRES[:4]), size="1920x1080", error_px=3)
    assert "four pairs fit always" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("pixels", "metres", "words"),
    [
        ([[0, 0], [10, 10], [20, 20], [30, 30]], METRES[:4], "lie on one line"),
        (PIXELS[:3], METRES[:3], "4"),
        (PIXELS, METRES[:4], "5 points in pixels but 4 in metres"),
    ],
)
def test_points_that_make_no_floor_are_refused_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], pixels: list[list[float]], metres: list[list[float]], words: str
) -> None:
    with pytest.raises(typer.Exit) as ended:
        camera.calibrate(written(tmp_path, pixels, metres), size="1920x1080", error_px=3)
    assert ended.value.exit_code == 2
    assert words in " ".join(capsys.readouterr().err.split())
