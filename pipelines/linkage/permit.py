"""Whether the panel may be asked for an output: a permit, or the sentence that refuses it. Pure; it decides and does nothing.

A request needs the live mode, outputs that the plan turns on, a panel that answers, and either two verified detectors of
the equipment's zone in alarm or a post with the right `fire_output` that held for two seconds. There is no request that
stops, silences or resets anything.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from pipelines.events import LinkageRequest, SensorFire
from pipelines.linkage.gestures import HELD, HOLD_US, LONGEST_HOLD_US, PRESS, Hold, is_signed
from pipelines.linkage.registers import Seen
from pipelines.units import MICRO
from plan.linkage import FIRE_OUTPUT, Equipment, Linkage, OutputRequest
from plan.model import Plan

LIVE: Final = "live"
TWO_DETECTORS: Final = "two_detectors"
RIGHT: Final = "right"
STALE_US: Final = 5 * MICRO
_DETECTORS: Final = ("smoke", "heat")
_SAME: Final = ("request_id", "mode", "site", "equipment", "actor", "actor_role", "plan")


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why the panel is not asked."""

    en: str
    zh: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """Leave to ask the panel for one output, once: it names who or what gave it."""

    request_id: str
    mode: str
    equipment: str
    zone: str
    by: str
    actor: str
    actor_role: str
    alert_id: str
    given_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What is known when somebody asks.

    Args:
        mode: of this process.
        plan, plan_hash: in force.
        now_us: wall clock, µs UTC.
        panel: what the panel says; None while it does not answer.
        alarms: newest alarm by detector, as INGEST verified it.
        used: ids of requests that were permitted before, and equipment that is being asked for now.
        mode_key: gestures are signed with a key derived from it.
    """

    mode: str
    plan: Plan
    plan_hash: str
    now_us: int
    panel: Seen | None
    alarms: Mapping[str, SensorFire] = field(default_factory=dict)
    used: Collection[str] = ()
    mode_key: bytes = field(repr=False)


def may_request(equipment: str, hold: Hold | None, now: Circumstances) -> Permit | Refusal:
    """Whether the panel may be asked to start *equipment*: by a person's *hold*, or, without one, by two detectors in alarm."""
    linkage = now.plan.linkage
    refusal = _not_live(now, hold) or _not_enabled(linkage)
    if refusal is not None or linkage is None:
        return refusal or _NOT_ENABLED
    thing, request = linkage.of(equipment), linkage.request(equipment)
    if thing is None or request is None:
        return Refusal(en=f"the plan has no request for '{equipment[:64]}'", zh=f"预案未配置对“{equipment[:64]}”的请求")
    refusal = _not_now(thing, now) or (_not_held(hold, now) if hold is not None else _not_two(thing, linkage, now))
    refusal = refusal or _not_this_way(request, RIGHT if hold is not None else TWO_DETECTORS)
    return refusal or (_by_right(thing, hold, now) if hold is not None else _by_detectors(thing, linkage, now))


_NOT_ENABLED: Final = Refusal(en="outputs are not enabled in this plan: the linkage only reads", zh="预案未启用联动输出,仅监视")


def _not_live(now: Circumstances, hold: Hold | None) -> Refusal | None:
    """The first of the checks that keep a drill from a relay."""
    if now.mode != LIVE:
        return Refusal(en=f"mode '{now.mode[:40]}' never asks a panel for anything", zh="演练状态不得向消防主机发出请求")
    for row in (hold.press, hold.held) if hold is not None else ():
        if row is not None and row.mode != LIVE:
            return Refusal(en=f"a gesture of mode '{row.mode[:40]}' came to the live panel", zh="演练中的操作不得用于实战主机")
        if row is not None and not is_signed(row, now.mode_key):
            return Refusal(en="the gesture is not signed by this mode's entry point", zh="操作的签名不属于本系统")
    return None


def _not_enabled(linkage: Linkage | None) -> Refusal | None:
    return None if linkage is not None and linkage.outputs.enabled else _NOT_ENABLED


def _not_now(thing: Equipment, now: Circumstances) -> Refusal | None:
    if now.panel is None:
        return Refusal(en="the panel does not answer: start it by hand at the panel", zh="消防主机无应答,请在主机上手动启动")
    if thing.id in now.panel.started:
        return Refusal(en=f"'{thing.id}' runs already", zh=f"“{thing.id}”已启动")
    if thing.id in now.used:
        return Refusal(en=f"the panel is being asked for '{thing.id}' already", zh=f"已在请求“{thing.id}”")
    return None


def _not_this_way(request: OutputRequest, by: str) -> Refusal | None:
    if by in request.by:
        return None
    words = {RIGHT: ("by a person", "人工"), TWO_DETECTORS: ("by two detectors", "双探测器")}[by]
    return Refusal(
        en=f"'{request.equipment}' is not requested {words[0]} in this plan", zh=f"预案不允许{words[1]}请求“{request.equipment}”"
    )


def _not_held(hold: Hold, now: Circumstances) -> Refusal | None:
    """Why a hold is none: two gestures of one person and one request, 2 to 10 s apart, the second one now."""
    press, held = hold.press, hold.held
    if press is None or press.gesture != PRESS or held.gesture != HELD:
        return Refusal(en="it was not pressed, or let go before it was held for 2 s", zh="未按下,或未按住满2秒")
    if any(getattr(press, name) != getattr(held, name) for name in _SAME):
        return Refusal(en="press and hold are not of one person and one request", zh="按下与按住不是同一人的同一请求")
    held_us = held.received_us - press.received_us
    if not HOLD_US <= held_us <= LONGEST_HOLD_US:
        return Refusal(en=f"held for {held_us / MICRO:.1f} s: expected 2 to 10 s", zh=f"按住{held_us / MICRO:.1f}秒,应为2至10秒")
    if abs(now.now_us - held.received_us) > STALE_US:
        return Refusal(en="the gesture is older than 5 s", zh="操作已超过5秒,作废")
    if (held.site, held.plan) != (now.plan.event.site, now.plan_hash):
        return Refusal(en="it was asked for another site, or under another plan", zh="请求所依据的场地或预案与现行不符")
    if held.request_id in now.used:
        return Refusal(en="this request has been permitted before", zh="该请求已使用过")
    return without_right(held, now.plan)


def without_right(held: LinkageRequest, plan: Plan) -> Refusal | None:
    """The right is a named post's: a role alone is not enough."""
    for post in plan.posts:
        if post.call_sign == held.actor and held.actor_role in (post.role.en, post.role.zh) and FIRE_OUTPUT in post.rights:
            return None
    return Refusal(en=f"'{held.actor[:64]}' has not the right {FIRE_OUTPUT} in this plan", zh=f"“{held.actor[:64]}”没有联动输出权限")


def _in_alarm(thing: Equipment, linkage: Linkage, now: Circumstances) -> list[str]:
    """Detectors of the equipment's zone whose verified alarm is fresh; the plan says where a detector is, not its reading."""
    fresh_us = round(linkage.outputs.fresh_s * MICRO)
    return sorted(
        device.id
        for device in now.plan.devices
        if device.zone == thing.zone
        and device.kind in _DETECTORS
        and (alarm := now.alarms.get(device.id)) is not None
        and (alarm.state, alarm.verified, alarm.zone, alarm.kind) == ("alarm", True, thing.zone, device.kind)
        and -STALE_US <= now.now_us - alarm.event_time_us <= fresh_us
    )


def _not_two(thing: Equipment, linkage: Linkage, now: Circumstances) -> Refusal | None:
    found = _in_alarm(thing, linkage, now)
    if len(found) >= 2:
        return None
    return Refusal(
        en=f"{len(found)} verified detectors of zone '{thing.zone}' are in alarm: expected 2",
        zh=f"“{thing.zone}”区域已核验的报警探测器为{len(found)}个,需2个",
    )


def _by_right(thing: Equipment, hold: Hold, now: Circumstances) -> Permit:
    held = hold.held
    return Permit(
        request_id=held.request_id,
        mode=held.mode,
        equipment=thing.id,
        zone=thing.zone,
        by=RIGHT,
        actor=held.actor,
        actor_role=held.actor_role,
        alert_id=held.alert_id,
        given_us=now.now_us,
    )


def _by_detectors(thing: Equipment, linkage: Linkage, now: Circumstances) -> Permit:
    return Permit(
        request_id=f"{thing.id}/{now.now_us}",
        mode=now.mode,
        equipment=thing.id,
        zone=thing.zone,
        by=TWO_DETECTORS,
        actor=" + ".join(_in_alarm(thing, linkage, now)[:2]),
        actor_role="",
        alert_id="",
        given_us=now.now_us,
    )
