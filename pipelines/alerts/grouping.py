"""What is kept back without being lost: storms under one alert, alerts that another explains, alerts that come and go. Pure.

Life safety knows none of it. What is kept back exists, changes and is counted as any other alert; it only is no card of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from pipelines import rules
from pipelines.units import MICRO

if TYPE_CHECKING:
    from pipelines.alerts.lifecycle import Alert

# What an open alert of a zone explains there, by rule: people run from a fire, and nobody can count in the dark.
EXPLAINS: Final = {
    rules.FIRE: (rules.COUNTER_FLOW, rules.STOP_AND_GO),
    rules.COLLAPSE: (rules.COUNTER_FLOW, rules.STOP_AND_GO),
    rules.UNKNOWN: (rules.UNCERTAIN, rules.BLIND, rules.CAMERA),
}
CAUSES: Final = {
    effect: tuple(cause for cause, effects in EXPLAINS.items() if effect in effects) for row in EXPLAINS.values() for effect in row
}


def explains(cause: Alert) -> bool:
    """Whether a cause may keep others back: not one that a person has judged or put away."""
    return not cause.shelved_until_us and cause.work != "closed" and cause.verdict != "false"


@dataclass(slots=True, kw_only=True)
class Storm:
    """Alerts of one rule and level: when the newest began, which one stands for the others, and whom it stands for."""

    times_us: list[int] = field(default_factory=list)
    head: str = ""
    members: dict[str, Alert] = field(default_factory=dict)


class Storms:
    """The storms of all rules; *handling* (plan.model.Handling) says when many are too many."""

    def __init__(self, handling: Any) -> None:
        """Begin calm."""
        self._most, self._window_us = handling.storm_alerts, round(handling.storm_s * MICRO)
        self._storms: dict[str, Storm] = {}
        self._led: dict[str, Storm] = {}

    def join(self, alert: Alert, now_us: int, peers: Callable[[], Iterable[Alert]]) -> list[Alert]:
        """Count an alert that begins, or comes to this level; returns those that go under the head by it, perhaps it among them."""
        storm = self._storms.setdefault(f"{alert.rule} {alert.level}", Storm())
        storm.times_us = [*storm.times_us, now_us][-self._most - 1 :]
        if len(storm.times_us) <= self._most or now_us - storm.times_us[0] >= self._window_us:
            return []
        moved = [alert]
        if not storm.head:
            free = [row for row in peers() if row is alert or (row.level == alert.level and self._is_free(row))]
            head = min(free, key=_age)
            storm.head, self._led[head.alert_id] = head.alert_id, storm
            moved = [row for row in free if row is not head]
        self._put(storm, moved)
        return moved

    def _is_free(self, row: Alert) -> bool:
        kept_back = row.grouped_under or row.inhibited_by or row.shelved_until_us
        return row.work == "new" and not row.stands_alone and not kept_back and row.alert_id not in self._led

    def _put(self, storm: Storm, moved: list[Alert]) -> None:
        for row in moved:
            row.grouped_under = storm.head
            storm.members[row.alert_id] = row

    def stands_for(self, alert: Alert) -> int:
        """How many open alerts *alert* stands for."""
        storm = self._led.get(alert.alert_id)
        return len(storm.members) if storm is not None else 0

    def leave(self, alert: Alert) -> None:
        """An alert has ended or its level has changed: it no longer goes under its head, nor is one that stands for nobody."""
        if alert.grouped_under:
            self._led[alert.grouped_under].members.pop(alert.alert_id, None)
        elif alert.alert_id in self._led and not self.stands_for(alert):
            self._led.pop(alert.alert_id).head = ""

    def end(self, alert: Alert) -> list[Alert]:
        """An alert has ended; if it stood for others, the oldest of them does so now. Returns whom that changes."""
        self.leave(alert)
        storm = self._led.pop(alert.alert_id, None)
        if storm is None:
            return []
        left = sorted(storm.members.values(), key=_age)
        storm.head, storm.members = "", {}
        if left:
            left[0].grouped_under = ""
            storm.head, self._led[left[0].alert_id] = left[0].alert_id, storm
            self._put(storm, left[1:])
        return left

    def dump(self) -> dict[str, Any]:
        """Plain values; who goes under whom is saved with the alerts."""
        return {key: [storm.times_us, storm.head] for key, storm in self._storms.items()}

    def load(self, plain: dict[str, Any], alerts: Iterable[Alert]) -> None:
        """The inverse of `dump`, with the open alerts."""
        self._storms = {key: Storm(times_us=times_us, head=head) for key, (times_us, head) in plain.items()}
        self._led = {storm.head: storm for storm in self._storms.values() if storm.head}
        for row in alerts:
            if row.grouped_under:
                self._led[row.grouped_under].members[row.alert_id] = row


class Flaps:
    """How often the alert of each key has cleared by itself of late."""

    def __init__(self, handling: Any) -> None:
        """Nothing has cleared yet."""
        self._most, self.window_us = handling.flap_times, round(handling.flap_s * MICRO)
        self.cleared_us: dict[str, list[int]] = {}

    def holds(self, alert: Alert, now_us: int) -> bool:
        """Whether it has come and gone too often to clear again."""
        recent = [at_us for at_us in self.cleared_us.get("/".join(alert.key), ()) if now_us - at_us < self.window_us]
        return len(recent) >= int(self._most)

    def cleared(self, alert: Alert, now_us: int) -> None:
        """Note that it clears by itself."""
        key = "/".join(alert.key)
        self.cleared_us[key] = [*self.cleared_us.pop(key, ()), now_us][-self._most :]

    def forget(self, now_us: int) -> None:
        """Drop what is too old; those that cleared last stand last."""
        while self.cleared_us and now_us - self.cleared_us[key := next(iter(self.cleared_us))][-1] >= self.window_us:
            del self.cleared_us[key]


def _age(alert: Alert) -> tuple[int, str]:
    return alert.start_us, alert.alert_id
