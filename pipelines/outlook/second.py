"""What needs minutes of memory: forecasts of zones, queues of gates, balances of areas. Once a second; pure.

They are worked out here because ALERTS has its inputs in one order and saves its memory (docs/decisions/0011).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pipelines.events import CrowdBalance, CrowdDensity, CrowdForecast, CrowdQueue
from pipelines.levels import LEVELS, rank
from pipelines.measures.balance import Count, balance
from pipelines.measures.forecast import crossing
from pipelines.measures.waiting import waiting
from pipelines.outlook.traces import Memory, Trace, Turnstiles, covers, seen_share
from pipelines.units import MICRO

QUEUE_S: Final = 60
_FRESH_S: Final = 10  # counters of turnstiles are this old at most
Outlook = tuple[str, str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Second:
    """One whole second of event time, as rules and readers see it.

    Args:
        now_us: its end; second: the same in s.
        rows: the newest density row by zone, of the window that ends now; zones that nobody saw are absent.
        levels: level of each zone's ladder.
        forecasts, queues, balances: by zone, gate and area.
    """

    now_us: int
    second: int
    rows: Mapping[str, CrowdDensity]
    levels: Mapping[str, str]
    forecasts: Mapping[str, CrowdForecast]
    queues: Mapping[str, CrowdQueue]
    balances: Mapping[str, CrowdBalance]

    def records(self) -> list[Outlook]:
        """(topic, key, record) of everything that is published, in one order."""
        return [
            *(("crowd.forecast", zone, row) for zone, row in self.forecasts.items()),
            *(("crowd.queue", gate, row) for gate, row in self.queues.items()),
            *(("crowd.balance", area, row) for area, row in self.balances.items()),
        ]


def look(
    plan: Any,
    memory: Memory,
    now_us: int,
    rows: Mapping[str, CrowdDensity],
    levels: Mapping[str, str],
    thresholds: Mapping[str, Sequence[float]],
) -> Second:
    """Work out the second that ends at *now_us*; *memory* holds it already, and its lines are anchored.

    *levels* and *thresholds* (p/m², of the five levels) are those of each zone's ladder.
    """
    forecasts = {zone.id: _forecast(plan, memory.zones[zone.id], zone, now_us, levels[zone.id], thresholds[zone.id]) for zone in plan.zones}
    queues = {gate.id: _queue(plan, memory, gate, now_us) for gate in plan.gates if gate.queue}
    balances = {area.id: _balance(plan, memory, area, now_us, rows) for area in plan.areas}
    return Second(
        now_us=now_us,
        second=now_us // MICRO,
        rows=rows,
        levels=levels,
        forecasts={zone: row for zone, row in forecasts.items() if row is not None},
        queues={gate: row for gate, row in queues.items() if row is not None},
        balances={area: row for area, row in balances.items() if row is not None},
    )


def _forecast(plan: Any, trace: Trace, zone: Any, now_us: int, level: str, thresholds: Sequence[float]) -> CrowdForecast | None:
    rule = plan.signs.time_to_act
    history_s = trace.history_s(zone.coverage)
    if history_s < rule.history_s:
        return None
    over_s = min(history_s, max(rule.trend_s, rule.history_s))
    line = trace.peak_trend(over_s, coverage=zone.coverage)
    if line is None:
        return None
    at = [crossing(trend=line, threshold=threshold) for threshold in thresholds]
    after = rank(level) + 1
    ahead = at[after] if after < len(LEVELS) else None
    return CrowdForecast(
        window_end_us=now_us,
        zone=zone.id,
        level=level,
        next_level=LEVELS[after] if ahead is not None else "",
        trend_per_m2_min=round(line.slope_per_s * 60, 3),
        history_s=float(over_s),
        next_s=_rounded(ahead.at_s) if ahead is not None else None,
        next_low_s=_rounded(ahead.low_s) if ahead is not None else None,
        next_high_s=_rounded(ahead.high_s) if ahead is not None else None,
        critical_high_s=0.0 if rank(level) >= rank("critical") else _rounded(at[rank("critical")].high_s),
        act_now_high_s=0.0 if level == "act_now" else _rounded(at[rank("act_now")].high_s),
    )


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)


def _queue(plan: Any, memory: Memory, gate: Any, now_us: int) -> CrowdQueue | None:
    lines = [line.id for line in plan.lines if line.gate == gate.id]
    if not lines:
        return None
    crossed = [memory.crossed(line, QUEUE_S, now_us // MICRO) for line in lines]
    served, seen = sum(row[1 if plan.phase_now.outward else 0] for row in crossed), all(row[2] for row in crossed)
    people = [memory.zones[zone.id].people_over(QUEUE_S, coverage=zone.coverage) for zone in plan.zones if zone.id in gate.queue]
    known = [row for row in people if row is not None]
    if len(known) == len(people) and known:
        found = waiting(people=[sum(each) for each in zip(*known, strict=True)], served=served, over_s=QUEUE_S)
        return CrowdQueue(
            window_end_us=now_us,
            gate=gate.id,
            people=round(found.people, 1),
            arriving_per_min=round(found.arriving_per_min, 1),
            served_per_min=float(served * 60 / QUEUE_S),
            wait_s=_rounded(found.wait_s),
            known=seen,
        )
    newest = sum(memory.zones[zone].newest_people() for zone in gate.queue)
    return CrowdQueue(
        window_end_us=now_us,
        gate=gate.id,
        people=round(newest, 1),
        arriving_per_min=0.0,
        served_per_min=float(served * 60 / QUEUE_S),
        wait_s=None,
        known=False,
    )


def _balance(plan: Any, memory: Memory, area: Any, now_us: int, rows: Mapping[str, CrowdDensity]) -> CrowdBalance | None:
    counts = dict(_counts(plan, memory, area, now_us // MICRO, rows))
    found = balance(counts=counts)
    if found is None:
        return None

    def said(name: str) -> float | None:
        return round(counts[name].people, 1) if name in counts else None

    return CrowdBalance(
        window_end_us=now_us,
        area=area.id,
        inside=round(found.inside, 1),
        low=round(found.low, 1),
        high=round(found.high, 1),
        turnstiles=said("turnstiles"),
        lines=said("lines"),
        seen=said("seen"),
        residual=round(found.residual, 1),
        suspect=found.suspect,
    )


def _counts(plan: Any, memory: Memory, area: Any, second: int, rows: Mapping[str, CrowdDensity]) -> Iterator[tuple[str, Count]]:
    """What each source says of *area*, with the half width of its interval.

    Gates without turnstiles complete the turnstiles' count with their lines; a door inside the area counts for neither.
    """
    least = plan.signs.residual.least_people
    lines, beside_lines = _lines(plan, memory, area)
    net, error = _net(plan, memory, lines)
    kept = memory.areas.get(area.id, Turnstiles())
    if kept.second >= 0 and second - kept.second <= _FRESH_S:
        beside, beside_error = _net(plan, memory, beside_lines)
        by_error = plan.signs.residual.turnstile_error * kept.passages
        yield "turnstiles", Count(people=float(kept.inside + beside), error=max(math.hypot(by_error, beside_error), least, 1.0))
    if lines and (kept.base is not None or len(beside_lines) == len(lines)):
        yield "lines", Count(people=float((kept.base or 0) + net), error=max(error, least, 1.0))
    zones = [zone for zone in plan.zones if zone.id in area.zones]
    if zones and all(zone.id in rows and covers(seen_share(rows[zone.id]), zone.coverage) for zone in zones):
        seen = [rows[zone.id] for zone in zones]
        yield "seen", Count(people=sum(row.people for row in seen), error=max(sum(row.error_people for row in seen), least, 1.0))


def anchor(plan: Any, memory: Memory) -> None:
    """Let the lines' count of each area begin at what its turnstiles say when they are first known."""
    for area in plan.areas:
        kept = memory.areas.get(area.id)
        if kept is not None and kept.base is None:
            lines, beside = _lines(plan, memory, area)
            kept.base = kept.inside + _net(plan, memory, beside)[0] - _net(plan, memory, lines)[0]


def _lines(plan: Any, memory: Memory, area: Any) -> tuple[list[Any], list[Any]]:
    """Lines over which people enter or leave *area*, and those of them that no turnstile counts."""
    gates = {gate.id for gate in plan.gates if gate.area == area.id and not gate.inner}
    controlled = {device.gate for device in plan.devices if device.kind == "turnstile"}
    lines = [line for line in plan.lines if line.gate in gates and line.id in memory.lines]
    return lines, [line for line in lines if line.gate not in controlled]


def _net(plan: Any, memory: Memory, lines: list[Any]) -> tuple[int, float]:
    """Entered less exited over *lines* since the beginning, and the half width of its interval."""
    errors = {camera.id: camera.count_error for camera in plan.cameras}
    net, squared = 0, 0.0
    for line in lines:
        kept = memory.lines[line.id]
        net += kept.entered - kept.exited
        squared += (errors[line.camera] * (kept.entered + kept.exited)) ** 2
    return net, math.sqrt(squared)
