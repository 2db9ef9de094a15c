"""Where a camera's records go: topic and partition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pipelines.detect.eye import view_records_late
from pipelines.events import CameraEvent, CameraFrame, CameraHealth, CameraPreview, CrowdCells, CrowdCrossings, CrowdZones, VehicleTrack


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Topic and partition of a record; partition None = by its key."""

    thing: str
    partition: int | None


def address(record: Any, *, camera_index: int) -> Address:
    """Where a record of the camera with that index in the plan goes.

    Raises:
        TypeError: a camera has no such record.
    """
    partition = camera_index % 4
    match record:
        case CrowdZones():
            return (
                Address(thing="crowd.late", partition=0) if view_records_late(record) else Address(thing="crowd.zones", partition=partition)
            )
        case CrowdCrossings():
            return Address(thing="crowd.crossings", partition=partition)
        case CrowdCells():
            return Address(thing="crowd.cells", partition=partition)
        case CameraFrame():
            return Address(thing="camera.frames", partition=partition)
        case CameraHealth():
            return Address(thing="camera.health", partition=None)
        case CameraEvent():
            return Address(thing="camera.events", partition=None)
        case CameraPreview():
            return Address(thing="camera.preview", partition=None)
        case VehicleTrack():
            return Address(thing="vehicle.tracks", partition=partition)
        case _:
            raise TypeError(f"a camera sends no {type(record).__name__}")
