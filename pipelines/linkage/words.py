"""What each register of the panel says, in words, in English and Chinese. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pipelines.linkage.registers import Seen
from plan.linkage import Linkage, Signal
from plan.model import Plan

KINDS: Final = {
    "broadcast": ("fire broadcast", "消防应急广播"),
    "sprinkler": ("sprinkler", "喷淋"),
    "smoke_vent": ("smoke vent", "排烟"),
    "air_supply": ("air supply of stairs", "楼梯间正压送风"),
    "lift": ("lift to its level", "电梯迫降"),
    "shutter": ("fire shutter", "防火卷帘"),
    "door_release": ("doors released", "门禁释放"),
    "power_cut": ("power cut", "切断非消防电源"),
}
DETECTORS: Final = {"smoke": ("smoke detector", "感烟探测器"), "heat": ("heat detector", "感温探测器")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One register: where it is, and what it says."""

    register: str
    en: str
    zh: str


def where(signal: Signal) -> str:
    """A signal's place, as the panel's list of registers has it: `discrete 4`, `input 12 bit 3`."""
    part = f" bit {signal.bit}" if signal.bit is not None else f" = {signal.equals}" if signal.equals is not None else ""
    return f"{signal.table} {signal.address}{part}{' inverted' if signal.inverted else ''}"


def said(plan: Plan, linkage: Linkage, seen: Seen) -> Iterator[Said]:
    """Each register in the order of the plan."""
    yield from _panel(linkage, seen)
    kinds = {device.id: (device.kind, device.zone or "") for device in plan.devices}
    for row in linkage.detectors:
        kind, zone = kinds[row.device]
        name = (f"{DETECTORS[kind][0]} {row.device}", f"{DETECTORS[kind][1]}{row.device}")
        yield _said(row.alarm, name, _zone(plan, zone), row.device in seen.alarms, _ALARM)
        if row.fault is not None:
            yield _said(row.fault, name, _zone(plan, zone), row.device in seen.faults, _FAULT)
    for thing in linkage.equipment:
        name = (f"{KINDS[thing.kind][0]} {thing.id}", f"{KINDS[thing.kind][1]}{thing.id}")
        yield _said(thing.started, name, _zone(plan, thing.zone), thing.id in seen.started, _STARTED)
        yield _said(thing.feedback, name, _zone(plan, thing.zone), thing.id in seen.feedback, _FEEDBACK)


_ALARM: Final = (("ALARM", "报警"), ("no alarm", "未报警"))
_FAULT: Final = (("FAULT", "故障"), ("no fault", "无故障"))
_STARTED: Final = (("STARTED", "已启动"), ("not started", "未启动"))
_FEEDBACK: Final = (("feedback", "有联动反馈"), ("no feedback", "无联动反馈"))
_POWER: Final = (("main power LOST", "主电源断电"), ("main power on", "主电源正常"))


def _panel(linkage: Linkage, seen: Seen) -> Iterator[Said]:
    name = (f"panel {linkage.device}", f"消防主机{linkage.device}")
    if linkage.power_lost is not None:
        yield _said(linkage.power_lost, name, ("", ""), seen.power_lost, _POWER)
    if linkage.fault is not None:
        yield _said(linkage.fault, name, ("", ""), seen.fault, _FAULT)


def _zone(plan: Plan, zone: str) -> tuple[str, str]:
    found = plan.zone(zone)
    return (found.name.en, found.name.zh) if found is not None else (zone, zone)


def _said(
    signal: Signal, name: tuple[str, str], zone: tuple[str, str], yes: object, words: tuple[tuple[str, str], tuple[str, str]]
) -> Said:
    en, zh = words[0] if yes else words[1]
    return Said(
        register=where(signal),
        en=", ".join(part for part in (zone[0], name[0], en) if part),
        zh=",".join(part for part in (zone[1], name[1], zh) if part),
    )
