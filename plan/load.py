"""Reads a plan file and says, in sentences that name the place in the file, what is wrong with it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from math import dist
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError
from shapely.geometry import Polygon, box
from shapely.validation import explain_validity

from pipelines.errors import ConfigError
from pipelines.probe import PROBE
from plan import duty_check, linkage, rule_checks
from plan.model import Plan
from plan.words import wrong_words


def load(path: Path) -> Plan:
    """The plan in the YAML file *path*.

    Raises:
        ConfigError: no such file, not YAML, or not a sound plan; one sentence a line.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"plan {path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"plan {path}: is not UTF-8 text (byte {error.start})") from error
    try:
        loaded = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"plan {path}: is not YAML: {' '.join(str(error).split())}") from error
    return parse(loaded, name=str(path))


def parse(loaded: Any, *, name: str = "plan") -> Plan:
    """The plan in plain values, checked as a whole.

    Raises:
        ConfigError: as `load`.
    """
    if not isinstance(loaded, dict):
        raise ConfigError(f"plan {name}: expected keys such as 'event' and 'zones', got {type(loaded).__name__}")
    try:
        plan = Plan.model_validate(loaded)
    except ValidationError as error:
        raise ConfigError("\n".join(f"plan {name}: {_sentence(row, loaded)}" for row in error.errors())) from error
    wrong = check(plan)
    if wrong:
        raise ConfigError("\n".join(f"plan {name}: {sentence}" for sentence in wrong))
    return plan


def _sentence(row: Any, loaded: Any) -> str:
    """Pydantic's error as `zones[2] 'north': polygon: …`, with the id of the thing it is in."""
    place, here = "", loaded
    for step in row["loc"]:
        place += f"[{step}]" if isinstance(step, int) else f"{'.' if place else ''}{step}"
        try:
            here = here[step]
        except (KeyError, IndexError, TypeError):
            here = None
        if isinstance(here, dict) and isinstance(here.get("id"), str):
            place += f" '{here['id']}'"
    message = str(row["msg"]).removeprefix("Value error, ")
    if row["type"] == "missing":
        return f"{place} is missing"
    if row["type"] == "extra_forbidden":
        return f"{place} is not a key that a plan knows here"
    return f"{place}: {message}, got {row['input']!r}"[:400]


def check(plan: Plan) -> list[str]:
    """What is wrong with the plan as a whole, one sentence each; empty when it is sound."""
    wrong = [*_doubles(plan), *_references(plan), *_geometry(plan), *_roads(plan), *linkage.problems(plan)]
    if not wrong:  # rules and the on-call table speak of places and posts that must be there
        wrong = [*rule_checks.check(plan), *duty_check.check(plan), *wrong_words(plan.model_dump(mode="json"))]
    return wrong


def _doubles(plan: Plan) -> list[str]:
    wrong = []
    for kind in (
        "zones",
        "gates",
        "lines",
        "cameras",
        "lanes",
        "bays",
        "barriers",
        "restricted",
        "devices",
        "areas",
        "area_types",
        "phases",
    ):
        seen: set[str] = set()
        for row in getattr(plan, kind):
            if row.id in seen:
                wrong.append(f"{kind}: the id '{row.id}' is there twice")
            seen.add(row.id)
    return wrong


def _references(plan: Plan) -> list[str]:
    ids = {
        kind: {row.id for row in getattr(plan, kind)} for kind in ("zones", "gates", "lines", "cameras", "areas", "area_types", "phases")
    }
    wrong = []

    def needs(owner: str, kind: str, value: str | None) -> None:
        if value is not None and value not in ids[kind]:
            known = ", ".join(sorted(ids[kind])) or "none"
            wrong.append(f"{owner}: there is no '{value}' among the {kind} ({known})")

    needs("phase", "phases", plan.phase)
    for zone in plan.zones:
        needs(f"zone '{zone.id}': area_type", "area_types", zone.area_type)
        for line in zone.filled_by:
            needs(f"zone '{zone.id}': filled_by", "lines", line)
        needs(f"zone '{zone.id}': foot_of", "zones", zone.foot_of)
        flight = plan.zone(zone.foot_of) if zone.foot_of else None
        if flight is not None and flight.area_type != "stairs":
            wrong.append(f"zone '{zone.id}': foot_of: '{flight.id}' is of the area type '{flight.area_type}', expected stairs")
    for line_row in plan.lines:
        needs(f"line '{line_row.id}': gate", "gates", line_row.gate)
        needs(f"line '{line_row.id}': camera", "cameras", line_row.camera)
        needs(f"line '{line_row.id}': upstream", "zones", line_row.upstream)
    for gate in plan.gates:
        needs(f"gate '{gate.id}': area", "areas", gate.area)
        for zone_id in gate.queue:
            needs(f"gate '{gate.id}': queue", "zones", zone_id)
    for area in plan.areas:
        for zone_id in area.zones:
            needs(f"area '{area.id}': zones", "zones", zone_id)
    wrong += _devices(plan, needs)
    return [*wrong, *_scales(plan)]


def _devices(plan: Plan, needs: Callable[[str, str, str | None], None]) -> list[str]:
    wrong = []
    for device in plan.devices:
        needs(f"device '{device.id}': gate", "gates", device.gate)
        needs(f"device '{device.id}': zone", "zones", device.zone)
        if device.id == PROBE:
            wrong.append(f"device '{PROBE}': this name is kept for the dead man's switch")
        if device.kind in ("turnstile", "id_reader") and device.gate is None:
            wrong.append(f"device '{device.id}': a {device.kind} needs its gate")
        if device.kind in ("smoke", "heat", "gas", "co", "panel") and device.zone is None:
            wrong.append(f"device '{device.id}': a {device.kind} detector needs its zone, for the exact place")
    return wrong


def _scales(plan: Plan) -> list[str]:
    scales = {bounds.scale for bounds in plan.los}
    return [
        f"area type '{kind.id}': los has no bounds for the scale '{kind.los_scale}'"
        for kind in plan.area_types
        if kind.los_scale not in scales
    ]


def _geometry(plan: Plan) -> list[str]:
    x0, y0, x1, y1 = plan.extent
    if not (x0 < x1 and y0 < y1):
        return [f"extent: expected x0 < x1 and y0 < y1, got {plan.extent}"]
    wrong, venue = [], box(x0 - 0.001, y0 - 0.001, x1 + 0.001, y1 + 0.001)
    for zone in plan.zones:
        polygon = Polygon(zone.polygon)
        if not polygon.is_valid:
            why = explain_validity(polygon).replace("Self-intersection", "crosses itself at ")
            wrong.append(f"zone '{zone.id}': polygon {why}")
        elif polygon.area < 1:
            wrong.append(f"zone '{zone.id}': polygon covers {polygon.area:.2f} m², expected at least 1")
        elif not venue.covers(polygon):
            wrong.append(f"zone '{zone.id}': polygon leaves the venue's extent {plan.extent}")
        elif plan.cameras and not any(box(*camera.owns).intersects(polygon) for camera in plan.cameras):
            wrong.append(f"zone '{zone.id}': no camera owns any of its floor")
    wrong += _overlaps(plan)
    for line in plan.lines:
        camera = next((row for row in plan.cameras if row.id == line.camera), None)
        if line.a == line.b:
            wrong.append(f"line '{line.id}': its ends are one point")
        elif camera is not None and not _inside(camera.owns, line.a, line.b, margin_m=1.0):
            wrong.append(f"line '{line.id}': expected at least 1 m inside the area that camera '{camera.id}' owns")
    return wrong + [f"lane '{lane.id}': its ends are one point" for lane in plan.lanes if lane.a == lane.b]


def _roads(plan: Plan) -> list[str]:
    """Bays, barriers, restricted areas and permits."""
    wrong, lanes, areas = [], {lane.id: lane for lane in plan.lanes}, {row.id for row in plan.restricted}
    for kind, rows in (("bay", plan.bays), ("restricted area", plan.restricted)):
        for row in rows:
            polygon = Polygon(row.polygon)
            if not polygon.is_valid:
                wrong.append(f"{kind} '{row.id}': polygon {explain_validity(polygon).replace('Self-intersection', 'crosses itself at ')}")
            elif polygon.area < 1:
                wrong.append(f"{kind} '{row.id}': polygon covers {polygon.area:.2f} m², expected at least 1")
    for barrier in plan.barriers:
        lane = lanes.get(barrier.lane)
        if lane is None:
            wrong.append(
                f"barrier '{barrier.id}': lane: there is no '{barrier.lane}' among the lanes ({', '.join(sorted(lanes)) or 'none'})"
            )
        elif barrier.at_m > dist(lane.a, lane.b):
            wrong.append(
                f"barrier '{barrier.id}': at_m {barrier.at_m:g} is beyond the end of lane '{lane.id}' ({dist(lane.a, lane.b):.0f} m)"
            )
    for permit in plan.permits:
        wrong += [
            f"permit of '{permit.plate}': there is no '{area}' among the restricted areas ({', '.join(sorted(areas)) or 'none'})"
            for area in permit.areas
            if area not in areas
        ]
    if (plan.bays or plan.barriers or plan.restricted) and not plan.lanes:
        wrong.append("lanes: bays, barriers and restricted areas need at least one lane; without lanes no vehicle is judged")
    return wrong


def _inside(owns: tuple[float, float, float, float], *points: tuple[float, float], margin_m: float) -> bool:
    x0, y0, x1, y1 = owns
    return all(x0 + margin_m <= x <= x1 - margin_m and y0 + margin_m <= y <= y1 - margin_m for x, y in points)


def _overlaps(plan: Plan) -> list[str]:
    wrong = []
    for index, camera in enumerate(plan.cameras):
        x0, y0, x1, y1 = camera.owns
        if not (x0 < x1 and y0 < y1):
            wrong.append(f"camera '{camera.id}': owns: expected x0 < x1 and y0 < y1, got {camera.owns}")
            continue
        if (x1 - x0) > 655 or (y1 - y0) > 655:
            wrong.append(f"camera '{camera.id}': owns more than 655 m on a side, more than a packed position can say")
        for other in plan.cameras[:index]:
            if not (camera.sees_floor and other.sees_floor):
                continue
            a0, b0, a1, b1 = other.owns
            if min(x1, a1) > max(x0, a0) and min(y1, b1) > max(y0, b0):
                wrong.append(f"cameras '{other.id}' and '{camera.id}' own the same floor: each m² belongs to one camera")
    return wrong


def plan_hash(plan: Plan) -> str:
    """First 12 hex digits of the SHA-256 of the plan's canonical JSON; equal plans have equal hashes."""
    text = json.dumps(plan.model_dump(mode="json"), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:12]
