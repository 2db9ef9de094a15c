"""Orders over HTTP: give one, report on one, see all."""

from __future__ import annotations

import uuid
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, HTTPException, Query
from pydantic import BaseModel, ConfigDict, Field

from command.acts import NO_NAME
from command.refusals import NO_ALERT, NO_ORDER, NOT_TAKEN, refusal_of
from command.source import Source
from pipelines.errors import TransientError
from pipelines.events import OrderCommand
from pipelines.words import NOTHING
from plan.authority import may_approve, refused
from plan.model import Plan

ModeName = Annotated[str, Query(alias="mode", max_length=64)]
Short = Annotated[str, Field(max_length=64)]
Words = Annotated[str, Field(max_length=500)]
SECOND: Final = "approve"


class Given(BaseModel):
    """Body of an order."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mode: Short
    kind: Short
    place: Short = ""
    recipient: Short = ""
    alert_id: Short = ""
    text_en: Words = ""
    text_zh: Words = ""
    actor: Short
    actor_role: Short
    second_gesture: bool = False
    reason: Words = ""


class Reported(BaseModel):
    """Body of what somebody reports of an order, or asks of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mode: Short
    action: Literal["read", "accept", "on_scene", "done", "refuse", "cancel", "approve"]
    actor: Short
    actor_role: Short
    second_gesture: bool = False
    reason: Words = ""


def router(source: Source) -> APIRouter:
    """The routes over *source*."""
    routes = APIRouter(prefix="/api/orders")

    @routes.get("")
    def orders(mode: ModeName) -> list[dict[str, Any]]:
        _plan(source, mode)
        return source.orders(mode).shown()

    @routes.post("", status_code=202)
    def give(given: Given) -> dict[str, str]:
        plan = _plan(source, given.mode)
        made = _command(source, given, order_id="", action="issue")
        why = refused(made, plan)
        if why:
            raise refusal_of(422 if why.en.partition(":")[0] in Given.model_fields else 403, why)
        if given.alert_id and source.alert(given.mode, given.alert_id) is None:
            raise refusal_of(404, NO_ALERT)
        return _send(source, given.mode, made)

    @routes.post("/{order_id}/commands", status_code=202)
    def report(order_id: str, reported: Reported) -> dict[str, str]:
        plan = _plan(source, reported.mode)
        known = source.orders(reported.mode).newest(order_id)
        if known is None:
            raise refusal_of(404, NO_ORDER)
        if not reported.actor.strip() or not reported.actor_role.strip():
            raise refusal_of(422, NO_NAME)
        made = _command(source, reported, order_id=order_id, action=reported.action)
        why = may_approve(made, known.kind, plan) if reported.action == SECOND else NOTHING
        if why:
            raise refusal_of(403, why)
        return _send(source, reported.mode, made)

    return routes


def _command(source: Source, asked: Given | Reported, *, order_id: str, action: str) -> OrderCommand:
    given = asked if isinstance(asked, Given) else None
    return OrderCommand(
        command_id=str(uuid.uuid4()),
        order_id=order_id,
        alert_id=given.alert_id if given else "",
        action=action,
        kind=given.kind if given else "",
        place=given.place if given else "",
        recipient=given.recipient if given else "",
        text_en=given.text_en.strip() if given else "",
        text_zh=given.text_zh.strip() if given else "",
        actor=asked.actor.strip(),
        actor_role=asked.actor_role.strip(),
        second_gesture=asked.second_gesture,
        reason=asked.reason.strip(),
        received_us=source.now_us(),
    )


def _send(source: Source, mode: str, made: OrderCommand) -> dict[str, str]:
    try:
        source.send(mode, made)
    except TransientError as error:
        raise refusal_of(503, NOT_TAKEN) from error
    return {"command_id": made.command_id}


def _plan(source: Source, mode: str) -> Plan:
    found = source.plan(mode)
    if found is None:
        raise HTTPException(404, f"There is no mode '{mode}' now.")
    return found
