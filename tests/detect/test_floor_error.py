"""The error of a place on the floor: in cm, growing with the distance, and nothing at all above the horizon."""

from __future__ import annotations

import numpy as np

from pipelines.detect.calibration import from_points, from_scale

# a camera that looks along the floor: the lower edge is near, the upper far
PIXELS = ((100.0, 1000.0), (1800.0, 1000.0), (700.0, 400.0), (1200.0, 400.0))
METRES = ((0.0, 0.0), (10.0, 0.0), (0.0, 40.0), (10.0, 40.0))


def test_from_above_a_pixel_is_as_long_everywhere() -> None:
    floor = from_scale(50, height_px=1080)
    assert np.allclose(floor.error_cm(np.array([[5.0, 5.0], [1900.0, 1000.0]]), error_px=3), 6.0)


def test_the_error_grows_with_the_distance_and_there_is_none_above_the_horizon() -> None:
    floor = from_points(PIXELS, METRES)
    rows = np.array([[960.0, row] for row in (1000, 700, 500, 400)])
    errors = floor.error_cm(rows)
    assert (np.diff(errors) > 0).all()
    assert errors[-1] > 5 * errors[0]
    assert np.isnan(floor.error_cm(np.array([[960.0, 10.0]]))).all()


def test_the_error_holds_what_a_wrong_pixel_does() -> None:
    floor, rng = from_points(PIXELS, METRES), np.random.default_rng(8)
    at = np.stack([rng.uniform(600, 1300, 200), rng.uniform(450, 1000, 200)], axis=1)
    turned = rng.uniform(0, 2 * np.pi, 200)
    moved = floor.apply(at + np.stack([np.cos(turned), np.sin(turned)], axis=1)) - floor.apply(at)
    assert (np.linalg.norm(moved, axis=1) * 100 <= floor.error_cm(at) * 1.05).all()
