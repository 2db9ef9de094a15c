"""The heart of ALERTS: steps, life-safety readings and commands in, changes of alerts and outlooks out. Pure.

Its state is plain values. What is evidence, and what a measure says, the rules decide (`pipelines/rules`); the kernel turns it into
alerts. What becomes of an alert is in `episodes`, what people do in `commands`, what is kept back without being lost in `grouping`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Final

from pipelines import rules
from pipelines.alerts import commands
from pipelines.alerts.episodes import Episodes
from pipelines.alerts.lifecycle import Alert
from pipelines.events import AlertChange, AlertCommand, CrowdDensity, CrowdFlow, CrowdOccupancy, DeadLetter, SensorFire
from pipelines.levels import NONE, rank
from pipelines.outlook.second import Outlook, Second, anchor, look
from pipelines.outlook.traces import Memory, Trace
from pipelines.refusals import level as level_words
from pipelines.refusals import refuse
from pipelines.rules import CROWD, Evidence, GoesOn, Met, Over
from pipelines.rules.ladder import UNSEEN, Ladder, Reading, reading_of
from pipelines.rules.signal import Signal
from pipelines.units import MICRO
from pipelines.words import NOTHING, Said, own

STATE_VERSION: Final = 4
_CARD_FROM: Final = rank("caution")
_PROMPT_FROM: Final = rank("critical")
_COMMANDS_KEPT: Final = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one step gives: changes of alerts, and (topic, key, record) of outlooks at whole seconds."""

    changes: list[AlertChange]
    outlook: list[Outlook]


class Kernel(Episodes):
    """All alerts of one mode, and what they are judged by; arguments as of `Episodes`."""

    def __init__(self, plan: Any, *, plan_hash: str, mode: str) -> None:
        """Begin with nothing open."""
        super().__init__(plan, plan_hash=plan_hash, mode=mode)
        self._ladders = {zone.id: Ladder() for zone in plan.zones}
        self._answered: dict[str, Said] = {}
        self._signals: dict[str, Signal] = {}
        self.memory = Memory(zones={zone.id: Trace() for zone in plan.zones})
        self.watch = rules.Watch()

    # -- inputs -------------------------------------------------------------------------------------------------

    def step(self, now_us: int, rows: Iterable[tuple[str, Any]]) -> Step:
        """Take one 200 ms step of event time with the rows that end in it; zones without a row are unseen."""
        readings = dict.fromkeys(self._ladders, UNSEEN)
        density: dict[str, CrowdDensity] = {}
        other = []
        for _, row in rows:
            match row:
                case CrowdDensity() if row.zone in readings:
                    density[row.zone] = row
                    readings[row.zone] = reading_of(row, covered=self.ground.covered(row) and not self.held(row.zone))
                    self.watch.people[row.zone] = row.people
                case CrowdFlow():
                    self.memory.take_flow(row, row.window_end_us // MICRO)
                case CrowdOccupancy():
                    self.memory.take_occupancy(row, row.window_end_us // MICRO)
                case _:
                    other.append(row)
        self.memory.forget(now_us // MICRO)
        for zone, reading in readings.items():
            self._judge_zone(now_us, zone, reading)
        for said in rules.step(self, now_us, other, readings):
            self._bring(said, now_us)
        self._quiet(now_us)
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
        now = look(self.plan, self.memory, now_us, rows, levels, self.ground.thresholds)
        for said in rules.second(self, now):
            if isinstance(said, Met):
                self._follow(said, now)
            else:
                self._bring(said, now_us)
        return now.records()

    def p1(self, reading: SensorFire) -> list[AlertChange]:
        """Take a life-safety reading from its own lane: it waits for no window, no merge and no other alert."""
        for found in rules.life_safety(reading):
            self.raise_(found)
        return self._taken()

    def is_about(self, alert_id: str, reading: SensorFire) -> bool:
        """Whether an alert is the one that a life-safety reading would be evidence of."""
        alert = self.find(alert_id)
        return alert is not None and alert.rule in (rules.FIRE, rules.GAS) and alert.place == reading.zone

    def refused(self, letter: DeadLetter) -> list[AlertChange]:
        """Take what ingest refused, likewise."""
        for found in rules.refused(self, letter):
            self.raise_(found)
        return self._taken()

    def command(self, command: AlertCommand) -> tuple[list[AlertChange], Said]:
        """Take what a person asks; returns the changes, and why not (nothing when it was done). A repeat changes nothing."""
        self._unshelve(command.received_us)
        if command.command_id in self._answered:
            return self._taken(), self._answered[command.command_id]
        refused = self._answered[command.command_id] = self._act(command)
        if len(self._answered) > _COMMANDS_KEPT:
            del self._answered[next(iter(self._answered))]
        return self._taken(), refused

    def _act(self, command: AlertCommand) -> Said:
        if command.action in rules.COMMANDS:
            found = rules.COMMANDS[command.action](self, command)
            if isinstance(found, Said):
                return found
            self.raise_(found)
            return NOTHING
        alert = self.find(command.alert_id)
        if alert is None:
            return refuse("no_alert", alert=command.alert_id)
        refused = commands.act(self, alert, command)
        if not refused:
            now_us, actor, role, reason = command.received_us, command.actor, command.actor_role, command.reason
            self._emit(alert, "work", now_us, actor=actor, role=role, reason=reason)
            self._explain(alert, now_us)
        return refused

    def _bring(self, said: Evidence | GoesOn | Over, now_us: int) -> None:
        if isinstance(said, Evidence):
            self.raise_(said)
            return
        alert = self._open.get((said.rule, said.place))
        if alert is not None and isinstance(said, Over):
            self._lapse(alert, now_us)
        elif alert is not None:
            alert.evidence_us = now_us

    # -- the ladder ---------------------------------------------------------------------------------------------

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
                    Evidence(
                        rule=CROWD,
                        place=zone,
                        start_us=began_us,
                        now_us=now_us,
                        levels=tuple(reached),
                        card=card,
                        value=reading.peak_per_m2,
                        unit="p/m2",
                        at_least=reading.at_least,
                        at_m=(reading.x_m, reading.y_m),
                    )
                )
            return
        if ladder.level == alert.measured_level and alert.card >= card:
            return
        if reading.seen:
            alert.value, alert.x_m, alert.y_m = reading.peak_per_m2, reading.x_m, reading.y_m
            alert.at_least = reading.at_least
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

    def _follow(self, said: Met, now: Second) -> None:
        """Bring the level that a rule meets at a place now; its alert begins, follows, and ends."""
        rule, place, now_us = said.rule, said.place, now.now_us
        level, known = (said.level, said.known) if self.ground.on(rule, now_us) else (NONE, True)
        key = f"{rule}/{place}"
        signal = self._signals.get(key)
        if signal is None:
            if level == NONE:
                return
            signal = self._signals[key] = Signal()
        held = rule != rules.COLLAPSE and self.held(place)
        before, began_us = signal.level, signal.began_us()
        reached = signal.step(now_us, level, known=known and not held, holds=said.holds)
        if signal.idle():
            del self._signals[key]
        alert = self._open.get((rule, place))
        card, prompt = rank(signal.level) >= _CARD_FROM, said.prompt if rank(signal.level) >= _PROMPT_FROM else ("", "")
        if alert is None and reached:
            row = now.rows.get(place)
            self.raise_(
                Evidence(
                    rule=rule,
                    place=place,
                    start_us=began_us if began_us >= 0 else now_us,
                    now_us=now_us,
                    levels=tuple(reached),
                    card=card,
                    value=round(said.value, 3),
                    unit=said.unit,
                    at_m=(row.peak_x_m, row.peak_y_m) if row is not None else self.ground.at_m(place),
                    source=said.source,
                    prompt=prompt,
                )
            )
        elif alert is not None and (reached or signal.level != before):
            if reached:
                alert.value, alert.source = round(said.value, 3), said.source
            if rank(signal.level) >= _PROMPT_FROM:
                alert.prompt_en, alert.prompt_zh = prompt
            self._carry_on(alert, now_us, signal.level, reached, card=card)

    # -- work of people -----------------------------------------------------------------------------------------

    def still_stands(self, alert: Alert) -> Said:
        """Why a person may not clear a latched alert now; nothing when nothing is in the way."""
        if alert.rule == rules.COLLAPSE:
            return NOTHING
        if self.held(alert.place):
            return refuse("collapse_open")
        if (alert.rule == CROWD or f"{alert.rule}/{alert.place}" in self._signals) and alert.measured_level != NONE:
            return refuse("still_measured", level=level_words(alert.measured_level))
        return NOTHING

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
            "signals": {key: asdict(signal) for key, signal in self._signals.items()},
            "memory": asdict(self.memory),
            "watch": self.watch.dump(),
            **self._dump_episodes(),
            "answered": self._answered,
        }

    def load(self, plain: dict[str, Any]) -> None:
        """The inverse of `dump`; zones that the plan no longer has are left behind."""
        if plain.get("version") == 1:
            plain = _from_1(plain)
        if plain.get("version") == 2:
            plain = _from_2(plain)
        if plain.get("version") == 3:
            plain = _from_3(plain)
        if plain.get("version") != STATE_VERSION:
            raise ValueError(f"saved state of version {plain.get('version')}, expected {STATE_VERSION}")
        for zone, ladder in plain["ladders"].items():
            if zone in self._ladders:
                self._ladders[zone] = Ladder(**ladder)
        self._load_episodes(plain)
        self._answered = {key: Said(*why) for key, why in plain["answered"].items()}
        self._signals = {key: Signal(**signal) for key, signal in plain["signals"].items()}
        memory = Memory.load(plain["memory"])
        memory.zones = {zone: memory.zones.get(zone, Trace()) for zone in self._ladders}
        self.memory = memory
        self.watch = rules.Watch.load(plain["watch"])


def _from_1(plain: dict[str, Any]) -> dict[str, Any]:
    """A state of version 1, which had no memory: what it knew stays, what needs minutes begins anew."""
    watch = {key: value for key, value in plain["watch"].items() if key != "flow"}
    return {**plain, "version": 2, "signals": {}, "memory": asdict(Memory()), "watch": watch}


def _from_2(plain: dict[str, Any]) -> dict[str, Any]:
    """A state of version 2, in which nothing was kept back and commands were not remembered."""
    new: dict[str, Any] = {"storms": {}, "flaps": {}, "kept_open": {}, "answered": {}}
    return {**plain, **new, "version": 3, "open": json.dumps(plain["open"]), "ended": json.dumps(plain["closed"])}


def _from_3(plain: dict[str, Any]) -> dict[str, Any]:
    """A state of version 3, in which refusals were in one language."""
    return {**plain, "version": STATE_VERSION, "answered": {key: own(why) for key, why in plain["answered"].items()}}
