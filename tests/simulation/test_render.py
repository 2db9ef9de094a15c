"""The rendered video: an empty hall, people, and a picture that stands still when the story says so."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from simulation import render as render_module
from simulation import scenario as scenario_module
from simulation.scenario import Story, Video

SCENARIO = Path(scenario_module.__file__).parent / "scenario.yaml"


@pytest.fixture(scope="module")
def story() -> Story:
    """The story, filmed for 5 s only: 2 s of it stand still."""
    story = scenario_module.load(SCENARIO)
    short = Video(camera="cam-hall-1", from_s=40, frozen_from_s=42.4, frozen_to_s=44.4, to_s=45.4)
    return story.model_copy(update={"scenario": story.scenario.model_copy(update={"video": short})})


@pytest.fixture(scope="module")
def film(story: Story, tmp_path_factory: pytest.TempPathFactory) -> list[NDArray[np.int16]]:
    out = tmp_path_factory.mktemp("film") / "hall.mp4"
    render_module.render(story.walkers, story.plan, story.scenario, out)
    reader, frames = cv2.VideoCapture(str(out)), []
    assert reader.get(cv2.CAP_PROP_FPS) == 5
    while (read := reader.read())[0]:
        frames.append(cv2.cvtColor(read[1], cv2.COLOR_BGR2GRAY).astype(np.int16))
    return frames


def test_the_film_is_full_hd_and_as_long_as_promised(film: list[NDArray[np.int16]]) -> None:
    assert len(film) == 27
    assert film[0].shape == (1080, 1920)


def test_the_picture_stands_still_while_frozen_and_never_else(film: list[NDArray[np.int16]]) -> None:
    changes = [float(np.abs(after - before).mean()) for before, after in pairwise(film)]
    frozen = changes[12:21]  # frames 13 to 21 repeat frame 12
    assert max(frozen) < 0.4
    assert min(changes[:11] + changes[22:]) > 0.9


def test_people_are_where_the_calibration_says(story: Story, film: list[NDArray[np.int16]]) -> None:
    camera = next(row for row in story.plan.cameras if row.id == "cam-hall-1")
    assert camera.calibration is not None
    to_px, _ = cv2.findHomography(np.asarray(camera.calibration.metres), np.asarray(camera.calibration.pixels))
    _, positions = story.walkers.at(41)
    x, y = positions.T / 100
    inside = positions[(x > 168.5) & (x < 191.5) & (y > 118.5) & (y < 131)] / 100
    assert len(inside) > 10
    centres = cv2.perspectiveTransform(inside[:, None], to_px)[:, 0]
    heads = [int(film[5][round(v), round(u)]) for u, v in centres]
    assert max(heads) < 100 < np.median(film[5])


def test_a_cached_film_is_not_rendered_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Path] = []

    def rendered(_walkers: object, _plan: object, _scenario: object, out: Path) -> None:
        made.append(out)
        out.touch()

    monkeypatch.setattr(render_module, "render", rendered)
    first = render_module.cached(SCENARIO, tmp_path)
    assert render_module.cached(SCENARIO, tmp_path) == first
    assert made == [first]
