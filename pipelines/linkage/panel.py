"""From what the panel says to readings: told when it changes, and again with every beat. Pure.

Feedback counts from the start of its output on. A contact that said it before is stuck: that is a fault, and the feedback
of the output that starts then is missing, which alarms. Nothing is made up: what the panel does not say is not told.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from pipelines.events import SensorFire
from pipelines.linkage.registers import Seen
from pipelines.units import CM_PER_M, MICRO
from plan.linkage import Equipment, Linkage
from plan.model import Device, Plan

NORMAL: Final = "normal"
ALARM: Final = "alarm"
FAULT: Final = "fault"
STARTED: Final = "output_started"
FEEDBACK: Final = "feedback"
UNANSWERED: Final = "unanswered"
LINK: Final = "link"
POWER: Final = "power"
SELF: Final = "panel"


@dataclass(slots=True, kw_only=True)
class _Run:
    """One piece of equipment: whether it runs, whether its feedback counts, and whether the contact is stuck."""

    started: bool = False
    feedback: bool = False
    stuck: bool = False


@dataclass(slots=True)
class Panel:
    """What the panel last said, and what people have been told of it.

    Args:
        plan: with its linkage.
        began_us: when the first answer was asked for; silence counts from then.
    """

    plan: Plan
    began_us: int
    _told: dict[tuple[str, str], str] = field(default_factory=dict)
    _runs: dict[str, _Run] = field(default_factory=dict)
    _beat_us: int = -1
    _answered_us: int = -1
    newest: Seen | None = None

    @property
    def linkage(self) -> Linkage:
        """That of the plan."""
        assert self.plan.linkage is not None
        return self.plan.linkage

    def take(self, seen: Seen, now_us: int) -> list[SensorFire]:
        """Readings that a whole answer of the panel gives at *now_us*; what can raise a P1 comes first."""
        self._answered_us, self.newest = now_us, seen
        beat = self._beats(now_us)
        out: list[SensorFire] = []
        for row in self.linkage.detectors:
            state = ALARM if row.device in seen.alarms else FAULT if row.device in seen.faults else NORMAL
            out += self._tell(self._device(row.device), "", state, now_us, beat=beat)
        for thing in self.linkage.equipment:
            out += self._follow(thing, seen, now_us, beat=beat)
        panel = self._device(self.linkage.device)
        for output, wrong in ((SELF, seen.fault), (POWER, seen.power_lost), (LINK, False)):
            out += self._tell(panel, output, FAULT if wrong else NORMAL, now_us, beat=beat)
        return sorted(out, key=lambda reading: reading.state != ALARM)

    def silent(self, now_us: int) -> list[SensorFire]:
        """What a question without an answer means at *now_us*: nothing for `silent_s`, then a fault of the link with every beat."""
        since_us = self._answered_us if self._answered_us >= 0 else self.began_us
        if now_us - since_us < round(self.linkage.silent_s * MICRO):
            return []
        self.newest = None
        return self._tell(self._device(self.linkage.device), LINK, FAULT, now_us, beat=self._beats(now_us))

    def unanswered(self, equipment: str, now_us: int) -> SensorFire:
        """A request that the panel did not echo, or did not take."""
        thing = self.linkage.of(equipment)
        assert thing is not None
        return self._reading(self._device(self.linkage.device), thing.kind, UNANSWERED, now_us, thing)

    def _beats(self, now_us: int) -> bool:
        if self._beat_us >= 0 and now_us - self._beat_us < round(self.linkage.beat_s * MICRO):
            return False
        self._beat_us = now_us
        return True

    def _follow(self, thing: Equipment, seen: Seen, now_us: int, *, beat: bool) -> list[SensorFire]:
        """Start and feedback of one piece of equipment; feedback that goes while it runs is missing from then on."""
        started, feedback = thing.id in seen.started, thing.id in seen.feedback
        first = thing.id not in self._runs
        was = self._runs.setdefault(thing.id, _Run())
        was.stuck = feedback and (was.stuck or not (started or was.started))
        counts = feedback and not was.stuck
        panel, out = self._device(self.linkage.device), []
        if started and (not was.started or (was.feedback and not counts)):
            out.append(self._reading(panel, thing.kind, STARTED, now_us, thing))
        if started and counts and (first or not was.started or not was.feedback):
            out.append(self._reading(panel, thing.kind, FEEDBACK, now_us, thing))
        was.started, was.feedback = started, started and counts
        out += self._tell(panel, thing.kind, FAULT if was.stuck else NORMAL, now_us, beat=beat and not started, thing=thing)
        return out

    def _tell(
        self, device: Device, output: str, state: str, now_us: int, *, beat: bool, thing: Equipment | None = None
    ) -> list[SensorFire]:
        place = (device.id, thing.id if thing is not None else output)
        if self._told.get(place) == state and not beat:
            return []
        self._told[place] = state
        return [self._reading(device, output, state, now_us, thing)]

    def _device(self, device: str) -> Device:
        return next(row for row in self.plan.devices if row.id == device)

    def _reading(self, device: Device, output: str, state: str, now_us: int, thing: Equipment | None = None) -> SensorFire:
        at_m = thing.at if thing is not None and thing.at is not None else device.at
        return SensorFire(
            device=device.id,
            event_time_us=now_us,
            received_us=0,
            zone=thing.zone if thing is not None else device.zone or "",
            kind=device.kind,
            state=state,
            output=output,
            x_cm=round(at_m[0] * CM_PER_M),
            y_cm=round(at_m[1] * CM_PER_M),
        )
