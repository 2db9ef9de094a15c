"""Rules that can never fire or always fire, two with one key, schedules that never hold: one sentence each."""

from __future__ import annotations

from collections.abc import Iterator
from math import dist
from typing import Final

from shapely.geometry import LineString, Polygon, box

from pipelines.levels import LEVELS
from plan.model import Plan
from plan.rulebook import RULES

_KEPT_S: Final = 300  # ALERTS remembers so much of each zone
_HELD: Final = ("growth", "stairs_foot", "blind_rising", "pressure", "time_to_act", "cannot_exclude", "queue_wait", "approved", "residual")
_ONE_PERSON: Final = 0.25  # in the 2 m x 2 m of a local peak
_ROUNDING: Final = 0.01  # of floors that are cut into cells


def check(plan: Plan) -> list[str]:
    """What is wrong with the rules of a plan whose parts fit together; empty when each can fire, and can be silent."""
    return [
        *_ladders(plan),
        *_unseen(plan),
        *_signs(plan),
        *_passes(plan),
        *_roads(plan),
        *_behaviour(plan),
        *_phases(plan),
        *_combinations(plan),
        *_schedules(plan),
    ]


def _ladders(plan: Plan) -> Iterator[str]:
    reach, hysteresis = plan.rules.reach_per_m2, plan.timing_now.hysteresis_per_m2
    for zone in plan.zones:
        try:
            ladder = plan.area_type(zone).ladder
        except ValueError:
            yield f"zone '{zone.id}': with its own thresholds and those of the phase, the ladder does not rise from watch to act_now"
            continue
        if ladder.act_now > reach:
            level = next(level for level in LEVELS if getattr(ladder, level) > reach)
            value = getattr(ladder, level)
            yield f"zone '{zone.id}': {level} at {value:g} p/m² can never fire: no crowd is denser than {reach:g} (rules.reach_per_m2)"
        if ladder.watch <= _ONE_PERSON:
            yield f"zone '{zone.id}': watch at {ladder.watch:g} p/m² always fires: one person alone is {_ONE_PERSON:g}"
        elif ladder.watch <= hysteresis:
            yield f"zone '{zone.id}': watch at {ladder.watch:g} p/m² never clears: no peak is lower by the hysteresis of {hysteresis:g}"


def _unseen(plan: Plan) -> Iterator[str]:
    floors = [box(*camera.owns) for camera in plan.cameras if camera.sees_floor]
    for zone in plan.zones if floors else ():
        polygon = Polygon(zone.polygon)
        share = sum(floor.intersection(polygon).area for floor in floors) / polygon.area
        if share < zone.coverage - _ROUNDING:
            yield f"zone '{zone.id}': always unknown: cameras own {share:.0%} of its floor, and coverage asks for {zone.coverage:.0%}"


def _signs(plan: Plan) -> Iterator[str]:
    signs, reach = plan.signs, plan.rules.reach_per_m2
    for name in ("bottleneck", "stop_and_go", "growth", "stairs_foot"):
        if getattr(signs, name).per_m2 > reach:
            yield f"signs.{name}: per_m2 of {getattr(signs, name).per_m2:g} can never be reached: no crowd is denser than {reach:g}"
    holds = {f"signs.{name}: hold_s": getattr(signs, name).hold_s for name in _HELD} | {"timing: hold_up_s": plan.timing_now.hold_up_s}
    for name, hold_s in holds.items():
        if hold_s > _KEPT_S:
            yield f"{name} of {hold_s:g} is longer than the {_KEPT_S} s that are remembered: it can never fire"
    if signs.collapse.share >= 1:
        yield "signs.collapse: more than a share of 1 of the people can never vanish"
    if signs.blind_rising.fall >= 1:
        yield "signs.blind_rising: when the seen share has fallen by 1, nothing is left that could be seen to grow"
    if 2 * signs.stop_and_go.stops > signs.stop_and_go.over_s:
        stops = signs.stop_and_go
        yield f"signs.stop_and_go: {stops.stops} stops, each with a second of walking, do not fit into {stops.over_s} s"
    flow = signs.counter_flow
    most = max((dist(line.a, line.b) for line in plan.lines), default=0) * plan.rules.reach_per_m_s * flow.over_s
    if plan.lines and flow.crossings > most:
        yield f"signs.counter_flow: {flow.crossings} crossings in {flow.over_s} s are more than the widest line can pass ({most:.0f})"
    for area in plan.areas:
        if area.approved.value < 1:
            yield f"area '{area.id}': an approved number of {area.approved.value:g} is never judged"


def _passes(plan: Plan) -> Iterator[str]:
    gates = {gate.id: gate for gate in plan.gates}
    readers = [row for row in plan.devices if row.kind == "id_reader" and row.gate in gates]
    for area in plan.areas:
        ways = {row.way for row in readers if gates[row.gate or ""].area == area.id}
        if area.reentry and ways == {"in"}:
            yield f"area '{area.id}': reentry without an ID reader of `way: out`: nobody is seen to leave, returns look handed back"
    for row in plan.devices:
        if row.kind != "id_reader" and row.way == "out":
            yield f"device '{row.id}': `way: out` is for ID readers, and it is a {row.kind}"


def _roads(plan: Plan) -> Iterator[str]:
    longest = max((dist(lane.a, lane.b) for lane in plan.lanes), default=0)
    if plan.lanes and plan.vehicle_rules.wrong_way_m > longest:
        yield f"vehicle_rules: wrong_way_m of {plan.vehicle_rules.wrong_way_m:g} can never be driven: the longest lane has {longest:.0f} m"


def _behaviour(plan: Plan) -> Iterator[str]:
    zones, phases = {zone.id for zone in plan.zones}, {phase.id for phase in plan.phases}
    asked = plan.behaviour
    named = {zone.id for zone in plan.zones} | {line.id for line in plan.lines} | {gate.id for gate in plan.gates}
    floors = [box(*camera.owns) for camera in plan.cameras if camera.sees_floor]
    for name, rows in asked.zones.items():
        for zone in rows:
            if zone not in zones:
                yield f"behaviour.{name}: there is no '{zone}' among the zones ({', '.join(sorted(zones))})"
    for fence in asked.fences:
        if fence.a == fence.b:
            yield f"behaviour.fences '{fence.id}': its ends are one point"
        elif not any(floor.intersects(LineString([fence.a, fence.b])) for floor in floors):
            yield f"behaviour.fences '{fence.id}': it can never fire: no camera owns the floor beside it"
        if fence.id in named or [row.id for row in asked.fences].count(fence.id) > 1:
            yield f"behaviour.fences '{fence.id}': the id is there twice"
    for when in (*asked.closed_zones, *asked.fences, asked.running, asked.dispersal, asked.loitering, asked.lying):
        if unknown := [phase for phase in when.phases if phase not in phases]:
            yield f"behaviour: a rule never holds in '{unknown[0]}': the plan has no such phase ({', '.join(sorted(phases))})"


def _phases(plan: Plan) -> Iterator[str]:
    lanes, types = {lane.id for lane in plan.lanes}, {kind.id for kind in plan.area_types}
    for phase in plan.phases:
        seen: set[str] = set()
        for row in phase.ladders:
            if row.area_type not in types:
                yield f"phase '{phase.id}': ladders: there is no '{row.area_type}' among the area_types"
            if row.area_type in seen:
                yield f"phase '{phase.id}': ladders: '{row.area_type}' is there twice"
            seen.add(row.area_type)
        for lane in phase.turned_lanes:
            if lane not in lanes:
                yield f"phase '{phase.id}': turned_lanes: there is no '{lane}' among the lanes ({', '.join(sorted(lanes)) or 'none'})"


def _combinations(plan: Plan) -> Iterator[str]:
    mine = [row.id for row in plan.rules.combinations]
    same: dict[frozenset[str], str] = {}
    for row in plan.rules.combinations:
        where = f"rules.combinations '{row.id}'"
        if row.id in RULES or mine.count(row.id) > 1:
            yield f"{where}: two rules with one key: there is another rule of that name"
        if len(set(row.all_of)) < len(row.all_of):
            yield f"{where}: all_of names a rule twice: it always fires with the first of them"
        for name in row.all_of:
            if name == row.id:
                yield f"{where}: it waits for itself and can never fire"
            elif name not in RULES and name not in mine:
                yield f"{where}: there is no rule '{name}'"
            elif name in RULES and not _possible(plan, name):
                yield f"{where}: it can never fire, since '{name}' cannot: {RULES[name].lacks}"
        other = same.setdefault(frozenset(row.all_of), row.id)
        if other != row.id:
            yield f"{where}: two rules with one key: '{other}' is all of the same rules"
    yield from _circles(plan)


def _possible(plan: Plan, name: str) -> bool:
    needs = RULES[name].needs
    return needs is None or needs(plan)


def _circles(plan: Plan) -> Iterator[str]:
    asks = {row.id: set(row.all_of) for row in plan.rules.combinations}
    for name, asked in asks.items():
        reached, todo = set[str](), list(asked - {name})
        while todo:
            step = todo.pop()
            if step not in reached:
                reached.add(step)
                todo += asks.get(step, ())
        if name in reached:
            yield f"rules.combinations '{name}': it waits for itself by way of others and can never fire"


def _schedules(plan: Plan) -> Iterator[str]:
    phases, levels = {phase.id for phase in plan.phases}, {row.id: row.level for row in plan.rules.combinations}
    for index, row in enumerate(plan.rules.schedules):
        where = f"rules.schedules[{index}] '{row.rule}'"
        if row.rule not in RULES and row.rule not in levels:
            yield f"{where}: there is no such rule"
        elif (row.rule in RULES and RULES[row.rule].life_safety) or levels.get(row.rule) == "critical":
            yield f"{where}: it is life safety and holds always"
        if unknown := [name for name in row.phases if name not in phases]:
            yield f"{where}: it never holds in '{unknown[0]}': the plan has no such phase ({', '.join(sorted(phases))})"
        if row.since is not None and row.until is not None and row.since >= row.until:
            yield f"{where}: it never holds: since must be before until"
        if not row.phases and row.since is None and row.until is None:
            yield f"{where}: it always holds: a schedule names phases, since or until"
