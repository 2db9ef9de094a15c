"""From the plan to what one camera sees of it."""

from __future__ import annotations

from shapely.geometry import Polygon, box

from pipelines.detect.crossings import LineFloor
from pipelines.detect.eye import View
from pipelines.detect.floor import zone_floor
from pipelines.detect.saturation import Saturation
from pipelines.detect.vehicles import CameraVehicles
from pipelines.measures.road import road_of
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


def vehicles_of(plan: Plan, camera: Camera) -> CameraVehicles | None:
    """What makes tracks of the vehicles that the camera sees; None where the plan has no lanes, or the camera no calibration."""
    if not plan.lanes or camera.calibration is None:
        return None
    return CameraVehicles(camera.id, road=road_of(plan), extent_m=plan.extent)
