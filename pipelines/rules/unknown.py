"""The unknown that fills: a zone that nobody can see, while people go in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipelines.units import MICRO

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pipelines.alerts.kernel import Kernel
    from pipelines.rules.ladder import Reading

UNKNOWN: Final = "unknown_while_filling"
FLOW_S: Final = 60


def _net_inflow(kernel: Kernel, lines: Iterable[str], now_us: int) -> int:
    crossed = [kernel.memory.crossed(line, FLOW_S, now_us // MICRO) for line in lines]
    return sum(entered - exited for entered, exited, _ in crossed)


def unknown(kernel: Kernel, now_us: int, readings: Mapping[str, Reading]) -> None:
    """Zones with `filled_by` that have been unknown for too long while people go in."""
    hold_us = round(kernel.ground.timing.unknown_hold_s * MICRO)
    for zone in kernel.plan.zones:
        if not zone.filled_by:
            continue
        alert = kernel.open_alert(UNKNOWN, zone.id)
        if readings[zone.id].covered:
            kernel.watch.unknown_us.pop(zone.id, None)
            continue
        since_us = kernel.watch.unknown_us.setdefault(zone.id, now_us)
        inflow = _net_inflow(kernel, zone.filled_by, now_us)
        if alert is not None:
            alert.evidence_us = now_us
        elif now_us - since_us >= hold_us and inflow > 0 and inflow >= kernel.ground.timing.filling_per_min:
            kernel.raise_(UNKNOWN, zone.id, since_us, ["warning"], now_us, value=float(inflow), unit="p/min", at_m=zone.polygon[0])
