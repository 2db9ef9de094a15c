"""What a plan says of its places, one row each, so that a panel can name them. Pure."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from pipelines.measures.polygon import area_m2
from plan.load import plan_hash
from plan.model import Gate, Plan, Point, Zone
from plan.part import Text

COLUMNS: Final = ("kind", "id", "name_en", "name_zh", "detail", "approved", "area_m2", "x_m", "y_m", "parent", "plan")


class Place(NamedTuple):
    """One row of `plan_places`; the plan's hash is put behind it."""

    kind: str
    id: str
    name_en: str
    name_zh: str
    detail: str
    approved: float | None
    area_m2: float | None
    x_m: float
    y_m: float
    parent: str


def rows(plan: Plan) -> list[tuple[str | float | None, ...]]:
    """Every place of *plan*, in the order of `COLUMNS`."""
    version = plan_hash(plan)
    places = [*_whole(plan), *_floor(plan), *_passages(plan), *_things(plan)]
    return [(*place, version) for place in places]


def _whole(plan: Plan) -> list[Place]:
    x0, y0, x1, y1 = plan.extent
    middle, area = ((x0 + x1) / 2, (y0 + y1) / 2), (x1 - x0) * (y1 - y0)
    return [
        _place("event", plan.event.id, plan.event.name, middle, detail=plan.phase, parent=plan.event.site),
        _place("venue", plan.event.site, plan.event.venue, middle, area=area),
    ]


def _floor(plan: Plan) -> list[Place]:
    inside = {zone: area.id for area in plan.areas for zone in area.zones}
    places = [
        _place("zone", zone.id, zone.name, _middle(zone.polygon), detail=zone.area_type, area=_area(zone), parent=inside.get(zone.id, ""))
        for zone in plan.zones
    ]
    for area in plan.areas:
        zones = [zone for zone in plan.zones if zone.id in area.zones]
        doors = [gate.at for gate in plan.gates if gate.area == area.id]
        corners = [_middle(zone.polygon) for zone in zones] or doors or [(plan.extent[0], plan.extent[1])]
        total = sum(_area(zone) for zone in zones) if zones else None
        places.append(_place("area", area.id, area.name, _middle(corners), approved=area.approved.value, area=total))
    return places


def _passages(plan: Plan) -> list[Place]:
    gates: dict[str, Gate] = {gate.id: gate for gate in plan.gates}
    places = [_place("gate", gate.id, gate.name, gate.at, detail=gate.label, parent=gate.area or "") for gate in plan.gates]
    places += [
        _place("line", line.id, gates[line.gate].name, _middle((line.a, line.b)), detail=line.camera, parent=line.gate)
        for line in plan.lines
    ]
    places += [_place("lane", lane.id, lane.name, _middle((lane.a, lane.b))) for lane in plan.lanes]
    return places


def _things(plan: Plan) -> list[Place]:
    cameras = []
    for camera in plan.cameras:
        x0, y0, x1, y1 = camera.owns
        cameras.append(_place("camera", camera.id, camera.name, camera.at, detail=camera.watches, area=(x1 - x0) * (y1 - y0)))
    devices = [
        _place("device", each.id, Text(en=each.id, zh=each.id), each.at, detail=each.kind, parent=each.gate or each.zone or "")
        for each in plan.devices
    ]
    return [*cameras, *devices]


def _place(
    kind: str,
    name: str,
    text: Text,
    at: Point,
    *,
    detail: str = "",
    approved: float | None = None,
    area: float | None = None,
    parent: str = "",
) -> Place:
    return Place(kind, name, text.en, text.zh, detail, approved, area, float(at[0]), float(at[1]), parent)


def _area(zone: Zone) -> float:
    return area_m2(np.asarray(zone.polygon))


def _middle(corners: tuple[Point, ...] | list[Point]) -> Point:
    x, y = np.asarray(corners, dtype=np.float64).mean(axis=0)
    return float(x), float(y)
