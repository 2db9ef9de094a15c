"""The standard's response at the dispatch desk: who is told and what is ordered, by when, and what is overdue. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from pipelines.dispatch.call import ESCALATION, RESPONSE, Call, Receipts, Sent, key_of, message_id
from pipelines.dispatch.routing import on_call
from pipelines.dispatch.texts import free_texts
from pipelines.events import AlertChange, DispatchReceipt
from pipelines.units import US_PER_S

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipelines.messages import Kind, Texts
    from plan.model import Plan
    from plan.response import ResponsePlan, ResponseStep


class Start(Protocol):
    """Begins a delivery."""

    def __call__(
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
        change: AlertChange,
        reason: str,
        number: int,
        references: tuple[tuple[str, int], ...],
    ) -> bool:
        """False when it is under way, or was made before."""


class Responses:
    """The response plans of one mode.

    Args:
        mode: live or drill-<id>.
        plan: with its response plans.
        start: begins a delivery.
        before: the receipts that there are.
        write: writes one more.
    """

    def __init__(self, *, mode: str, plan: Plan, start: Start, before: Receipts, write: Callable[[DispatchReceipt], None]) -> None:
        """Nothing is begun yet."""
        self._mode, self._plan, self._start, self._before, self._write = mode, plan, start, before, write
        self.ordered: list[tuple[Call, ResponsePlan, ResponseStep]] = []

    def begin(self, call: Call) -> None:
        """Tell and order what the response plans ask for, once for each plan that the alert has started."""
        for made in self._plan.response_plans:
            if made.id not in call.started or made.id in call.told_of:
                continue
            call.told_of.add(made.id)
            for step in made.steps:
                if step.by == "order":
                    self.ordered.append((call, made, step))
                else:
                    self._tell(call, made, step)

    def _tell(self, call: Call, made: ResponsePlan, step: ResponseStep) -> None:
        change, match = call.change, call.started[made.id]
        do = (f"{step.text.en} ({made.clause})", step.text.zh)
        for post in self.posts(call, made, step):
            key = message_id(self._mode, change.alert_id, f"{made.id}/{step.id}", match.number, post)
            earlier = [row for row in call.sent.get(post, ()) if row.message_id != key]
            self._start(
                key=key,
                recipient=post,
                kind="update" if earlier else "alert",
                words=free_texts(do, change.place, self._plan, mode=change.mode),
                sent_us=match.appended_us,
                place=change.place,
                priority=change.priority,
                step=step.id,
                due_us=match.appended_us + round(step.within_s * US_PER_S),
                change=change,
                axis=RESPONSE,
                reason=f"clause {made.clause}",
                number=match.number,
                references=tuple((row.message_id, row.sent_us) for row in earlier),
            )
            call.sent.setdefault(post, []).append(Sent(key, match.appended_us))

    def posts(self, call: Call, made: ResponsePlan, step: ResponseStep) -> list[str]:
        """Who holds a step of the response; the function itself where nobody holds it, so that it is seen as overdue."""
        at_us = call.started[made.id].appended_us
        found = [on_call(self._plan, function, call.change.place, at_us) or (str(function),) for function in step.functions]
        return list(dict.fromkeys(post for posts in found for post in posts))

    def time(self, call: Call, now_us: int, wall_us: int) -> None:
        """Say which steps of the response are overdue; each once."""
        for made in self._plan.response_plans:
            if made.id not in call.started or made.id in call.timed:
                continue
            waiting = [step for step in made.steps if step.by == "message"]
            passed = [step for step in waiting if now_us >= call.started[made.id].since_us + round(step.within_s * US_PER_S)]
            for step in passed:
                self._say_overdue(call, made, step, wall_us)
            if len(passed) == len(waiting):
                call.timed.add(made.id)

    def _say_overdue(self, call: Call, made: ResponsePlan, step: ResponseStep, wall_us: int) -> None:
        match, alert_id = call.started[made.id], call.change.alert_id
        reason = f"overdue: {step.id} was due after {step.within_s:g} s by clause {made.clause}"
        for post in self.posts(call, made, step):
            rows = self._before.get(alert_id, {}).get(key_of(RESPONSE, match.number, "", step.id, post), [])
            if any(row.state == "delivered" or row.reason == reason for row in rows):
                continue
            late = DispatchReceipt(
                alert_id=alert_id,
                axis=RESPONSE,
                number=match.number,
                channel=ESCALATION,
                recipient=post,
                state="failed",
                receipt="",
                at_us=wall_us,
                step=step.id,
                due_us=match.appended_us + round(step.within_s * US_PER_S),
                reason=reason,
            )
            self._write(late)
