"""Orders at the dispatch desk: who may give them, what is seen where they send people, and whether they worked. Pure.

`now_us` is the steady clock (it begins as UTC and never jumps), which deadlines go by; `wall_us` stands in records.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from pipelines.dispatch.orders import APPROVE, MEASURES, STALE_US, UNKNOWN, OrderBook, before_words, judge, order_id, say
from pipelines.dispatch.texts import forbidden, free_texts, order_texts, place_name
from pipelines.events import AlertChange, OrderChange, OrderCommand
from pipelines.units import US_PER_S
from pipelines.words import LEVELS, NOTHING, Said, fill, joined, own, word
from plan.authority import FREE, RETRACT, action_of, may_approve, refused

if TYPE_CHECKING:
    from pipelines.dispatch.call import Call
    from pipelines.dispatch.desk import Desk
    from pipelines.dispatch.surroundings import Surroundings
    from pipelines.messages import Texts
    from plan.actions import Action
    from plan.model import Plan
    from plan.response import ResponsePlan, ResponseStep

SYSTEM: Final = "muster"
RESPONSE: Final = "response"
RETRACT_US: Final = 10 * US_PER_S
_BETWEEN: Final = ("; ", ";")
_FROM_TO: Final = ("{before} → {after}", "{before} → {after}")
_OVER: Final = ("caution", "warning", "critical", "act_now")


class OrderDesk:
    """The orders of one mode.

    Args:
        mode: live or drill-<id>.
        plan: with its prepared actions.
        plan_hash: cited by each order.
        desk: brings them to their recipients.
        seen: what the newest rows say of the places.
        changes: of orders that were given before.
    """

    def __init__(
        self, *, mode: str, plan: Plan, plan_hash: str, desk: Desk, seen: Surroundings, changes: Iterable[OrderChange] = ()
    ) -> None:
        """Take up the orders where they were left; those that were not delivered are delivered now."""
        self._mode, self._plan, self._hash, self._desk, self._seen = mode, plan, plan_hash, desk, seen
        self.book = OrderBook()
        self.book.restore(changes)
        self.changes: list[OrderChange] = []

    def resume(self) -> None:
        """Deliver what was ordered before this process; what has a receipt is not delivered again."""
        for order in list(self.book.orders.values()):
            if not order.waits and order.change.state not in ("refused", "cancelled"):
                self._carry_out(order.change, now_us=0, deliver=not order.is_over and order.progress == "issued")

    def classified(self, alert: AlertChange, *, wall_us: int) -> None:
        """The alert was found real or false: that does the classification which its response plans ask for."""
        for response in self._plan.response_plans:
            made = order_id(self._mode, alert.alert_id, f"{response.id}/classification")
            self.changes += self.book.done(made, actor=alert.actor, role=alert.actor_role, reason=say(alert.verdict), now_us=wall_us)

    def take(self, command: OrderCommand, *, now_us: int, wall_us: int) -> Said:
        """Take a command; returns the sentence that refuses it, nothing when it was taken."""
        if command.action == "issue":
            return self._issue(command, now_us, wall_us)
        order = self.book.orders.get(command.order_id)
        if command.action == APPROVE and order is not None and order.waits:
            why = may_approve(command, order.change.kind, self._plan)
            if why:
                return why
        changes, why = self.book.command(command, now_us=wall_us)
        self.changes += changes
        if command.action == APPROVE and changes:
            self._carry_out(changes[0], now_us=now_us)
        return why

    def _issue(self, command: OrderCommand, now_us: int, wall_us: int) -> Said:
        made = order_id(self._mode, command.alert_id, command.command_id)
        if made in self.book.orders:
            return NOTHING
        action = action_of(self._plan, command.kind)
        why = refused(command, self._plan) or self._too_late(command, wall_us) or self._unsafe(command, action, now_us)
        before = self._seen.measure(action.effect.measure, command.place, now_us) if action is not None and action.effect else None
        first = self._first(made, command, action, before, now_us=now_us, wall_us=wall_us, why=why)
        self.changes += self.book.issue(first, before=before)
        if not why and not self.book.orders[made].waits:
            self._carry_out(first, now_us=now_us)
        return why

    def _too_late(self, command: OrderCommand, wall_us: int) -> Said:
        if wall_us - command.received_us <= STALE_US:
            return NOTHING
        return say("stale", age_s=(wall_us - command.received_us) // US_PER_S)

    def _unsafe(self, command: OrderCommand, action: Action | None, now_us: int) -> Said:
        """Why people must not be sent there: it is crowded itself, or nobody knows and nobody has taken that on himself."""
        if command.kind == RETRACT:
            return NOTHING if command.alert_id in self._desk.calls else say("untold")
        if action is None or action.to is None:
            return NOTHING
        level, name = self._seen.level(action.to, now_us), place_name(action.to, self._plan)
        if level in _OVER:
            return say("crowded", place=name, level=word(LEVELS, level))
        sure = bool(command.second_gesture and command.reason.strip())
        if level == "unknown" and not sure:
            return say("unknown_there", place=name)
        return say("least_there", place=name) if self._seen.at_least(action.to, now_us) and not sure else NOTHING

    def _first(
        self, made: str, command: OrderCommand, action: Action | None, before: float | None, *, now_us: int, wall_us: int, why: Said
    ) -> OrderChange:
        words = self._words(command.kind, command.place, (command.text_en, command.text_zh), now_us=now_us)
        two = (action is not None and action.public is not None) or (command.kind == RETRACT and self._desk.told_public(command.alert_id))
        effect = action.effect if action is not None else None
        measured = before_words(effect.measure, before) if effect is not None else NOTHING
        reason = why or joined([measured, say("two_persons") if two else NOTHING, own(command.reason)], between=_BETWEEN)
        within_s = action.within_s if action is not None else 300.0
        return OrderChange(
            order_id=made,
            alert_id=command.alert_id,
            mode=self._mode,
            number=1,
            state="refused" if why else "issued",
            kind=command.kind,
            place=command.place,
            recipient=command.recipient,
            text_en=command.text_en or words["en"].screen,
            text_zh=command.text_zh or words["zh"].screen,
            issued_by=command.actor,
            issued_role=command.actor_role,
            actor=command.actor,
            actor_role=command.actor_role,
            at_us=wall_us,
            due_us=now_us + (RETRACT_US if command.kind == RETRACT else round(within_s * US_PER_S)),
            effect="pending" if effect is not None and not why else "",
            effect_due_us=now_us + round(effect.after_min * 60 * US_PER_S) if effect is not None and not why else 0,
            reason=reason.en,
            reason_zh=reason.zh,
            plan=self._hash,
        )

    def _words(self, kind: str, place: str, free: tuple[str, str], *, now_us: int) -> dict[str, Texts]:
        action = action_of(self._plan, kind)
        if action is None:
            return free_texts(free, place, self._plan, mode=self._mode)
        return order_texts(action, place, self._plan, mode=self._mode, seen=self._state_of(action, now_us))

    def _state_of(self, action: Action, now_us: int) -> tuple[str, str]:
        """What is seen at the place that the action sends people to: an advice is shown only with it."""
        if action.to is None:
            return "", ""
        level, peak = self._seen.level(action.to, now_us), self._seen.measure("peak", action.to, now_us)
        if peak is None:
            return "its state is UNKNOWN", "该处情况不明"
        words = {"none": ("below watch", "未达关注"), "watch": ("at watch", "关注")}.get(level, (level, level))
        if self._seen.at_least(action.to, now_us):
            return f"there now at least {peak:.1f} p/m², people hide each other", f"该处至少{peak:.1f}人/平方米,人群相互遮挡"
        return f"there now {peak:.1f} p/m², {words[0]}", f"该处{peak:.1f}人/平方米,{words[1]}"

    def _carry_out(self, change: OrderChange, *, now_us: int, deliver: bool = True) -> None:
        if change.kind == RETRACT:
            self._desk.retract(change.alert_id, at_us=change.at_us)
            return
        words = self._words(change.kind, change.place, (change.text_en, change.text_zh), now_us=now_us)
        if not forbidden(words):
            self._desk.order(change, words, priority="P1" if change.kind == "stop_show" else "P2", deliver=deliver)

    def turn(self, *, now_us: int, wall_us: int) -> None:
        """Note what was delivered, what is overdue, and whether orders have worked; give the orders of the response plans."""
        for made, why in self._desk.lost:
            self.changes += self.book.undelivered(made, why, now_us=wall_us)
        for made in self._desk.arrived:
            self.changes += self.book.delivered(made, now_us=wall_us)
        for call, response, step in self._desk.responses.ordered:
            self._respond(call, response, step)
        for order in list(self.book.orders.values()):
            if order.change.kind == RESPONSE and not order.is_over and self._desk.has_retracted(order.change.alert_id):
                self.changes += self.book.cancel(order.change.order_id, say("taken_back"), now_us=wall_us)
            if order.change.kind == RETRACT and not order.is_over and not order.waits and self._desk.is_retracted(order.change.alert_id):
                self.changes += self.book.done(order.change.order_id, actor="", role="", reason=say("all_told"), now_us=wall_us)
        self._desk.lost.clear()
        self._desk.arrived.clear()
        self._desk.responses.ordered.clear()
        self.changes += self.book.overdue(now_us=now_us, at_us=wall_us)
        for order in self.book.effects_due(now_us=now_us):
            action = action_of(self._plan, order.change.kind)
            if action is None or action.effect is None:
                continue
            after = self._seen.measure(action.effect.measure, order.change.place, now_us)
            least = action.effect.measure == "peak" and self._seen.at_least(order.change.place, now_us)
            judged = judge(order.before, after, fall=action.effect.fall, at_least=least)
            seen = fill(_FROM_TO, before=_number(order.before), after=_number(after, at_least=least))
            said = say("effect", measure=word(MEASURES, action.effect.measure), seen=(seen.en, seen.zh))
            self.changes.append(self.book.judged(order, judged, said, now_us=wall_us))

    def _respond(self, call: Call, response: ResponsePlan, step: ResponseStep) -> None:
        """Order a step of the response plan of each post that holds its first function."""
        alert, match = call.change, call.started[response.id]
        posts, clause = self._desk.responses.posts(call, response, step), say("clause", clause=response.clause)
        first = OrderChange(
            order_id=order_id(self._mode, alert.alert_id, f"{response.id}/{step.id}"),
            alert_id=alert.alert_id,
            mode=self._mode,
            number=1,
            state="issued",
            kind=RESPONSE,
            place=alert.place,
            recipient=posts[0],
            text_en=step.text.en,
            text_zh=step.text.zh,
            issued_by=SYSTEM,
            issued_role=step.id,
            actor="",
            actor_role="",
            at_us=match.appended_us,
            due_us=match.appended_us + round(step.within_s * US_PER_S),
            effect="",
            effect_due_us=0,
            reason=clause.en,
            reason_zh=clause.zh,
            plan=self._hash,
        )
        given = self.book.issue(first)
        self.changes += given
        for change in given:
            self._desk.order(change, self._words(FREE, change.place, (change.text_en, change.text_zh), now_us=0), priority=alert.priority)


def _number(value: float | None, *, at_least: bool = False) -> tuple[str, str]:
    if value is None:
        return UNKNOWN
    return (f"at least {value:.2f}", f"至少{value:.2f}") if at_least else (f"{value:.2f}", f"{value:.2f}")
