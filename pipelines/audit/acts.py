"""Which records are acts, and what the chain says of each: who, in which role, what, to what, where and why. Pure."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from pipelines.audit.chain import body_of
from pipelines.events import AlertChange, AlertCommand, AuditEntry, DispatchReceipt, OrderChange, OrderCommand

SOURCES: Final = ("alerts.commands", "alerts.changes", "orders.commands", "orders.changes", "dispatch.receipts")
PLAN: Final = "plan"
_REASON_CHARS: Final = 2000


class _Act(NamedTuple):
    at_us: int
    action: str
    actor: str = ""
    actor_role: str = ""
    subject: str = ""
    place: str = ""
    reason: str = ""


def act_of(record: Any, *, mode: str, source: str, raw: bytes) -> AuditEntry:
    """The entry for a record, not yet sealed: its number and hashes are the chain's to give.

    Args:
        record: of one of `SOURCES`.
        mode: live or drill-<id>.
        source: topic/partition/offset.
        raw: its bytes on the topic.
    """
    return _entry(_act(record), mode=mode, source=source, raw=raw)


def unreadable(*, mode: str, source: str, raw: bytes, at_us: int) -> AuditEntry:
    """The entry for a record that could not be read: that it came is an act, too."""
    return _entry(_Act(at_us, "unreadable"), mode=mode, source=source, raw=raw)


def plan_in_force(*, mode: str, plan_hash: str, raw: bytes, at_us: int, began_us: int) -> AuditEntry:
    """The entry for the plan that holds from now on; *began_us* (µs UTC) tells one start of the mode from the next."""
    source = f"{PLAN}/{plan_hash}/{began_us}"
    return _entry(_Act(at_us, "plan in force", subject=plan_hash), mode=mode, source=source, raw=raw)


def _act(record: Any) -> _Act:
    match record:
        case AlertCommand() as row:
            return _Act(row.received_us, f"asks: {row.action}", row.actor, row.actor_role, row.alert_id, "", row.reason)
        case AlertChange() as row:
            state = row.work if row.axis == "work" else f"{row.condition} {row.level}"
            return _Act(row.event_time_us, f"alert {row.axis}: {state}", row.actor, row.actor_role, row.alert_id, row.place, row.reason)
        case OrderCommand() as row:
            subject = row.order_id or row.alert_id
            return _Act(row.received_us, f"order asks: {row.action}", row.actor, row.actor_role, subject, row.place, row.reason)
        case OrderChange() as row:
            return _Act(row.at_us, f"order: {row.state}", row.actor, row.actor_role, row.order_id, row.place, row.reason)
        case DispatchReceipt() as row:
            return _Act(row.at_us, f"receipt {row.channel}: {row.state}", row.recipient, "", row.order_id or row.alert_id, "", row.reason)
        case _:
            raise TypeError(f"{type(record).__name__} is no act: expected a record of {', '.join(SOURCES)}")


def _entry(act: _Act, *, mode: str, source: str, raw: bytes) -> AuditEntry:
    return AuditEntry(
        number=0,
        mode=mode,
        source=source,
        body=body_of(raw),
        previous=b"",
        hash=b"",
        **act._replace(reason=act.reason[:_REASON_CHARS])._asdict(),
    )
