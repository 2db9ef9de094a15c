"""Nobody is counted twice at a line: who stops on it, sways over it, and is lost there."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.detect.crossings import Crossings, LineFloor
from pipelines.detect.eye import Eye, View
from pipelines.detect.floor import zone_floor
from pipelines.detect.heirs import Heirs
from pipelines.events import CrowdCrossings

HALL = zone_floor("hall", [(0, 0), (20, 0), (20, 20), (0, 20)], los_scale="walkway", cameras_expected=1)
LINE = LineFloor(line="l", gate="g", a_cm=(1000, 1900), b_cm=(1000, 100))  # crossing towards +x is entering
VIEW = View(camera="c", plan="p", owns_cm=(0, 0, 2000, 2000), floors=(HALL,), lines=(LINE,), fps=10)
FPS, PEOPLE = 10, 8
_LOST = (8.0, 9.0)


def walk(at_s: float) -> float:
    """x, m: comes at 1 m/s, stands on the line for six seconds, and goes on."""
    return 5.0 + min(at_s, 5.0) + max(at_s - 11.0, 0.0)


def counted(*, noise_m: float = 0.0, lost: tuple[float, float] = (0.0, 0.0), renamed: bool = False, seed: int = 0) -> tuple[int, int]:
    """Entered and exited, of eight people who each stop on the line."""
    rng, eye, found = np.random.default_rng(seed), Eye(VIEW, start_us=0), []
    for frame in range(18 * FPS):
        at_s, event_us = frame / FPS, frame * 1_000_000 // FPS
        if lost[0] <= at_s < lost[1]:
            tracks, cm = np.zeros(0, dtype=np.int64), np.zeros((0, 2), dtype=np.int64)
        else:
            tracks = np.arange(1, PEOPLE + 1) + (100 if renamed and at_s >= lost[1] else 0)
            places = np.column_stack([np.full(PEOPLE, walk(at_s)), 2.0 + 2.0 * np.arange(PEOPLE)])
            cm = np.rint((places + rng.normal(0, noise_m, places.shape)) * 100).astype(np.int64)
        found += eye.frame(event_us, tracks, cm, received_us=event_us)
    found += eye.close_until(19_000_000, received_us=19_000_000)
    entries = [entry for row in found if isinstance(row, CrowdCrossings) for entry in row.entries]
    return sum(entry.entered for entry in entries), sum(entry.exited for entry in entries)


def test_who_stops_on_a_line_and_goes_on_is_counted_once() -> None:
    assert counted() == (PEOPLE, 0)


@pytest.mark.parametrize("seed", range(5))
def test_who_sways_on_a_line_by_a_noise_of_ten_centimetres_is_counted_once(seed: int) -> None:
    assert counted(noise_m=0.10, seed=seed) == (PEOPLE, 0)


def test_who_is_lost_on_the_line_for_a_second_is_counted_once() -> None:
    assert counted(lost=_LOST) == (PEOPLE, 0)


def test_who_is_lost_on_the_line_and_comes_back_as_another_track_is_counted_once() -> None:
    assert counted(lost=_LOST, renamed=True) == (PEOPLE, 0)


@pytest.mark.parametrize("seed", range(5))
def test_who_sways_and_is_lost_there_and_comes_back_as_another_track_is_counted_once(seed: int) -> None:
    assert counted(noise_m=0.10, lost=_LOST, renamed=True, seed=seed) == (PEOPLE, 0)


def test_who_turns_round_on_the_line_and_goes_back_is_in_and_out() -> None:
    subject = Crossings([LINE])
    for number, x in enumerate((900, 1030, 1010, 980, 940, 900)):
        subject.add(number * 200_000, np.array([1]), np.array([[x, 500]]))
    (row,) = subject.close()
    assert (row.entered, row.exited) == (1, 1)


def test_an_heir_has_its_own_name_again_when_the_one_that_was_lost_comes_back() -> None:
    subject, place = Heirs((0, 0, 2000, 2000)), np.array([[500, 500]], dtype=np.int64)
    assert subject.of(0, np.array([1]), place).tolist() == [1]
    assert subject.of(1_000_000, np.array([2]), place).tolist() == [1]
    both = np.array([[500, 500], [520, 500]], dtype=np.int64)
    names = subject.of(1_200_000, np.array([1, 2]), both).tolist()
    assert sorted(names) == [1, 2]


def test_who_begins_far_from_whoever_was_lost_or_long_after_is_somebody_new() -> None:
    subject = Heirs((0, 0, 2000, 2000))
    subject.of(0, np.array([1]), np.array([[500, 500]], dtype=np.int64))
    assert subject.of(1_000_000, np.array([2]), np.array([[600, 500]], dtype=np.int64)).tolist() == [2]
    assert subject.of(4_000_000, np.array([3]), np.array([[500, 500]], dtype=np.int64)).tolist() == [3]
    assert subject.inherited == 0


def test_who_left_by_the_edge_has_no_heir() -> None:
    subject = Heirs((0, 0, 2000, 2000))
    subject.of(0, np.array([1]), np.array([[30, 500]], dtype=np.int64))
    assert subject.of(1_000_000, np.array([2]), np.array([[20, 500]], dtype=np.int64)).tolist() == [2]
