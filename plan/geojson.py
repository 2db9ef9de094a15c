"""The plan's places as GeoJSON: on the earth where it has a georeference, else in the venue's metres. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, Literal

from plan.model import Plan, Point
from plan.part import Text

METRES_PER_DEGREE: Final = 111_319.49079327358  # along the equator of WGS-84, and along any line there on a Mercator map
Frame = Literal["earth", "venue"]
Place = Callable[[Point], list[float]]


def frame_of(plan: Plan) -> Frame:
    """Where the plan can be drawn: on the earth if it says where it lies."""
    return "venue" if plan.georeference is None else "earth"


def collection(plan: Plan, *, frame: Frame) -> dict[str, Any]:
    """Outlines, zones, lanes, gates and cameras as one FeatureCollection; positions are longitude, latitude.

    In the frame `venue`, the venue's metres lie beside longitude and latitude 0, where a map shows them square and to scale.

    Raises:
        ValueError: the earth is asked for, and the plan has no georeference.
    """
    place = _placing(plan, frame)
    features = [_outline(row.kind, row.name, row.polygon, place) for row in plan.outlines]
    features += [_feature("zone", row.id, row.name, _polygon(row.polygon, place), area_type=row.area_type) for row in plan.zones]
    features += [_feature("lane", row.id, row.name, _line((row.a, row.b), place)) for row in plan.lanes]
    features += [_feature("gate", row.id, row.name, _point(row.at, place), label=row.label) for row in plan.gates]
    features += [_feature("camera", row.id, row.name, _point(row.at, place)) for row in plan.cameras]
    return {"type": "FeatureCollection", "frame": frame, "features": features}


def _placing(plan: Plan, frame: Frame) -> Place:
    if frame == "venue":
        return lambda at: [round(at[0] / METRES_PER_DEGREE, 9), round(at[1] / METRES_PER_DEGREE, 9)]
    georeference = plan.georeference
    if georeference is None:
        raise ValueError("the plan has no georeference: where it lies on the earth is not known")

    def on_earth(at: Point) -> list[float]:
        latitude, longitude = georeference.position(*at)
        return [round(longitude, 9), round(latitude, 9)]

    return on_earth


def _outline(kind: str, name: Text | None, polygon: tuple[Point, ...], place: Place) -> dict[str, Any]:
    shape = _line(polygon, place) if len(polygon) == 2 else _polygon(polygon, place)
    return _feature("outline", "", name, shape, outline=kind)


def _feature(kind: str, name_id: str, name: Text | None, geometry: dict[str, Any], **more: str) -> dict[str, Any]:
    words = {"name_en": name.en if name else "", "name_zh": name.zh if name else ""}
    return {"type": "Feature", "properties": {"kind": kind, "id": name_id, **words, **more}, "geometry": geometry}


def _polygon(points: Iterable[Point], place: Place) -> dict[str, Any]:
    ring = [place(at) for at in points]
    if _area(ring) < 0:
        ring.reverse()  # RFC 7946: the outer ring runs counter-clockwise
    return {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}


def _area(ring: list[list[float]]) -> float:
    """Twice the signed area; positive where the ring runs counter-clockwise."""
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, [*ring[1:], ring[0]], strict=True))


def _line(points: Iterable[Point], place: Place) -> dict[str, Any]:
    return {"type": "LineString", "coordinates": [place(at) for at in points]}


def _point(at: Point, place: Place) -> dict[str, Any]:
    return {"type": "Point", "coordinates": place(at)}
