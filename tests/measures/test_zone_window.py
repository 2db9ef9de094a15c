"""A window's row, worked out by hand: what no other code of ours has to agree with."""

from __future__ import annotations

import math

from pipelines.events import ZoneSums
from pipelines.measures.zone_window import zone_window
from pipelines.units import SLICE_US, US_PER_S

END_US = 1_767_225_601_000_000
START_US = END_US - US_PER_S
BOUNDS = {"walkway": (0.31, 0.43, 0.72, 1.08, 2.17)}
NOTHING = {
    "zone": "z",
    "zone_area_cm2": 200_000,  # 20 m²
    "los_scale": "walkway",
    "cameras_expected": 3,
    "frames_expected": 2,
    "frames_used": 0,
    "frames_skipped": 2,
    "skip_reason": "black",
    "n": 0,
    "n_v": 0,
    "sum_vx": 0,
    "sum_vy": 0,
    "sum_v": 0,
    "sum_v2": 0,
    "peak_sum": 0,
    "peak_place": 0,
    "around_sum": 0,
    "owned_area_cm2": 100_000,
}


def sums(**given: object) -> ZoneSums:
    return ZoneSums(**{**NOTHING, **given})


def test_two_cameras_are_each_divided_by_their_own_frames_then_added() -> None:
    place = (2**19 + 20) * 2**20 + 2**19 + 8  # the box whose corner is at (10 m, 4 m)
    left = {
        START_US: sums(frames_used=2, n=10, n_v=4, sum_vx=400, sum_vy=-200, sum_v=480, peak_sum=8, peak_place=place, n_error=1_000_000),
        START_US + SLICE_US: sums(frames_used=1, n=5, patch_n=6, lost=1),
    }
    right = {START_US: sums(frames_used=2, n=5, n_error=500_000, noise_micro=40_000, patch_n=4, lost=2)}
    row = zone_window("z", end_us=END_US, cameras=[left, right], bounds_per_m2=BOUNDS)
    assert row.people == 5 + 2.5
    assert row.density_per_m2 == 7.5 / 20
    assert row.los == "B"
    assert row.local_peak_per_m2 == 2.666666 / 4
    assert (row.peak_x_m, row.peak_y_m) == (11.0, 5.0)
    assert (row.vx_mps, row.vy_mps, row.speed_mps) == (1.0, -0.5, 1.2)
    assert row.specific_flow_per_m_s == 0.375 * 1.2
    assert (row.cameras_expected, row.cameras_seen, row.frames_expected, row.frames_used) == (3, 2, 6, 5)
    assert row.noise_mps == 0.2
    assert (row.patch_people, row.lost) == (10, 3)
    assert row.observed_share == 1.0
    assert math.isclose(row.error_people, 0.333333 + 0.25)
    assert row.age_ms == 600
    assert row.pressure_per_s2 is None
    assert not row.saturated


def test_one_slice_of_one_camera_in_which_people_hide_each_other_makes_the_window_a_lower_bound() -> None:
    left = {START_US: sums(frames_used=1, n=10), START_US + SLICE_US: sums(frames_used=1, n=10, saturated=1)}
    right = {START_US: sums(frames_used=1, n=2)}
    for cameras in ([left, right], [right, left]):
        assert zone_window("z", end_us=END_US, cameras=cameras, bounds_per_m2=BOUNDS).saturated
    assert not zone_window("z", end_us=END_US, cameras=[right], bounds_per_m2=BOUNDS).saturated


def test_pressure_is_the_highest_of_the_cameras_and_its_low_end_is_cut_towards_nothing() -> None:
    one = {START_US: sums(frames_used=2, pressure_n=3, pressure_sum=100_000, pressure_low_sum=-10, pressure_high_sum=400_000)}
    two = {START_US: sums(frames_used=2, pressure_n=2, pressure_sum=30_000, pressure_low_sum=-10, pressure_high_sum=900_000)}
    row = zone_window("z", end_us=END_US, cameras=[one, two], bounds_per_m2=BOUNDS)
    assert (row.pressure_per_s2, row.pressure_low_per_s2, row.pressure_high_per_s2) == (0.033333, -0.000003, 0.45)


def test_a_camera_that_used_no_frame_is_not_seen_and_gives_no_letter() -> None:
    row = zone_window("z", end_us=END_US, cameras=[{START_US: sums()}], bounds_per_m2=BOUNDS)
    assert (row.cameras_seen, row.los, row.age_ms, row.observed_share, row.people) == (0, "", -1, 0.0, 0.0)


def test_what_is_not_observed_may_hold_as_many_to_the_m2_as_what_is() -> None:
    row = zone_window("z", end_us=END_US, cameras=[{START_US: sums(frames_used=2, n=20)}], bounds_per_m2=BOUNDS)
    assert (row.people, row.observed_share, row.error_people) == (10.0, 0.5, 10.0)
