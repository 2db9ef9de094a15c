"""Where people hide each other the count is a lower bound, and its error says so; where nothing can be told, nobody is not said."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from benchmarks.detect.saturation import _above, _crowd, _seen, _side, _told
from pipelines.detect.backends import Frame
from pipelines.detect.backends.motion import Motion, MotionSettings
from pipelines.detect.eye import Eye
from pipelines.detect.saturation import FROM_ABOVE, FROM_THE_SIDE, Saturation
from pipelines.detect.sums import Accuracy
from pipelines.events import CameraHealth, CrowdZones
from plan.load import parse
from plan.views import view_of
from tests.detect.test_worker import PLAN, Told, live_picture, of, run, worker_of


def told_of(count: int) -> Told:
    """People on a 2 m box of the floor, 40 px a metre, each with a box of its own."""
    told = Told()
    rows = [(100 + 18 * (n % 4), 100 + 18 * (n // 4), 110 + 18 * (n % 4), 110 + 18 * (n // 4), 0.9, 0) for n in range(count)]
    told.boxes = np.array(rows, dtype=np.float32)
    return told


@pytest.mark.parametrize(("seen", "share"), [(9, 0.05), (10, 1.0), (12, 1.0)])
def test_from_its_own_limit_on_a_view_doubts_its_count_and_says_so(seen: int, share: float) -> None:
    records = run(worker_of(told_of(seen)), (live_picture() for _ in range(21)))
    entry = of(CrowdZones, records)[-1].entries[0]
    assert entry.n == seen
    assert entry.n_error == round(seen * share * 1_000_000)
    assert entry.saturated == (share > 0.5)
    assert of(CameraHealth, records)[-1].saturated is (share > 0.5)


def test_the_plan_may_say_what_a_view_cannot_see() -> None:
    camera = {**PLAN["cameras"][0], "saturation": {"from_per_m2": 1.0, "error": 3.0, "source": "counted by hand"}}  # type: ignore[index]
    plan = parse({**PLAN, "cameras": [camera]})
    view = view_of(plan, plan.cameras[0])
    assert view.saturation == Saturation(from_per_m2=1.0, error=3.0)
    eye, records = Eye(view, start_us=0), list[Any]()
    for number in range(4):
        places = np.array([[500 + 20 * n, 500] for n in range(4)])
        records += eye.frame(number * 200_000, np.arange(4), places, received_us=0)
    assert [(row.entries[0].n_error, row.entries[0].saturated) for row in of(CrowdZones, records)] == [(12_000_000, 1)] * 3


def test_a_view_that_never_saturates_keeps_its_own_error() -> None:
    assert Accuracy(count_error_ppm=50_000).error_ppm(40) == 50_000
    assert Accuracy(count_error_ppm=50_000, saturated_people=8, saturated_ppm=1_500_000).error_ppm(7) == 50_000
    assert Accuracy(count_error_ppm=50_000, saturated_people=8, saturated_ppm=1_500_000).error_ppm(8) == 1_500_000


def test_a_view_whose_own_error_is_the_larger_one_says_so_all_the_same() -> None:
    doubtful = Accuracy(count_error_ppm=2_000_000, saturated_people=8, saturated_ppm=1_500_000)
    assert (doubtful.error_ppm(8), doubtful.is_saturated(7), doubtful.is_saturated(8)) == (2_000_000, False, True)
    assert not Accuracy().is_saturated(40)


def test_what_a_view_may_hide_reaches_the_critical_level_of_a_standing_view_at_its_limit_or_soon_above() -> None:
    assert FROM_ABOVE.from_per_m2 * (1 + FROM_ABOVE.error) == 5.0
    seven = Accuracy(saturated_people=FROM_THE_SIDE.box_people, saturated_ppm=round(FROM_THE_SIDE.error * 1_000_000))
    assert 7 / 4 * (1 + seven.error_ppm(7) / 1_000_000) > 5.0


def test_the_motion_backend_counts_drawn_crowds_from_above_up_to_six_a_square_metre() -> None:
    rng = np.random.default_rng(5)
    shares = {density: len(_above(rng, people)) / len(people) for density in (3.0, 6.0) if len(people := _crowd(rng, density))}
    assert 0.9 < shares[3.0] < 1.25
    assert 0.85 < shares[6.0] < 1.15


def test_from_the_side_the_model_is_told_saturated_from_one_to_six_a_square_metre_and_seldom_in_a_loose_crowd() -> None:
    told = {density: _told([seen for seen, _ in _seen(_side, density, rounds=20)]) for density in (0.3, 1.0, 2.0, 4.0, 6.0)}
    assert told.pop(0.3) <= 0.2
    assert min(told.values()) >= 0.9


def test_a_picture_in_which_everything_moves_is_no_empty_room() -> None:
    worker, rng = worker_of(Told()), np.random.default_rng(8)
    finder = Motion(MotionSettings(fps=5, person_px=200))
    worker._sight.backend = finder
    quiet = [np.clip(rng.normal(140, 3, (400, 400, 3)), 0, 255).astype(np.uint8) for _ in range(25)]

    def full() -> Frame:
        return np.clip(rng.normal(40, 3, (400, 400, 3)) + rng.integers(0, 60, (400, 1, 1)), 0, 255).astype(np.uint8)

    records = run(worker, [*quiet, *(full() for _ in range(5))])
    zones = [record.entries[0] for record in of(CrowdZones, records)]
    assert finder.overwhelmed
    assert (zones[20].frames_used, zones[20].n) == (1, 0)
    assert (zones[-1].frames_used, zones[-1].skip_reason) == (0, "too much moves")
