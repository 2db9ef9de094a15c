"""Each measure by itself: what it is for plain crowds, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.errors import ConfigError, ShapeError
from pipelines.measures import flow, speed
from pipelines.measures.counter_flow import main_axis, minority_share
from pipelines.measures.density import classic_density, grid_density, grid_shares, people_in_zone
from pipelines.measures.level_of_service import level_of_service
from pipelines.measures.polygon import area_m2, is_convex, ring_m

SQUARE = np.array([(0.0, 0.0), (2.0, 0.0), (2.0, 2.0), (0.0, 2.0)])
BENT = np.array([(0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (2.0, 1.0), (0.0, 4.0)])
FRUIN = (0.31, 0.43, 0.72, 1.08, 2.17)
spots = st.lists(st.tuples(st.integers(-40, 140), st.integers(-40, 140)), max_size=50).map(
    lambda rows: np.array(rows, dtype=np.float64).reshape(-1, 2) / 20
)


def at_once(people):
    return {"positions_m": people, "frames": np.zeros(len(people), dtype=np.int64), "frame_count": 1}


# density


def test_who_stands_on_the_boundary_is_not_inside():
    people = np.array([(0.0, 1.0), (2.0, 1.0), (1.0, 0.0), (1.0, 2.0), (0.0, 0.0), (2.0, 2.0), (1.0, 1.0)])
    assert people_in_zone(**at_once(people), zone_m=SQUARE).tolist() == [1]
    assert classic_density(**at_once(people), zone_m=SQUARE).tolist() == [0.25]


def test_the_notch_of_a_bent_zone_is_outside():
    people = np.array([(2.0, 2.0), (2.0, 0.5), (0.5, 3.0), (3.5, 3.0), (2.0, 1.0)])
    assert people_in_zone(**at_once(people), zone_m=BENT).tolist() == [3]


@settings(max_examples=60, deadline=None)
@given(people=spots)
def test_a_zone_and_its_mirror_hold_the_same_people(people):
    assert people_in_zone(**at_once(people), zone_m=BENT) == people_in_zone(**at_once(people), zone_m=BENT[::-1])


def test_shares_of_the_grid_are_the_zones_area():
    assert grid_shares(BENT + 0.3).shares.sum() == pytest.approx(area_m2(BENT))
    assert grid_shares(np.array([(0.5, 0.5), (2.5, 0.5), (2.5, 2.5), (0.5, 2.5)])).shares[1:4, 1:4].tolist() == [
        [0.25, 0.5, 0.25],
        [0.5, 1.0, 0.5],
        [0.25, 0.5, 0.25],
    ]


@settings(max_examples=60, deadline=None)
@given(people=spots)
def test_on_the_lattice_the_grid_is_the_classic_density(people):
    inner = people[(people % 1 != 0).all(axis=1)]
    assert grid_density(**at_once(inner), shares=grid_shares(SQUARE)).tolist() == classic_density(**at_once(inner), zone_m=SQUARE).tolist()


def test_a_spread_crowd_has_its_density_on_the_grid_too():
    people = np.random.default_rng(1).uniform(-5, 15, size=(40_000, 2))
    zone = np.array([(0.3, 0.4), (5.2, 1.1), (3.9, 6.3)])
    assert grid_density(**at_once(people), shares=grid_shares(zone))[0] == pytest.approx(100, rel=0.05)


def test_a_polygon_without_area_is_refused():
    with pytest.raises(ConfigError, match="zone: has no area"):
        ring_m(np.array([(0.0, 0.0), (1.0, 1.0), (2.0, 2.0)]), name="zone")
    with pytest.raises(ShapeError, match="zone: expected"):
        ring_m(np.zeros((2, 2)), name="zone")


def test_a_star_that_turns_left_twice_round_is_not_convex():
    angles = np.arange(5) * 4 * np.pi / 5
    star = np.stack((np.cos(angles), np.sin(angles)), axis=1)
    assert not is_convex(star)
    assert is_convex(ring_m(SQUARE[::-1], name="square"))


# speed


def walk(fps=10, seconds=3.0, mps=(1.2, -0.5)):
    frames = np.arange(round(seconds * fps) + 1)
    return {"tracks": np.full(len(frames), 7), "frames": frames, "positions_m": frames[:, None] / fps * np.array(mps), "fps": float(fps)}


def test_a_steady_walk_has_its_velocity_once_the_baseline_is_full():
    found = speed.velocities_over_baseline(**walk())
    assert np.isnan(found[:10]).all()
    np.testing.assert_allclose(found[10:], [(1.2, -0.5)] * 21)


def test_the_baseline_is_at_least_one_second_in_whole_frames():
    found = speed.velocities_over_baseline(**walk(fps=3), baseline_s=1.1)
    assert np.isnan(found[:, 0]).sum() == 4


def test_the_two_sided_velocity_leaves_both_ends_out():
    found = speed.velocities_two_sided(**walk(), frame_step=5)
    assert np.flatnonzero(np.isfinite(found[:, 0])).tolist() == list(range(5, 26))
    np.testing.assert_allclose(found[5:26], [(1.2, -0.5)] * 21)


def test_another_person_is_never_ones_past():
    found = speed.velocities_over_baseline(
        tracks=np.array([1, 2]), frames=np.array([0, 1]), positions_m=np.array([(0.0, 0.0), (1.0, 0.0)]), fps=1.0
    )
    assert np.isnan(found).all()


def test_means_are_of_those_held_who_have_a_velocity():
    kept = {
        "velocities_mps": np.array([(1.0, 0.0), (3.0, 0.0), (9.0, 9.0), (np.nan, np.nan)]),
        "frames": np.array([0, 0, 0, 1]),
        "frame_count": 2,
        "held": np.array([True, True, False, True]),
    }
    np.testing.assert_array_equal(speed.mean_speed(**kept), [2.0, np.nan])
    np.testing.assert_array_equal(speed.mean_velocity(**kept), [(2.0, 0.0), (np.nan, np.nan)])


# flow


def crossings(*way, line=((0.0, -1.0), (0.0, 1.0))):
    positions = np.array(way, dtype=np.float64)
    return flow.line_crossings(
        tracks=np.zeros(len(way), dtype=np.int64), frames=np.arange(len(way)), positions_m=positions, line_m=np.array(line)
    )


def test_a_step_across_the_line_counts_with_its_side():
    assert crossings((-1, 0), (1, 0)).to_left.tolist() == [False]
    assert crossings((1, 0), (-1, 0)).to_left.tolist() == [True]


def test_a_step_that_ends_on_the_line_counts_when_it_goes_on():
    assert crossings((-1, 0), (0, 0)).frames.tolist() == []
    assert crossings((-1, 0), (0, 0), (1, 0)).frames.tolist() == [2]


def test_past_the_ends_of_the_line_nobody_crosses_it():
    assert crossings((-1, 2), (1, 2)).frames.tolist() == []
    assert crossings((-1, 1), (1, 1)).frames.tolist() == [1]


def test_standing_beside_the_line_is_no_crossing():
    assert crossings((0, 2), (0, 2), (0, 3)).frames.tolist() == []


def test_who_goes_back_and_forth_crosses_once_the_first_time():
    found = crossings((-1, 0), (1, 0), (-1, 0), (1, 0))
    assert found.frames.tolist() == [1, 2, 3]
    assert flow.first_crossings(found).frames.tolist() == [1]
    assert flow.crossed_by_frame(found, frame_count=5).tolist() == [0, 1, 2, 3, 3]


def test_flows_in_their_units():
    assert flow.flow_per_min(crossings=30, duration_s=20) == 90
    assert flow.flow_per_m_min(crossings=30, duration_s=20, width_m=1.5) == 60
    found = flow.specific_flow_per_m_s(density_per_m2=np.array([2.0, 0.0, 1.0]), speed_mps=np.array([0.5, np.nan, np.nan]))
    np.testing.assert_array_equal(found, [1.0, 0.0, np.nan])


# level of service, counter-flow


@pytest.mark.parametrize(
    ("density", "letter"), [(0, "A"), (0.31, "A"), (0.32, "B"), (0.72, "C"), (1.0, "D"), (2.17, "E"), (2.2, "F"), (9, "F")]
)
def test_a_density_has_its_letter(density, letter):
    assert level_of_service(density, bounds_per_m2=FRUIN) == letter


def test_bounds_that_do_not_ascend_are_refused():
    with pytest.raises(ShapeError, match="five numbers, ascending"):
        level_of_service(1.0, bounds_per_m2=(1, 2, 3, 3, 5))


@settings(max_examples=60, deadline=None)
@given(forth=st.integers(0, 30), back=st.integers(0, 30), still=st.integers(0, 10), angle=st.floats(0, 6.28))
def test_the_minority_is_the_smaller_part_of_those_who_move(forth, back, still, angle):
    way = np.array([np.cos(angle), np.sin(angle)])
    velocities = np.array([way * 1.1] * forth + [-way * 0.9] * back + [(0.01, 0.0)] * still).reshape(-1, 2)
    found = minority_share(velocities, axis=main_axis(velocities))
    assert found == (min(forth, back) / (forth + back) if forth + back else None)
