"""How often the true time to a level lies in the forecast's interval; on synthetic fillings and on recorded crowds.

A local peak is sampled each second as a camera gives it: the mean over five frames of a count over 4 m², with a slow
fluctuation of the crowd itself. Each tenth second with 120 s of history (180 s at most) gives one forecast for each
threshold that is not yet reached. Right is an interval that holds the true crossing, or one without an upper end where
there is none within an hour. The true crossing is that of the course without noise.
`python -m benchmarks.forecast [FILE …]` prints the shares; files are recorded trajectories (25 frames a second).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipelines.detect.floor import local_peak, zone_floor
from pipelines.errors import ConfigError
from pipelines.measures.forecast import HORIZON_S, Crossing, crossing
from pipelines.measures.trend import trend
from simulation.trajectories import read_trajectories

HISTORY_S: Final = (120, 180)  # as the plan's time_to_act: at least, and at most
THRESHOLDS: Final = (3.0, 4.0, 5.0, 6.0)
DRAWS: Final = 40
EACH_S: Final = 10
SEEN_S: Final = 900
FPS: Final = 25
Course = Callable[[NDArray[np.float64]], NDArray[np.float64]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Forecasts: how many, how many right, how many with an upper end, those of them right, crossings before the lower end."""

    forecasts: int = 0
    right: int = 0
    ended: int = 0
    ended_right: int = 0
    early: int = 0

    def __add__(self, other: Score) -> Score:
        return Score(
            forecasts=self.forecasts + other.forecasts,
            right=self.right + other.right,
            ended=self.ended + other.ended,
            ended_right=self.ended_right + other.ended_right,
            early=self.early + other.early,
        )

    def row(self) -> dict[str, Any]:
        """Shares, for printing."""
        return {
            "forecasts": self.forecasts,
            "hit_rate": round(self.right / max(self.forecasts, 1), 3),
            "with_upper_end": round(self.ended / max(self.forecasts, 1), 3),
            "hit_rate_with_upper_end": round(self.ended_right / max(self.ended, 1), 3),
            "crossed_before_lower_end": round(self.early / max(self.forecasts, 1), 3),
        }


def courses(chance: np.random.Generator) -> dict[str, tuple[Course, float, float]]:
    """One course of each kind: local peak by seconds, noise (p/m²), and how alike neighbouring seconds are."""
    start, end = chance.uniform(0.3, 1.5), chance.uniform(4.5, 7.5)
    over_s = chance.uniform(240, 900)
    limit, pace_s = chance.uniform(3.2, 7.0), chance.uniform(150, 400)
    step_s, step = chance.uniform(40, 120), chance.uniform(0.2, 0.6)
    low = chance.uniform(0.5, 1.2)
    return {
        "linear": (lambda t: start + (end - start) * t / over_s, 0.1, 0.5),
        "noisy": (lambda t: start + (end - start) * t / over_s, 0.35, 0.8),
        "saturating": (lambda t: limit - (limit - start) * np.exp(-t / pace_s), 0.1, 0.5),
        "stepwise": (lambda t: start + step * np.floor(t / step_s), 0.1, 0.5),
        "accelerating": (lambda t: start + (end - start) * (t / over_s) ** 2, 0.1, 0.5),
        "steady": (lambda t: np.full_like(t, low), 0.2, 0.8),
    }


def sampled(true: NDArray[np.float64], noise: float, alike: float, chance: np.random.Generator) -> NDArray[np.float64]:
    """What a camera gives of *true*, p/m²: a fluctuation of first order, then counts over 4 m², mean of five frames."""
    drift = np.zeros(len(true))
    for index in range(1, len(true)):
        drift[index] = alike * drift[index - 1] + noise * np.sqrt(1 - alike**2) * chance.standard_normal()
    frames = np.rint(4 * (true + drift)[:, None] + chance.standard_normal((len(true), 5)) * 0.4) / 4
    return np.asarray(np.round(np.maximum(frames, 0).mean(axis=1), 2))


def score(
    true: NDArray[np.float64], seen: NDArray[np.float64], *, thresholds: tuple[float, ...], history_s: tuple[int, int], each_s: int
) -> Score:
    """All forecasts from the seconds *seen*; the course *true* may go on for longer, so that the truth is known."""
    total = Score()
    for now in range(history_s[0], len(seen), each_s):
        first = max(now - history_s[1], 0)
        line = trend(seconds=list(range(first, now + 1)), values=seen[first : now + 1].tolist())
        assert line is not None
        for threshold in thresholds:
            if true[: now + 1].max() < threshold:
                ahead = np.flatnonzero(true[now:] >= threshold)
                at_s = float(ahead[0]) if len(ahead) and ahead[0] <= HORIZON_S else None
                total += _one(at_s, crossing(trend=line, threshold=threshold))
    return total


def _one(at_s: float | None, found: Crossing) -> Score:
    early = at_s is not None and (found.low_s is None or at_s < found.low_s - 1)
    late = found.high_s is not None and (at_s is None or at_s > found.high_s + 1)
    right = int(not early and not late)
    ended = int(found.high_s is not None)
    return Score(forecasts=1, right=right, ended=ended, ended_right=ended * right, early=int(early))


def synthetic(*, draws: int = DRAWS) -> dict[str, dict[str, Any]]:
    """Shares by kind of filling; the same each time."""
    chance = np.random.default_rng(20260101)
    total: dict[str, Score] = {}
    for _ in range(draws):
        for kind, (course, noise, alike) in courses(chance).items():
            true = course(np.arange(SEEN_S + int(HORIZON_S), dtype=np.float64))
            seen = sampled(true[:SEEN_S], noise, alike, chance)
            found = score(true, seen, thresholds=THRESHOLDS, history_s=HISTORY_S, each_s=EACH_S)
            total[kind] = total.get(kind, Score()) + found
    return {kind: found.row() for kind, found in total.items()}


def recorded(path: Path) -> dict[str, Any]:
    """The 1 Hz local peaks of a recorded crowd, and forecasts from whatever history they allow.

    The truth of a recording has noise: a level counts as reached when the mean of five seconds reaches it. Its levels are
    a half, three quarters and nine tenths of its highest.
    """
    try:
        people = read_trajectories(path, unit="m", fps=FPS)
    except ConfigError:
        people = read_trajectories(path, unit="cm", fps=FPS)
    x0, y0, x1, y1 = (edge / 100 for edge in people.extent_cm())
    corners = [(x0 - 1, y0 - 1), (x1 + 1, y0 - 1), (x1 + 1, y1 + 1), (x0 - 1, y1 + 1)]
    floor = zone_floor("all", corners, los_scale="walkway", cameras_expected=1)
    counts = []
    for index, _, points in people.by_frame():
        if index % (FPS // 5) == 0:  # five frames a second
            peak = local_peak(points, floor)
            counts.append(peak.count / 4 if peak else 0.0)
    seconds = len(counts) // 5
    peaks = np.asarray(counts[: seconds * 5]).reshape(-1, 5).mean(axis=1)
    smooth = np.convolve(peaks, np.full(5, 0.2), mode="same")
    levels = tuple(round(float(smooth.max()) * share, 2) for share in (0.5, 0.75, 0.9))
    row: dict[str, Any] = {"seconds": seconds, "highest_per_m2": round(float(peaks.max()), 2)}
    for history_s in (HISTORY_S[0], 60, 20):
        found = score(smooth, peaks, thresholds=levels, history_s=(history_s, HISTORY_S[1]), each_s=1)
        row[f"history_{history_s}_s"] = found.row() if found.forecasts else "too short: no level is crossed after so much history"
    return row


def run(home: Path, root: Path) -> dict[str, Any]:  # noqa: ARG001 - every benchmark is called alike
    """The synthetic fillings, for `muster bench forecast`."""
    return synthetic()


def main() -> None:
    """Print everything as JSON, one line for each kind."""
    for kind, row in synthetic().items():
        print(json.dumps({kind: row}))
    for name in sys.argv[1:]:
        print(json.dumps({Path(name).name: recorded(Path(name))}))


if __name__ == "__main__":
    main()
