"""Partial sums against a plain oracle, and the ownership of each m²."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.detect.crossings import Crossings, LineFloor
from pipelines.detect.eye import Eye, View, view_records_late
from pipelines.detect.floor import inside_polygon, local_peak, zone_floor
from pipelines.detect.frames import NO_VELOCITY, pack, unpack
from pipelines.detect.sums import SliceSums
from pipelines.detect.velocities import Velocities
from pipelines.events import CrowdCells, CrowdZones

SQUARE = zone_floor("z", [(0, 0), (20, 0), (20, 15), (0, 15)], los_scale="walkway", cameras_expected=1)
BENT = zone_floor("bent", [(0, 0), (20, 0), (20, 15), (10, 4), (0, 15)], los_scale="walkway", cameras_expected=1)
points = st.lists(st.tuples(st.integers(0, 1999), st.integers(0, 1499)), max_size=60).map(
    lambda rows: np.array(rows, dtype=np.int64).reshape(-1, 2)
)


def plain_peak(people: np.ndarray) -> int:
    best = 0
    for x0 in range(-150, 2050, 50):
        for y0 in range(-150, 1550, 50):
            held = (people[:, 0] >= x0) & (people[:, 0] < x0 + 200) & (people[:, 1] >= y0) & (people[:, 1] < y0 + 200)
            best = max(best, int(held.sum()))
    return best


@settings(max_examples=40, deadline=None)
@given(people=points)
def test_the_local_peak_is_the_fullest_of_all_boxes(people):
    found = local_peak(people, SQUARE)
    assert (found.count if found else 0) == plain_peak(people)
    if found is not None:
        x0, y0 = found.ix * 50, found.iy * 50
        held = (people[:, 0] >= x0) & (people[:, 0] < x0 + 200) & (people[:, 1] >= y0) & (people[:, 1] < y0 + 200)
        assert held.sum() == found.count


@settings(max_examples=40, deadline=None)
@given(people=points, order=st.randoms(use_true_random=False))
def test_sums_are_the_same_in_every_order(people, order):
    velocities = np.full_like(people, NO_VELOCITY)
    velocities[::2] = 37
    shuffled = list(range(len(people)))
    order.shuffle(shuffled)
    first, second = SliceSums([SQUARE, BENT], frames_expected=1), SliceSums([SQUARE, BENT], frames_expected=1)
    first.add(people, velocities)
    second.add(people[shuffled], velocities[shuffled])
    assert first.close() == second.close()


@settings(max_examples=40, deadline=None)
@given(people=points)
def test_neighbours_that_share_an_edge_never_share_a_person(people):
    left = np.array([(0, 0), (700, 0), (1200, 1500), (0, 1500)])
    right = np.array([(700, 0), (2000, 0), (2000, 1500), (1200, 1500)])
    assert (inside_polygon(people, left).astype(int) + inside_polygon(people, right)).tolist() == [1] * len(people)


def test_the_density_around_the_peak_is_over_the_floor_that_is_there():
    corner = np.array([(10, 10)] * 9, dtype=np.int64)
    found = local_peak(corner, SQUARE)
    assert found is not None
    # the lowest box that holds them ends 0.5 m inside; of the 6 m x 6 m around it, 2.5 m x 2.5 m are floor
    assert found.around_micro_per_m2 == 9 * 1_000_000 * 4 // 25


def test_packed_positions_come_back_as_they_were():
    xy = np.array([(100, 200), (65_000, 3)], dtype=np.int64)
    velocity = np.array([(5, -7), (NO_VELOCITY, NO_VELOCITY)], dtype=np.int64)
    raw = pack(xy, velocity, np.array([7, 2**32 + 1]), origin_cm=(0, 0))
    assert len(raw) == 2 * 14
    back = unpack(raw, origin_cm=(0, 0))
    assert [part.tolist() for part in back] == [xy.tolist(), velocity.tolist(), [7, 1]]


def test_velocities_have_a_baseline_of_a_second_and_none_before():
    memory = Velocities()
    found = [memory.of(index * 200_000, np.array([3]), np.array([[index * 10, 0]], dtype=np.int64)).tolist() for index in range(8)]
    assert found[4] == [[NO_VELOCITY, NO_VELOCITY]]
    assert found[5:] == [[[50, 0]]] * 3


def test_a_line_counts_each_crossing_by_direction_and_nobody_beside_it():
    subject = Crossings([LineFloor(line="l", gate="g", a_cm=(0, 0), b_cm=(0, 200))])
    for number, x in enumerate((50, -50, 50)):
        subject.add(number * 200_000, np.array([1, 2]), np.array([[x, 100], [x, 300]], dtype=np.int64))
    counted = subject.close()[0]
    assert (counted.entered, counted.exited) == (1, 1)
    assert subject.close()[0].entered == 0


def view(owns=(0, 0, 2000, 1500)) -> View:
    return View(camera="c", plan="p", owns_cm=owns, floors=(SQUARE,), lines=(), fps=5)


def test_empty_zones_are_reported_in_every_slice():
    eye = Eye(view(), start_us=0)
    records = eye.close_until(1_000_000, received_us=1_000_000)
    assert [record.slice_start_us for record in records if isinstance(record, CrowdZones)] == [0, 200_000, 400_000, 600_000, 800_000]
    assert all(record.entries[0].frames_used == 0 for record in records)


def test_people_outside_the_owned_floor_belong_to_another_camera():
    eye = Eye(view(owns=(0, 0, 1000, 1500)), start_us=0)
    eye.frame(0, np.array([1, 2]), np.array([[500, 5], [1000, 5]], dtype=np.int64), received_us=0)
    entry = eye.close_until(200_000, received_us=200_000)[0].entries[0]
    assert (entry.n, entry.frames_used, entry.frames_expected) == (1, 1, 1)


def test_a_frame_that_comes_after_its_slice_was_sent_counts_as_skipped():
    eye = Eye(view(), start_us=0)
    eye.close_until(400_000, received_us=400_000)
    eye.frame(100_000, np.array([1]), np.array([[5, 5]], dtype=np.int64), received_us=410_000)
    entry = eye.close_until(600_000, received_us=600_000)[0].entries[0]
    assert (entry.frames_used, entry.frames_skipped, entry.n) == (0, 1, 0)


def test_lateness_is_decided_from_fields():
    on_time = CrowdZones(camera="c", slice_start_us=0, received_us=300_000, plan="p")
    late = CrowdZones(camera="c", slice_start_us=0, received_us=300_001, plan="p")
    assert (view_records_late(on_time), view_records_late(late)) == (False, True)


def test_the_grid_is_the_mean_over_the_second():
    from pipelines.detect.cells import CELL

    eye = Eye(view(), start_us=0)
    for index in range(5):
        people = np.array([[150, 150]] * (2 if index < 3 else 0), dtype=np.int64).reshape(-1, 2)
        eye.frame(index * 200_000, np.arange(len(people)), people, received_us=0)
    cells = next(row for row in eye.close_until(1_000_000, received_us=0) if isinstance(row, CrowdCells))
    rows = np.frombuffer(cells.cells, dtype=CELL)
    assert rows[["x", "y", "density"]].tolist() == [(1, 1, 120)]


def test_whoever_sways_on_a_line_has_not_crossed_it() -> None:
    subject = Crossings([LineFloor(line="l", gate="g", a_cm=(0, 0), b_cm=(0, 200))])
    for number, x in enumerate((-50, -15, 10, -12, 15, -19, 5)):
        subject.add(number * 200_000, np.array([1]), np.array([[x, 100]]))
    assert [(row.entered, row.exited) for row in subject.close()] == [(0, 0)]
    for number, x in enumerate((-5, 15, -5, 21, 60, 15, 30, -25, 10), start=7):
        subject.add(number * 200_000, np.array([1]), np.array([[x, 100]]))
    (row,) = subject.close()
    assert row.entered + row.exited == 1
    for number, x in enumerate((0, -55), start=16):
        subject.add(number * 200_000, np.array([1]), np.array([[x, 100]]))
    (back,) = subject.close()
    assert (back.entered, back.exited) == (row.exited, row.entered)
