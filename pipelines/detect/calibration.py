"""From pixels to metres: the only place where they meet. A homography of the floor, from four or more point pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipelines.errors import ConfigError, ShapeError
from pipelines.units import CM_PER_M

_LEAST: Final = 4
_FLAT: Final = 1e-3  # of the points' spread: less across than this is one line
_TOP_VIEW: Final = 1.1  # scales of the corners, largest to smallest
_ROUNDED_PX: Final = 1.0  # whoever scales a picture rounds its sides, some to even numbers
Points = NDArray[np.float64]
Scale = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Floor:
    """The floor as one camera sees it.

    Args:
        matrix: (3, 3) float64, homogeneous pixels to homogeneous metres of the venue frame.
        rms_cm: root mean square distance of the calibration's points from where they should be; 0 for four points.
    """

    matrix: NDArray[np.float64]
    rms_cm: float

    def apply(self, points_px: Points) -> Points:
        """Where pixels lie on the floor.

        Args:
            points_px: (n, 2) float64, px, y downwards.

        Returns:
            (n, 2) float64, metres, venue frame; NaN for a point on or above the horizon.
        """
        return _mapped(self.matrix, points_px)

    def px_per_m(self, at_px: tuple[float, float]) -> float:
        """Pixels a metre at one place of the picture, in the mean over directions."""
        around = np.asarray([at_px, (at_px[0] + 1, at_px[1]), (at_px[0], at_px[1] + 1)], dtype=np.float64)
        here, right, down = self.apply(around)
        (a, b), (c, d) = right - here, down - here
        return float(1 / np.sqrt(abs(a * d - b * c)))

    def error_cm(self, points_px: Points, *, error_px: float = 1.0) -> NDArray[np.float64]:
        """How far a point may be from where it is said to be, when its pixel is wrong by *error_px*: it grows with the distance.

        Args:
            points_px: (n, 2) float64.
            error_px: in any direction, px.

        Returns:
            (n,) float64, cm: the longer half axis of what a circle of that radius in the picture is on the floor, and the
            calibration's own `rms_cm` beside it (root of the sum of squares); NaN on or above the horizon.
        """
        right, down = np.array([0.5, 0.0]), np.array([0.0, 0.5])
        columns = [self.apply(points_px + step) - self.apply(points_px - step) for step in (right, down)]
        jacobian = np.stack(columns, axis=2) * CM_PER_M
        known = np.isfinite(jacobian).all(axis=(1, 2))
        longest = np.full(len(points_px), np.nan)
        longest[known] = np.linalg.svd(jacobian[known], compute_uv=False)[:, 0]
        return np.asarray(np.hypot(longest * error_px, self.rms_cm))

    def shapes(self, boxes: NDArray[np.float32], *, from_above: bool) -> NDArray[np.float64]:
        """What boxes tell of how people stand.

        Args:
            boxes: (n, 4), x0, y0, x1, y1 px.
            from_above: the camera looks straight down and shows no heights.

        Returns:
            (n, 2) float64: height over the distance of the feet from the horizon, which is the same all over the picture for
            everybody who stands and is as tall; width over height. NaN from above.
        """
        if from_above:
            return np.full((len(boxes), 2), np.nan)
        x0, y0, x1, y1 = boxes.astype(np.float64).T
        depth = np.stack([(x0 + x1) / 2, y1, np.ones(len(boxes))], axis=1) @ self.matrix[2]
        return np.stack([(y1 - y0) / depth, (x1 - x0) / np.maximum(y1 - y0, 1.0)], axis=1)

    def scaled(self, scale: Scale) -> Floor:
        """The floor in pictures that are *scale* (across, down) times as large."""
        return Floor(matrix=self.matrix / np.array([*scale, 1.0]), rms_cm=self.rms_cm)

    def looks_down(self, size_px: tuple[int, int]) -> bool:
        """Whether a metre is as long in every corner of a picture of *size_px*: the camera looks straight down."""
        width, height = size_px
        corners = [(0, 0), (width, 0), (0, height), (width, height)]
        scales = np.asarray([self.px_per_m(corner) for corner in corners])
        return bool(np.isfinite(scales).all() and scales.max() <= _TOP_VIEW * scales.min())


def calibrate(points_px: Points, points_m: Points) -> Floor:
    """The floor through pairs of points, by the direct linear transform on normalised points.

    Args:
        points_px: (n, 2) float64, n >= 4, pixels.
        points_m: (n, 2) float64, where they lie, metres.

    Raises:
        ShapeError: not n pairs.
        ConfigError: fewer than four pairs, three of four on one line, or the floor folds inside its own points.

    Source: R. Hartley, In defense of the eight-point algorithm, 1997, for the normalisation.
    """
    points_px, points_m = np.asarray(points_px, dtype=np.float64), np.asarray(points_m, dtype=np.float64)
    if points_px.ndim != 2 or points_px.shape[1:] != (2,) or points_px.shape != points_m.shape:
        raise ShapeError("points_px, points_m", expected="(n, 2) both", got=(points_px.shape, points_m.shape))
    if len(points_px) < _LEAST:
        raise ConfigError(f"calibration: expected at least {_LEAST} pairs of points, got {len(points_px)}")
    for name, points in (("pixels", points_px), ("metres", points_m)):
        if not np.isfinite(points).all():
            raise ConfigError(f"calibration: the points in {name} hold a number that is not finite")
        _refuse_lines(points, name)
    matrix = _solve(points_px, points_m)
    back = _mapped(matrix, points_px)
    if not np.isfinite(back).all():
        raise ConfigError("calibration: the floor folds over between its own points; is a pair swapped?")
    return Floor(matrix=matrix, rms_cm=float(np.sqrt(((back - points_m) ** 2).sum(axis=1).mean())) * CM_PER_M)


def from_scale(px_per_m: float, *, height_px: int, corner_m: tuple[float, float] = (0.0, 0.0)) -> Floor:
    """A camera that looks straight down: *px_per_m* everywhere, *corner_m* at the picture's lower left, y upwards.

    Raises:
        ConfigError: the scale is not a positive number.
    """
    if not (np.isfinite(px_per_m) and px_per_m > 0):
        raise ConfigError(f"scale {px_per_m} px per metre: expected more than 0")
    scale, (x, y) = 1 / px_per_m, corner_m
    matrix = np.array([[scale, 0, x], [0, -scale, y + height_px * scale], [0, 0, 1]], dtype=np.float64)
    return Floor(matrix=matrix, rms_cm=0.0)


def from_points(pixels: Sequence[tuple[float, float]], metres: Sequence[tuple[float, float]]) -> Floor:
    """`calibrate` with a plan's lists of points."""
    return calibrate(np.asarray(pixels, dtype=np.float64), np.asarray(metres, dtype=np.float64))


def scale_between(made_px: tuple[int, int], picture_px: tuple[int, int]) -> Scale | None:
    """How many times as large, across and down, pictures are as those that a calibration was *made* for.

    None where the sides have another proportion: then the picture was cut or stretched, and nobody knows how.
    """
    across, down = picture_px[0] / made_px[0], picture_px[1] / made_px[1]
    same = abs(down - across) * made_px[1] <= _ROUNDED_PX or abs(across - down) * made_px[0] <= _ROUNDED_PX
    return (across, down) if same else None


def floor_in(floor: Floor | None, made_px: tuple[int, int], picture_px: tuple[int, int]) -> Floor | None:
    """The floor in pictures of *picture_px*, of one that was *made* in others; as it is where nobody can say how they differ."""
    scale = scale_between(made_px, picture_px)
    return floor.scaled(scale) if floor is not None and scale is not None else floor


def _refuse_lines(points: Points, name: str) -> None:
    """Four points need a quadrangle: no three on a line. More points need two directions, whichever one is left out."""
    for leave_out in range(len(points)):
        rest = np.delete(points, leave_out, axis=0)
        wide, deep = np.linalg.svd(rest - rest.mean(axis=0), compute_uv=False)
        if wide == 0 or deep / wide < _FLAT:
            raise ConfigError(
                f"calibration: without point {leave_out + 1} the points in {name} lie on one line; spread them over the floor"
            )


def _normalised(points: Points) -> tuple[Points, NDArray[np.float64]]:
    """The points around 0 with a mean distance of sqrt 2, and the (3, 3) matrix that does it."""
    centre = points.mean(axis=0)
    scale = np.sqrt(2) / np.linalg.norm(points - centre, axis=1).mean()
    return (points - centre) * scale, np.array([[scale, 0, -scale * centre[0]], [0, scale, -scale * centre[1]], [0, 0, 1]])


def _solve(points_px: Points, points_m: Points) -> NDArray[np.float64]:
    (p, to_p), (q, to_q) = _normalised(points_px), _normalised(points_m)
    one, none = np.ones(len(p)), np.zeros((len(p), 3))
    source = np.stack([p[:, 0], p[:, 1], one], axis=1)
    rows = np.concatenate([np.hstack([source, none, -q[:, :1] * source]), np.hstack([none, source, -q[:, 1:] * source])])
    matrix = np.linalg.inv(to_q) @ np.linalg.svd(rows)[2][-1].reshape(3, 3) @ to_p
    # one sign for every calibration, so that "in front of the horizon" is a positive third coordinate
    middle = np.append(points_px.mean(axis=0), 1.0)
    return np.asarray(matrix / (matrix[2] @ middle))


def _mapped(matrix: NDArray[np.float64], points_px: Points) -> Points:
    points_px = np.asarray(points_px, dtype=np.float64)
    if points_px.ndim != 2 or points_px.shape[1] != 2:
        raise ShapeError("points_px", expected="(n, 2)", got=points_px.shape)
    found = np.column_stack([points_px, np.ones(len(points_px))]) @ matrix.T
    depth = np.where(found[:, 2] > 0, found[:, 2], np.nan)
    return np.asarray(found[:, :2] / depth[:, None])
