"""Which backend a camera gets."""

from __future__ import annotations

import math
from typing import Final

from pipelines.detect.backends import Backend
from pipelines.detect.backends.motion import Motion, MotionSettings
from pipelines.detect.backends.onnx import Onnx, OnnxSettings, has_weights
from pipelines.detect.calibration import Floor
from pipelines.detect.following import Following
from pipelines.detect.models import DEFAULT
from pipelines.errors import ConfigError

NAMES: Final = ("auto", "motion", "onnx")
PERSON_FROM_ABOVE_M2: Final = math.pi / 4 * 0.52 * 0.30  # shoulders, an ellipse

LEAST_VEHICLE: Final = 0.01  # of the picture: less in motion over a road is no vehicle


def backend_for(
    name: str,
    *,
    floor: Floor | None,
    fps: float,
    size_px: tuple[int, int],
    over_road: bool = False,
    onnx: OnnxSettings | None = None,
) -> Backend:
    """The backend called *name*; a new one, since it may remember frames.

    `auto` is onnx where its weights are there and the camera does not look straight down (the model was trained on
    people seen from the side), else motion.

    Args:
        name: auto | motion | onnx.
        floor: the camera's calibration; None where it has none.
        fps: frames a second that it will see.
        size_px: width and height of the picture.
        over_road: it looks for vehicles: a moving thing is one vehicle and not several people.
        onnx: model and provider, where it is onnx.

    Raises:
        ConfigError: another name, or the model's weights are missing.
    """
    if name not in NAMES:
        raise ConfigError(f"backend '{name}': expected {', '.join(NAMES)}")
    above = floor is not None and floor.looks_down(size_px)
    if name == "onnx" or (name == "auto" and not above and has_weights(model=onnx.model if onnx else DEFAULT)):
        return Onnx(onnx)
    if over_road:
        return Motion(MotionSettings(fps=fps, least_of_picture=LEAST_VEHICLE, contrast=200.0, shadows=True, even_light=True, absorb_s=60.0))
    if floor is not None and above:
        scale = floor.px_per_m((size_px[0] / 2, size_px[1] / 2))
        return Motion(MotionSettings(fps=fps, person_px=PERSON_FROM_ABOVE_M2 * scale**2))
    return Motion(MotionSettings(fps=fps, contrast=60.0, shadows=True, learn_frames=50, absorb_s=60.0))


def remembers(backend: Backend) -> bool:
    """Whether the backend must see every frame as it is; one that takes each picture for itself may be spared some, or see them lit up."""
    return not isinstance(backend, Onnx)


def following_for(backend: Backend, *, gating: bool) -> Following | None:
    """What spares the backend frames; None where the plan wants every frame looked into, or the backend must see them all."""
    return Following() if gating and not remembers(backend) else None
