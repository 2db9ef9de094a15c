"""Tracks stay whole where people cross, hide and leave."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from pipelines.detect.tracking import UNCONFIRMED, Tracker
from pipelines.errors import ShapeError

FRAME_US = 200_000


def boxes(*centres: tuple[float, float], size: float = 40) -> NDArray[np.float32]:
    rows = [(x - size / 2, y - size / 2, x + size / 2, y + size / 2, 0.9, 0) for x, y in centres]
    return np.asarray(rows, dtype=np.float32).reshape(-1, 6)


def test_a_track_is_believed_at_its_second_sighting() -> None:
    tracker = Tracker()
    assert tracker.step(0, boxes((100, 100))).tolist() == [UNCONFIRMED]
    assert tracker.step(FRAME_US, boxes((104, 100))).tolist() == [1]


def test_two_people_who_cross_keep_their_ids() -> None:
    tracker, seen = Tracker(), []
    for frame in range(21):
        left, right = 100 + 10 * frame, 300 - 10 * frame
        seen.append(tracker.step(frame * FRAME_US, boxes((left, 200), (right, 212))).tolist())
    assert all(ids == [1, 2] for ids in seen[1:])


def test_who_is_hidden_for_less_than_a_second_keeps_the_id() -> None:
    tracker = Tracker()
    for frame in range(5):
        tracker.step(frame * FRAME_US, boxes((100 + 12 * frame, 100)))
    for frame in range(5, 8):
        assert tracker.step(frame * FRAME_US, boxes()).tolist() == []
    assert tracker.step(8 * FRAME_US, boxes((196, 100))).tolist() == [1]


def test_who_is_hidden_for_longer_is_somebody_new() -> None:
    tracker = Tracker()
    for frame in range(3):
        tracker.step(frame * FRAME_US, boxes((100, 100)))
    assert tracker.step(9 * FRAME_US, boxes((100, 100))).tolist() == [UNCONFIRMED]
    assert tracker.step(10 * FRAME_US, boxes((100, 100))).tolist() == [2]


def test_somebody_far_away_is_somebody_else() -> None:
    tracker = Tracker()
    for frame in range(4):
        tracker.step(frame * FRAME_US, boxes((100, 100)))
    assert tracker.step(4 * FRAME_US, boxes((400, 100))).tolist() == [UNCONFIRMED]


def test_the_same_boxes_give_the_same_tracks_whatever_else_ran() -> None:
    rng = np.random.default_rng(3)
    frames = [boxes(*rng.uniform(0, 500, (rng.integers(0, 30), 2)).tolist()) for _ in range(40)]
    first, second = Tracker(), Tracker()
    for number, frame in enumerate(frames):
        ids = first.step(number * FRAME_US, frame)
        assert ids.tolist() == second.step(number * FRAME_US, frame).tolist()
        sure = ids[ids != UNCONFIRMED]
        assert len(set(sure.tolist())) == len(sure)


def test_boxes_of_another_shape_are_refused() -> None:
    with pytest.raises(ShapeError, match=r"\(n, 6\)"):
        Tracker().step(0, np.zeros((2, 4), dtype=np.float32))
