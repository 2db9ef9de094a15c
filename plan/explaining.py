"""An alert in words: the rule, the numbers of the plan with their sources, what it saw, its steps, what would clear it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from pipelines.events import AlertChange
from pipelines.levels import LEVELS
from pipelines.units import MICRO
from plan.model import Plan
from plan.rulebook import RULES, Rule


def explain(changes: Sequence[AlertChange], plan: Plan) -> list[str]:
    """Lines about the alert of *changes* (all of it, in order), under the plan that it cites."""
    last, first = changes[-1], changes[0]
    combined = next((row for row in plan.rules.combinations if row.id == last.rule), None)
    rule = RULES.get(last.rule)
    lines = [
        f"{last.rule} at {_named(last.place, plan)}: {last.level}, {last.priority}, {last.condition}, {last.work}",
        f"alert {last.alert_id}",
    ]
    if combined is not None:
        lines.append(f"It begins when {' and '.join(combined.all_of)} hold within {combined.within_m:g} m and {combined.within_s:g} s.")
        lines.append(f"  rules.combinations '{combined.id}': level {combined.level} – source: {combined.source}")
    elif rule is not None:
        lines.append(f"It begins when {rule.says}.")
        lines += [f"  {line}" for line in _numbers(last, rule, plan)]
    seen = f"{first.value:g} {first.unit}".strip() if first.value else first.unit
    said = f"It saw {seen or 'its condition'} at ({first.x_m:.1f}, {first.y_m:.1f}) m"
    lines.append(said + (f", from {first.source}." if first.source else ".") + ("" if last.verified else " It is UNVERIFIED."))
    lines += [f"  {line}" for line in _steps(changes)]
    if last.condition == "cleared":
        lines.append("It is over.")
    elif last.latched:
        lines.append(f"It is latched: {_ends(rule, 'a person clears it')}.")
    else:
        lines.append(f"It ends when: {_ends(rule, 'no evidence for `timing.quiet_s`')}.")
    return lines


def _ends(rule: Rule | None, otherwise: str) -> str:
    return rule.ends if rule is not None else otherwise


def _numbers(change: AlertChange, rule: Rule, plan: Plan) -> Iterator[str]:
    zone = plan.zone(change.place)
    if change.rule == "crowd_density" and zone is not None:
        kind = plan.area_type(zone)
        own = [row.source for row in plan.phase_now.ladders if row.area_type == kind.id] + ([zone.ladder.source] if zone.ladder else [])
        ladder = ", ".join(f"{level} {getattr(kind.ladder, level):g}" for level in LEVELS)
        yield f"ladder of {kind.id}, phase {plan.phase}, p/m²: {ladder} – source: {'; '.join([kind.source, *own])}"
    if not rule.part or rule.part == "permits":
        return
    here: Any = plan.timing_now if rule.part == "timing" else plan
    for step in rule.part.split(".") if rule.part != "timing" else ():
        here = getattr(here, step)
    for name in rule.numbers or [name for name in type(here).model_fields if name != "source"]:
        yield f"{rule.part}.{name}: {_plain(getattr(here, name))}"
    yield f"source: {here.source}"


def _plain(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else f"{value:g}" if isinstance(value, float) else str(value)


def _steps(changes: Sequence[AlertChange]) -> Iterator[str]:
    """What happened when: begun, each level, each act, cleared."""
    begun = min(changes[0].start_us, changes[0].event_time_us)
    yield f"{_clock(begun)} first met"
    told: set[str] = set()
    condition, verified = "active", changes[0].verified
    for change in changes:
        for step in change.levels:
            if step.level not in told:
                told.add(step.level)
                yield f"{_clock(step.event_time_us)} {step.level}, {(step.event_time_us - begun) / MICRO:.1f} s after"
        if change.axis == "work":
            who = " ".join(part for part in (change.actor, f"({change.actor_role})" if change.actor_role else "") if part)
            yield (
                f"{_clock(change.event_time_us)} {change.work}"
                + (f" by {who}" if who else "")
                + (f": {change.reason}" if change.reason else "")
            )
        if change.verified and not verified:
            yield f"{_clock(change.event_time_us)} verified"
        if change.condition != condition:
            yield f"{_clock(change.event_time_us)} {change.condition}"
        condition, verified = change.condition, change.verified


def _clock(at_us: int) -> str:
    return datetime.fromtimestamp(at_us / MICRO, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-5] + "Z"


def _named(place: str, plan: Plan) -> str:
    rows: tuple[Any, ...] = (*plan.zones, *plan.gates, *plan.areas, *plan.cameras, *plan.lanes, *plan.restricted, *plan.behaviour.fences)
    name = next((row.name.en for row in rows if row.id == place), "")
    return f"{place} ({name})" if name else place
