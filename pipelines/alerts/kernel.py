"""The heart of ALERTS: steps, life-safety readings and commands in, changes of alerts out. Pure; its state is plain values.

Rules that are not the ladder live in `rules.py`; both raise alerts through `Kernel.raise_`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, Final

from pipelines.alerts import rules
from pipelines.alerts.ladder import NONE, UNSEEN, Ladder, Reading, Steps, rank, steps_of
from pipelines.alerts.lifecycle import Alert, alert_id
from pipelines.events import AlertChange, AlertCommand, CrowdDensity, SensorFire

STATE_VERSION: Final = 1
CROWD: Final = "crowd_density"
RULE_VERSION: Final = 1


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
        self._steps: dict[str, Steps] = {zone.id: steps_of(plan.area_type(zone), plan.timing) for zone in plan.zones}
        self._coverage = {zone.id: zone.coverage for zone in plan.zones}
        self._ladders = {zone.id: Ladder() for zone in plan.zones}
        self._open: dict[tuple[str, str], Alert] = {}
        self._closed: dict[str, Alert] = {}
        self.watch = rules.Watch()
        self._out: list[AlertChange] = []

    # -- inputs -------------------------------------------------------------------------------------------------

    def step(self, now_us: int, rows: Iterable[tuple[str, Any]]) -> list[AlertChange]:
        """Take one 200 ms step of event time with the rows that end in it; zones without a row are unseen."""
        readings = dict.fromkeys(self._ladders, UNSEEN)
        other = []
        for thing, row in rows:
            if isinstance(row, CrowdDensity):
                if row.zone in readings:
                    readings[row.zone] = self._reading(row)
                    self.watch.people[row.zone] = row.people
            else:
                other.append((thing, row))
        for zone, reading in readings.items():
            self._judge_zone(now_us, zone, reading)
        rules.step(self, now_us, other, readings)
        return self._taken()

    def p1(self, reading: SensorFire) -> list[AlertChange]:
        """Take a life-safety reading from its own lane: it waits for no window, no merge and no other alert."""
        rules.life_safety(self, reading)
        return self._taken()

    def command(self, command: AlertCommand) -> tuple[list[AlertChange], str]:
        """Take what a person asks; returns the changes, and why not (empty when it was done)."""
        alert = next((row for row in self._open.values() if row.alert_id == command.alert_id), None) or self._closed.get(command.alert_id)
        if alert is None:
            return [], f"there is no alert {command.alert_id}"
        refusal = self._acknowledge(alert, command) if command.action == "acknowledge" else self._clear(alert, command)
        return self._taken(), refusal

    # -- the ladder ---------------------------------------------------------------------------------------------

    def _reading(self, row: CrowdDensity) -> Reading:
        return Reading(
            peak_per_m2=row.local_peak_per_m2,
            x_m=row.peak_x_m,
            y_m=row.peak_y_m,
            around_per_m2=row.around_per_m2,
            seen=row.cameras_seen > 0,
            covered=row.cameras_seen > 0 and row.cameras_seen >= self._coverage[row.zone] * row.cameras_expected,
        )

    def _judge_zone(self, now_us: int, zone: str, reading: Reading) -> None:
        ladder, steps = self._ladders[zone], self._steps[zone]
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
        self._follow(alert, now_us, ladder.level, reached, card=card, reading=reading)

    def _follow(self, alert: Alert, now_us: int, level: str, reached: list[str], *, card: bool, reading: Reading) -> None:
        """Carry an open crowd alert on: its level follows the zone's, but a latched one stays."""
        if level == alert.measured_level and alert.card >= card:
            return
        alert.reach(reached, now_us)
        alert.measured_level = level
        alert.card = alert.card or card
        if reading.seen:
            alert.value, alert.x_m, alert.y_m = reading.peak_per_m2, reading.x_m, reading.y_m
        if not alert.latched:
            alert.level = level if level != NONE else alert.level
            if level == NONE:
                self._end(alert)
        self._emit(alert, "condition", now_us)

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
            alert.evidence_us = now_us
            if max(map(rank, levels)) > rank(alert.level) or (verified and not alert.verified):
                alert.reach([level for level in levels if rank(level) > rank(alert.level)], now_us)
                alert.verified = alert.verified or verified
                self._emit(alert, "condition", now_us)
            return alert
        alert = Alert(
            alert_id=alert_id(site=self.plan.event.site, rule=rule, version=RULE_VERSION, place=subject or place, start_us=start_us),
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
        self._open[alert.key] = alert
        self._emit(alert, "condition", now_us)
        return alert

    def open_alert(self, rule: str, place: str) -> Alert | None:
        """The alert that is open for (rule, place), or (rule, subject)."""
        return self._open.get((rule, place))

    def open_alerts(self, rule: str) -> list[Alert]:
        """All that are open for *rule*, by place."""
        return [alert for (name, _), alert in sorted(self._open.items()) if name == rule]

    def lapse(self, alert: Alert, now_us: int) -> None:
        """The condition of a measured alert is over: clear it, unless it latches."""
        alert.measured_level = NONE
        if not alert.latched:
            self._end(alert)
        self._emit(alert, "condition", now_us)

    def _end(self, alert: Alert) -> None:
        alert.condition = "cleared"
        self._open.pop(alert.key, None)
        self._closed[alert.alert_id] = alert

    def _emit(self, alert: Alert, axis: str, now_us: int, *, actor: str = "", role: str = "", reason: str = "") -> None:
        self._out.append(alert.change(axis=axis, now_us=now_us, mode=self._mode, plan=self._hash, actor=actor, role=role, reason=reason))

    def _taken(self) -> list[AlertChange]:
        out, self._out = self._out, []
        return out

    # -- work of people -----------------------------------------------------------------------------------------

    def _acknowledge(self, alert: Alert, command: AlertCommand) -> str:
        if command.action != "acknowledge":
            return f"there is no action '{command.action}'"
        if alert.work != "new":
            return "it has been acknowledged already"
        if rank(alert.level) >= rank("critical") and not command.second_gesture:
            return "a life-safety alert needs the second gesture"
        alert.work = "in_progress"
        self._emit(alert, "work", command.received_us, actor=command.actor, role=command.actor_role, reason=command.reason)
        return ""

    def _clear(self, alert: Alert, command: AlertCommand) -> str:
        if command.action != "clear":
            return f"there is no action '{command.action}'"
        if not alert.latched or alert.condition == "cleared":
            return "it does not wait for a person to clear it"
        if alert.rule == CROWD and alert.measured_level != NONE:
            return f"the place is still measured at {alert.measured_level}"
        alert.work = "closed"
        alert.latched = False
        self._end(alert)
        self._emit(alert, "work", command.received_us, actor=command.actor, role=command.actor_role, reason=command.reason)
        return ""

    # -- saved state --------------------------------------------------------------------------------------------

    def dump(self) -> dict[str, Any]:
        """Everything, pending holds included, as plain values."""
        return {
            "version": STATE_VERSION,
            "ladders": {zone: asdict(ladder) for zone, ladder in self._ladders.items()},
            "open": [alert.dump() for alert in self._open.values()],
            "closed": [alert.dump() for alert in list(self._closed.values())[-1000:]],
            "watch": asdict(self.watch),
        }

    def load(self, plain: dict[str, Any]) -> None:
        """The inverse of `dump`; zones that the plan no longer has are left behind."""
        if plain.get("version") != STATE_VERSION:
            raise ValueError(f"saved state of version {plain.get('version')}, expected {STATE_VERSION}")
        for zone, ladder in plain["ladders"].items():
            if zone in self._ladders:
                self._ladders[zone] = Ladder(**ladder)
        self._open = {alert.key: alert for alert in map(Alert.load, plain["open"])}
        self._closed = {row["alert_id"]: Alert.load(row) for row in plain["closed"]}
        self.watch = rules.Watch(**plain["watch"])
