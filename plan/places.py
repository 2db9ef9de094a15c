"""What a place of an alert is near to: the zones, gates, lanes and areas that a shift may name for it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plan.model import Plan
    from plan.part import Text


def near(plan: Plan, place: str) -> frozenset[str]:
    """*place* itself, with the gate of a line, the queues of a gate, the gate of a queue, and the stairs or foot beside a zone."""
    found = {place}
    for line in plan.lines:
        if line.id == place:
            found |= {line.gate} | ({line.upstream} if line.upstream else set())
    for gate in plan.gates:
        if gate.id in found:
            found |= set(gate.queue)
        elif place in gate.queue:
            found.add(gate.id)
    found |= {zone.foot_of for zone in plan.zones if zone.id == place and zone.foot_of}
    return frozenset(found)


def places_of(plan: Plan) -> dict[str, Text]:
    """The name of every place that an alert or an order may have, by its id."""
    gates = {gate.id: gate.name for gate in plan.gates}
    named = {line.id: gates[line.gate] for line in plan.lines}
    named |= {fence.id: fence.name for fence in plan.behaviour.fences}
    for parts in (plan.cameras, plan.lanes, plan.restricted, plan.areas, plan.gates, plan.zones):
        named |= {part.id: part.name for part in parts}
    return named
