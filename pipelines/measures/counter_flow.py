"""Counter-flow: how large a share of the moving people goes against the others.

    minority share = min(n_forth, n_back) / (n_forth + n_back)      [0 .. 0.5]

Forth and back are along an axis; who moves along it slower than the threshold counts as neither.
"""

from __future__ import annotations

import numpy as np

from pipelines.errors import ShapeError
from pipelines.measures.polygon import Floats

SLOWEST_MPS = 0.2


def main_axis(velocities_mps: Floats) -> Floats:
    """The axis along which a crowd moves most, either way: the principal axis of the velocities about zero.

    Args:
        velocities_mps: (n, 2) float64, m/s, finite.

    Returns:
        (2,) float64, of length 1, x >= 0; (1, 0) where nothing moves.

    Raises:
        ShapeError: not (n, 2).
    """
    if velocities_mps.ndim != 2 or velocities_mps.shape[1] != 2:
        raise ShapeError("velocities_mps", expected="(n, 2)", got=velocities_mps.shape)
    x, y = velocities_mps.T
    angle = np.arctan2(2 * (x * y).sum(), (x * x).sum() - (y * y).sum()) / 2
    return np.array([np.cos(angle), np.sin(angle)])


def minority_share(velocities_mps: Floats, *, axis: Floats, slowest_mps: float = SLOWEST_MPS) -> float | None:
    """Share of the people who move along *axis* that go the way of the fewer; None where nobody moves along it.

    Args:
        velocities_mps: (n, 2) float64, m/s, finite.
        axis: (2,) float64, of length 1.
        slowest_mps: who is slower along the axis does not count.

    Raises:
        ShapeError: not (n, 2) and (2,).
    """
    if velocities_mps.ndim != 2 or velocities_mps.shape[1] != 2 or axis.shape != (2,):
        raise ShapeError("velocities_mps, axis", expected="(n, 2) and (2,)", got=(velocities_mps.shape, axis.shape))
    along = velocities_mps[:, 0] * axis[0] + velocities_mps[:, 1] * axis[1]
    forth, back = int((along >= slowest_mps).sum()), int((along <= -slowest_mps).sum())
    return min(forth, back) / (forth + back) if forth + back else None
