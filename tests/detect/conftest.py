"""Videos and weights that are not part of the project: tests that need them skip, with a reason, where they are absent."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipelines.detect.backends.onnx import has_weights
from pipelines.detect.models import models_folder

_SHARED = Path(__file__).resolve().parents[2].parent / "shared"


@pytest.fixture(scope="session")
def videos() -> Path:
    folder = Path(os.environ.get("MUSTER_DATA", "") or _SHARED / "data") / "video"
    if not (folder / "vtest.avi").is_file():
        pytest.skip(f"vtest.avi is not in {folder}: set MUSTER_DATA")
    return folder


@pytest.fixture(scope="session")
def weights() -> Path:
    if not has_weights():
        pytest.skip(f"the model is not in {models_folder()}: set MUSTER_MODELS")
    return models_folder()
