"""The episodes of all alerts: one open alert a key; how it begins, goes on, is kept back, ends, and comes back. Pure.

Whatever changes an alert goes through here, so that each change is told once, whole, and with the next number of its axis.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final

from pipelines import rules
from pipelines.alerts.grouping import CAUSES, EXPLAINS, Flaps, Storms, explains
from pipelines.alerts.lifecycle import Alert, alert_id
from pipelines.alerts.work import after
from pipelines.events import AlertChange
from pipelines.levels import NONE, rank
from pipelines.rules import Evidence
from pipelines.rules.ground import Ground

RULE_VERSION: Final = 1
_ENDED_KEPT: Final = 2000


class Episodes:
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
        self._by_quiet = rules.clear_by_quiet(plan)
        self._open: dict[tuple[str, str], Alert] = {}
        self._of_rule: dict[str, dict[str, Alert]] = {}
        self._by_id: dict[str, Alert] = {}
        self._ended: dict[str, Alert] = {}
        self.shelved: set[str] = set()
        self._storms, self._flaps = Storms(plan.handling), Flaps(plan.handling)
        self._kept_open: dict[str, list[int]] = {}  # alerts whose clearing is held back: since when, and for how long, µs
        self._out: list[AlertChange] = []

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

    def held(self, place: str) -> bool:
        """Whether a suspected collapse is open in the place's zone: nothing else there falls or clears meanwhile."""
        return (rules.COLLAPSE, self.ground.zone_of(place)) in self._open

    def raise_(self, found: Evidence) -> None:
        """Open an alert, or bring fresh evidence to the one that is open for the rule and the subject, else the place.

        Nothing is raised outside the rule's schedule.
        """
        if not self.ground.on(found.rule, found.now_us):
            return
        what = found.subject or found.place
        if (found.rule, what) in self._open:
            self._again(self._open[found.rule, what], found)
            return
        made_id = alert_id(site=self.plan.event.site, rule=found.rule, version=RULE_VERSION, place=what, start_us=found.start_us)
        if made_id in self._ended:
            self._back(self._ended.pop(made_id), found)
            return
        alert = Alert(
            alert_id=made_id,
            rule=found.rule,
            rule_version=RULE_VERSION,
            place=found.place,
            start_us=found.start_us,
            measured_level=found.levels[-1],
            card=found.card,
            verified=found.verified,
            value=found.value,
            at_least=found.at_least,
            unit=found.unit,
            x_m=found.at_m[0],
            y_m=found.at_m[1],
            source=found.source,
            subject=found.subject,
            prompt_en=found.prompt[0],
            prompt_zh=found.prompt[1],
            latched=found.latched,
            evidence_us=found.now_us,
        )
        self._begin(alert, found)

    def _begin(self, alert: Alert, found: Evidence) -> None:
        alert.reach(found.levels, found.now_us)
        self._put(alert)
        self._tell(alert, NONE, found.now_us)
        self._explain(alert, found.now_us)

    def _again(self, alert: Alert, found: Evidence) -> None:
        """Evidence of an open alert is counted; it is told when it raises the level, verifies it, or when the condition was over."""
        alert.evidence_us = found.now_us
        alert.repeats += 1
        before, over, reached = alert.level, alert.measured_level == NONE, found.levels[-1]
        if rank(reached) > rank(before) or (found.verified and not alert.verified) or over:
            alert.reach([level for level in found.levels if rank(level) > rank(before)], found.now_us)
            alert.measured_level = reached if over else max(reached, alert.measured_level, key=rank)
            alert.verified = alert.verified or found.verified
            self._tell(alert, before, found.now_us)

    def _back(self, alert: Alert, found: Evidence) -> None:
        """The evidence of an episode that had ended goes on: it is the same alert, and asks for people again."""
        alert.condition, alert.level, alert.measured_level, alert.evidence_us = "active", found.levels[-1], found.levels[-1], found.now_us
        alert.grouped_under, alert.shelved_until_us, alert.judged = "", 0, NONE
        alert.repeats += 1
        self._begin(alert, found)

    def _put(self, alert: Alert) -> None:
        self._open[alert.key] = self._by_id[alert.alert_id] = alert
        self._of_rule.setdefault(alert.rule, {})[alert.key[1]] = alert

    def find(self, alert_id: str) -> Alert | None:
        """The alert with that id, if it is open or has ended of late."""
        return self._by_id.get(alert_id) or self._ended.get(alert_id)

    def open_alert(self, rule: str, place: str) -> Alert | None:
        """The alert that is open for (rule, place), or (rule, subject)."""
        return self._open.get((rule, place))

    def open_alerts(self, *wanted: str) -> list[Alert]:
        """All that are open for these rules, by rule and place."""
        return [alert for rule in sorted(wanted) for _, alert in sorted(self._of_rule.get(rule, {}).items())]

    def _quiet(self, now_us: int) -> None:
        """Evidence that stays away clears what does not latch."""
        until_us = now_us - self.ground.quiet_us
        for rule in self._by_quiet:
            unheard = [row for row in self._of_rule.get(rule, {}).values() if row.evidence_us <= until_us and row.measured_level != NONE]
            for alert in sorted(unheard, key=lambda row: row.key):  # few of many are
                if not self.held(alert.place):
                    self._lapse(alert, now_us)

    def _lapse(self, alert: Alert, now_us: int) -> None:
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

    def _dump_episodes(self) -> dict[str, Any]:
        return {
            "open": _texts(self._open.values()),
            "ended": _texts(self._ended.values()),
            "storms": self._storms.dump(),
            "flaps": self._flaps.cleared_us,
            "kept_open": self._kept_open,
        }

    def _load_episodes(self, plain: dict[str, Any]) -> None:
        for alert in map(Alert.load, json.loads(plain["open"])):
            self._put(alert)
        self._ended = {row["alert_id"]: Alert.load(row) for row in json.loads(plain["ended"])}
        self.shelved = {alert.alert_id for alert in self._open.values() if alert.shelved_until_us}
        self._storms.load(plain["storms"], self._open.values())
        self._flaps.cleared_us, self._kept_open = plain["flaps"], plain["kept_open"]


def _texts(alerts: Iterable[Alert]) -> str:
    """Alerts as one text: each keeps its own until it changes."""
    return f"[{','.join(alert.dump() for alert in alerts)}]"
