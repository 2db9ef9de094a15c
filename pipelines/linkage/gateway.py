"""The fire panel's gateway: what it says goes out as signed readings; what may be asked of it, it is asked. No clock of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final, Protocol

from connectors.kafka import Rejected, Row
from connectors.modbus import Frame
from pipelines.errors import RefusedError, TransientError
from pipelines.events import LinkageChange, LinkageRequest, SensorFire, StageHealth
from pipelines.linkage.asking import ASKED, TAKEN, UNANSWERED, Asked, Asking
from pipelines.linkage.envelopes import Seal
from pipelines.linkage.gestures import RELEASE, Gestures, Hold, is_signed
from pipelines.linkage.lines import Reads, ask_all, linkage_of
from pipelines.linkage.panel import Panel
from pipelines.linkage.permit import RIGHT, TWO_DETECTORS, Circumstances, Permit, Refusal, may_request
from plan.load import plan_hash
from plan.model import Plan

PERMITTED: Final = "permitted"
REFUSED: Final = "refused"
_ENDED: Final = (REFUSED, TAKEN, UNANSWERED)
_REMEMBERED: Final = 10_000
_RESTARTED: Final = Refusal(en="the process began anew while it asked: look at the panel", zh="请求期间程序重启,请查看消防主机")
_NO_ANSWER: Final = Refusal(
    en="the panel does not echo the request, or does not take it: start it by hand", zh="消防主机未响应请求,请手动启动"
)
_NO_LINE: Final = Refusal(en="this process has no line to request by", zh="本进程没有请求线路")


class Asks(Protocol):
    """What asks the panel."""

    def ask(self, frame: Frame) -> tuple[int, int]:
        """As `connectors.modbus.RequestLine.ask`."""

    def close(self) -> None:
        """Hang up."""


class Sends(Protocol):
    """What takes records for the mode's topics."""

    def send(self, thing: str, record: object, *, key: str = "") -> None:
        """As `connectors.kafka.Sender.send`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who this process is: mode, plan, key, and the id of this start."""

    mode: str
    plan: Plan
    mode_key: bytes = field(repr=False)
    boot_id: str


class Gateway:
    """One running LINKAGE.

    Args:
        who: mode, plan and key.
        line: to read the panel by.
        writer: to request by; None wherever requests are not meant.
        sender: of the mode.
        clock_us: wall clock, µs UTC.
        changes: what became of earlier requests, oldest first.
    """

    def __init__(
        self,
        who: Identity,
        *,
        line: Reads,
        writer: Asks | None,
        sender: Sends,
        clock_us: Callable[[], int],
        changes: Iterable[LinkageChange] = (),
    ) -> None:
        """Nothing is dialled yet."""
        self._who, self._line, self._writer, self._sender, self._clock_us = who, line, writer, sender, clock_us
        self._linkage = linkage_of(who.plan)
        self._hash = plan_hash(who.plan)
        self._panel = Panel(who.plan, began_us=clock_us())
        self._seal = Seal(site=who.plan.event.site, mode=who.mode, mode_key=who.mode_key, boot_id=who.boot_id)
        self._gestures, self._asking = Gestures(), Asking(self._linkage)
        self._alarms: dict[str, SensorFire] = {}
        self._automatic: set[str] = set()
        changes = tuple(changes)
        self._last = {change.request_id: change for change in changes}  # what was refused goes when there is too much of it
        self._used = {change.request_id for change in changes if change.state != REFUSED}
        self._trouble = ""
        self.taken = self.given = self.refused = 0

    def begin(self) -> None:
        """Say of requests that a process before this one left open that nobody asks any more."""
        for change in list(self._last.values()):
            if change.state not in _ENDED:
                self._say(_permit_of(change), UNANSWERED, _RESTARTED)
                if self._linkage.of(change.equipment) is not None:
                    self._tell([self._panel.unanswered(change.equipment, self._clock_us())])

    def look(self) -> None:
        """Ask the panel for everything once, and send what is new."""
        try:
            seen = ask_all(self._line, self._linkage)
        except (TransientError, RefusedError) as error:
            self._complain(str(error))
            self._tell(self._panel.silent(self._clock_us()))
            return
        self._complain("")
        self.taken += 1
        self._tell(self._panel.take(seen, self._clock_us()))
        for permit, state in self._asking.watch(seen.started, self._clock_us()):
            self._said(permit, state)

    def hear(self, rows: Iterable[Row]) -> None:
        """Take gestures, and verified alarms of detectors; what came by a topic of another mode is not heard."""
        for row in rows:
            if isinstance(row.record, Rejected) or row.mode != self._who.mode:
                self.refused += 1
            elif isinstance(row.record, LinkageRequest):
                self._gesture(row.record)
            elif isinstance(row.record, SensorFire) and not row.record.tick:
                self._note(row.record)

    def ask(self) -> None:
        """Send every request that is due, and read its echo."""
        if self._writer is None:
            return
        for row in self._asking.due(self._clock_us()):
            self._send(self._writer, row)
        if self._panel.newest is None:  # nobody looks, so that nobody would see that a request stays without an answer
            for permit, state in self._asking.watch(frozenset(), self._clock_us()):
                self._said(permit, state)

    def report(self, lag: int) -> None:
        """Say how it goes."""
        health = StageHealth(
            stage="linkage",
            at_us=self._clock_us(),
            taken=self.taken,
            given=self.given,
            late=0,
            clamped=0,
            refused=self.refused,
            lag=lag,
            tick_age_us=-1,
        )
        self._sender.send("stage.health", health, key="linkage")

    def close(self) -> None:
        """Hang up."""
        self._line.close()
        if self._writer is not None:
            self._writer.close()

    # -- requests -----------------------------------------------------------------------------------------------

    def _gesture(self, row: LinkageRequest) -> None:
        """Take a gesture; one that nobody signed must not stand in the way of the one that somebody did."""
        signed = row.gesture == RELEASE or is_signed(row, self._who.mode_key)
        hold = self._gestures.take(row) if signed else Hold(press=None, held=row)
        if hold is not None:
            self._judge(row.equipment, hold)

    def _note(self, reading: SensorFire) -> None:
        """Keep a detector's alarm while it lasts; where the plan lets two detectors ask, they may have asked now."""
        if reading.kind not in ("smoke", "heat"):
            return
        if reading.state != "alarm":
            self._alarms.pop(reading.device, None)
            self._automatic -= {row.id for row in self._linkage.equipment if row.zone == reading.zone}
            return
        self._alarms[reading.device] = reading
        for request in self._linkage.outputs.requests:
            if TWO_DETECTORS in request.by and request.equipment not in self._automatic:
                self._judge(request.equipment, None)

    def _send(self, writer: Asks, row: Asked) -> None:
        """Send a request once more, and take the panel's echo."""
        request = self._linkage.request(row.permit.equipment)
        assert request is not None
        if row.beat == 1 and row.echoed_us < 0:
            self._say(row.permit, ASKED)
        frame = Frame(
            mode=row.permit.mode,
            equipment=row.permit.equipment,
            address=request.address,
            echo=request.echo,
            code=request.code,
            beat=row.beat,
        )
        try:
            code, beat = writer.ask(frame)
        except (TransientError, RefusedError) as error:
            print(f"linkage: {error}", flush=True)
            return
        state = self._asking.echoed(row.permit.equipment, code, beat, self._clock_us())
        if state:
            self._say(row.permit, state)

    def _judge(self, equipment: str, hold: Hold | None) -> None:
        verdict = may_request(equipment, hold, self._circumstances())
        if isinstance(verdict, Permit) and self._writer is not None:
            self._say(verdict, PERMITTED)
            self._asking.begin(verdict)
            if hold is None:
                self._automatic.add(equipment)
            return
        if hold is None:
            return  # most alarms are the first of their zone; that is no refusal to tell of
        self.refused += 1
        refusal = verdict if isinstance(verdict, Refusal) else _NO_LINE
        self._say(_asked_of(hold.held, self._linkage.of(equipment)), REFUSED, refusal)

    def _circumstances(self) -> Circumstances:
        return Circumstances(
            mode=self._who.mode,
            plan=self._who.plan,
            plan_hash=self._hash,
            now_us=self._clock_us(),
            panel=self._panel.newest,
            alarms=self._alarms,
            used=self._asking.equipment | self._used,
            mode_key=self._who.mode_key,
        )

    def _said(self, permit: Permit, state: str) -> None:
        self._say(permit, state, _NO_ANSWER if state == UNANSWERED else None)
        if state == UNANSWERED:
            self._tell([self._panel.unanswered(permit.equipment, self._clock_us())])

    def _say(self, permit: Permit, state: str, why: Refusal | None = None) -> None:
        last = self._last.pop(permit.request_id, None)
        number = last.number + 1 if last is not None else 1
        change = LinkageChange(
            request_id=permit.request_id,
            mode=self._who.mode,
            number=number,
            equipment=permit.equipment,
            zone=permit.zone,
            state=state,
            by=permit.by,
            actor=permit.actor,
            actor_role=permit.actor_role,
            alert_id=permit.alert_id,
            reason_en=why.en if why is not None else "",
            reason_zh=why.zh if why is not None else "",
            at_us=self._clock_us(),
            plan=self._hash,
        )
        self._last[permit.request_id] = change
        if state != REFUSED:
            self._used.add(permit.request_id)
        while len(self._last) > _REMEMBERED:
            del self._last[next(iter(self._last))]
        self._sender.send("linkage.changes", change, key=permit.request_id)

    def _tell(self, readings: Iterable[SensorFire]) -> None:
        for reading in readings:
            self._sender.send("raw.fire", self._seal.seal(reading), key=reading.device)
            self.given += 1

    def _complain(self, sentence: str) -> None:
        """Say what is wrong with the line when it begins, and when it is over."""
        if sentence != self._trouble:
            print(f"linkage: {sentence or 'the panel answers again'}", flush=True)
            self._trouble = sentence


def _permit_of(change: LinkageChange) -> Permit:
    return Permit(
        request_id=change.request_id,
        mode=change.mode,
        equipment=change.equipment,
        zone=change.zone,
        by=change.by,
        actor=change.actor,
        actor_role=change.actor_role,
        alert_id=change.alert_id,
        given_us=change.at_us,
    )


def _asked_of(row: LinkageRequest, thing: object) -> Permit:
    """What was asked, for the record of its refusal; it permits nothing, as nothing is begun with it."""
    return Permit(
        request_id=row.request_id[:64],
        mode=row.mode[:64],
        equipment=row.equipment[:64],
        zone=str(getattr(thing, "zone", "")),
        by=RIGHT,
        actor=row.actor[:64],
        actor_role=row.actor_role[:64],
        alert_id=row.alert_id[:64],
        given_us=row.received_us,
    )
