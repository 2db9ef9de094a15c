"""Pictures that are not ok."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipelines.events import CameraHealth

if TYPE_CHECKING:
    from pipelines.alerts.kernel import Kernel

CAMERA: Final = "camera_health"


def camera(kernel: Kernel, now_us: int, row: CameraHealth) -> None:
    """A camera's state: on the list while it is not ok."""
    alert = kernel.open_alert(CAMERA, row.camera)
    if row.state != "ok":
        kernel.raise_(CAMERA, row.camera, row.since_us, ["watch"], now_us, card=False, unit=row.state, source=row.camera)
    elif row.state == "ok" and alert is not None:
        kernel.lapse(alert, now_us)
