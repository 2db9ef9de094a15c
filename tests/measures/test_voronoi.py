"""Voronoi density against plain half-plane clipping, one person and one cell at a time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.errors import ConfigError, ShapeError
from pipelines.measures.polygon import area_m2, cut_to_convex
from pipelines.measures.voronoi import voronoi_density

FLOOR = np.array([(0.0, 0.0), (10.0, 0.0), (10.0, 8.0), (0.0, 8.0)])
ZONE = np.array([(3.0, 3.0), (6.0, 3.0), (6.0, 5.0), (3.0, 5.0)])
SLANTED = np.array([(2.0, 1.0), (7.0, 2.5), (8.0, 6.0), (4.0, 7.0), (1.5, 4.0)])
# on a raster of 5 cm: people on one line, on the zone's edges and mirrored in them are what goes wrong first
places = st.lists(st.tuples(st.integers(0, 200), st.integers(0, 160)), min_size=1, max_size=40, unique=True).map(
    lambda rows: np.array(rows, dtype=np.float64) / 20
)


def plain(people: np.ndarray, zone: np.ndarray, walkable: np.ndarray) -> float:
    total = 0.0
    for i, at in enumerate(people):
        cell = walkable
        for j, other in enumerate(people):
            if i != j:
                middle, way = (at + other) / 2, other - at
                along = np.array([-way[1], way[0]]) / np.hypot(*way)
                near = np.array([middle - 99 * along, middle + 99 * along])
                back = near[::-1] - 99 * way / np.hypot(*way)
                cell = cut_to_convex(cell, np.array([*near, *back]))
        inside = cut_to_convex(cell, zone)
        total += (area_m2(inside) if len(inside) > 2 else 0.0) / area_m2(cell)
    return total / area_m2(zone)


def one_frame(people: np.ndarray, zone: np.ndarray = ZONE, walkable: np.ndarray = FLOOR) -> float:
    frames = np.zeros(len(people), dtype=np.int64)
    return float(voronoi_density(positions_m=people, frames=frames, frame_count=1, zone_m=zone, walkable_m=walkable)[0])


@settings(max_examples=60, deadline=None)
@given(people=places, zone=st.sampled_from([ZONE, SLANTED, FLOOR, SLANTED - 3, ZONE + np.array([5, 3])]))
def test_it_is_the_sum_over_plain_cells(people, zone):
    assert one_frame(people, zone) == pytest.approx(plain(people, zone, FLOOR), rel=1e-6, abs=1e-6)


@settings(max_examples=30, deadline=None)
@given(people=places)
def test_over_the_whole_floor_it_counts_everybody(people):
    assert one_frame(people, FLOOR) * 80 == pytest.approx(len(people), rel=1e-6)


@settings(max_examples=30, deadline=None)
@given(people=places)
def test_pieces_of_a_zone_add_up(people):
    left, right = ZONE.clip(max=(4.3, 9)), ZONE.clip(min=(4.3, 0))
    parts = one_frame(people, left) * area_m2(left) + one_frame(people, right) * area_m2(right)
    assert one_frame(people) * area_m2(ZONE) == pytest.approx(parts, rel=1e-6, abs=1e-6)


def test_many_frames_at_once_are_each_alone():
    chance = np.random.default_rng(3)
    frames = np.sort(chance.integers(0, 300, size=6000))
    people = chance.uniform((0, 0), (10, 8), size=(6000, 2))
    together = voronoi_density(positions_m=people, frames=frames, frame_count=300, zone_m=SLANTED, walkable_m=FLOOR)
    alone = [one_frame(people[frames == frame], SLANTED) for frame in range(300)]
    np.testing.assert_allclose(together, alone, rtol=1e-9)


def test_people_on_a_raster_have_cells_of_one_area():
    people = np.stack(np.meshgrid(np.arange(0.25, 10, 0.5), np.arange(0.25, 8, 0.5)), axis=-1).reshape(-1, 2)
    assert one_frame(people, ZONE) == pytest.approx(4.0, rel=1e-6)
    assert one_frame(people, SLANTED) == pytest.approx(4.0, rel=1e-6)


def test_one_person_has_the_whole_floor():
    assert one_frame(np.array([(9.9, 7.9)])) == pytest.approx(1 / 80)


def test_people_on_the_wall_and_in_a_corner_have_their_cells():
    people = np.array([(0.0, 0.0), (10.0, 4.0), (5.0, 8.0), (5.0, 4.0)])
    assert one_frame(people, SLANTED) == pytest.approx(plain(people, SLANTED, FLOOR), rel=1e-6)


def test_frames_without_people_are_zero():
    found = voronoi_density(positions_m=np.array([(1.0, 1.0)]), frames=np.array([2]), frame_count=4, zone_m=ZONE, walkable_m=FLOOR)
    assert found.tolist()[:2] == [0.0, 0.0]
    assert found[2] > 0 == found[3]


def test_empty_frames_between_full_ones_are_zero():
    people = np.random.default_rng(2).uniform((0, 0), (10, 8), size=(41, 2))
    frames = np.array([0] * 20 + [3] + [9] * 20)
    found = voronoi_density(positions_m=people, frames=frames, frame_count=12, zone_m=SLANTED, walkable_m=FLOOR)
    assert np.flatnonzero(found).tolist() == [0, 3, 9]
    assert found[3] == pytest.approx(1 / 80)


def test_nobody_at_all_is_zero():
    assert one_frame(np.zeros((0, 2))) == 0.0


def test_a_zone_that_is_not_convex_is_refused():
    bent = np.array([(0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (2.0, 1.0)])
    with pytest.raises(ConfigError, match="zone: is not convex"):
        one_frame(np.array([(1.0, 1.0)]), bent)
    with pytest.raises(ConfigError, match="walkable area: is not convex"):
        one_frame(np.array([(1.0, 1.0)]), ZONE, bent)


def test_somebody_outside_the_walkable_area_is_refused():
    with pytest.raises(ConfigError, match="1 positions lie outside"):
        one_frame(np.array([(1.0, 1.0), (11.0, 1.0)]))


def test_two_people_at_one_place_are_refused():
    with pytest.raises(ConfigError, match="two people are at one place in frame 0"):
        one_frame(np.array([(4.0, 4.0), (4.0, 4.0)]))


def test_a_position_that_is_no_number_is_refused():
    with pytest.raises(ConfigError, match="not a finite number"):
        one_frame(np.array([(4.0, np.nan)]))


def test_shapes_are_checked():
    with pytest.raises(ShapeError, match=r"positions_m: expected \(n, 2\)"):
        one_frame(np.zeros((3, 3)))
    with pytest.raises(ShapeError, match="frames: expected ascending"):
        voronoi_density(positions_m=np.zeros((2, 2)), frames=np.array([1, 0]), frame_count=2, zone_m=ZONE, walkable_m=FLOOR)
