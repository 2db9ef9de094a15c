"""What never moves is proposed, what walks is not, and a mask hides nothing beside it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipelines.detect.static_boxes import StaticBoxes, unmasked

POST = (30.0, 110.0, 48.0, 142.0)


def boxes(*rows: tuple[float, float, float, float]) -> NDArray[np.float32]:
    return np.asarray([(*row, 0.6, 0) for row in rows], dtype=np.float32).reshape(-1, 6)


def test_a_box_that_is_there_in_most_frames_is_proposed_and_who_walks_is_not() -> None:
    rng, static = np.random.default_rng(4), StaticBoxes()
    for number in range(200):
        jitter = rng.normal(0, 0.7, 4)
        post = [tuple(np.add(POST, jitter))] if rng.random() < 0.9 else []
        static.add(boxes(*post, (10 + 3.0 * number, 200, 40 + 3.0 * number, 290)))  # type: ignore[arg-type]
    (found,) = static.found()
    assert np.allclose(found.box, POST, atol=0.5)
    assert 0.8 < found.share < 1


def test_many_places_are_forgotten_before_a_frequent_one() -> None:
    rng, static = np.random.default_rng(5), StaticBoxes()
    for _ in range(300):
        x, y = rng.uniform(0, 5000, 2)
        static.add(boxes(POST, (x, y, x + 20, y + 50)))
    assert [row.share for row in static.found()] == [1.0]


def test_a_mask_hides_its_box_and_nobody_who_passes_before_it() -> None:
    masks = np.asarray([POST])
    passing = (20.0, 90.0, 52.0, 170.0)
    assert unmasked(boxes(POST, passing), masks)[:, :4].tolist() == [list(passing)]
    assert len(unmasked(boxes(POST), np.zeros((0, 4)))) == 1
    assert len(unmasked(boxes(), masks)) == 0
