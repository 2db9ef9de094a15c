"""The recorded files and what PedPy said about them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from cli.paths import data_folder
from simulation.trajectories import read_trajectories

GOLDEN = Path(__file__).with_name("golden")
CASES = json.loads((GOLDEN / "cases.json").read_text(encoding="utf-8"))["files"]
NAMES = [case["file"] for case in CASES]
ZONES = [(case["file"], index) for case in CASES for index in range(len(case["zones"]))]


def case(name: str) -> dict:
    return next(row for row in CASES if row["file"] == name)


def golden(name: str) -> dict:
    return json.loads((GOLDEN / f"{Path(name).stem}.json").read_text(encoding="utf-8"))


def path_of(name: str) -> Path:
    path = data_folder() / "trajectories" / name
    if not path.is_file():
        pytest.skip(f"recorded trajectories are not here: {name} (MUSTER_DATA names their folder)")
    return path


_READ: dict = {}


def people(name: str) -> tuple:
    """The file and its rows as the measures take them; read once."""
    if name not in _READ:
        row = case(name)
        found = read_trajectories(path_of(name), unit=row["unit"], fps=row["fps"])
        frames = found.frames - found.frames[0]
        _READ[name] = found, {"positions_m": found.positions_m, "frames": frames, "frame_count": int(frames[-1]) + 1}
    return _READ[name]


def every(rows: dict, step: int) -> dict:
    """The rows of every step-th frame."""
    kept = rows["frames"] % step == 0
    return {
        "positions_m": rows["positions_m"][kept],
        "frames": rows["frames"][kept] // step,
        "frame_count": (rows["frame_count"] - 1) // step + 1,
    }


def ring(corners: list) -> np.ndarray:
    return np.asarray(corners, dtype=np.float64)
