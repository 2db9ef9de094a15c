"""Crowd pressure: the noise taken away, the interval, and when it is not measurable."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.detect import floor
from pipelines.errors import ShapeError
from pipelines.measures import pressure
from pipelines.measures.pressure import crowd_pressure, crowd_pressures, highest_pressure, position_noise_m, velocity_noise_variance

pairs = st.tuples(st.integers(-300, 300), st.integers(-300, 300))
velocities = st.lists(pairs, max_size=40).map(lambda rows: np.array(rows, dtype=np.int64).reshape(-1, 2))
crowds = st.lists(pairs, min_size=16, max_size=40).map(lambda rows: np.array(rows, dtype=np.int64))


def sums(rows):
    return len(rows), int(rows[:, 0].sum()), int(rows[:, 1].sum()), int((rows * rows).sum())


def test_it_is_density_times_the_variance_of_both_components():
    rows = np.random.default_rng(5).normal((30, -20), 12, size=(24, 2)).round().astype(np.int64)
    found = crowd_pressure(24, *sums(rows), noise_variance=0.0)
    assert found.value == pytest.approx(6 * (rows / 100).var(axis=0, ddof=1).sum())
    assert found.low < found.value < found.high


@pytest.mark.parametrize(("people", "moving"), [(15, 15), (16, 7), (0, 0)])
def test_below_four_a_m2_or_with_few_velocities_it_is_not_measurable(people, moving):
    assert crowd_pressure(people, moving, 0, 0, 100, noise_variance=0.0) is None


def test_where_all_is_noise_nothing_is_left():
    noise = velocity_noise_variance(0.03, 1.0)
    assert noise == pytest.approx(0.0036)
    found = crowd_pressure(24, 24, 0, 0, 23 * 36, noise_variance=noise)
    assert found.value == pytest.approx(0, abs=1e-12)
    assert found.low == 0 < found.high


def test_jitter_of_3_cm_would_alone_pass_the_limit_of_turbulence():
    assert 6 * velocity_noise_variance(0.03, 1.0) > 0.02
    assert 6 * velocity_noise_variance(0.03, 0.1) == pytest.approx(2.16)


@settings(max_examples=60, deadline=None)
@given(boxes=st.lists(velocities, min_size=1, max_size=8), extra=st.integers(0, 10))
def test_many_boxes_at_once_are_each_alone(boxes, extra):
    rows = [(len(box) + extra, *sums(box)) for box in boxes]
    found = crowd_pressures(*(np.array(column, dtype=np.int64) for column in zip(*rows, strict=True)), noise_variance=0.01)
    for index, row in enumerate(rows):
        alone = crowd_pressure(*row, noise_variance=0.01)
        values = found.value[index], found.low[index], found.high[index]
        if alone is None:
            assert np.isnan(values).all()
        else:
            assert values == pytest.approx((alone.value, alone.low, alone.high), rel=1e-12, abs=1e-15)


@settings(max_examples=60, deadline=None)
@given(rows=crowds, shift=st.tuples(st.integers(-200, 200), st.integers(-200, 200)))
def test_a_common_motion_changes_nothing_and_the_interval_holds_the_value(rows, shift):
    still = crowd_pressure(len(rows), *sums(rows), noise_variance=0.004)
    moving = crowd_pressure(len(rows), *sums(rows + np.array(shift)), noise_variance=0.004)
    assert moving == still
    assert 0 <= still.low <= still.value <= still.high


@pytest.mark.parametrize("people", [16, 24, 40])
def test_the_interval_holds_the_truth_as_often_as_it_says(people):
    chance = np.random.default_rng(people)
    drawn = np.rint(chance.normal(0, 20, size=(4000, people, 2))).astype(np.int64)
    n = np.full(4000, people)
    found = crowd_pressures(n, n, drawn[..., 0].sum(1), drawn[..., 1].sum(1), (drawn**2).sum((1, 2)), noise_variance=0.0)
    truth = people / 4 * 2 * 0.2**2
    assert ((found.low <= truth) & (truth <= found.high)).mean() == pytest.approx(0.95, abs=0.015)
    assert found.value.mean() == pytest.approx(truth, rel=0.02)


def test_the_lattice_is_that_of_the_local_peak():
    assert (pressure.LATTICE_CM, pressure.BOX_CELLS) == (floor.LATTICE_CM, floor.BOX_CELLS)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 1 << 30), many=st.integers(0, 120))
def test_the_highest_is_the_highest_of_all_boxes(seed, many):
    chance = np.random.default_rng(seed)
    at, moving = chance.integers(-200, 300, size=(many, 2)), chance.integers(-80, 80, size=(many, 2))
    known = chance.random(many) < 0.8
    best = None
    for x0 in range(-400, 300, 50):
        for y0 in range(-400, 300, 50):
            held = ((at >= (x0, y0)) & (at < (x0 + 200, y0 + 200))).all(axis=1)
            found = crowd_pressure(int(held.sum()), *sums(moving[held & known]), noise_variance=0.001)
            if found is not None and (best is None or found.value > best):
                best = found.value
    said = highest_pressure(positions_cm=at, velocities_cmps=moving, known=known, noise_variance=0.001)
    assert (said.value if said else None) == (pytest.approx(best) if best is not None else None)


def test_jitter_is_found_in_tracks_that_walk():
    chance = np.random.default_rng(11)
    tracks, frames = np.repeat(np.arange(20), 100), np.tile(np.arange(100), 20)
    at = np.stack((frames * 0.05, tracks * 1.0), axis=1) + chance.normal(0, 0.03, size=(2000, 2))
    assert position_noise_m(tracks=tracks, frames=frames, positions_m=at) == pytest.approx(0.03, rel=0.1)


def test_without_three_frames_in_a_row_there_is_no_jitter_to_tell():
    assert position_noise_m(tracks=np.array([1, 1, 1]), frames=np.array([0, 1, 3]), positions_m=np.zeros((3, 2))) is None


def test_shapes_are_checked():
    with pytest.raises(ShapeError, match="sums of boxes"):
        crowd_pressures(*(np.zeros(size, dtype=np.int64) for size in (2, 2, 2, 2, 3)), noise_variance=0.0)
    with pytest.raises(ShapeError, match="positions_cm"):
        highest_pressure(
            positions_cm=np.zeros((3, 2), int), velocities_cmps=np.zeros((2, 2), int), known=np.ones(3, bool), noise_variance=0
        )
