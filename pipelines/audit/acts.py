"""Which records are acts, and what the chain says of each: who, in which role, what, to what, where and why. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from pipelines.audit.chain import body_of
from pipelines.events import AlertChange, AlertCommand, AuditEntry, DispatchReceipt, OrderChange, OrderCommand

SOURCES: Final = ("alerts.commands", "alerts.changes", "orders.commands", "orders.changes", "dispatch.receipts")
PLAN: Final = "plan"
_REASON_CHARS: Final = 2000


def act_of(record: Any, *, mode: str, source: str, raw: bytes) -> AuditEntry:
    """The entry for a record, not yet sealed: its number and hashes are the chain's to give.

    Args:
        record: of one of `SOURCES`.
        mode: live or drill-<id>.
        source: topic/partition/offset.
        raw: its bytes on the topic.
    """
    said = _SAID[type(record)](record)
    return _entry(mode=mode, source=source, body=body_of(raw), **said)


def unreadable(*, mode: str, source: str, raw: bytes, at_us: int) -> AuditEntry:
    """The entry for a record that could not be read: that it came is an act, too."""
    return _entry(mode=mode, source=source, body=body_of(raw), at_us=at_us, action="unreadable")


def plan_in_force(*, mode: str, plan_hash: str, raw: bytes, at_us: int, began_us: int) -> AuditEntry:
    """The entry for the plan that holds from now on; *began_us* (µs UTC) tells one start of the mode from the next."""
    source = f"{PLAN}/{plan_hash}/{began_us}"
    return _entry(mode=mode, source=source, body=body_of(raw), at_us=at_us, action="plan in force", subject=plan_hash)


def _entry(
    *,
    mode: str,
    source: str,
    body: bytes,
    at_us: int,
    action: str,
    actor: str = "",
    actor_role: str = "",
    subject: str = "",
    place: str = "",
    reason: str = "",
) -> AuditEntry:
    return AuditEntry(
        number=0,
        at_us=at_us,
        mode=mode,
        actor=actor,
        actor_role=actor_role,
        action=action,
        subject=subject,
        place=place,
        reason=reason[:_REASON_CHARS],
        source=source,
        body=body,
        previous=b"",
        hash=b"",
    )


def _command(row: AlertCommand) -> dict[str, Any]:
    return {
        "at_us": row.received_us,
        "actor": row.actor,
        "actor_role": row.actor_role,
        "action": f"asks: {row.action}",
        "subject": row.alert_id,
        "place": "",
        "reason": row.reason,
    }


def _change(row: AlertChange) -> dict[str, Any]:
    state = row.work if row.axis == "work" else f"{row.condition} {row.level}"
    return {
        "at_us": row.event_time_us,
        "actor": row.actor,
        "actor_role": row.actor_role,
        "action": f"alert {row.axis}: {state}",
        "subject": row.alert_id,
        "place": row.place,
        "reason": row.reason,
    }


def _order_command(row: OrderCommand) -> dict[str, Any]:
    return {
        "at_us": row.received_us,
        "actor": row.actor,
        "actor_role": row.actor_role,
        "action": f"order asks: {row.action}",
        "subject": row.order_id or row.alert_id,
        "place": row.place,
        "reason": row.reason,
    }


def _order_change(row: OrderChange) -> dict[str, Any]:
    return {
        "at_us": row.at_us,
        "actor": row.actor,
        "actor_role": row.actor_role,
        "action": f"order: {row.state}",
        "subject": row.order_id,
        "place": row.place,
        "reason": row.reason,
    }


def _receipt(row: DispatchReceipt) -> dict[str, Any]:
    return {
        "at_us": row.at_us,
        "actor": row.recipient,
        "actor_role": "",
        "action": f"receipt {row.channel}: {row.state}",
        "subject": row.order_id or row.alert_id,
        "place": "",
        "reason": row.reason,
    }


_SAID: Final[dict[type[Any], Callable[[Any], dict[str, Any]]]] = {
    AlertCommand: _command,
    AlertChange: _change,
    OrderCommand: _order_command,
    OrderChange: _order_change,
    DispatchReceipt: _receipt,
}
