"""People who vanish inside a dense patch, and those who only walk out, flicker or are lost with the picture."""

from __future__ import annotations

import numpy as np

from pipelines.detect.floor import zone_floor
from pipelines.detect.patches import Patches
from pipelines.detect.sums import SliceSums

HALL = zone_floor("hall", [(0, 0), (20, 0), (20, 15), (0, 15)], los_scale="walkway", cameras_expected=1)
OWNS = (0, 0, 2000, 1500)


class Jam:
    """A hundred people at 6 p/m² in the middle of the hall."""

    def __init__(self) -> None:
        grid = np.stack(np.meshgrid(np.arange(10), np.arange(10)), axis=-1).reshape(-1, 2)
        self.points = grid * 40 + 800
        self.tracks = np.arange(100)
        self.patches = [Patches(HALL, OWNS)]
        self.lost: list[int] = []
        self.people = 0

    def slice(self, there: np.ndarray | None = None, *, points: np.ndarray | None = None, tracks: np.ndarray | None = None) -> None:
        """One slice of two frames."""
        keep = np.ones(100, dtype=bool) if there is None else there
        sums = SliceSums([HALL], frames_expected=2, patches=self.patches)
        for _ in range(2):
            where = (self.points if points is None else points)[keep]
            sums.add(where, np.zeros_like(where), (self.tracks if tracks is None else tracks)[keep])
        (entry,) = sums.close()
        self.lost.append(entry.lost)
        self.people = entry.patch_n


def test_whoever_vanishes_inside_the_patch_is_lost_even_when_it_has_thinned_out() -> None:
    jam, chance = Jam(), np.random.default_rng(1)
    goes = np.where(chance.random(100) < 0.6, chance.integers(5, 30, 100), 999)
    for step in range(40):
        jam.slice(goes > step)
    assert jam.people == 100
    assert sum(jam.lost) == (goes < 999).sum() > 40


def test_whoever_walks_out_is_not_lost() -> None:
    jam = Jam()
    for step in range(60):
        points = jam.points.copy()
        points[:50, 0] += 25 * step
        points = np.clip(points, 0, 1999)
        jam.slice(points[:, 0] < 1990, points=points)
    assert sum(jam.lost) == 0


def test_a_hidden_person_and_a_broken_track_come_out_even() -> None:
    jam, chance = Jam(), np.random.default_rng(2)
    for step in range(30):
        tracks = jam.tracks.copy()
        tracks[step] += 1000 * step  # the tracker gives another number
        jam.slice(chance.random(100) < 0.95 if step % 2 else None, tracks=tracks)
    jam.slice()
    assert abs(sum(jam.lost)) <= 1


def test_a_picture_that_is_gone_is_no_collapse() -> None:
    jam = Jam()
    for _ in range(5):
        jam.slice()
    SliceSums([HALL], frames_expected=2, patches=jam.patches).close()
    jam.slice(np.arange(100) < 10)
    assert jam.lost[-1] == 0


def test_a_patch_is_forgotten_after_ten_seconds() -> None:
    jam = Jam()
    jam.slice()
    for _ in range(49):
        jam.slice(np.arange(100) < 10)
    assert jam.people == 100
    jam.slice(np.arange(100) < 10)
    assert jam.people <= 10
    for _ in range(50):
        jam.slice(np.zeros(100, dtype=bool))
    assert jam.people == 0
