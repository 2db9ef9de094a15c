"""Pictures with fewer lines than the standard asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipelines.events import CameraHealth
from pipelines.rules.evidence import Evidence, Over

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipelines.rules.facts import Facts

RESOLUTION: Final = "camera_resolution"


def resolution(facts: Facts, now_us: int, row: CameraHealth) -> Iterator[Evidence | Over]:
    """A camera's size: on the list while it sends less than the plan asks for; one that is simulated or names no size is not judged."""
    least_px = facts.plan.signs.picture.least_lines
    alert = facts.open_alert(RESOLUTION, row.camera)
    if 0 < row.height_px < least_px and any(camera.kind == "video" for camera in facts.plan.cameras if camera.id == row.camera):
        yield Evidence(
            rule=RESOLUTION,
            place=row.camera,
            start_us=alert.start_us if alert is not None else row.event_time_us,
            now_us=now_us,
            levels=("watch",),
            card=False,
            value=float(row.height_px),
            unit="px",
            source=row.camera,
        )
    elif row.height_px >= least_px and alert is not None:
        yield Over(RESOLUTION, row.camera)
