"""From the plan to what one camera sees of it."""

from __future__ import annotations

import numpy as np
from shapely.geometry import LineString, Polygon, box

from pipelines.detect.behaviour.closed_zone import ClosedZone
from pipelines.detect.behaviour.dispersal import Dispersal
from pipelines.detect.behaviour.fence_line import FenceLines
from pipelines.detect.behaviour.loitering import Loitering
from pipelines.detect.behaviour.lying import Lying
from pipelines.detect.behaviour.running import Running
from pipelines.detect.behaviour.watching import Behaviour, Hours, Rule
from pipelines.detect.calibration import Floor, from_points
from pipelines.detect.crossings import LineFloor
from pipelines.detect.eye import View
from pipelines.detect.floor import ZoneFloor, zone_floor
from pipelines.detect.saturation import Saturation
from pipelines.detect.vehicles import CameraVehicles
from pipelines.measures.road import road_of
from pipelines.units import MICRO
from plan.behaviour import When
from plan.load import plan_hash
from plan.model import Camera, Plan, Point, Zone


def _cm(point: Point) -> tuple[int, int]:
    return round(point[0] * 100), round(point[1] * 100)


def zones_of(plan: Plan, camera: Camera) -> list[str]:
    """Ids of the zones that the camera's owned area meets, in the plan's order."""
    return [zone.id for zone in plan.zones if _meets(zone, camera)]


def _meets(zone: Zone, camera: Camera) -> bool:
    return camera.sees_floor and bool(box(*camera.owns).intersection(Polygon(zone.polygon)).area > 0.01)


def view_of(plan: Plan, camera: Camera) -> View:
    """The camera's view: zones with how many cameras share each, and its counting lines."""
    shared = {zone.id: sum(_meets(zone, other) for other in plan.cameras) for zone in plan.zones}
    mine = set(zones_of(plan, camera))
    queues = {zone: gate.id for gate in plan.gates for zone in gate.queue}
    x0, y0, x1, y1 = camera.owns
    return View(
        camera=camera.id,
        plan=plan_hash(plan),
        owns_cm=(*_cm((x0, y0)), *_cm((x1, y1))),
        floors=tuple(
            zone_floor(
                zone.id,
                zone.polygon,
                los_scale=plan.area_type(zone).los_scale,
                cameras_expected=shared[zone.id],
                owned_area_m2=box(*camera.owns).intersection(Polygon(zone.polygon)).area,
                queue_gate=queues.get(zone.id, ""),
            )
            for zone in plan.zones
            if zone.id in mine
        ),
        lines=tuple(
            LineFloor(line=line.id, gate=line.gate, a_cm=_cm(line.a), b_cm=_cm(line.b)) for line in plan.lines if line.camera == camera.id
        ),
        fps=camera.fps,
        noise_cm=camera.noise_cm,
        count_error=camera.count_error,
        saturation=_saturation(camera),
    )


def _saturation(camera: Camera) -> Saturation | None:
    """None where the plan leaves it to the view that the camera has, or where people are only simulated."""
    return None if camera.saturation is None else Saturation(from_per_m2=camera.saturation.from_per_m2, error=camera.saturation.error)


def floor_of(camera: Camera) -> Floor | None:
    """The floor in the picture that the camera's calibration is for; None without one."""
    points = camera.calibration
    return from_points(points.pixels, points.metres) if points is not None else None


def vehicles_of(plan: Plan, camera: Camera) -> CameraVehicles | None:
    """What makes tracks of the vehicles that the camera sees; None where the plan has no lanes, or the camera no calibration."""
    if not plan.lanes or camera.calibration is None:
        return None
    return CameraVehicles(camera.id, road=road_of(plan), extent_m=plan.extent)


def behaviour_of(plan: Plan, camera: Camera) -> Behaviour | None:
    """The rules of behaviour over the floor that the camera owns, those that hold in the present phase; None where there are none."""
    asked, mine = plan.behaviour, set(zones_of(plan, camera))
    rules: list[tuple[Rule, Hours]] = []
    for closed in asked.closed_zones:
        zone = plan.zone(closed.zone)
        if zone is not None and zone.id in mine and _holds(plan, closed):
            rules.append((ClosedZone(zone.id, _drawn_in(zone, closed.margin_m), hold_s=closed.hold_s), _hours(closed)))
    for fence in asked.fences if camera.sees_floor else ():
        if _holds(plan, fence) and box(*camera.owns).intersects(LineString([fence.a, fence.b])):
            line = LineFloor(line=fence.id, gate="", a_cm=_cm(fence.a), b_cm=_cm(fence.b))
            rules.append((FenceLines([line], ways={fence.id: fence.way}, margin_m=fence.margin_m, hold_s=fence.hold_s), _hours(fence)))
    run, scatter, stay, lie = asked.running, asked.dispersal, asked.loitering, asked.lying
    if floors := _floors(plan, run, run.zones, mine):
        rules.append((Running(floors, mps=run.mps, hold_s=run.hold_s), _hours(run)))
    if floors := _floors(plan, scatter, scatter.zones, mine):
        numbers = {"mps": scatter.mps, "within_m": scatter.within_m, "share": scatter.share, "hold_s": scatter.hold_s}
        rules.append((Dispersal(floors, people=scatter.people, **numbers), _hours(scatter)))
    if floors := _floors(plan, stay, stay.zones, mine):
        rules.append((Loitering(floors, within_m=stay.within_m, after_s=stay.after_s), _hours(stay)))
    if floors := _floors(plan, lie, lie.zones, mine):
        found = Lying(floors, height_share=lie.height_share, wide=lie.wide, within_m=lie.within_m, hold_s=lie.hold_s)
        rules.append((found, _hours(lie)))
    return Behaviour(camera.id, rules) if rules else None


def _floors(plan: Plan, when: When, zones: tuple[str, ...], mine: set[str]) -> list[ZoneFloor]:
    """The floors of *zones* that the camera meets; none where the rule does not hold in the present phase."""
    if not _holds(plan, when):
        return []
    found = [zone for zone in plan.zones if zone.id in zones and zone.id in mine]
    return [zone_floor(zone.id, zone.polygon, los_scale=plan.area_type(zone).los_scale, cameras_expected=1) for zone in found]


def _holds(plan: Plan, when: When) -> bool:
    return not when.phases or plan.phase in when.phases


def _hours(when: When) -> Hours:
    spans = [(round(span.since.timestamp() * MICRO), round(span.until.timestamp() * MICRO)) for span in when.times]
    return Hours(spans_us=tuple(spans))


def _drawn_in(zone: Zone, margin_m: float) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """The zone's polygon, cm, drawn in by *margin_m*; as it is where nothing, or more than one piece, would be left."""
    inner = Polygon(zone.polygon).buffer(-margin_m, join_style="mitre")
    points = inner.exterior.coords[:-1] if inner.geom_type == "Polygon" and not inner.is_empty else zone.polygon
    return np.asarray(np.rint(np.asarray(points, dtype=np.float64) * 100), dtype=np.int64)
