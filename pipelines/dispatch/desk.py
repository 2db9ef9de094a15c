"""The dispatch desk: every alert that people must hear of, whom it has reached, and who is called next. Pure.

Two clocks are given: `now_us` is steady and moves ladders and patience; `wall_us` is UTC and stands in records. Times in
receipts (`due_us`) count from when the broker took the change, so they are the same after a restart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

from pipelines.dispatch.call import ESCALATION, RESPONSE, Call, Handed, Match, Receipts, Sent, addressed, key_of, message_id
from pipelines.dispatch.delivery import Delivery, Outcome, tries
from pipelines.dispatch.escalation import Step, due, ladder
from pipelines.dispatch.orders import say
from pipelines.dispatch.responses import Responses
from pipelines.dispatch.routing import Told, bearers, may_not_carry, on_call
from pipelines.dispatch.texts import outline, place_name, texts
from pipelines.events import AlertChange, DispatchReceipt, OrderChange
from pipelines.messages import Channel, Kind, Message, Texts
from pipelines.units import US_PER_S
from pipelines.words import Said
from plan.duty import Bearer, Duty, Network, Reach, Shift

if TYPE_CHECKING:
    from plan.model import Plan

INBOX: Final = "drill-inbox"
RETRACTED: Final = "retracted"  # the axis of receipts of a message that takes back the others
FALSE: Final = "false"
_BARE: Final = Duty(
    channels=(Network(channel="none", network="none"),),
    reach=(Reach(post="-", bearers=(Bearer(channel="none"), Bearer(channel="none"))),),
    shifts=(Shift(function="command_post", posts=("-",)),),
)
"""The ladders and the patience of a plan without an on-call table."""


class Desk:
    """The desk of one mode.

    Args:
        mode: live or drill-<id>.
        plan: names the posts and the places.
        channels: by name; what is not among them is refused.
        receipts: those that were given before.
    """

    def __init__(self, *, mode: str, plan: Plan, channels: Mapping[str, Channel], receipts: Iterable[DispatchReceipt] = ()) -> None:
        """Nothing is delivered yet."""
        self._mode, self._plan, self._channels = mode, plan, channels
        self._duty = plan.duty or _BARE
        self._patience_us = round(self._duty.patience_s * US_PER_S)
        self._ladders = {priority: ladder(priority, self._duty) for priority in ("P1", "P2", "P3")}
        self._told = Told()
        self.calls: dict[str, Call] = {}
        self._moving: dict[str, Call] = {}
        self._flying: dict[str, Delivery] = {}
        self._before: Receipts = {}
        self._public: set[str] = set()
        self._keys: dict[str, set[str]] = {}
        self._unheard: set[str] = set()
        self._appended: dict[str, dict[tuple[str, int], int]] = {}
        self.receipts: list[DispatchReceipt] = []
        self.arrived: list[str] = []
        self.lost: list[tuple[str, Said]] = []
        self.responses = Responses(mode=mode, plan=plan, start=self._start, before=self._before, write=self._write)
        for receipt in receipts:
            self._remember(receipt)

    def _remember(self, receipt: DispatchReceipt) -> None:
        key = key_of(receipt.axis, receipt.number, receipt.order_id, receipt.step, receipt.recipient)
        self._before.setdefault(receipt.alert_id, {}).setdefault(key, []).append(receipt)

    def foreign(self, change: AlertChange) -> str:
        """Why a change may not come to this desk at all; empty when it may. Each message is held against its channel besides."""
        mode = change.mode
        return "" if mode == self._mode else f"a change of mode '{mode[:40]}' came in the topic of '{self._mode}'"

    # -- what happens ---------------------------------------------------------------------------------------------

    def take(self, change: AlertChange, *, appended_us: int, since_us: int, wall_us: int) -> None:
        """Take a change of an alert that the broker took at *appended_us*, which is *since_us* on the steady clock."""
        self._appended.setdefault(change.alert_id, {})[change.axis, change.number] = appended_us
        call, news = self.calls.get(change.alert_id), self._told.is_news(change)
        if call is not None and change.work != "new":
            self._answer(call, change, wall_us)
        if call is not None and change.axis == "work" and FALSE in (change.verdict, change.closing):
            self.retract(change.alert_id, at_us=appended_us)
        if not news or change.priority not in ("P1", "P2") or (call is not None and call.retracted_us):
            return
        if call is None or call.over:
            sent = call.sent if call is not None else {}
            call = Call(change, appended_us, since_us, change.number, answered=change.work != "new", sent=sent)
            self.calls[change.alert_id] = call
        elif change.priority == "P1" and call.change.priority != "P1":
            call.appended_us, call.since_us, call.ladder_number = appended_us, since_us, change.number
            call.begun, call.failed = {}, set()
        for made in self._plan.response_plans:
            # what nobody has signed goes to people on the spot, never further by itself
            if change.rule in made.rules and change.level in made.levels and change.condition == "active" and change.verified:
                call.started.setdefault(made.id, Match(change.number, appended_us, since_us))
        self._renew(call, change)

    def _renew(self, call: Call, change: AlertChange) -> None:
        call.change, call.fresh = change, True
        call.over = bool(call.retracted_us) or change.condition == "cleared"
        self._moving[change.alert_id] = call

    def _answer(self, call: Call, change: AlertChange, wall_us: int) -> None:
        if call.answered:
            return
        call.answered = True
        rows = [row for some in self._before.get(change.alert_id, {}).values() for row in some]
        if not any(row.state == "answered" for row in rows):
            step = next(reversed(call.begun), "first")
            self._say(call, change.actor or change.work, state="answered", wall_us=wall_us, step=step, due_us=call.begun.get(step, 0))

    def retract(self, alert_id: str, *, at_us: int) -> bool:
        """Take back what was told of an alert, to everyone who was told; False when nobody was."""
        call = self.calls.get(alert_id)
        if call is None:
            return False
        if not call.retracted_us:
            call.retracted_us = at_us
            self._renew(call, call.change)
        return True

    def told_public(self, alert_id: str) -> bool:
        """Whether an order with a text for the public was given because of the alert."""
        return alert_id in self._public

    def has_retracted(self, alert_id: str) -> bool:
        """Whether the alert is being taken back."""
        call = self.calls.get(alert_id)
        return call is not None and bool(call.retracted_us)

    def is_retracted(self, alert_id: str) -> bool:
        """Whether everyone who was told of the alert has heard that it is taken back."""
        call = self.calls.get(alert_id)
        waiting = [row for row in self._of(alert_id) if row.message.kind == "cancel"]
        heard = alert_id not in self._unheard and all(row.arrived for row in waiting)
        return call is not None and bool(call.retracted_us) and not call.fresh and heard

    def order(self, change: OrderChange, words: dict[str, Texts], *, priority: str, deliver: bool = True) -> None:
        """Bring an order to its recipient; or only remember, for what may follow, that it was given."""
        key = message_id(self._mode, change.order_id, "order", 1, change.recipient)
        call = self.calls.get(change.alert_id)
        if call is not None:
            call.sent.setdefault(change.recipient, []).append(Sent(key, change.at_us))
        if change.alert_id and any(row.public for row in words.values()):
            self._public.add(change.alert_id)
        if not deliver:
            return
        self._start(
            key=key,
            recipient=change.recipient,
            kind="order",
            words=words,
            sent_us=change.at_us,
            place=change.place,
            priority=priority,
            step="order",
            due_us=change.at_us,
            order=change,
            axis="order",
        )

    # -- what follows ---------------------------------------------------------------------------------------------

    def turn(self, *, now_us: int, wall_us: int) -> list[Handed]:
        """Begin the steps that are due, and give what the channels are to do now."""
        for alert_id, call in list(self._moving.items()):
            if call.fresh:
                self._tell_news(call)
            if not call.over:
                self._climb(call, now_us, wall_us)
                self.responses.begin(call)  # the alert itself is told before what is to be done about it
                self.responses.time(call, now_us, wall_us)
            if call.over or (not self._waits(call) and not call.fresh):
                del self._moving[alert_id]
        handed = []
        for key, delivery in list(self._flying.items()):
            handed += self._hand_over(key, delivery, now_us, wall_us)
            if delivery.must_escalate(now_us, self._patience_us):
                self._escalate(delivery, wall_us)
            if delivery.is_over and all(one.state != "flying" for one in delivery.tries):
                self._end(key, delivery)
        return handed

    def _end(self, key: str, delivery: Delivery) -> None:
        del self._flying[key]
        self._keys[delivery.alert_id].discard(key)
        if not self._keys[delivery.alert_id]:
            del self._keys[delivery.alert_id]
        if delivery.message.kind == "cancel" and not delivery.arrived and not delivery.dropped:
            self._unheard.add(delivery.alert_id)

    def _of(self, alert_id: str) -> list[Delivery]:
        """The messages about an alert that are under way."""
        return [self._flying[key] for key in self._keys.get(alert_id, ())]

    def _waits(self, call: Call) -> bool:
        steps = self._ladders[call.change.priority]
        return call.timed != set(call.started) or (not call.answered and any(step.name not in call.begun for step in steps))

    def _tell_news(self, call: Call) -> None:
        call.fresh = False
        change = call.change
        for delivery in self._of(change.alert_id):
            news = delivery.axis not in ("order", RESPONSE) and (delivery.number != change.number or call.over)
            if (news or (call.retracted_us and delivery.axis == RESPONSE)) and delivery.message.kind != "cancel":
                delivery.dropped = True  # what is newer takes its place
        if not call.restored:
            self._restore(call)
        told = list(call.sent)
        if call.over and not told and change.priority == "P1":
            told = self._step_posts(call, self._ladders["P1"][0], call.appended_us)[0]
        for post in told:
            self._tell(call, post, step=next(reversed(call.begun), "first"), due_us=call.appended_us)
        if call.over:
            return
        for step in self._ladders[change.priority]:
            if step.name in call.begun:
                self._tell_step(call, step, call.begun[step.name])
        for system in self._duty.systems:
            if change.priority in system.priorities and change.verified:
                self._tell(call, system.name, step="", due_us=0)

    def _restore(self, call: Call) -> None:
        """What was begun, and whom it reached, before this process: from the receipts."""
        call.restored = True
        alert_id, names = call.change.alert_id, {step.name for step in self._ladders[call.change.priority]}
        for (axis, number, _, _, recipient), rows in self._before.get(alert_id, {}).items():
            for row in rows:
                if row.channel == ESCALATION and number >= call.ladder_number and row.step in names:
                    call.said.add((row.step, recipient, row.state))
                    if row.state == "escalated" and recipient == row.step:
                        call.begun.setdefault(row.step, row.due_us)
                    elif row.state == "escalated":
                        call.failed.add(row.step)
            sent_us = self._appended[alert_id].get((axis, number))
            if sent_us is not None and any(row.state in ("delivered", "failed") for row in rows):
                call.sent.setdefault(recipient, []).append(Sent(message_id(self._mode, alert_id, axis, number, recipient), sent_us))

    def _climb(self, call: Call, now_us: int, wall_us: int) -> None:
        steps = self._ladders[call.change.priority]
        found = due(steps, since_us=call.since_us, now_us=now_us, begun=call.begun, failed=call.failed, answered=call.answered)
        for step in found:
            due_us = call.appended_us + step.after_us
            call.begun[step.name] = due_us
            if step.after_us:
                pulled = now_us < call.since_us + step.after_us
                why = "the step before reached nobody" if pulled else f"nobody has answered for {step.after_us // US_PER_S} s"
                self._say(call, step.name, state="escalated", wall_us=wall_us, step=step.name, due_us=due_us, reason=why)
            missing = self._tell_step(call, step, due_us)
            for function in missing:
                reason = f"nobody is on shift as {function}"
                self._say(call, function, state="escalated", wall_us=wall_us, step=step.name, due_us=due_us, reason=reason)

    def _tell_step(self, call: Call, step: Step, due_us: int) -> list[str]:
        posts, missing = self._step_posts(call, step, due_us)
        for post in posts:
            self._tell(call, post, step=step.name, due_us=due_us)
        if not posts:
            call.failed.add(step.name)
        return missing

    def _step_posts(self, call: Call, step: Step, due_us: int) -> tuple[list[str], list[str]]:
        """Posts of the step by function, and the functions that nobody holds; who is on shift goes by the step's due time."""
        found: dict[str, None] = {}
        missing = []
        for function in step.functions:
            held = on_call(self._plan, function, call.change.place, due_us)
            if not held:
                missing.append(str(function))
            found |= dict.fromkeys(held)
        return list(found), missing

    def _tell(self, call: Call, recipient: str, *, step: str, due_us: int) -> None:
        change = call.change
        axis = RETRACTED if call.retracted_us else change.axis
        sent_us = call.retracted_us or self._appended[change.alert_id][axis, change.number]
        key = message_id(self._mode, change.alert_id, axis, change.number, recipient)
        earlier = [row for row in call.sent.get(recipient, ()) if row.message_id != key]
        kind: Kind = "cancel" if call.over else "update" if earlier else "alert"
        started = self._start(
            key=key,
            recipient=recipient,
            kind=kind,
            words=texts(change, self._plan, retracted=bool(call.retracted_us)),
            sent_us=sent_us,
            place=change.place,
            priority=change.priority,
            step=step,
            due_us=due_us,
            change=change,
            axis=axis,
            references=tuple((row.message_id, row.sent_us) for row in earlier),
            to=tuple(Bearer(channel=row.channel, address=row.address) for row in self._duty.systems if row.name == recipient),
        )
        if started:
            call.sent.setdefault(recipient, []).append(Sent(key, sent_us))

    def _start(
        self,
        *,
        key: str,
        recipient: str,
        kind: Kind,
        words: dict[str, Texts],
        sent_us: int,
        place: str,
        priority: str,
        step: str,
        due_us: int,
        axis: str,
        change: AlertChange | None = None,
        order: OrderChange | None = None,
        references: tuple[tuple[str, int], ...] = (),
        to: tuple[Bearer, ...] = (),
        reason: str = "",
        number: int = 0,
    ) -> bool:
        """Begin a delivery that is not under way, and was not made before; False otherwise."""
        alert_id = change.alert_id if change is not None else order.alert_id if order is not None else ""
        number = number or (change.number if change is not None else 1)
        order_id = order.order_id if order is not None else ""
        known = self._before.get(alert_id, {}).get(key_of(axis, number, order_id, step, recipient), [])
        if key in self._flying or any(row.state == "delivered" for row in known):
            return False
        if known and all(row.state in ("refused", "escalated") for row in known) and any(row.state == "escalated" for row in known):
            return False  # it ended with an escalation
        en, zh = place_name(place, self._plan)
        mode = change.mode if change is not None else order.mode if order is not None else self._mode
        message = Message(
            message_id=key,
            mode=mode,
            kind=kind,
            recipient=recipient,
            texts=words,
            sent_us=sent_us,
            change=change,
            order=order,
            references=references,
            place_name={"en": en, "zh": zh},
            polygon=outline(place, self._plan),
        )
        over = to or bearers(self._plan, recipient, channels=self._channels, mode=self._mode, stands_in=INBOX)
        made = Delivery(
            message=message,
            priority=priority,
            step=step,
            due_us=due_us,
            tries=tries(over),
            alert_id=alert_id,
            axis=axis,
            number=number,
            order_id=order_id,
            reason=reason,
        )
        for one in made.tries:
            one.attempts = max((row.attempt for row in known if row.channel == one.bearer.channel), default=0)
        made.escalated = any(row.state == "escalated" for row in known)
        self._flying[key] = made
        self._keys.setdefault(alert_id, set()).add(key)
        return True

    def _hand_over(self, key: str, delivery: Delivery, now_us: int, wall_us: int) -> list[Handed]:
        handed = []
        for number in delivery.hand_over(now_us, self._patience_us):
            bearer = delivery.tries[number].bearer
            channel = self._channels.get(bearer.channel)
            why = may_not_carry(channel, bearer.channel, message_mode=delivery.message.mode, mode=self._mode)
            if why:
                self.result(key, number, "refused", receipt="", reason=why, retry_after_us=0, now_us=now_us, wall_us=wall_us)
                handed += self._hand_over(key, delivery, now_us, wall_us)  # the next bearer, at once
            else:
                handed.append(Handed(key, number, bearer.channel, addressed(delivery.message, bearer.address), delivery.priority))
        return handed

    def result(
        self, key: str, bearer: int, outcome: Outcome, *, receipt: str, reason: str, retry_after_us: int, now_us: int, wall_us: int
    ) -> None:
        """Take what became of an attempt; one that nobody waits for any more is noted too."""
        delivery = self._flying.get(key)
        if delivery is None:
            return
        one = delivery.tries[bearer]
        delivery.took(bearer, outcome, now_us, retry_after_us=retry_after_us)
        channel, why = one.bearer.channel, reason or delivery.reason
        self._receipt(delivery, channel, state=outcome, receipt=receipt, reason=why, attempt=one.attempts, wall_us=wall_us)
        if outcome == "delivered" and delivery.order_id:
            self.arrived.append(delivery.order_id)

    def _escalate(self, delivery: Delivery, wall_us: int) -> None:
        """No bearer has reached the recipient: the next step begins at once."""
        delivery.escalated = True
        names = ", ".join(dict.fromkeys(one.bearer.channel for one in delivery.tries))
        reason = say("nobody_reached", bearers=names)
        self._receipt(delivery, ESCALATION, state="escalated", receipt="", reason=reason.en, attempt=1, wall_us=wall_us)
        call = self.calls.get(delivery.alert_id)
        if call is not None and delivery.axis not in ("order", RESPONSE):
            call.failed.add(delivery.step)
            self._moving.setdefault(delivery.alert_id, call)
        if delivery.order_id:
            self.lost.append((delivery.order_id, reason))

    def _receipt(self, delivery: Delivery, channel: str, *, state: str, receipt: str, reason: str, attempt: int, wall_us: int) -> None:
        made = DispatchReceipt(
            alert_id=delivery.alert_id,
            axis=delivery.axis,
            number=delivery.number,
            channel=channel,
            recipient=delivery.message.recipient,
            state=state,
            receipt=receipt,
            at_us=wall_us,
            step=delivery.step,
            order_id=delivery.order_id,
            attempt=max(attempt, 1),
            due_us=delivery.due_us,
            reason=reason,
        )
        self._write(made)

    def _write(self, made: DispatchReceipt) -> None:
        self._remember(made)
        self.receipts.append(made)

    def _say(self, call: Call, recipient: str, *, state: str, wall_us: int, step: str, due_us: int, reason: str = "") -> None:
        """A receipt that is no delivery: a step that began, an answer, a function that nobody holds."""
        if (step, recipient, state) in call.said:
            return
        call.said.add((step, recipient, state))
        made = DispatchReceipt(
            alert_id=call.change.alert_id,
            axis=call.change.axis,
            number=call.change.number,
            channel=ESCALATION,
            recipient=recipient,
            state=state,
            receipt="",
            at_us=wall_us,
            step=step,
            due_us=due_us,
            reason=reason,
        )
        self.receipts.append(made)

    @property
    def undelivered(self) -> int:
        """Messages under way that have reached nobody yet on any bearer and were escalated."""
        return sum(delivery.escalated and not delivery.arrived and not delivery.dropped for delivery in self._flying.values())
