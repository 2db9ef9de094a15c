"""Keeps a camera's reference view over restarts: a worker that starts again must not take a moved view for the right one.

It belongs to the calibration that it was made under: a new calibration begins with a new reference.
"""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from pipelines.detect.pose import Pose
from plan.model import Camera

_EVERY_S: Final = 1.0


def _file(run: Path, camera: Camera) -> Path:
    # not the size of its picture: the view of a calibration is the same one in a picture of any size
    made_of = camera.model_dump_json(include={"calibration": {"pixels", "metres"}, "source": True})
    return run / "references" / f"{camera.id}-{hashlib.blake2b(made_of.encode(), digest_size=8).hexdigest()}.png"


def kept(run: Path, camera: Camera) -> Pose:
    """The pose of a camera with the reference that was kept; without one where there is none, or no run folder."""
    path = _file(run, camera)
    if run == Path() or not path.is_file():
        return Pose()
    grey = cv2.imdecode(np.frombuffer(path.read_bytes(), dtype=np.uint8), cv2.IMREAD_GRAYSCALE)
    return Pose(np.asarray(grey, dtype=np.uint8) if grey is not None else None)


def keep(run: Path, camera: Camera, pose: Pose, stop: threading.Event) -> None:
    """Write the reference once it has been made; run it in a thread of its own."""
    while pose.reference is None:
        if stop.wait(_EVERY_S):
            return
    if run == Path():
        return
    path = _file(run, camera)
    made, body = cv2.imencode(".png", pose.reference)
    if made:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        whole = path.with_suffix(".part")
        whole.write_bytes(body.tobytes())
        whole.replace(path)
