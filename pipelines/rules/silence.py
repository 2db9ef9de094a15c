"""Devices and cameras that say nothing: each by itself, or all of a gate or zone at once, which is their link."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipelines.rules.cameras import CAMERA
from pipelines.units import MICRO

if TYPE_CHECKING:
    from pipelines.alerts.kernel import Kernel
    from pipelines.outlook.second import Second
    from pipelines.rules.ground import Member

SILENT: Final = "device_silent"
LINK: Final = "link_loss"


def heard(kernel: Kernel, now_us: int, name: str, received_us: int) -> None:
    """A device or camera has said something."""
    watch, member = kernel.watch, kernel.ground.members.get(name)
    if member is not None:
        at_us = min(received_us or now_us, now_us + MICRO)  # a host with a wrong clock does not speak for tomorrow
        watch.heard[name] = max(watch.heard.get(name, -1), at_us)
        watch.first_us.setdefault(member.like, now_us)


def silence(kernel: Kernel, now: Second) -> None:
    """Every device and camera; one of a place that is silent as a whole has no alert of its own."""
    newest = {place: _newest(kernel, names, now.now_us) for place, names in kernel.ground.links.items()}
    lost = {place for place, heard_us in newest.items() if now.now_us - heard_us >= _least_us(kernel, place)}
    for place, heard_us in newest.items():
        alert = kernel.open_alert(LINK, place)
        if place in lost and alert is None:
            where = place.partition("/")[2]
            value = (now.now_us - heard_us) / MICRO
            at_m = kernel.ground.at_m(where)
            kernel.raise_(LINK, where, heard_us, ["caution"], now.now_us, value=value, unit="s", at_m=at_m, subject=place)
        elif place not in lost and alert is not None:
            kernel.lapse(alert, now.now_us)
    together_us = round(kernel.plan.signs.silence.together_s * MICRO)
    for name, member in kernel.ground.members.items():
        last_us = kernel.watch.heard.get(name, -1)
        since_us = _since_us(kernel, name, now.now_us)
        alone = all(newest[place] >= since_us + together_us for place in member.links)
        if now.now_us - since_us < member.limit_us:
            alert = kernel.open_alert(SILENT, name)
            if alert is not None and last_us >= 0:
                kernel.lapse(alert, now.now_us)
        elif alone and not lost.intersection(member.links):
            _raise(kernel, name, member, since_us, now.now_us)


def _raise(kernel: Kernel, name: str, member: Member, since_us: int, now_us: int) -> None:
    rule, unit = (CAMERA, "silent") if member.like == CAMERA else (SILENT, "s")
    if kernel.open_alert(rule, name) is None:
        value = (now_us - since_us) / MICRO
        kernel.raise_(
            rule,
            member.place,
            since_us,
            ["watch"],
            now_us,
            card=False,
            value=value,
            unit=unit,
            at_m=member.at_m,
            source=name,
            subject=name if rule == SILENT else "",
        )


def _since_us(kernel: Kernel, name: str, now_us: int) -> int:
    """Since when a member says nothing; one never heard counts from when its like began to speak, and has a minute more."""
    last_us = kernel.watch.heard.get(name, -1)
    if last_us >= 0:
        return last_us
    member, rule = kernel.ground.members[name], kernel.plan.signs.silence
    first_us = kernel.watch.first_us.get(member.like, -1)
    return first_us + round(rule.first_s * MICRO) - member.limit_us if first_us >= 0 else now_us


def _newest(kernel: Kernel, names: tuple[str, ...], now_us: int) -> int:
    return max(_since_us(kernel, name, now_us) for name in names)


def _least_us(kernel: Kernel, place: str) -> int:
    return min(kernel.ground.members[name].limit_us for name in kernel.ground.links[place])
