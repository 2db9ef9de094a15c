"""The heart of ALERTS: steps, life-safety readings and commands in, changes of alerts and outlooks out. Pure.

Its state is plain values. Rules that are not the ladder live in `rules`: what evidence drives raises alerts through
`Kernel.raise_`, what measures drive follows them through `Kernel.follow`. What people do is in `commands`, what is kept back
without being lost in `grouping`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Final

from pipelines.alerts import commands, rules
from pipelines.alerts.ground import Ground
from pipelines.alerts.grouping import CAUSES, EXPLAINS, Flaps, Storms, explains
from pipelines.alerts.ladder import NONE, UNSEEN, Ladder, Reading, rank
from pipelines.alerts.lifecycle import Alert, alert_id
from pipelines.alerts.outlook import Outlook, Second, anchor, look
from pipelines.alerts.signal import Holds, Signal
from pipelines.alerts.traces import Memory, Trace, covers, seen_share
from pipelines.alerts.work import after
from pipelines.events import AlertChange, AlertCommand, CrowdDensity, CrowdFlow, CrowdOccupancy, SensorFire
from pipelines.units import MICRO

STATE_VERSION: Final = 3
CROWD: Final = "crowd_density"
RULE_VERSION: Final = 1
_CARD_FROM: Final = rank("caution")
_ENDED_KEPT: Final = 2000
_COMMANDS_KEPT: Final = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one step gives: changes of alerts, and (topic, key, record) of outlooks at whole seconds."""

    changes: list[AlertChange]
    outlook: list[Outlook]


class Kernel:
    """All alerts of one mode.

    Args:
        plan: the event plan (plan.model.Plan).
        plan_hash: cited by every change.
        mode: live or drill-<id>; it goes beside ids, never into them.
    """

    def __init__(self, plan: Any, *, plan_hash: str, mode: str) -> None:
        """Begin with nothing open."""
        self.plan, self._hash, self._mode = plan, plan_hash, mode
        self.ground = Ground(plan)
        self._ladders = {zone.id: Ladder() for zone in plan.zones}
        self._open: dict[tuple[str, str], Alert] = {}
        self._of_rule: dict[str, dict[str, Alert]] = {}
        self._by_id: dict[str, Alert] = {}
        self._ended: dict[str, Alert] = {}
        self.shelved: set[str] = set()
        self._storms, self._flaps = Storms(plan.handling), Flaps(plan.handling)
        self._kept_open: dict[str, list[int]] = {}  # alerts whose clearing is held back: since when, and for how long, µs
        self._answered: dict[str, str] = {}
        self._signals: dict[str, Signal] = {}
        self.memory = Memory(zones={zone.id: Trace() for zone in plan.zones})
        self.watch = rules.Watch()
        self._out: list[AlertChange] = []

    # -- inputs -------------------------------------------------------------------------------------------------

    def step(self, now_us: int, rows: Iterable[tuple[str, Any]]) -> Step:
        """Take one 200 ms step of event time with the rows that end in it; zones without a row are unseen."""
        readings = dict.fromkeys(self._ladders, UNSEEN)
        density: dict[str, CrowdDensity] = {}
        other = []
        for thing, row in rows:
            match row:
                case CrowdDensity() if row.zone in readings:
                    density[row.zone] = row
                    readings[row.zone] = self._reading(row)
                    self.watch.people[row.zone] = row.people
                case CrowdFlow():
                    self.memory.take_flow(row, row.window_end_us // MICRO)
                case CrowdOccupancy():
                    self.memory.take_occupancy(row, row.window_end_us // MICRO)
                case _:
                    other.append((thing, row))
        self.memory.forget(now_us // MICRO)
        for zone, reading in readings.items():
            self._judge_zone(now_us, zone, reading)
        rules.step(self, now_us, other, readings)
        self._let_go(now_us)
        outlook = self._second(now_us, density) if now_us % MICRO == 0 else []
        return Step(changes=self._taken(), outlook=outlook)

    def _second(self, now_us: int, density: dict[str, CrowdDensity]) -> list[Outlook]:
        """A whole second: its windows do not overlap, so that they are the samples that are remembered."""
        for zone, trace in self.memory.zones.items():
            trace.take(now_us // MICRO, density.get(zone))
        rows = {zone: row for zone, row in density.items() if row.cameras_seen > 0}
        levels = {zone: ladder.level for zone, ladder in self._ladders.items()}
        anchor(self.plan, self.memory)
        now = look(self.plan, self.memory, now_us, rows, levels, self.ground.steps)
        rules.second(self, now)
        return now.records()

    def p1(self, reading: SensorFire) -> list[AlertChange]:
        """Take a life-safety reading from its own lane: it waits for no window, no merge and no other alert."""
        rules.life_safety(self, reading)
        return self._taken()

    def command(self, command: AlertCommand) -> tuple[list[AlertChange], str]:
        """Take what a person asks; returns the changes, and why not (empty when it was done). A repeat changes nothing."""
        self._unshelve(command.received_us)
        if command.command_id in self._answered:
            return self._taken(), self._answered[command.command_id]
        refused = self._answered[command.command_id] = self._act(command)
        if len(self._answered) > _COMMANDS_KEPT:
            del self._answered[next(iter(self._answered))]
        return self._taken(), refused

    def _act(self, command: AlertCommand) -> str:
        if command.action in rules.COMMANDS:
            return rules.COMMANDS[command.action](self, command)
        alert = self.find(command.alert_id)
        if alert is None:
            return f"there is no alert {command.alert_id}"
        refused = commands.act(self, alert, command)
        if not refused:
            now_us, actor, role, reason = command.received_us, command.actor, command.actor_role, command.reason
            self._emit(alert, "work", now_us, actor=actor, role=role, reason=reason)
            self._explain(alert, now_us)
        return refused

    def wall_clock(self, now_us: int) -> list[AlertChange]:
        """Let the wall clock come to *now_us*: shelvings end by it, and nothing else goes by it."""
        self._unshelve(now_us)
        return self._taken()

    def _unshelve(self, now_us: int) -> None:
        """Shelvings that are over end at the time that was given them, however late this comes."""
        for until_us, shelved in sorted((self._by_id[shelved].shelved_until_us, shelved) for shelved in self.shelved):
            if until_us > now_us:
                break
            self.shelved.discard(shelved)
            if until_us:
                alert = self._by_id[shelved]
                alert.shelved_until_us = 0
                self._emit(alert, "work", until_us, reason="the shelving is over")
                self._explain(alert, until_us)

    # -- the ladder ---------------------------------------------------------------------------------------------

    def _reading(self, row: CrowdDensity) -> Reading:
        return Reading(
            peak_per_m2=row.local_peak_per_m2,
            x_m=row.peak_x_m,
            y_m=row.peak_y_m,
            around_per_m2=row.around_per_m2,
            seen=row.cameras_seen > 0,
            covered=row.cameras_seen > 0 and covers(seen_share(row), self.ground.coverage[row.zone]) and not self.held(row.zone),
        )

    def _judge_zone(self, now_us: int, zone: str, reading: Reading) -> None:
        ladder, steps = self._ladders[zone], self.ground.steps[zone]
        before, began_us = ladder.level, ladder.began_us()
        reached = ladder.step(now_us, reading, steps)
        began_us = ladder.began_us() if ladder.began_us() >= 0 else began_us
        alert = self._open.get((CROWD, zone))
        if ladder.level == before and alert is None:
            return
        card = ladder.deserves_card(now_us, steps)
        if alert is None:
            if reached:
                self.raise_(
                    CROWD,
                    zone,
                    began_us,
                    reached,
                    now_us,
                    card=card,
                    value=reading.peak_per_m2,
                    unit="p/m2",
                    at_m=(reading.x_m, reading.y_m),
                )
            return
        if ladder.level == alert.measured_level and alert.card >= card:
            return
        if reading.seen:
            alert.value, alert.x_m, alert.y_m = reading.peak_per_m2, reading.x_m, reading.y_m
        self._carry_on(alert, now_us, ladder.level, reached, card=card)

    def _carry_on(self, alert: Alert, now_us: int, level: str, reached: list[str], *, card: bool) -> None:
        """Carry an open measured alert on: its level follows what is measured, but a latched one stays."""
        before = alert.level
        alert.reach(reached, now_us)
        alert.measured_level = level
        alert.card = alert.card or card
        reason = ""
        if not alert.latched:
            alert.level = level if level != NONE else alert.level
            reason = self._over(alert, now_us) if level == NONE else ""
        self._tell(alert, before, now_us, reason=reason)

    # -- rules with levels --------------------------------------------------------------------------------------

    def follow(
        self,
        rule: str,
        place: str,
        now: Second,
        met: str,
        *,
        known: bool,
        holds: Holds,
        value: float,
        unit: str,
        source: str = "",
        prompt: tuple[str, str] = ("", ""),
    ) -> None:
        """Bring the level that a rule meets at a place now; its alert begins, follows, and ends.

        *known* says whether a lower level, or none, is surely so: what is not seen may rise but never falls. *holds* names the
        levels that the rule has, *prompt* what is proposed at critical, in English and Chinese.
        """
        key = f"{rule}/{place}"
        signal = self._signals.get(key)
        if signal is None:
            if met == NONE:
                return
            signal = self._signals[key] = Signal()
        held = rule != rules.COLLAPSE and self.held(place)
        before, began_us = signal.level, signal.began_us()
        reached = signal.step(now.now_us, met, known=known and not held, holds=holds)
        if signal.idle():
            del self._signals[key]
        alert = self._open.get((rule, place))
        if alert is None and reached:
            began_us = began_us if began_us >= 0 else now.now_us
            row = now.rows.get(place)
            at_m = (row.peak_x_m, row.peak_y_m) if row is not None else self.ground.at_m(place)
            card = rank(signal.level) >= _CARD_FROM
            said = prompt if rank(signal.level) >= rank("critical") else ("", "")
            self.raise_(
                rule,
                place,
                began_us,
                reached,
                now.now_us,
                card=card,
                value=round(value, 3),
                unit=unit,
                at_m=at_m,
                source=source,
                prompt=said,
            )
        elif alert is not None and (reached or signal.level != before):
            if reached:
                alert.value, alert.source = round(value, 3), source
            if rank(signal.level) >= rank("critical"):
                alert.prompt_en, alert.prompt_zh = prompt
            self._carry_on(alert, now.now_us, signal.level, reached, card=rank(signal.level) >= _CARD_FROM)

    def covered(self, zone: str, now: Second) -> bool:
        """Whether enough of a zone is seen that it may be judged better than before."""
        return zone in now.rows and covers(seen_share(now.rows[zone]), self.ground.coverage[zone])

    def held(self, place: str) -> bool:
        """Whether a suspected collapse is open in the place's zone: nothing else there falls or clears meanwhile."""
        return (rules.COLLAPSE, self.ground.zone_of(place)) in self._open

    # -- alerts -------------------------------------------------------------------------------------------------

    def raise_(
        self,
        rule: str,
        place: str,
        start_us: int,
        levels: list[str],
        now_us: int,
        *,
        card: bool = True,
        value: float = 0.0,
        unit: str = "",
        at_m: tuple[float, float] = (0.0, 0.0),
        source: str = "",
        verified: bool = True,
        subject: str = "",
        prompt: tuple[str, str] = ("", ""),
    ) -> Alert:
        """Open an alert, or bring fresh evidence to the one that is open for the rule and the subject, else the place.

        *subject* tells apart what may be at one place several times; *prompt* is for a sign, in English and Chinese.
        """
        alert = self._open.get((rule, subject or place))
        if alert is not None:
            self._again(alert, levels, now_us, verified=verified)
            return alert
        made_id = alert_id(site=self.plan.event.site, rule=rule, version=RULE_VERSION, place=subject or place, start_us=start_us)
        if made_id in self._ended:
            return self._back(self._ended.pop(made_id), levels, now_us)
        alert = Alert(
            alert_id=made_id,
            rule=rule,
            rule_version=RULE_VERSION,
            place=place,
            start_us=start_us,
            measured_level=levels[-1],
            card=card,
            verified=verified,
            value=value,
            unit=unit,
            x_m=at_m[0],
            y_m=at_m[1],
            source=source,
            subject=subject,
            prompt_en=prompt[0],
            prompt_zh=prompt[1],
            evidence_us=now_us,
        )
        alert.reach(levels, now_us)
        self._put(alert)
        self._tell(alert, NONE, now_us)
        self._explain(alert, now_us)
        return alert

    def _again(self, alert: Alert, levels: list[str], now_us: int, *, verified: bool) -> None:
        """Evidence of an open alert is counted; it is told when it raises the level, verifies it, or when the condition was over."""
        alert.evidence_us = now_us
        alert.repeats += 1
        before, over = alert.level, alert.measured_level == NONE
        if max(map(rank, levels)) > rank(alert.level) or (verified and not alert.verified) or over:
            alert.reach([level for level in levels if rank(level) > rank(alert.level)], now_us)
            alert.measured_level = levels[-1] if over or rank(levels[-1]) > rank(alert.measured_level) else alert.measured_level
            alert.verified = alert.verified or verified
            self._tell(alert, before, now_us)

    def _back(self, alert: Alert, levels: list[str], now_us: int) -> Alert:
        """The evidence of an episode that had ended goes on: it is the same alert, and asks for people again."""
        alert.condition, alert.level, alert.measured_level, alert.evidence_us = "active", levels[-1], levels[-1], now_us
        alert.grouped_under, alert.shelved_until_us, alert.judged = "", 0, NONE
        alert.repeats += 1
        alert.reach(levels, now_us)
        self._put(alert)
        self._tell(alert, NONE, now_us)
        self._explain(alert, now_us)
        return alert

    def _put(self, alert: Alert) -> None:
        self._open[alert.key] = self._by_id[alert.alert_id] = alert
        self._of_rule.setdefault(alert.rule, {})[alert.key[1]] = alert

    def find(self, alert_id: str) -> Alert | None:
        """The alert with that id, if it is open or has ended of late."""
        return self._by_id.get(alert_id) or self._ended.get(alert_id)

    def open_alert(self, rule: str, place: str) -> Alert | None:
        """The alert that is open for (rule, place), or (rule, subject)."""
        return self._open.get((rule, place))

    def open_alerts(self, rule: str) -> list[Alert]:
        """All that are open for *rule*, by place."""
        return [alert for _, alert in sorted(self._of_rule.get(rule, {}).items())]

    def unheard(self, rule: str, since_us: int) -> list[Alert]:
        """Those of *rule* whose condition stands though nothing has been heard after *since_us*, by place; few of many are."""
        found = [row for row in self._of_rule.get(rule, {}).values() if row.evidence_us <= since_us and row.measured_level != NONE]
        return sorted(found, key=lambda row: row.key)

    def lapse(self, alert: Alert, now_us: int) -> None:
        """The condition of a measured alert is over: clear it, unless it latches or is kept open."""
        if alert.measured_level != NONE:
            alert.measured_level = NONE
            self._emit(alert, "condition", now_us, reason="" if alert.latched else self._over(alert, now_us))

    def _over(self, alert: Alert, now_us: int) -> str:
        """End an alert whose condition is over, or say why its clearing is held back."""
        if self._flaps.holds(alert, now_us):
            self._kept_open[alert.alert_id] = [now_us, self._flaps.window_us]
            return "clearing is held back: it has come and gone too often"
        if others := self._storms.stands_for(alert):
            self._kept_open[alert.alert_id] = [now_us, 0]
            return f"clearing is held back: it stands for {others} others"
        self._flaps.cleared(alert, now_us)
        self._end(alert, now_us)
        return ""

    def _let_go(self, now_us: int) -> None:
        """Clear what was kept open, once it has been quiet for long enough and stands for nobody."""
        self._flaps.forget(now_us)
        for kept, (since_us, for_us) in list(self._kept_open.items()):
            alert = self._by_id.get(kept)
            if alert is None or alert.measured_level != NONE or alert.latched:
                del self._kept_open[kept]
            elif now_us - max(since_us, alert.evidence_us if for_us else 0) >= for_us and not self._storms.stands_for(alert):
                self._end(alert, now_us)
                self._emit(alert, "condition", now_us)

    def _end(self, alert: Alert, now_us: int) -> None:
        alert.condition = "cleared"
        del self._open[alert.key], self._of_rule[alert.rule][alert.key[1]], self._by_id[alert.alert_id]
        self._ended[alert.alert_id] = alert
        if len(self._ended) > _ENDED_KEPT:
            del self._ended[next(iter(self._ended))]
        self._kept_open.pop(alert.alert_id, None)
        self.shelved.discard(alert.alert_id)
        for other in self._storms.end(alert):
            self._emit(other, "condition", now_us)
        self._explain(alert, now_us)

    def _tell(self, alert: Alert, before: str, now_us: int, *, reason: str = "") -> None:
        """Tell a change of the condition: what rises above a person's judgement comes back, and who stands for whom may change."""
        risen = rank(alert.level) > rank(alert.judged) and (alert.shelved_until_us > 0 or alert.work == "closed")
        if risen:
            work = after(alert.work, "reopen") or alert.work
            alert.work, alert.closing, alert.verdict, alert.shelved_until_us = work, "", "", 0
        if alert.level != before and alert.condition == "active":
            self.settle(alert, now_us)
        self._emit(alert, "condition", now_us, reason=reason)
        if risen:
            self._emit(alert, "work", now_us, reason=f"it has come to {alert.level}")

    def settle(self, alert: Alert, now_us: int) -> None:
        """See, at a new level or cause, whether another alert explains this one or stands for it; tell of others that this changes."""
        self._storms.leave(alert)
        alert.grouped_under = ""
        alert.inhibited_by = self._cause_of(alert)
        if alert.stands_alone or alert.inhibited_by or self._storms.stands_for(alert):
            return
        for other in self._storms.join(alert, now_us, lambda: self.open_alerts(alert.rule)):
            if other is not alert:
                self._emit(other, "condition", now_us)

    def _cause_of(self, alert: Alert) -> str:
        if alert.stands_alone or self._storms.stands_for(alert):
            return ""
        found = (self.open_alert(cause, zone) for cause in CAUSES.get(alert.rule, ()) for zone in self.ground.zones_of(alert.place))
        return next((cause.alert_id for cause in found if cause is not None and explains(cause)), "")

    def _explain(self, cause: Alert, now_us: int) -> None:
        """A cause has begun, ended or been judged: what it explains goes with it."""
        for alert in [row for rule in EXPLAINS.get(cause.rule, ()) for row in self.open_alerts(rule)]:
            if alert.inhibited_by != self._cause_of(alert):
                self.settle(alert, now_us)
                self._emit(alert, "condition", now_us)

    def _emit(self, alert: Alert, axis: str, now_us: int, *, actor: str = "", role: str = "", reason: str = "") -> None:
        self._out.append(alert.change(axis=axis, now_us=now_us, mode=self._mode, plan=self._hash, actor=actor, role=role, reason=reason))

    def _taken(self) -> list[AlertChange]:
        out, self._out = self._out, []
        return out

    # -- work of people -----------------------------------------------------------------------------------------

    def still_stands(self, alert: Alert) -> str:
        """Why a person may not clear a latched alert now; empty when nothing is in the way."""
        if alert.rule == rules.COLLAPSE:
            return ""
        if self.held(alert.place):
            return "a suspected collapse is open in this zone: it must be cleared from the scene first"
        if (alert.rule == CROWD or f"{alert.rule}/{alert.place}" in self._signals) and alert.measured_level != NONE:
            return f"the place is still measured at {alert.measured_level}"
        return ""

    def cleared_by_a_person(self, alert: Alert, now_us: int) -> None:
        """End a latched alert; a collapse that is cleared from the scene begins anew when it is seen again."""
        if alert.rule == rules.COLLAPSE:
            self._signals.pop(f"{alert.rule}/{alert.place}", None)
        alert.latched = False
        self._end(alert, now_us)

    # -- saved state --------------------------------------------------------------------------------------------

    def dump(self) -> dict[str, Any]:
        """Everything, pending holds included, as plain values."""
        return {
            "version": STATE_VERSION,
            "ladders": {zone: asdict(ladder) for zone, ladder in self._ladders.items()},
            "open": _texts(self._open.values()),
            "ended": _texts(self._ended.values()),
            "signals": {key: asdict(signal) for key, signal in self._signals.items()},
            "memory": asdict(self.memory),
            "watch": asdict(self.watch),
            "storms": self._storms.dump(),
            "flaps": self._flaps.cleared_us,
            "kept_open": self._kept_open,
            "answered": self._answered,
        }

    def load(self, plain: dict[str, Any]) -> None:
        """The inverse of `dump`; zones that the plan no longer has are left behind."""
        if plain.get("version") == 1:
            plain = _from_1(plain)
        if plain.get("version") == 2:
            plain = _from_2(plain)
        if plain.get("version") != STATE_VERSION:
            raise ValueError(f"saved state of version {plain.get('version')}, expected {STATE_VERSION}")
        for zone, ladder in plain["ladders"].items():
            if zone in self._ladders:
                self._ladders[zone] = Ladder(**ladder)
        for alert in map(Alert.load, json.loads(plain["open"])):
            self._put(alert)
        self._ended = {row["alert_id"]: Alert.load(row) for row in json.loads(plain["ended"])}
        self.shelved = {alert.alert_id for alert in self._open.values() if alert.shelved_until_us}
        self._storms.load(plain["storms"], self._open.values())
        self._flaps.cleared_us, self._kept_open, self._answered = plain["flaps"], plain["kept_open"], plain["answered"]
        self._signals = {key: Signal(**signal) for key, signal in plain["signals"].items()}
        memory = Memory.load(plain["memory"])
        memory.zones = {zone: memory.zones.get(zone, Trace()) for zone in self._ladders}
        self.memory = memory
        self.watch = rules.Watch(**plain["watch"])


def _from_1(plain: dict[str, Any]) -> dict[str, Any]:
    """A state of version 1, which had no memory: what it knew stays, what needs minutes begins anew."""
    watch = {key: value for key, value in plain["watch"].items() if key != "flow"}
    return {**plain, "version": 2, "signals": {}, "memory": asdict(Memory()), "watch": watch}


def _from_2(plain: dict[str, Any]) -> dict[str, Any]:
    """A state of version 2, in which nothing was kept back and commands were not remembered."""
    new: dict[str, Any] = {"storms": {}, "flaps": {}, "kept_open": {}, "answered": {}}
    return {**plain, **new, "version": STATE_VERSION, "open": json.dumps(plain["open"]), "ended": json.dumps(plain["closed"])}


def _texts(alerts: Iterable[Alert]) -> str:
    """Alerts as one text: each keeps its own until it changes."""
    return f"[{','.join(alert.dump() for alert in alerts)}]"
