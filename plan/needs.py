"""Which jobs and inputs a plan needs: the jobs that are started and the inputs that ALERTS waits for are one answer."""

from __future__ import annotations

from typing import Final

from plan.model import Plan

DENSITY: Final = "crowd.density"
FLOW: Final = "crowd.flow"
OCCUPANCY: Final = "crowd.occupancy"
VEHICLES: Final = "vehicle.events"


def results(plan: Plan) -> tuple[str, ...]:
    """Result topics that a plan's jobs write."""
    found = []
    if any(camera.sees_floor for camera in plan.cameras):
        found.append(DENSITY)
    if plan.lines:
        found.append(FLOW)
    if any(device.kind == "turnstile" for device in plan.devices):
        found.append(OCCUPANCY)
    if plan.lanes:
        found.append(VEHICLES)
    return tuple(found)
