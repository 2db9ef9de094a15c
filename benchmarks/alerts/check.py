"""Holds what came against a manifest: `python -m benchmarks.alerts.check MANIFEST --kafka HOST:PORT --mode MODE --inbox FOLDER`.

A program of its own: it shares nothing with what sent, and reads only the manifest, the topics and the drill's inbox.
Lost and duplicate are judged where people meet an incident: each expected alert exactly once, each P1 brought to somebody or
escalated, each command answered. A record that stands twice in a topic, word for word, is a legal repeat and is only counted.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from benchmarks.alerts.manifest import CLEAR, CROWD, FIRE, Expected, read
from connectors.kafka import Rejected, Tail
from pipelines.events import AlertAnswer, AlertChange, DispatchReceipt
from pipelines.units import MICRO

_ENDED: Final = ("delivered", "escalated")
_THINGS: Final = ("alerts.changes", "alerts.answers", "dispatch.receipts")
_NEAR_US: Final = 5 * MICRO
_SHOWN: Final = 20


@dataclass(slots=True)
class Found:
    """What the topics and the inbox hold."""

    changes: dict[tuple[str, str, int], AlertChange] = field(default_factory=dict)
    answers: dict[str, AlertAnswer] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)  # alerts of which a message was delivered, or escalated
    messages: Counter[tuple[str, str, int, str]] = field(default_factory=Counter)  # alert, axis, number, recipient
    repeats: int = 0
    conflicts: list[str] = field(default_factory=list)

    def take(self, record: Any) -> None:
        """Take a record of a topic."""
        match record:
            case AlertChange():
                self._once(self.changes, (record.alert_id, record.axis, record.number), record)
            case AlertAnswer():
                self._once(self.answers, record.command_id, record)
            case DispatchReceipt() if record.state in _ENDED:
                self.ended.add(record.alert_id)
            case _:
                pass

    def _once(self, known: dict[Any, Any], key: Any, record: Any) -> None:
        if key not in known:
            known[key] = record
            return
        self.repeats += 1
        before = known[key]
        if before != record:
            names = [name for name in record.__slots__ if getattr(before, name) != getattr(record, name)]
            self.conflicts.append(f"{key}: differs in {', '.join(names)}")


def judge(expected: Iterable[Expected], found: Found) -> dict[str, Any]:
    """What was lost, came twice, came unasked, or came with another beginning than was expected."""
    rows = list(expected)
    incidents = {row.alert_id: row for row in rows if row.kind != CLEAR}
    rules = {FIRE, CROWD} | {row.kind for row in incidents.values()}
    began = {key[0]: row for key, row in found.changes.items() if key[1:] == ("condition", 1) and row.rule in rules}
    unexpected = {alert: row for alert, row in began.items() if alert not in incidents}
    missing = [row for alert, row in incidents.items() if alert not in began]
    moved = {row.alert_id: other for row in missing if (other := _near(row, unexpected)) is not None}
    joined = {row.alert_id for row in missing if row.alert_id not in moved and _stands(row, found)}
    doubles = [alert for alert in unexpected if alert not in moved.values()]
    lost = [f"{row.id}: no alert {row.alert_id}" for row in missing if row.alert_id not in moved and row.alert_id not in joined]
    lost += [f"{row.alert_id}: {row.rule} in {row.place} reached nobody" for row in _orphans(began.values(), found)]
    lost += [f"{row.id}: the command was not answered" for row in rows if row.kind == CLEAR and row.id not in found.answers]
    twice = [f"{alert}: {began[alert].rule} in {began[alert].place} at {began[alert].start_us} was not expected" for alert in doubles]
    twice += [f"{key}: {count} messages" for key, count in found.messages.items() if count > 1]
    gaps = _gaps(found)
    return {
        "expected": len(incidents),
        "commands": len(rows) - len(incidents),
        "seen": len(incidents) - len(missing),
        "lost": len(lost),
        "duplicates": len(twice),
        "conflicts": len(found.conflicts),
        "gaps": len(gaps),
        "moved": len(moved),
        "joined": len(joined),
        "recovered": found.repeats,
        "refused": sum(bool(row.refusal) for row in found.answers.values()),
        **_shown(found),
        "by_kind": dict(Counter(row.kind for row in rows)),
        "what": [*lost, *twice, *found.conflicts, *gaps][:_SHOWN],
        "which_moved": [f"{incidents[alert].id} → {began[other].start_us}" for alert, other in moved.items()][:_SHOWN],
    }


def _near(row: Expected, unexpected: dict[str, AlertChange]) -> str | None:
    """The alert of the same crowd that begins a little later: windows of its beginning never were."""
    for alert, change in unexpected.items():
        if row.kind == CROWD == change.rule and change.place == row.zone and 0 < change.start_us - row.start_us <= _NEAR_US:
            return alert
    return None


def _stands(row: Expected, found: Found) -> bool:
    """Whether a crowd joined an alert that was open all the while: the windows that would have ended the one before never were."""
    changes = [change for change in found.changes.values() if change.rule == CROWD == row.kind and change.place == row.zone]
    opened = {change.alert_id: change.start_us for change in changes}
    cleared = {change.alert_id: change.event_time_us for change in changes if change.condition == "cleared"}
    return any(start_us < row.start_us <= cleared.get(alert, row.start_us + _NEAR_US) - _NEAR_US for alert, start_us in opened.items())


def _orphans(began: Iterable[AlertChange], found: Found) -> list[AlertChange]:
    return [row for row in began if row.priority == "P1" and row.alert_id not in found.ended]


def _shown(found: Found) -> dict[str, int]:
    """P2 and P3 alerts that were ever shown as a card, those that are still, and those that others stand for."""
    others = [row for row in found.changes.values() if row.priority != "P1"]
    newest: dict[str, AlertChange] = {}
    for row in others:
        before = newest.get(row.alert_id)
        if before is None or (row.axis, row.number) > (before.axis, before.number):
            newest[row.alert_id] = row
    active = [row for row in newest.values() if row.condition == "active"]
    return {
        "came_up": len({row.alert_id for row in others if row.card and row.condition == "active"}),
        "shown": sum(row.card for row in active),
        "heads": len({row.grouped_under for row in others if row.grouped_under}),
        "grouped": len({row.alert_id for row in others if row.grouped_under}),
    }


def _gaps(found: Found) -> list[str]:
    numbers: dict[tuple[str, str], set[int]] = defaultdict(set)
    for alert, axis, number in found.changes:
        numbers[alert, axis].add(number)
    return [f"{key}: numbers {sorted(known)}" for key, known in numbers.items() if known != set(range(1, len(known) + 1))]


def gather(kafka: str, mode: str, inbox: Path) -> Found:
    """Read the topics from their beginning, and the inbox."""
    found = Found()
    with contextlib.closing(Tail(kafka, mode=mode, things=_THINGS)) as tail:
        for row in tail.read_to_end():
            if isinstance(row.record, Rejected):
                found.conflicts.append(f"{row.thing}/{row.offset}: {row.record.reason}")
            else:
                found.take(row.record)
    for path in inbox.glob("*.json"):
        told = json.loads(path.read_text(encoding="utf-8"))
        change = told["change"]
        if change is not None:
            found.messages[change["alert_id"], change["axis"], change["number"], told["to"]] += 1
    return found


def main(arguments: list[str]) -> int:
    """Print the judgement; 1 when something was lost, came twice, or contradicts itself."""
    parser = argparse.ArgumentParser()
    parser.add_argument("manifest", type=Path)
    parser.add_argument("--kafka", required=True)
    parser.add_argument("--mode", required=True)
    parser.add_argument("--inbox", type=Path, required=True)
    given = parser.parse_args(arguments)
    judged = judge(read(given.manifest), gather(given.kafka, given.mode, given.inbox))
    print(json.dumps(judged))
    return int(any(judged[name] for name in ("lost", "duplicates", "conflicts", "gaps")))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
