"""Pictures with fewer lines than the standard asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipelines.events import CameraHealth

if TYPE_CHECKING:
    from pipelines.alerts.kernel import Kernel

RESOLUTION: Final = "camera_resolution"


def resolution(kernel: Kernel, now_us: int, row: CameraHealth) -> None:
    """A camera's size: on the list while it sends less than the plan asks for; one that is simulated or names no size is not judged."""
    least_px = kernel.plan.signs.picture.least_lines
    alert = kernel.open_alert(RESOLUTION, row.camera)
    if 0 < row.height_px < least_px and any(camera.kind == "video" for camera in kernel.plan.cameras if camera.id == row.camera):
        start_us = alert.start_us if alert is not None else row.event_time_us
        kernel.raise_(
            RESOLUTION, row.camera, start_us, ["watch"], now_us, card=False, value=float(row.height_px), unit="px", source=row.camera
        )
    elif row.height_px >= least_px and alert is not None:
        kernel.lapse(alert, now_us)
