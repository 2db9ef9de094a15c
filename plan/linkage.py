"""The fire panel: where it is, which register says what, and, where it is asked for, what may be requested of it.

A drill never dials `panel`: it has `simulator`, which lies on this machine, and nothing is ever requested of that.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import Field, model_validator

from plan.part import Part

if TYPE_CHECKING:
    from plan.model import Plan

REQUEST_WORDS: Final = 4  # passcode, high and low; code; beat
ECHO_WORDS: Final = 2  # code; beat
FIRE_OUTPUT: Final = "fire_output"
Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
Register = Annotated[int, Field(ge=0, le=65535)]
Kind = Literal["broadcast", "sprinkler", "smoke_vent", "air_supply", "lift", "shutter", "door_release", "power_cut"]


class Signal(Part):
    """Where the panel says one thing, yes or no."""

    table: Literal["coil", "discrete", "holding", "input"]
    address: Register
    bit: int | None = Field(default=None, ge=0, le=15, description="of a register: this bit, 0 the lowest")
    equals: Register | None = Field(default=None, description="of a register: yes when it has this value")
    inverted: bool = Field(default=False, description="yes and no change places, as for a contact that opens in alarm")

    @model_validator(mode="after")
    def _readable(self) -> Signal:
        given = (self.bit is not None) + (self.equals is not None)
        if self.table in ("coil", "discrete") and given:
            raise ValueError(f"a {self.table} is one bit: neither bit nor equals belongs to it")
        if self.table in ("holding", "input") and given != 1:
            raise ValueError("a register needs either bit or equals")
        return self


class PanelAddress(Part):
    """Where a Modbus TCP server answers."""

    host: str = Field(min_length=1, max_length=253)
    port: int = Field(default=502, ge=1, le=65535)
    unit: int = Field(default=1, ge=1, le=247)


class PanelDetector(Part):
    """A detector of the panel."""

    device: Id
    alarm: Signal
    fault: Signal | None = None


class Equipment(Part):
    """What the panel starts in a fire, and how it says that it runs."""

    id: Id
    kind: Kind
    zone: Id
    at: tuple[float, float] | None = Field(default=None, description="its place; that of the panel otherwise")
    started: Signal
    feedback: Signal


class OutputRequest(Part):
    """What may be requested of the panel for one piece of equipment."""

    equipment: Id
    code: int = Field(ge=1, le=65535, description="what the panel knows the request by")
    address: Register = Field(description=f"of {REQUEST_WORDS} holding registers: passcode (2), code, beat")
    echo: Register = Field(description=f"of {ECHO_WORDS} input registers: code, beat")
    by: tuple[Literal["two_detectors", "right"], ...] = Field(default=("right",), min_length=1)


class Outputs(Part):
    """Requests to the certified panel; off unless somebody turns them on."""

    enabled: bool = False
    unit: int = Field(default=2, ge=1, le=247, description="Modbus unit for requests, another than for reading")
    credentials: str = Field(
        default="panel.credentials", pattern=r"^[a-z0-9][a-z0-9.-]{0,62}$", description="file in the folder of the live mode"
    )
    refresh_s: float = Field(default=1, gt=0, description="a request is repeated so often")
    drop_after_s: float = Field(default=5, gt=0, description="the panel drops a request that was not repeated for so long")
    echo_s: float = Field(default=3, gt=0, description="the panel echoes a request within so long")
    ask_s: float = Field(default=30, gt=0, description="a request that the panel does not take is given up after so long")
    fresh_s: float = Field(default=30, gt=0, description="an alarm that a detector has not repeated for so long does not count")
    requests: tuple[OutputRequest, ...] = ()


class Linkage(Part):
    """The fire panel of the venue."""

    device: Id = Field(description="the panel among the devices")
    panel: PanelAddress
    simulator: PanelAddress | None = Field(default=None, description="what stands for the panel in a drill; on this machine")
    poll_s: float = Field(default=0.5, ge=0.05, le=10)
    timeout_s: float = Field(default=2, ge=0.1, le=10)
    silent_s: float = Field(default=5, gt=0, description="a panel that has not answered for so long is a fault")
    beat_s: float = Field(default=5, gt=0, description="every state is told again so often")
    power_lost: Signal | None = None
    fault: Signal | None = None
    detectors: tuple[PanelDetector, ...] = ()
    equipment: tuple[Equipment, ...] = ()
    outputs: Outputs = Outputs()

    def signals(self) -> Iterator[tuple[str, Signal]]:
        """Every signal with what it is called in the plan."""
        for name, signal in (("power_lost", self.power_lost), ("fault", self.fault)):
            if signal is not None:
                yield name, signal
        for row in self.detectors:
            yield f"detectors '{row.device}': alarm", row.alarm
            if row.fault is not None:
                yield f"detectors '{row.device}': fault", row.fault
        for thing in self.equipment:
            yield f"equipment '{thing.id}': started", thing.started
            yield f"equipment '{thing.id}': feedback", thing.feedback

    def of(self, equipment: str) -> Equipment | None:
        """The equipment with that id, or None."""
        return next((row for row in self.equipment if row.id == equipment), None)

    def request(self, equipment: str) -> OutputRequest | None:
        """What may be requested for that equipment, or None."""
        return next((row for row in self.outputs.requests if row.equipment == equipment), None)


def is_loopback(host: str) -> bool:
    """Whether *host* can only be this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def problems(plan: Plan) -> list[str]:
    """What is wrong with the plan's linkage, one sentence each."""
    linkage = plan.linkage
    if linkage is None:
        return []
    return [*_devices(plan, linkage), *_registers(linkage), *_addresses(linkage), *_times(linkage), *_outputs(plan, linkage)]


def _devices(plan: Plan, linkage: Linkage) -> list[str]:
    kinds, zones = {device.id: device.kind for device in plan.devices}, {zone.id for zone in plan.zones}
    wrong = []
    if kinds.get(linkage.device) != "panel":
        wrong.append(f"linkage: device: there is no panel '{linkage.device}' among the devices")
    wrong += [
        f"linkage: detectors: there is no smoke or heat detector '{row.device}' among the devices"
        for row in linkage.detectors
        if kinds.get(row.device) not in ("smoke", "heat")
    ]
    wrong += [
        f"linkage: equipment '{thing.id}': zone: there is no '{thing.zone}' among the zones"
        for thing in linkage.equipment
        if thing.zone not in zones
    ]
    places = [f"{thing.kind} in zone '{thing.zone}'" for thing in linkage.equipment]
    wrong += [f"linkage: equipment: {name} is there twice; the feedback of one would stand for the other" for name in _twice(places)]
    wrong += [f"linkage: equipment: the id '{name}' is there twice" for name in _twice([row.id for row in linkage.equipment])]
    return wrong + [f"linkage: detectors: '{name}' is there twice" for name in _twice([row.device for row in linkage.detectors])]


def _registers(linkage: Linkage) -> list[str]:
    seen: dict[tuple[str, int, int | None, int | None], str] = {}
    wrong = []
    for name, signal in linkage.signals():
        place = (signal.table, signal.address, signal.bit, signal.equals)
        if place in seen:
            wrong.append(f"linkage: {name} is at the same place as {seen[place]}: {signal.table} {signal.address}")
        seen.setdefault(place, name)
    return wrong


def _addresses(linkage: Linkage) -> list[str]:
    simulator = linkage.simulator
    if simulator is None:
        return []
    wrong = []
    if not is_loopback(simulator.host):
        wrong.append(f"linkage: simulator: '{simulator.host}' is not on this machine; a drill never dials another")
    both_here = is_loopback(simulator.host) and is_loopback(linkage.panel.host)
    if simulator.port == linkage.panel.port and (simulator.host == linkage.panel.host or both_here):
        wrong.append("linkage: simulator: it is the address of the panel itself")
    return wrong


def _times(linkage: Linkage) -> list[str]:
    if linkage.silent_s < linkage.poll_s + linkage.timeout_s:
        return [f"linkage: silent_s {linkage.silent_s:g}: one answer may take {linkage.poll_s + linkage.timeout_s:g} s; expected no less"]
    return []


def _outputs(plan: Plan, linkage: Linkage) -> list[str]:
    outputs = linkage.outputs
    if not outputs.enabled:
        return []
    wrong = [] if outputs.requests else ["linkage: outputs: enabled, but there is nothing to request"]
    if outputs.unit == linkage.panel.unit:
        wrong.append(f"linkage: outputs: unit {outputs.unit} is that of reading; requests need a unit of their own")
    if outputs.drop_after_s < 2 * outputs.refresh_s:
        wrong.append("linkage: outputs: drop_after_s must be at least twice refresh_s, or one lost message drops a request")
    return [*wrong, *_request_registers(outputs), *_askers(plan, linkage)]


def _request_registers(outputs: Outputs) -> list[str]:
    wrong = [f"linkage: outputs: the code {name} is there twice" for name in _twice([str(row.code) for row in outputs.requests])]
    wrong += [f"linkage: outputs: '{name}' is requested twice" for name in _twice([row.equipment for row in outputs.requests])]
    for table, size, starts in (
        ("request", REQUEST_WORDS, sorted(row.address for row in outputs.requests)),
        ("echo", ECHO_WORDS, sorted(row.echo for row in outputs.requests)),
    ):
        if any(after - before < size for before, after in pairwise(starts)):
            wrong.append(f"linkage: outputs: registers of one {table} overlap those of another; each takes {size}")
    return wrong


def _askers(plan: Plan, linkage: Linkage) -> list[str]:
    """Who may ask, by the plan: two detectors that there are, or somebody with the right."""
    wrong = []
    may = any(FIRE_OUTPUT in post.rights for post in plan.posts)
    for row in linkage.outputs.requests:
        thing = linkage.of(row.equipment)
        if thing is None:
            wrong.append(f"linkage: outputs: there is no '{row.equipment}' among the equipment")
            continue
        found = [device for device in plan.devices if device.zone == thing.zone and device.kind in ("smoke", "heat")]
        if "two_detectors" in row.by and len(found) < 2:
            wrong.append(f"linkage: outputs: '{row.equipment}' by two_detectors: zone '{thing.zone}' has {len(found)}, expected at least 2")
        if "right" in row.by and not may:
            wrong.append(f"linkage: outputs: '{row.equipment}' by right: no post has the right {FIRE_OUTPUT}")
    return wrong


def _twice(names: list[str]) -> list[str]:
    return sorted({name for name in names if names.count(name) > 1})
