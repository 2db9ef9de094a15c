"""Which registers of the panel are read, and what their values say. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from plan.linkage import Linkage, Signal

MOST_BITS: Final = 1000  # of one answer, below Modbus's limit of 2,000
MOST_REGISTERS: Final = 100  # likewise, of 125
Values = Mapping[tuple[str, int], int]  # (table, address) → bit or register


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Addresses without a gap that one question reads."""

    table: str
    address: int
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the panel says of everything at once: ids of devices and equipment for which each thing holds."""

    power_lost: bool = False
    fault: bool = False
    alarms: frozenset[str] = frozenset()
    faults: frozenset[str] = frozenset()
    started: frozenset[str] = frozenset()
    feedback: frozenset[str] = frozenset()


def spans(linkage: Linkage) -> tuple[Span, ...]:
    """The fewest questions that read every signal and nothing else: a panel answers for an address it has not with an error."""
    places = sorted({(signal.table, signal.address) for _, signal in linkage.signals()})
    found: list[Span] = []
    for table, address in places:
        last = found[-1] if found else None
        most = MOST_BITS if table in ("coil", "discrete") else MOST_REGISTERS
        if last is not None and last.table == table and last.address + last.count == address and last.count < most:
            found[-1] = Span(table=table, address=last.address, count=last.count + 1)
        else:
            found.append(Span(table=table, address=address, count=1))
    return tuple(found)


def says(signal: Signal, values: Values) -> bool:
    """Whether the panel says yes."""
    value = values[signal.table, signal.address]
    if signal.bit is not None:
        yes = bool(value >> signal.bit & 1)
    elif signal.equals is not None:
        yes = value == signal.equals
    else:
        yes = bool(value)
    return yes != signal.inverted


def seen(linkage: Linkage, values: Values) -> Seen:
    """What all registers together say."""
    return Seen(
        power_lost=linkage.power_lost is not None and says(linkage.power_lost, values),
        fault=linkage.fault is not None and says(linkage.fault, values),
        alarms=frozenset(row.device for row in linkage.detectors if says(row.alarm, values)),
        faults=frozenset(row.device for row in linkage.detectors if row.fault is not None and says(row.fault, values)),
        started=frozenset(row.id for row in linkage.equipment if says(row.started, values)),
        feedback=frozenset(row.id for row in linkage.equipment if says(row.feedback, values)),
    )
