"""How much of a dense crowd a view can show, by true density: what is seen there is a lower bound.

There is no footage of dense crowds with a truth here. Seen from the side it is therefore a model: people stand at random,
each a box of 0.45 m x 1.7 m before a camera 5 m up, 8 to 25 m away; of whom less than half of head and shoulders shows, he is
missed, and of two boxes that overlap by more than the detector allows one goes. Seen from above it is the motion backend itself, on drawn
people as large as the demo's.
"""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.detect.backends.choose import PERSON_FROM_ABOVE_M2
from pipelines.detect.backends.motion import Motion, MotionSettings
from pipelines.detect.backends.onnx import suppress
from pipelines.detect.saturation import FROM_THE_SIDE

DENSITIES: Final = (0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0)
_SIDE_M: Final = 6.0
_APART_M: Final = 0.32
_SIDE_ROUNDS, _ABOVE_ROUNDS = 40, 4
_UP_M, _NEAR_M = 5.0, 8.0
_OVERLAP: Final = 0.45  # as the list of models says of the default one
_SHOWN: Final = 0.5
_PX: Final = 700.0  # a metre at a distance of one
_PX_PER_M: Final = 40.0
Points = NDArray[np.float64]


def measured() -> dict[str, Any]:
    """Share of the people who are seen, and of the rounds in which a view from the side is told saturated, by true density, 1/m²."""
    side = {density: _seen(_side, density, rounds=_SIDE_ROUNDS) for density in DENSITIES}
    above = {density: _seen(_above, density, rounds=_ABOVE_ROUNDS) for density in DENSITIES}
    return {
        "side_model": {f"{density:g}": round(_share(rounds), 2) for density, rounds in side.items()},
        "side_told": {f"{density:g}": round(_told([seen for seen, _ in rounds]), 2) for density, rounds in side.items()},
        "above_motion": {f"{density:g}": round(_share(rounds), 2) for density, rounds in above.items()},
    }


def _seen(view: Any, density: float, *, rounds: int) -> list[tuple[Points, int]]:
    """Of each round where the people are who are seen, and how many there are."""
    rng, found = np.random.default_rng(7), list[tuple[Points, int]]()
    for _ in range(rounds):
        people = _crowd(rng, density)
        found.append((view(rng, people), len(people)))
    return found


def _share(rounds: list[tuple[Points, int]]) -> float:
    return float(np.mean([len(seen) / true for seen, true in rounds]))


def _told(rounds: list[Points]) -> float:
    """In what share of rounds a 2 m box, whose corners lie on whole half metres, holds as many as the limit says."""
    corners = [(x, y) for x in np.arange(0, _SIDE_M - 1.5, 0.5) for y in np.arange(0, _SIDE_M - 1.5, 0.5)]
    most = [max(int(((seen >= corner) & (seen < np.add(corner, 2))).all(axis=1).sum()) for corner in corners) for seen in rounds]
    return float(np.mean(np.array(most) >= FROM_THE_SIDE.box_people))


def _crowd(rng: np.random.Generator, density: float) -> Points:
    """People at random in a square, none nearer to another than bodies allow, (n, 2) m."""
    wanted, held = round(density * _SIDE_M**2), np.zeros((0, 2))
    while len(held) < wanted:
        one = rng.uniform(0, _SIDE_M, 2)
        if not len(held) or np.linalg.norm(held - one, axis=1).min() >= _APART_M:
            held = np.concatenate([held, one[None]])
    return held


def _side(rng: np.random.Generator, people: Points) -> Points:
    away = people[:, 1] + rng.uniform(_NEAR_M, 25 - _SIDE_M)
    middle, half, high, low = people[:, 0] / away, 0.225 / away, (_UP_M - 1.7) / away, _UP_M / away
    boxes = (np.stack([middle - half, high, middle + half, low], axis=1) * _PX).round().astype(np.int64)
    boxes[:, [0, 2]] -= boxes[:, 0].min()
    taken = np.zeros((boxes[:, 3].max() + 1, boxes[:, 2].max() + 1), dtype=bool)
    shown = np.zeros(len(boxes))
    for row in np.argsort(away):
        x0, y0, x1, y1 = boxes[row]
        shown[row] = 1 - taken[y0 : y0 + (y1 - y0) // 3, x0:x1].mean()
        taken[y0:y1, x0:x1] = True
    held = np.flatnonzero(shown >= _SHOWN)
    kinds = np.zeros(len(held), dtype=np.int64)
    kept = suppress(boxes[held].astype(np.float32), shown[held].astype(np.float32), kinds, overlap=_OVERLAP)
    return np.asarray(people[held[kept]], dtype=np.float64)


def _above(rng: np.random.Generator, people: Points) -> Points:
    finder = Motion(MotionSettings(fps=5, person_px=PERSON_FROM_ABOVE_M2 * _PX_PER_M**2))
    size = round((_SIDE_M + 2) * _PX_PER_M)
    for _ in range(20):
        finder.detect(_floor(rng, size))
    frame = _floor(rng, size)
    for x, y in (people + 1) * _PX_PER_M:
        centre, axes = (round(x), round(y)), (round(0.26 * _PX_PER_M), round(0.15 * _PX_PER_M))
        cv2.ellipse(frame, centre, axes, float(rng.uniform(0, 180)), 0, 360, (40, 40, 40), -1, cv2.LINE_AA)
    boxes = finder.detect(frame)
    return np.asarray((boxes[:, :2] + boxes[:, 2:4]) / 2 / _PX_PER_M - 1, dtype=np.float64)


def _floor(rng: np.random.Generator, size: int) -> NDArray[np.uint8]:
    grey = 150 + cv2.resize(rng.normal(0, 4, (size // 2, size // 2)).astype(np.float32), (size, size))
    return np.repeat(np.clip(grey, 0, 255).astype(np.uint8)[..., None], 3, axis=2)
