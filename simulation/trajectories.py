"""Files of recorded trajectories: one row `id frame x y z`, lines with # are comments, unit m or cm."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipelines.errors import ConfigError

_COLUMNS: Final = (4, 5)
_SMALLEST_M, _LARGEST_M = 1.0, 655.0
_FASTEST_MPS: Final = 8.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trajectories:
    """Recorded people.

    Args:
        tracks: (n,) int64 person ids.
        frames: (n,) int64 frame numbers, ascending.
        positions_cm: (n, 2) int64, the file's own frame, rounded down.
        positions_m: (n, 2) float64, the same as exactly as the file has them.
        fps: frames per second.
    """

    tracks: NDArray[np.int64]
    frames: NDArray[np.int64]
    positions_cm: NDArray[np.int64]
    positions_m: NDArray[np.float64]
    fps: float

    def only(self, kept: NDArray[np.bool_]) -> Trajectories:
        """The rows *kept*, (n,) bool."""
        return Trajectories(
            tracks=self.tracks[kept],
            frames=self.frames[kept],
            positions_cm=self.positions_cm[kept],
            positions_m=self.positions_m[kept],
            fps=self.fps,
        )

    def extent_cm(self) -> tuple[int, int, int, int]:
        """x0, y0, x1, y1 of all positions."""
        low, high = self.positions_cm.min(axis=0), self.positions_cm.max(axis=0)
        return int(low[0]), int(low[1]), int(high[0]), int(high[1])

    def by_frame(self) -> Iterator[tuple[int, NDArray[np.int64], NDArray[np.int64]]]:
        """(frames since the first, tracks, positions) of every frame from first to last, empty ones too."""
        first, last = int(self.frames[0]), int(self.frames[-1])
        edges = np.searchsorted(self.frames, np.arange(first, last + 2))
        for index in range(last - first + 1):
            rows = slice(edges[index], edges[index + 1])
            yield index, self.tracks[rows], self.positions_cm[rows]


def read_trajectories(path: Path, *, unit: str, fps: float) -> Trajectories:
    """The people in *path*.

    Args:
        path: the file.
        unit: "m" or "cm", of its x and y.
        fps: frames per second, > 0.

    Raises:
        ConfigError: no such file, not rows of numbers, not finite, two rows for one person and frame, or a size or
            speed that says the unit is another one.
    """
    if unit not in ("m", "cm"):
        raise ConfigError(f"unit '{unit}': expected m or cm")
    if not 0 < fps <= 240:
        raise ConfigError(f"fps {fps}: expected more than 0 and at most 240")
    rows = _rows(path)
    scale = 100.0 if unit == "m" else 1.0
    order = np.lexsort((rows[:, 0], rows[:, 1]))
    rows = rows[order]
    found = Trajectories(
        tracks=rows[:, 0].astype(np.int64),
        frames=rows[:, 1].astype(np.int64),
        positions_cm=np.floor(rows[:, 2:4] * scale).astype(np.int64),
        positions_m=rows[:, 2:4] if unit == "m" else rows[:, 2:4] / 100,
        fps=fps,
    )
    _check(found, path, unit)
    return found


def without_jumps(found: Trajectories, *, fastest_mps: float) -> tuple[Trajectories, list[str]]:
    """The rows that nobody had to run faster than *fastest_mps* to reach, and a sentence for each row that is left out.

    A row is judged against the same person's last row that was kept, so that one wrong row takes no right one with it.
    """
    order = np.lexsort((found.frames, found.tracks))
    steps = np.hypot(*np.diff(found.positions_m[order], axis=0).T)
    same = np.diff(found.tracks[order]) == 0
    fast = same & (steps * found.fps > fastest_mps * np.diff(found.frames[order]))
    kept = np.ones(len(found.tracks), dtype=bool)
    sentences = []
    for track in np.unique(found.tracks[order][1:][fast]):
        rows = order[found.tracks[order] == track]
        last = rows[0]
        for row in rows[1:]:
            way = float(np.hypot(*(found.positions_m[row] - found.positions_m[last])))
            speed = way * found.fps / int(found.frames[row] - found.frames[last])
            if speed <= fastest_mps:
                last = row
                continue
            kept[row] = False
            sentences.append(f"person {track}, frame {found.frames[row]}: jumps {way:.2f} m, which is {speed:.0f} m/s")
    return found.only(kept), sentences


def _rows(path: Path) -> NDArray[np.float64]:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not a text file of trajectories (byte {error.start} is not UTF-8)") from error
    parsed = []
    for number, line in enumerate(text.splitlines(), start=1):
        content = line.partition("#")[0].split()
        if not content:
            continue
        if len(content) not in _COLUMNS:
            raise ConfigError(f"{path}, line {number}: expected 'id frame x y z', got {len(content)} columns")
        try:
            parsed.append([float(word) for word in content[:4]])
        except ValueError:
            raise ConfigError(f"{path}, line {number}: expected numbers 'id frame x y z', got '{line.strip()[:60]}'") from None
    if not parsed:
        raise ConfigError(f"{path}: holds no row 'id frame x y z'")
    rows = np.asarray(parsed, dtype=np.float64)
    bad = np.flatnonzero(~np.isfinite(rows).all(axis=1))
    if len(bad):
        raise ConfigError(f"{path}: person {parsed[bad[0]][0]:g}, frame {parsed[bad[0]][1]:g}: position is not a finite number")
    return rows


def _check(found: Trajectories, path: Path, unit: str) -> None:
    x0, y0, x1, y1 = found.extent_cm()
    wide, deep = (x1 - x0) / 100, (y1 - y0) / 100
    other = "cm" if unit == "m" else "m"
    if max(wide, deep) > _LARGEST_M or max(wide, deep) < _SMALLEST_M:
        raise ConfigError(f"{path}: in {unit} it spans {wide:.2f} m x {deep:.2f} m; is its unit {other}?")
    doubled = np.flatnonzero((np.diff(found.frames) == 0) & (np.diff(found.tracks) == 0))
    if len(doubled):
        raise ConfigError(f"{path}: person {found.tracks[doubled[0]]} is twice in frame {found.frames[doubled[0]]}")
    speed = _typical_speed_mps(found)
    if speed > _FASTEST_MPS:
        raise ConfigError(
            f"{path}: in {unit} at {found.fps:g} fps people move at {speed:.0f} m/s; is its unit {other}, or the rate another?"
        )


def _typical_speed_mps(found: Trajectories) -> float:
    """Median over all steps of one person between neighbouring frames."""
    order = np.lexsort((found.frames, found.tracks))
    steps = np.diff(found.positions_cm[order], axis=0)
    same = (np.diff(found.tracks[order]) == 0) & (np.diff(found.frames[order]) == 1)
    if not same.any():
        return 0.0
    return float(np.median(np.hypot(*steps[same].T))) * found.fps / 100
