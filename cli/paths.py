"""Where things are: the project, its runtime folder, and the caller's own folder."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(os.environ.get("MUSTER_ROOT", Path(__file__).resolve().parent.parent))
HOME = Path(os.environ.get("MUSTER_HOME_FOLDER", ROOT / ".muster"))


def from_caller(path: Path) -> Path:
    """A path as the caller wrote it, relative to the folder where the command was called."""
    return path if path.is_absolute() else Path(os.environ.get("MUSTER_CWD", Path.cwd())) / path


def data_folder() -> Path:
    """Footage and trajectories: MUSTER_DATA, else ../shared/data."""
    return Path(os.environ.get("MUSTER_DATA", ROOT.parent / "shared" / "data"))
