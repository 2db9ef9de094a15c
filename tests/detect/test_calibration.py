"""Pixels to metres: against a camera whose geometry is known, and against points that cannot tell."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from pipelines.detect.calibration import calibrate, from_points, from_scale
from pipelines.errors import ConfigError, ShapeError

# a camera that looks down at a slant: metres to pixels
TO_PX = np.array([[60.0, 12.0, 300.0], [2.0, -25.0, 900.0], [0.0005, 0.03, 1.0]])
FLOOR_M = np.array([[0.0, 0.0], [20.0, 0.0], [20.0, 15.0], [0.0, 15.0], [9.0, 4.0], [3.0, 11.0]])


def seen(points_m: NDArray[np.float64]) -> NDArray[np.float64]:
    found = np.column_stack([points_m, np.ones(len(points_m))]) @ TO_PX.T
    return found[:, :2] / found[:, 2:]


def test_four_points_give_the_floor_exactly() -> None:
    floor = calibrate(seen(FLOOR_M[:4]), FLOOR_M[:4])
    other = np.array([[5.5, 7.25], [12.0, 1.0], [19.0, 14.0]])
    np.testing.assert_allclose(floor.apply(seen(other)), other, atol=1e-6)
    assert floor.rms_cm < 1e-4


def test_the_error_of_points_that_disagree_is_told_in_centimetres() -> None:
    off = FLOOR_M.copy()
    off[4] += [0.3, 0.0]
    floor = calibrate(seen(FLOOR_M), off)
    assert 2 < floor.rms_cm < 15


@pytest.mark.parametrize("count", [4, 5])
def test_points_on_one_line_are_refused(count: int) -> None:
    line = np.column_stack([np.arange(float(count)), 2 * np.arange(float(count))])
    with pytest.raises(ConfigError, match="lie on one line"):
        calibrate(seen(FLOOR_M[:count]), line)


def test_three_of_four_points_on_one_line_are_refused() -> None:
    points = np.array([[0.0, 0.0], [100.0, 0.0], [200.0, 0.0], [50.0, 80.0]])
    with pytest.raises(ConfigError, match="without point 4"):
        calibrate(points, FLOOR_M[:4])


def test_three_points_are_too_few() -> None:
    with pytest.raises(ConfigError, match="at least 4"):
        calibrate(FLOOR_M[:3], FLOOR_M[:3])


def test_swapped_corners_are_refused() -> None:
    pixels = seen(FLOOR_M[:4])[[0, 1, 3, 2]]
    with pytest.raises(ConfigError, match="swapped"):
        calibrate(pixels, FLOOR_M[:4])


def test_a_point_above_the_horizon_lies_nowhere() -> None:
    floor = calibrate(seen(FLOOR_M[:4]), FLOOR_M[:4])
    assert np.isnan(floor.apply(np.array([[300.0, -5000.0]]))).all()


def test_a_scale_puts_the_lower_left_corner_at_its_place_and_y_upwards() -> None:
    floor = from_scale(80, height_px=1080, corner_m=(168.0, 118.0))
    np.testing.assert_allclose(floor.apply(np.array([[0.0, 1080.0], [1920.0, 0.0]])), [[168, 118], [192, 131.5]])
    assert floor.px_per_m((960, 540)) == pytest.approx(80)
    assert floor.looks_down((1920, 1080))


def test_a_slanting_camera_does_not_look_down() -> None:
    assert not from_points([(0, 0), (640, 0), (640, 480), (0, 480)], [(-10, 40), (10, 40), (3, 5), (-3, 5)]).looks_down((640, 480))


def test_a_scale_of_nothing_is_refused() -> None:
    with pytest.raises(ConfigError, match="more than 0"):
        from_scale(0, height_px=1080)


def test_points_must_come_as_rows_of_two() -> None:
    with pytest.raises(ShapeError, match="points_px"):
        from_scale(80, height_px=1080).apply(np.zeros(3))
