"""The life of orders: issued, delivered, read, accepted, on scene, done; also refused, cancelled, overdue. Pure.

A command or a delivery that comes again changes nothing: states only move on. What there is can be rebuilt from the changes alone.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from pipelines.events import OrderChange, OrderCommand
from pipelines.units import US_PER_S
from pipelines.words import NOTHING, Pair, Said, fill, own, word

if TYPE_CHECKING:
    from collections.abc import Iterable

PROGRESS: Final = ("issued", "delivered", "read", "accepted", "on_scene", "done")
ENDS: Final = ("done", "refused", "cancelled")
REACHES: Final = {"read": "read", "accept": "accepted", "on_scene": "on_scene", "done": "done", "refuse": "refused", "cancel": "cancelled"}
APPROVE: Final = "approve"
TWO_PERSONS: Final = "waits for a second person"
SENTENCES: Final[dict[str, Pair]] = {
    "two_persons": (TWO_PERSONS, "待第二人批准"),
    "approved": ("approved", "已批准"),
    "no_order": ("there is no order '{order}'", "没有指令“{order}”"),
    "no_action": ("'{action}' is nothing that can be done with an order", "对指令不能“{action}”"),
    "over": ("the order is {state} already", "该指令{state}"),
    "waits": ("the order still waits for a second person", "该指令仍待第二人批准"),
    "same_person": (
        "a mass action needs a second person; who gave the order cannot approve it",
        "涉及公众的指令须由第二人批准,下达者不得自行批准",
    ),
    "overdue": ("not done by its deadline", "逾期未完成"),
    "stale": (
        "The order is {age_s} s old: dispatch was not there to carry it out. Give it again.",
        "指令已下达 {age_s} 秒而未能执行,请重新下达。",
    ),
    "untold": ("Nobody was told of this alert, so there is nothing to retract.", "该告警未通知过任何人,无可撤回。"),
    "crowded": ("'{place}' is at {level} itself: nobody is sent there.", "“{place}”本身为{level},不得引导人员前往。"),
    "unknown_there": (
        "The state of '{place}' is unknown: to send people there needs the second gesture and a reason.",
        "“{place}”情况不明:引导人员前往须再按一次并写明原因。",
    ),
    "least_there": (
        "People hide each other in '{place}', it may be fuller than it looks: to send people there needs the second gesture and a reason.",
        "“{place}”人群相互遮挡,实际可能更拥挤:引导人员前往须再按一次并写明原因。",
    ),
    "taken_back": ("the alert was taken back", "告警已撤回"),
    "all_told": ("everyone was told", "已全部通知"),
    "clause": ("clause {clause}", "条款 {clause}"),
    "real": ("real", "属实"),
    "false": ("false", "误报"),
    "effect": ("{measure} {seen}", "{measure} {seen}"),
    "before": ("{measure} before: {value}", "{measure}此前:{value}"),
    "nobody_reached": ("no bearer reached the recipient ({bearers})", "各通道均未送达接收人({bearers})"),
}
STATES: Final[dict[str, Pair]] = {
    "done": ("done", "已完成"),
    "refused": ("refused", "已拒绝"),
    "cancelled": ("cancelled", "已取消"),
}
MEASURES: Final[dict[str, Pair]] = {
    "peak": ("peak", "局部峰值"),
    "flow": ("flow", "人流量"),
    "queue": ("queue", "排队人数"),
}
UNKNOWN: Final = ("unknown", "情况不明")
STALE_US: Final = 300 * US_PER_S


def say(key: str, **parts: object) -> Said:
    """The sentence of that key, with *parts* in its places."""
    return fill(SENTENCES[key], **parts)


def order_id(mode: str, alert_id: str, cause: str) -> str:
    """BLAKE2b (16 bytes, hex) of the mode, the alert, and the command or response step that gave the order."""
    return hashlib.blake2b(f"{mode}\0{alert_id}\0{cause}".encode(), digest_size=16).hexdigest()


@dataclass(slots=True)
class Order:
    """An order as it is: its newest change, how far it had come, and whether its mass action still waits for a second person."""

    change: OrderChange
    progress: str = "issued"
    waits: bool = False
    before: float | None = None

    @property
    def is_over(self) -> bool:
        """Whether nobody can move it any more."""
        return self.change.state in ENDS


class OrderBook:
    """Every order of one mode."""

    def __init__(self) -> None:
        """Start without orders."""
        self.orders: dict[str, Order] = {}

    def restore(self, changes: Iterable[OrderChange]) -> None:
        """Take what was written before, in whatever order."""
        for change in sorted(changes, key=lambda row: (row.order_id, row.number)):
            self._note(change)

    def issue(self, first: OrderChange, *, before: float | None = None) -> list[OrderChange]:
        """Give an order, unless it is there already; *before* is what its effect is measured by."""
        if first.order_id in self.orders:
            return []
        self._note(first)
        self.orders[first.order_id].before = before
        return [first]

    def command(self, command: OrderCommand, *, now_us: int) -> tuple[list[OrderChange], Said]:
        """What *command* changes, and the sentence that refuses it."""
        order = self.orders.get(command.order_id)
        if order is None:
            return [], say("no_order", order=command.order_id)
        if command.action == APPROVE:
            return self._approve(order, command, now_us)
        target = REACHES.get(command.action)
        if target is None:
            return [], say("no_action", action=command.action)
        if order.change.state == target or (target in PROGRESS and _rank(target) <= _rank(order.progress)):
            return [], NOTHING  # it came again
        if order.is_over:
            return [], say("over", state=STATES[order.change.state])
        if order.waits and target != "cancelled":
            return [], say("waits")
        return [self._move(order, target, now_us, actor=command.actor, role=command.actor_role, reason=own(command.reason))], NOTHING

    def _approve(self, order: Order, command: OrderCommand, now_us: int) -> tuple[list[OrderChange], Said]:
        if not order.waits:
            return [], NOTHING
        if order.is_over:
            return [], say("over", state=STATES[order.change.state])
        if command.actor.casefold() == order.change.issued_by.casefold():
            return [], say("same_person")
        return [self._move(order, "issued", now_us, actor=command.actor, role=command.actor_role, reason=say("approved"))], NOTHING

    def delivered(self, order_id_: str, *, now_us: int) -> list[OrderChange]:
        """The order has reached its recipient."""
        order = self.orders.get(order_id_)
        if order is None or order.is_over or _rank(order.progress) >= _rank("delivered"):
            return []
        return [self._move(order, "delivered", now_us)]

    def done(self, order_id_: str, *, actor: str, role: str, reason: Said, now_us: int) -> list[OrderChange]:
        """The order is done by what has happened, without a command."""
        order = self.orders.get(order_id_)
        if order is None or order.is_over:
            return []
        return [self._move(order, "done", now_us, actor=actor, role=role, reason=reason)]

    def cancel(self, order_id_: str, reason: Said, *, now_us: int) -> list[OrderChange]:
        """The order has lost its ground."""
        order = self.orders.get(order_id_)
        return [] if order is None or order.is_over else [self._move(order, "cancelled", now_us, reason=reason)]

    def undelivered(self, order_id_: str, reason: Said, *, now_us: int) -> list[OrderChange]:
        """Nobody could bring the order to its recipient: it is overdue at once, and says why."""
        order = self.orders.get(order_id_)
        if order is None or order.is_over or order.change.state == "overdue" or order.progress != "issued":
            return []
        return [self._move(order, "overdue", now_us, reason=reason)]

    def overdue(self, *, now_us: int, at_us: int) -> list[OrderChange]:
        """Orders whose deadline has passed by *now_us*; each says so once, at *at_us*."""
        late = [order for order in self.orders.values() if _is_late(order, now_us)]
        return [self._move(order, "overdue", at_us, reason=say("overdue")) for order in late]

    def effects_due(self, *, now_us: int) -> list[Order]:
        """Orders whose effect is to be looked at now."""
        return [
            order
            for order in self.orders.values()
            if order.change.effect == "pending"
            and now_us >= order.change.effect_due_us
            and order.change.state not in ("refused", "cancelled")
        ]

    def judged(self, order: Order, effect: str, reason: Said, *, now_us: int) -> OrderChange:
        """The effect of *order* has been looked at."""
        made = replace(
            order.change,
            number=order.change.number + 1,
            effect=effect,
            reason=reason.en,
            reason_zh=reason.zh,
            at_us=now_us,
            actor="",
            actor_role="",
        )
        self._note(made)
        return made

    def _move(self, order: Order, state: str, now_us: int, *, actor: str = "", role: str = "", reason: Said = NOTHING) -> OrderChange:
        made = replace(
            order.change,
            number=order.change.number + 1,
            state=state,
            at_us=now_us,
            actor=actor,
            actor_role=role,
            reason=reason.en,
            reason_zh=reason.zh,
        )
        self._note(made)
        return made

    def _note(self, change: OrderChange) -> None:
        order = self.orders.get(change.order_id)
        if order is None:
            order = self.orders[change.order_id] = Order(change, before=_before(change.reason))
        elif change.number <= order.change.number:
            return
        order.change = change
        if change.number == 1:
            order.waits = TWO_PERSONS in change.reason
        elif change.state == "issued" and change.reason == "approved":
            order.waits = False
        if change.state in PROGRESS and _rank(change.state) > _rank(order.progress):
            order.progress = change.state


def _rank(state: str) -> int:
    return PROGRESS.index(state)


def _is_late(order: Order, now_us: int) -> bool:
    change = order.change
    return bool(change.due_us) and now_us >= change.due_us and not order.is_over and change.state != "overdue" and order.progress != "done"


BEFORE: Final = "before: "


def before_words(measure: str, value: float | None) -> Said:
    """What an order's first change says of the measure, so that it is known after a restart too."""
    return say("before", measure=word(MEASURES, measure), value=f"{value:.3f}") if value is not None else NOTHING


def _before(reason: str) -> float | None:
    _, found, text = reason.partition(BEFORE)
    try:
        return float(text.split(";")[0]) if found else None
    except ValueError:
        return None


def judge(before: float | None, after: float | None, *, fall: float, at_least: bool = False) -> str:
    """Whether a measure has fallen by the share *fall*: effective, not_effective, or unknown where a value is missing.

    *at_least*: the later value is a lower bound, so that a fall of it proves nothing.
    """
    if before is None or after is None:
        return "unknown"
    fell = after <= before * (1 - fall)
    if fell and at_least:
        return "unknown"
    return "effective" if fell and before > 0 else "not_effective"
