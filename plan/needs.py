"""Which jobs, inputs and ticks a plan needs: the jobs that are started and the inputs that ALERTS waits for are one answer."""

from __future__ import annotations

from typing import Final

from plan.model import Plan

DENSITY: Final = "crowd.density"
FLOW: Final = "crowd.flow"
OCCUPANCY: Final = "crowd.occupancy"
VEHICLES: Final = "vehicle.events"
READINGS: Final = ("camera.health", "sensor.fire", "sensor.identity", "sensor.turnstile")  # those that ALERTS merges with the results
EVENTS: Final = "camera.events"  # and these where the plan has rules of behaviour
_READ_BY: Final = {DENSITY: "crowd.zones", FLOW: "crowd.crossings", OCCUPANCY: "sensor.turnstile", VEHICLES: "vehicle.tracks"}


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


def readings(plan: Plan) -> tuple[str, ...]:
    """Topics of readings that ALERTS merges with the results, and waits for."""
    return (*READINGS, EVENTS) if plan.behaviour.asked else READINGS


def ticked(plan: Plan) -> tuple[str, ...]:
    """Topics in which somebody waits for ticks: those that the plan's jobs read, and the readings of ALERTS."""
    return tuple(dict.fromkeys([*(_READ_BY[result] for result in results(plan)), *readings(plan)]))
