"""Vehicles: against their lane, and towards people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipelines.events import VehicleEvent
from pipelines.units import CM_PER_M

if TYPE_CHECKING:
    from pipelines.alerts.kernel import Kernel

WRONG_WAY: Final = "wrong_way"
TOWARDS_PEOPLE: Final = "vehicle_towards_people"


def vehicle(kernel: Kernel, now_us: int, row: VehicleEvent) -> None:
    """Evidence from the vehicle job."""
    at_m = (row.x_cm / CM_PER_M, row.y_cm / CM_PER_M)
    kmh = row.speed_cmps * 0.036
    if row.kind == "wrong_way":
        kernel.raise_(WRONG_WAY, row.lane, row.start_us, ["warning"], now_us, value=kmh, unit="km/h", at_m=at_m, source=row.vehicle)
    elif row.kind == "towards_people" and kernel.watch.people.get(row.zone, 0) >= 1:
        kernel.raise_(TOWARDS_PEOPLE, row.zone, row.start_us, ["critical"], now_us, value=kmh, unit="km/h", at_m=at_m, source=row.vehicle)
