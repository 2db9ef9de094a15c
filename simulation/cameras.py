"""The simulated cameras: each sees the walkers in the floor that it owns, through the same eye as a real one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipelines import units
from pipelines.detect.eye import Eye, View, view_records_late
from pipelines.events import CameraEvent, CameraFrame, CameraHealth, CrowdCells, CrowdCrossings, CrowdZones
from plan.model import Plan
from plan.views import behaviour_of, view_of
from simulation.walkers import Walkers

PARTITIONS: Final = 4
FRAME_US: Final = units.SLICE_US
_TILE_CM: Final = 50  # owned rectangles have their corners on multiples of this
_HEIGHT_PX, _WIDTH_PX = 1080, 1920
_NOBODY: Final = -1
Clock = Callable[[], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A record and where it goes."""

    thing: str
    record: Any
    key: str
    partition: int | None = None


class Cameras:
    """Every simulated camera of a plan, at 5 frames a second."""

    def __init__(self, plan: Plan, walkers: Walkers, *, start_us: int, first_us: int, views: Sequence[View] = ()) -> None:
        """Begin at the frame of *first_us*; *start_us* is second 0 of the story. Both µs UTC, multiples of 200 ms.

        *views* are those of `views_of(plan)`, where they were made before: they take a second.
        """
        self._walkers = walkers
        self._since_us = first_us
        self._story_us = start_us
        seen = [(index, camera) for index, camera in enumerate(plan.cameras) if camera.kind == "simulated"]
        self._ids = [camera.id for _, camera in seen]
        self._partitions = [index % PARTITIONS for index, _ in seen]
        self._eyes = [
            Eye(view, start_us=first_us, behaviour=behaviour_of(plan, camera))
            for view, (_, camera) in zip(views or views_of(plan), seen, strict=True)
        ]
        self._origin_cm, self._owner = _owners(plan, [camera.owns for _, camera in seen])
        self._people = [0] * len(seen)

    def close(self, until_us: int, clock: Clock) -> Iterator[Sent]:
        """Records of the slices that end by *until_us*: every camera's sums first, since they are awaited."""
        rest: list[Sent] = []
        for index, eye in enumerate(self._eyes):
            for record in eye.close_until(until_us, received_us=clock()):
                sent = self._addressed(index, record)
                if isinstance(record, CrowdZones):
                    yield sent
                else:
                    rest.append(sent)
        yield from rest

    def frame(self, event_us: int, clock: Clock) -> Iterator[Sent]:
        """One frame of every camera; `close` was called up to *event_us* before."""
        tracks, positions = self._walkers.at(max(event_us - self._story_us, 0) / units.MICRO)
        tiles = (positions - self._origin_cm) // _TILE_CM
        inside = ((tiles >= 0) & (tiles < self._owner.shape)).all(axis=1)
        owner = np.full(len(tracks), _NOBODY)
        owner[inside] = self._owner[tiles[inside, 0], tiles[inside, 1]]
        order = np.argsort(owner, kind="stable")
        bounds = np.searchsorted(owner[order], np.arange(len(self._eyes) + 1))
        tracks, positions = tracks[order], positions[order]
        for index, eye in enumerate(self._eyes):
            mine = slice(bounds[index], bounds[index + 1])
            self._people[index] = int(bounds[index + 1] - bounds[index])
            for record in eye.frame(event_us, tracks[mine], positions[mine], received_us=clock()):
                yield self._addressed(index, record)

    def health(self, event_us: int, clock: Clock) -> Iterator[Sent]:
        """Each camera's state: a simulated picture is always well."""
        for camera, people in zip(self._ids, self._people, strict=True):
            record = CameraHealth(
                camera=camera,
                event_time_us=event_us,
                received_us=clock(),
                state="ok",
                since_us=self._since_us,
                fps=units.MICRO / FRAME_US,
                width_px=_WIDTH_PX,
                height_px=_HEIGHT_PX,
                calibrated=True,
                people=people,
            )
            yield Sent(thing="camera.health", record=record, key=camera)

    def _addressed(self, index: int, record: CrowdZones | CrowdCrossings | CrowdCells | CameraFrame | CameraEvent) -> Sent:
        thing = _THINGS[type(record)]
        if isinstance(record, CrowdZones) and view_records_late(record):
            return Sent(thing="crowd.late", record=record, key=self._ids[index])
        windowed = thing in ("crowd.zones", "crowd.crossings")
        return Sent(thing=thing, record=record, key=self._ids[index], partition=self._partitions[index] if windowed else None)


_THINGS: Final = {
    CrowdZones: "crowd.zones",
    CrowdCrossings: "crowd.crossings",
    CrowdCells: "crowd.cells",
    CameraFrame: "camera.frames",
    CameraEvent: "camera.events",
}


def views_of(plan: Plan) -> list[View]:
    """Views of the plan's simulated cameras, at the rate of the simulation."""
    return [replace(view_of(plan, camera), fps=units.MICRO / FRAME_US) for camera in plan.cameras if camera.kind == "simulated"]


def _owners(plan: Plan, owns: list[tuple[float, float, float, float]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Corner of the venue (2,) cm, and for each tile of 0.5 m the camera that owns it; `_NOBODY` for none."""
    low = np.rint(np.asarray(plan.extent[:2]) * 100).astype(np.int64)
    high = np.rint(np.asarray(plan.extent[2:]) * 100).astype(np.int64)
    owner = np.full(-(-(high - low) // _TILE_CM), _NOBODY, dtype=np.int64)
    for index, rectangle in enumerate(owns):
        x0, y0, x1, y1 = ((np.rint(np.asarray(rectangle) * 100).astype(np.int64) - np.tile(low, 2)) // _TILE_CM).tolist()
        owner[x0:x1, y0:y1] = index
    return low, owner
