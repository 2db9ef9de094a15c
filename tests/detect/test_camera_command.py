"""`muster camera calibrate` says how good pairs of points are, and what is wrong with bad ones."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer
import yaml

from cli import camera

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
