"""What the newest rows say of a place: for the effect of an order, and before people are sent there. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from pipelines.events import CrowdDensity, CrowdFlow, CrowdQueue
from pipelines.units import US_PER_S

if TYPE_CHECKING:
    from plan.model import Plan

FRESH_US: Final = 5 * US_PER_S
FLOW_US: Final = 60 * US_PER_S


@dataclass(slots=True)
class Surroundings:
    """The newest density of each zone, queue of each gate, and a minute of inflow of each line; times are those of the steady clock."""

    plan: Plan
    _density: dict[str, tuple[CrowdDensity, int]] = field(default_factory=dict)
    _queue: dict[str, tuple[CrowdQueue, int]] = field(default_factory=dict)
    _flow: dict[str, dict[int, int]] = field(default_factory=dict)
    _flow_us: dict[str, int] = field(default_factory=dict)

    def take(self, record: Any, now_us: int) -> None:
        """Note a row that was read at *now_us*."""
        match record:
            case CrowdDensity() if record.zone:
                self._density[record.zone] = (record, now_us)
            case CrowdQueue():
                self._queue[record.gate] = (record, now_us)
            case CrowdFlow() if record.line and record.window_end_us % US_PER_S == 0:  # windows may slide: one a second counts
                rows = self._flow.setdefault(record.line, {})
                rows[record.window_end_us] = record.entered
                for old in [end_us for end_us in rows if end_us <= max(rows) - FLOW_US]:
                    del rows[old]
                self._flow_us[record.line] = now_us

    def measure(self, name: str, place: str, now_us: int) -> float | None:
        """The measure of a prepared action at a place now; None where it is not known.

        Args:
            name: peak (of the zone, p/m²), flow (people in over the place's lines in the last minute), queue (people).
            place: zone, gate or line.
            now_us: now.
        """
        if name == "peak":
            row = self._fresh_density(place, now_us)
            return row.local_peak_per_m2 if row is not None else None
        if name == "queue":
            gates = [gate.id for gate in self.plan.gates if place == gate.id or place in gate.queue]
            found = [self._queue[gate] for gate in gates if gate in self._queue]
            known = [row.people for row, at_us in found if row.known and now_us - at_us <= FRESH_US]
            return sum(known) if known else None
        near = {gate.id for gate in self.plan.gates if place == gate.id or place in gate.queue}
        lines = [line.id for line in self.plan.lines if line.id == place or line.gate in near or line.upstream == place]
        fresh = [line for line in lines if line in self._flow and now_us - self._flow_us[line] <= FRESH_US]
        return float(sum(sum(self._flow[line].values()) for line in fresh)) if fresh else None

    def level(self, zone_id: str, now_us: int) -> str:
        """Level of the zone's peak by its ladder, `none` below all of them, `unknown` where it is not seen well enough."""
        row, zone = self._fresh_density(zone_id, now_us), self.plan.zone(zone_id)
        if row is None or zone is None:
            return "unknown"
        ladder = self.plan.area_type(zone).ladder
        reached = [
            level for level in ("watch", "caution", "warning", "critical", "act_now") if row.local_peak_per_m2 >= getattr(ladder, level)
        ]
        return reached[-1] if reached else "none"

    def at_least(self, zone_id: str, now_us: int) -> bool:
        """Whether the zone's peak is a lower bound: people hide each other there."""
        row = self._fresh_density(zone_id, now_us)
        return row is not None and row.saturated

    def _fresh_density(self, zone_id: str, now_us: int) -> CrowdDensity | None:
        row, at_us = self._density.get(zone_id, (None, 0))
        zone = self.plan.zone(zone_id)
        if row is None or zone is None or now_us - at_us > FRESH_US or row.cameras_expected == 0:
            return None
        return row if min(row.cameras_seen / row.cameras_expected, row.observed_share) >= zone.coverage else None
