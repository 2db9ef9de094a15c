"""Alerts as people see them: the newest change on each axis, with who has them and whom they reached."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from command.alarm_load import Load, Loads
from command.climbing import next_step
from pipelines.events import AlertAnswer, AlertChange, AlertCommand, DispatchReceipt
from pipelines.levels import LEVELS
from pipelines.units import US_PER_MS, US_PER_S
from plan.model import Plan

SHOWN_AFTER_CLEAR_US: Final = 120 * US_PER_S
ASKED_US: Final = 10 * US_PER_S  # ALERTS answers at once; an act stays in view for so long while it does not, a refusal as well
RANK: Final = {"none": -1, **{level: rank for rank, level in enumerate(LEVELS)}}


@dataclass(slots=True)
class _Entry:
    """What is known of one alert."""

    changes: dict[str, AlertChange] = field(default_factory=dict)
    appended_us: dict[tuple[str, int], int] = field(default_factory=dict)
    receipts: dict[tuple[str, int, str, str], tuple[DispatchReceipt, int]] = field(default_factory=dict)
    asked: tuple[AlertCommand, int] | None = None
    refused: tuple[AlertAnswer, int] | None = None
    acknowledged: AlertChange | None = None
    newest: AlertChange | None = None
    called_us: dict[str, int] = field(default_factory=dict)
    begun: dict[str, tuple[int, str]] = field(default_factory=dict)

    @property
    def condition(self) -> AlertChange:
        """The change that tells of the condition."""
        return self.changes.get("condition") or self.changes["work"]

    @property
    def work(self) -> AlertChange:
        """The change that tells of the work."""
        return self.changes.get("work") or self.changes["condition"]


class AlertBook:
    """Every alert of one mode, from its changes, receipts and commands; repeats change nothing."""

    def __init__(self, plan: Plan | None = None) -> None:
        """Start without alerts; by *plan*, cards say whom DISPATCH calls next."""
        self._plan = plan
        self._entries: dict[str, _Entry] = {}
        self._loads = Loads()
        self._clock_us = 0

    def apply_change(self, change: AlertChange, appended_us: int) -> None:
        """Take one change; the highest number on an axis counts, in whatever order they come."""
        entry = self._entries.setdefault(change.alert_id, _Entry())
        if (change.axis, change.number) in entry.appended_us:
            return
        entry.appended_us[change.axis, change.number] = appended_us
        if change.axis == "condition":
            self._clock_us = max(self._clock_us, change.event_time_us)
        self._loads.take(change, at_us=self._clock_us)  # a person's time is the wall's, whatever clock the mode has
        if change.card:  # the ladder of P1 begins anew for what becomes P1
            entry.called_us[change.priority] = min(entry.called_us.get(change.priority, appended_us), appended_us)
        known = entry.changes.get(change.axis)
        if known is None or change.number > known.number:
            entry.changes[change.axis] = entry.newest = change
        if entry.asked and entry.asked[1] <= appended_us:
            entry.asked = None
        if change.axis == "work" and change.work == "in_progress" and entry.acknowledged is None:
            entry.acknowledged = change

    def apply_receipt(self, receipt: DispatchReceipt, appended_us: int) -> None:
        """Take one receipt of a delivery; what a ladder says of itself, and of orders, is no delivery of the alert."""
        if receipt.order_id or receipt.state == "answered":
            return
        entry = self._entries.setdefault(receipt.alert_id, _Entry())
        if receipt.recipient == receipt.step:
            entry.begun[receipt.step] = (receipt.at_us, receipt.reason)
            return
        entry.receipts[receipt.axis, receipt.number, receipt.channel, receipt.recipient] = (receipt, appended_us)

    def apply_command(self, command: AlertCommand, appended_us: int) -> None:
        """Take one command: until a change comes after it, it is what somebody has asked for."""
        entry = self._entries.setdefault(command.alert_id, _Entry())
        if max(entry.appended_us.values(), default=0) < appended_us:
            entry.asked = (command, appended_us)

    def apply_answer(self, answer: AlertAnswer, appended_us: int) -> None:
        """Take what ALERTS made of a command: a refusal is shown to whoever asked."""
        entry = self._entries.get(answer.alert_id)
        if entry is None:
            return
        if entry.asked and entry.asked[0].command_id == answer.command_id:
            entry.asked = None
        entry.refused = (answer, appended_us) if answer.refusal else None

    def newest(self, alert_id: str) -> AlertChange | None:
        """The newest change of the alert, on either axis: each holds the whole alert; None when no change of it is known."""
        entry = self._entries.get(alert_id)
        return entry.newest if entry is not None else None

    def shown(self, clock_us: int, *, now_us: int) -> list[dict[str, Any]]:
        """Open alerts and those cleared less than two minutes ago, life-safety first.

        Args:
            clock_us: newest event time.
            now_us: wall clock, which acts go by.
        """
        entries = [entry for entry in self._entries.values() if entry.changes and self._is_shown(entry, clock_us)]
        active = [entry.newest for entry in self._entries.values() if entry.newest and entry.newest.condition == "active"]
        grouped = Counter(row.grouped_under for row in active)
        explained = Counter(row.inhibited_by for row in active)
        rows = [_view(entry, now_us) | {"climbs": self._climbs(entry), "begun": _begun(entry)} for entry in sorted(entries, key=_order)]
        return [{**row, "grouped": grouped[row["alert_id"]], "explains": explained[row["alert_id"]]} for row in rows]

    def _climbs(self, entry: _Entry) -> dict[str, Any] | None:
        """Whom DISPATCH calls next, while nobody takes the alert on."""
        row = entry.newest or entry.condition
        since_us = entry.called_us.get(row.priority)
        if self._plan is None or since_us is None or not row.card or row.condition != "active" or entry.work.work != "new":
            return None
        return next_step(self._plan, priority=row.priority, place=row.place, since_us=since_us, begun=entry.begun)

    def marks(self, since_us: int) -> list[dict[str, Any]]:
        """Starts of the alerts with a card since *since_us*, for the time line."""
        rows = [entry.condition for entry in self._entries.values() if entry.changes]
        return [
            {"alert_id": row.alert_id, "at_us": row.start_us, "level": row.level, "rule": row.rule, "place": row.place}
            for row in sorted(rows, key=lambda row: row.start_us)
            if row.card and row.start_us >= since_us
        ]

    def load(self, clock_us: int, *, operators: int) -> Load:
        """What the alerts ask of each operator now, against EEMUA 191."""
        return self._loads.at(clock_us, operators=operators)

    @staticmethod
    def _is_shown(entry: _Entry, clock_us: int) -> bool:
        row = entry.newest or entry.condition
        if row.condition == "active":
            return entry.work.work != "closed"
        return entry.condition.event_time_us > clock_us - SHOWN_AFTER_CLEAR_US


def _order(entry: _Entry) -> tuple[object, ...]:
    row = entry.newest or entry.condition
    return (row.condition != "active", row.priority != "P1", -RANK[row.level], -row.start_us, row.alert_id)


def _view(entry: _Entry, now_us: int) -> dict[str, Any]:
    row, work, seen = entry.newest or entry.condition, entry.work, entry.acknowledged
    refused = entry.refused[0] if entry.refused and entry.refused[1] > now_us - ASKED_US else None
    asked = entry.asked[0] if entry.asked and entry.asked[1] > now_us - ASKED_US else None
    return {
        "alert_id": row.alert_id,
        "rule": row.rule,
        "place": row.place,
        "priority": row.priority,
        "level": row.level,
        "measured_level": row.measured_level,
        "condition": row.condition,
        "latched": row.latched,
        "card": row.card,
        "verified": row.verified,
        "start_us": row.start_us,
        "event_time_us": entry.condition.event_time_us,
        "value": row.value,
        "unit": row.unit,
        "x_m": row.x_m,
        "y_m": row.y_m,
        "source": row.source,
        "levels": [{"level": step.level, "event_time_us": step.event_time_us} for step in row.levels],
        "work": work.work,
        "owner": work.owner,
        "verdict": work.verdict,
        "closing": work.closing,
        "shelved_until_us": work.shelved_until_us,
        "grouped_under": row.grouped_under,
        "inhibited_by": row.inhibited_by,
        "repeats": row.repeats,
        "at_least": row.at_least,
        "reason": work.reason,
        "prompt": {"en": row.prompt_en, "zh": row.prompt_zh} if row.prompt_en or row.prompt_zh else None,
        "actor": work.actor,
        "actor_role": work.actor_role,
        "acknowledged_by": seen.actor if seen else "",
        "acknowledged_role": seen.actor_role if seen else "",
        "acknowledged_us": seen.event_time_us if seen else 0,
        "asked": {"action": asked.action, "actor": asked.actor} if asked else None,
        "refused": {
            "action": refused.action,
            "actor": refused.actor,
            "why": {"en": refused.refusal, "zh": refused.refusal_zh or refused.refusal},
        }
        if refused
        else None,
        "receipts": _receipts(entry),
    }


def _begun(entry: _Entry) -> list[dict[str, Any]]:
    """Steps of the ladder that were taken because nobody answered, or nobody could be reached."""
    return [{"step": step, "at_us": at_us, "why": why} for step, (at_us, why) in sorted(entry.begun.items(), key=lambda row: row[1])]


def _receipts(entry: _Entry) -> list[dict[str, Any]]:
    """The newest delivery to each recipient, with how long after the change was written it was answered.

    Who was reached over one bearer was reached: what failed over the others is not shown.
    """
    newest: dict[tuple[str, str], dict[str, Any]] = {}
    for (axis, number, channel, recipient), (receipt, appended_us) in sorted(entry.receipts.items(), key=lambda row: row[1][1]):
        written_us = entry.appended_us.get((axis, number))
        delay_ms = None if written_us is None else max(appended_us - written_us, 0) // US_PER_MS
        newest[channel, recipient] = {"channel": channel, "recipient": recipient, "state": receipt.state, "delay_ms": delay_ms}
    reached = {row["recipient"] for row in newest.values() if row["state"] == "delivered"}
    return [row for row in newest.values() if row["state"] == "delivered" or row["recipient"] not in reached]
