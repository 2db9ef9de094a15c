"""Orders as people see them: the newest change of each, with the times at which it came on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from pipelines.codec import to_plain
from pipelines.events import OrderChange

TWO_PERSONS: Final = "waits for a second person"  # as DISPATCH says it in the order's reason
ENDS: Final = ("done", "refused", "cancelled")


@dataclass(slots=True)
class _Entry:
    """What is known of one order."""

    newest: OrderChange
    steps: dict[int, OrderChange] = field(default_factory=dict)


class OrderBook:
    """Every order of one mode; repeats change nothing."""

    def __init__(self) -> None:
        """Start without orders."""
        self._entries: dict[str, _Entry] = {}

    def apply(self, change: OrderChange, appended_us: int) -> None:
        """Take one change; the highest number counts, in whatever order they come."""
        del appended_us
        entry = self._entries.setdefault(change.order_id, _Entry(change))
        entry.steps[change.number] = change
        entry.newest = max(entry.newest, change, key=lambda row: row.number)

    def newest(self, order_id: str) -> OrderChange | None:
        """The newest change of an order; None when it is not known."""
        entry = self._entries.get(order_id)
        return entry.newest if entry is not None else None

    def shown(self) -> list[dict[str, Any]]:
        """Every order, the newest first, each with who did what and when."""
        entries = sorted(self._entries.values(), key=lambda entry: (-entry.steps[min(entry.steps)].at_us, entry.newest.order_id))
        return [_view(entry) for entry in entries]

    def now(self, now_us: int, *, kept_us: int, most: int) -> list[dict[str, Any]]:
        """Orders that are open, or were until *kept_us* ago, at most *most*; the newest first."""
        rows = [row for row in self.shown() if row["state"] not in ENDS or row["effect"] == "pending" or row["at_us"] > now_us - kept_us]
        return rows[:most]


def _view(entry: _Entry) -> dict[str, Any]:
    waits = entry.newest.state == "issued" and TWO_PERSONS in entry.newest.reason
    return {**to_plain(entry.newest), "waits": waits, "steps": [_step(row) for _, row in sorted(entry.steps.items())]}


def _step(row: OrderChange) -> dict[str, Any]:
    return {
        "state": row.state,
        "at_us": row.at_us,
        "actor": row.actor,
        "actor_role": row.actor_role,
        "reason": row.reason,
        "effect": row.effect,
    }
