"""What is wrong with an on-call table, prepared actions, response plans and short names, in sentences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from plan.duty import BY_PLACE, Duty, minutes
from plan.places import near

if TYPE_CHECKING:
    from plan.model import Plan

_HOUR_US: Final = 3_600_000_000
_DAY_US: Final = 24 * _HOUR_US
_NEXT: Final = 2  # a post has two bearers that must share no network


def check(plan: Plan) -> list[str]:
    """What is wrong, one sentence each."""
    wrong = [*_actions(plan), *_short(plan)]
    wrong += _doubles("actions", [action.id for action in plan.actions])
    wrong += _doubles("response_plans", [made.id for made in plan.response_plans])
    if plan.duty is not None:
        wrong += [*_reach(plan, plan.duty), *_shifts(plan, plan.duty), *_ladders(plan, plan.duty)]
    elif plan.response_plans:
        wrong.append("response_plans: they name functions, so the plan needs `duty`, which says who holds them")
    return wrong


def notes(plan: Plan) -> list[str]:
    """What is no mistake, but should be known before the event."""
    if plan.duty is None:
        return [
            "duty: there is no on-call table; dispatch guesses posts from the words of their roles, and no post has two bearers by plan"
        ]
    return []


def _doubles(kind: str, ids: list[str]) -> list[str]:
    return [f"{kind}: the id '{name}' is there twice" for name in sorted({name for name in ids if ids.count(name) > 1})]


def _reach(plan: Plan, duty: Duty) -> Iterator[str]:
    networks = {row.channel: row.network for row in duty.channels}
    known = ", ".join(sorted(networks))
    signs = {post.call_sign for post in plan.posts}
    for row in duty.reach:
        if row.post not in signs:
            yield f"duty.reach: there is no post '{row.post}'"
        for bearer in row.bearers:
            if bearer.channel not in networks:
                yield f"duty.reach of '{row.post}': there is no channel '{bearer.channel}' among duty.channels ({known})"
        first, second = (networks.get(bearer.channel) for bearer in row.bearers[:_NEXT])
        if first is not None and first == second:
            yield f"duty.reach of '{row.post}': its two bearers share the network '{first}', so one fault cuts off both"
    yield from (f"duty.systems: '{row.name}': there is no channel '{row.channel}'" for row in duty.systems if row.channel not in networks)
    yield from _doubles("duty.reach", [row.post for row in duty.reach])
    yield from _doubles("duty.channels", [row.channel for row in duty.channels])


def _shifts(plan: Plan, duty: Duty) -> Iterator[str]:
    signs, known = {post.call_sign for post in plan.posts}, plan.places
    reached = {row.post for row in duty.reach}
    for number, shift in enumerate(duty.shifts):
        where = f"duty.shifts[{number}] {shift.function}"
        yield from (f"{where}: there is no post '{post}'" for post in shift.posts if post not in signs)
        yield from (f"{where}: nobody knows how '{post}' is reached" for post in shift.posts if post in signs and post not in reached)
        yield from (f"{where}: there is no place '{place}'" for place in shift.places if place not in known)


def _ladders(plan: Plan, duty: Duty) -> Iterator[str]:
    """Functions of a ladder that nobody holds in some hour; each with the first such hour and how many there are."""
    empty: dict[tuple[str, str], list[int]] = {}
    asked: dict[tuple[str, str], str] = {}
    for priority, ladder in (("P1", duty.p1), ("P2", duty.p2)):
        for rung in ladder:
            for key in _needed(plan, rung.functions):
                asked.setdefault(key, f"{priority}, step '{rung.step}'")
    for step in (step for made in plan.response_plans for step in made.steps):
        for key in _needed(plan, step.functions):
            asked.setdefault(key, f"response step '{step.id}'")
    for at_us in _moments(duty):
        for function, place in asked:
            if not duty.on_call(function, places=near(plan, place) if place else (), at_us=at_us):  # type: ignore[arg-type]  # a Function
                empty.setdefault((function, place), []).append(at_us)
    for (function, place), moments in empty.items():
        hours = sorted({at_us // _HOUR_US for at_us in moments})
        where = f" for '{place}'" if place else ""
        local = hours[0] * 60 + duty.utc_offset_min
        more = f", and in {len(hours) - 1} more hours" if len(hours) > 1 else ""
        yield (
            f"duty: nobody is on shift as {function}{where} in the hour from {local // 60 % 24:02d}:{local % 60:02d}{more} "
            f"({asked[function, place]})"
        )


def _needed(plan: Plan, functions: Iterable[str]) -> Iterator[tuple[str, str]]:
    """(function, zone) of everything that must be held; the zone is empty where the function holds everywhere."""
    for function in functions:
        if function in BY_PLACE:
            yield from ((function, zone.id) for zone in plan.zones)
        else:
            yield function, ""


def _moments(duty: Duty) -> list[int]:
    """Each full hour of the table and each moment at which a shift begins or ends; one day where no shift has a date."""
    since = [round(shift.since.timestamp() * 1e6) for shift in duty.shifts if shift.since is not None]
    until = [round(shift.until.timestamp() * 1e6) for shift in duty.shifts if shift.until is not None]
    begin = min(since, default=min(until, default=_DAY_US) - _DAY_US)
    end = max(until, default=max(since, default=0) + _DAY_US)
    of_day = {(minutes(text) - duty.utc_offset_min) % 1440 for shift in duty.shifts if shift.hours for text in shift.hours}
    edges = {day * _DAY_US + minute * 60_000_000 for day in range(begin // _DAY_US, end // _DAY_US + 1) for minute in of_day}
    hours = set(range(begin // _HOUR_US * _HOUR_US, end, _HOUR_US))
    return sorted(at_us for at_us in edges | hours | set(since) | set(until) | {begin} if begin <= at_us < end)


def _actions(plan: Plan) -> Iterator[str]:
    roles, zones = {post.role.en for post in plan.posts}, {zone.id for zone in plan.zones}
    for action in plan.actions:
        for role in action.authority:
            if role not in roles:
                yield f"action '{action.id}': authority: no post has the role '{role}'"
        if action.to is not None and action.to not in zones:
            yield f"action '{action.id}': to: there is no '{action.to}' among the zones"


def _short(plan: Plan) -> Iterator[str]:
    known = plan.places
    yield from (f"short: there is no place '{place}'" for place in plan.short if place not in known)
