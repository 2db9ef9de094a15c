"""The fullest 2 m box of each zone, by the measure that the cameras themselves use."""

from __future__ import annotations

import numpy as np

from pipelines.detect.floor import ZoneFloor, local_peak, zone_floor
from plan.model import Plan
from simulation.walkers import Walkers

BOX_M2 = 4


def floors(plan: Plan) -> list[ZoneFloor]:
    """The plan's zones, whole: a box may lie across two cameras, so this is never below what cameras say."""
    return [zone_floor(zone.id, zone.polygon, los_scale=plan.area_type(zone).los_scale, cameras_expected=1) for zone in plan.zones]


def peak_counts(walkers: Walkers, zones: list[ZoneFloor], t_s: float) -> dict[str, int]:
    """People in the fullest box of each zone at *t_s* seconds of the story."""
    _, positions = walkers.at(t_s)
    found = {}
    for floor in zones:
        peak = local_peak(positions[floor.holds(positions)], floor)
        found[floor.zone] = 0 if peak is None else peak.count
    return found


def window_peak_per_m2(walkers: Walkers, floor: ZoneFloor, end_s: float) -> float:
    """Local peak of the window of 1 s that ends at *end_s*, p/m²: five frames."""
    return float(np.mean([peak_counts(walkers, [floor], end_s - 1 + 0.2 * frame)[floor.zone] for frame in range(5)])) / BOX_M2


def limits(plan: Plan) -> dict[str, int]:
    """Most people that a box of each zone may hold without reaching its first level."""
    return {zone.id: int(np.ceil(plan.area_type(zone).ladder.watch * BOX_M2)) - 1 for zone in plan.zones}
