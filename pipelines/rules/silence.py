"""Devices and cameras that say nothing: each by itself, or all of a gate or zone at once, which is their link."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipelines.rules.cameras import CAMERA
from pipelines.rules.evidence import Evidence, Over
from pipelines.units import MICRO

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipelines.outlook.second import Second
    from pipelines.rules.facts import Facts
    from pipelines.rules.ground import Member

SILENT: Final = "device_silent"
LINK: Final = "link_loss"


def heard(facts: Facts, now_us: int, name: str, received_us: int) -> None:
    """A device or camera has said something."""
    watch, member = facts.watch, facts.ground.members.get(name)
    if member is not None:
        at_us = min(received_us or now_us, now_us + MICRO)  # a host with a wrong clock does not speak for tomorrow
        watch.heard[name] = max(watch.heard.get(name, -1), at_us)
        watch.first_us.setdefault(member.like, now_us)


def silence(facts: Facts, now: Second) -> Iterator[Evidence | Over]:
    """Every device and camera; one of a place that is silent as a whole has no alert of its own."""
    newest = {place: _newest(facts, names, now.now_us) for place, names in facts.ground.links.items()}
    lost = {place for place, heard_us in newest.items() if now.now_us - heard_us >= _least_us(facts, place)}
    for place, heard_us in newest.items():
        if place in lost and facts.open_alert(LINK, place) is None:
            where = place.partition("/")[2]
            value = (now.now_us - heard_us) / MICRO
            at_m = facts.ground.at_m(where)
            yield Evidence(
                rule=LINK,
                place=where,
                start_us=heard_us,
                now_us=now.now_us,
                levels=("caution",),
                value=value,
                unit="s",
                at_m=at_m,
                subject=place,
            )
        elif place not in lost:
            yield Over(LINK, place)
    together_us = round(facts.plan.signs.silence.together_s * MICRO)
    for name, member in facts.ground.members.items():
        since_us = _since_us(facts, name, now.now_us)
        alone = all(newest[place] >= since_us + together_us for place in member.links)
        if now.now_us - since_us < member.limit_us:
            if name in facts.watch.heard:
                yield Over(SILENT, name)
        elif alone and not lost.intersection(member.links):
            yield from _silent(facts, name, member, since_us, now.now_us)


def _silent(facts: Facts, name: str, member: Member, since_us: int, now_us: int) -> Iterator[Evidence]:
    rule, unit = (CAMERA, "silent") if member.like == CAMERA else (SILENT, "s")
    if facts.open_alert(rule, name) is None:
        value = (now_us - since_us) / MICRO
        yield Evidence(
            rule=rule,
            place=member.place,
            start_us=since_us,
            now_us=now_us,
            levels=("watch",),
            card=False,
            value=value,
            unit=unit,
            at_m=member.at_m,
            source=name,
            subject=name if rule == SILENT else "",
        )


def _since_us(facts: Facts, name: str, now_us: int) -> int:
    """Since when a member says nothing; one never heard counts from when its like began to speak, and has a minute more."""
    last_us = facts.watch.heard.get(name, -1)
    if last_us >= 0:
        return last_us
    member, rule = facts.ground.members[name], facts.plan.signs.silence
    first_us = facts.watch.first_us.get(member.like, -1)
    return first_us + round(rule.first_s * MICRO) - member.limit_us if first_us >= 0 else now_us


def _newest(facts: Facts, names: tuple[str, ...], now_us: int) -> int:
    return max(_since_us(facts, name, now_us) for name in names)


def _least_us(facts: Facts, place: str) -> int:
    return min(facts.ground.members[name].limit_us for name in facts.ground.links[place])
