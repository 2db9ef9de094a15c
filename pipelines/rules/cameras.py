"""Pictures that are not ok."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipelines.events import CameraHealth
from pipelines.rules.evidence import Evidence, Over

if TYPE_CHECKING:
    from collections.abc import Iterator


CAMERA: Final = "camera_health"


def camera(now_us: int, row: CameraHealth) -> Iterator[Evidence | Over]:
    """A camera's state: on the list while it is not ok."""
    if row.state != "ok":
        yield Evidence(
            rule=CAMERA,
            place=row.camera,
            start_us=row.since_us,
            now_us=now_us,
            levels=("watch",),
            card=False,
            unit=row.state,
            source=row.camera,
        )
    else:
        yield Over(CAMERA, row.camera)
