"""Where an alert can be seen, and the two gestures of a request to the fire panel; never beside the acts on alerts."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, HTTPException, Query
from pydantic import BaseModel, ConfigDict, Field

from command.refusals import NO_ALERT, refusal_of
from command.source import Source
from pipelines.errors import TransientError
from pipelines.events import AlertChange, LinkageRequest
from pipelines.linkage.gestures import RELEASE, sign
from pipelines.linkage.permit import LIVE, without_right
from pipelines.words import NOTHING, Said, fill
from plan.linkage import Linkage
from plan.load import plan_hash
from plan.model import Plan
from plan.nearest import nearest_cameras, place_of

LONGEST: Final = 64
_EXERCISE: Final = Said(en="An exercise never asks the panel for anything.", zh="演练不向消防主机发出任何请求。")
_ONLY_READS: Final = Said(en="Outputs are not enabled in this plan: the linkage only reads.", zh="本预案未启用输出:联动只读。")
_NO_REQUEST: Final = ("The plan has no request for '{equipment}'.", "预案中没有对“{equipment}”的请求。")
_NOT_TAKEN: Final = Said(en="The gesture has not been taken: start it by hand at the panel.", zh="操作未能提交:请在消防主机上手动启动。")
Name = Annotated[str, Field(min_length=1, max_length=LONGEST)]
ModeName = Annotated[str, Query(alias="mode", max_length=LONGEST)]


class Gesture(BaseModel):
    """Body of one gesture: `press` when the button goes down, `held` two seconds later, `release` when it is let go before."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mode: Name
    request_id: Annotated[str, Field(pattern=r"^[0-9a-f-]{16,64}$")]
    equipment: Name
    gesture: Literal["press", "held", "release"]
    actor: Name
    actor_role: Name
    alert_id: Annotated[str, Field(max_length=LONGEST)] = ""
    reason: Annotated[str, Field(max_length=500)] = ""


def router(source: Source, run: Path) -> APIRouter:
    """The routes; *run* is the folder with the folders of the modes, for their keys."""
    routes = APIRouter()

    @routes.get("/api/alerts/{alert_id}/cameras")
    def cameras(alert_id: str, mode: ModeName) -> list[dict[str, Any]]:
        plan, alert = source.plan(mode), source.alert(mode, alert_id) if source.plan(mode) is not None else None
        if plan is None or alert is None:
            raise refusal_of(404, NO_ALERT)
        names = {camera.id: camera.name for camera in plan.cameras}
        at_m = _at_m(plan, alert)
        found = nearest_cameras(plan, at_m) if at_m is not None else ()
        return [{**asdict(row), "name": names[row.camera].model_dump()} for row in found]

    @routes.post("/api/linkage/gestures", status_code=202)
    def gesture(asked: Gesture) -> dict[str, str]:
        plan = source.plan(asked.mode)
        if plan is None:
            raise HTTPException(404, f"There is no mode '{asked.mode}' now.")
        row = _record(asked, plan, source.now_us())
        status, sentence = _refusal(row, plan)
        if status:
            raise refusal_of(status, sentence)
        try:
            source.ask_panel(asked.mode, sign(row, (run / LIVE / "mode.key").read_bytes()))
        except (TransientError, OSError) as error:
            raise refusal_of(503, _NOT_TAKEN) from error
        return {"request_id": row.request_id}

    return routes


def _at_m(plan: Plan, alert: AlertChange) -> tuple[float, float] | None:
    """The alert's exact place; the middle of its zone where it has none."""
    return (alert.x_m, alert.y_m) if (alert.x_m, alert.y_m) != (0.0, 0.0) else place_of(plan, alert.place)


def _record(asked: Gesture, plan: Plan, now_us: int) -> LinkageRequest:
    return LinkageRequest(**asked.model_dump(), site=plan.event.site, received_us=now_us, plan=plan_hash(plan), hmac=b"")


def _refusal(row: LinkageRequest, plan: Plan) -> tuple[int, Said]:
    """What can be said at once; LINKAGE decides, and says so on `linkage.changes`."""
    if row.mode != LIVE:
        return 403, _EXERCISE
    linkage: Linkage | None = plan.linkage
    if linkage is None or not linkage.outputs.enabled:
        return 403, _ONLY_READS
    if linkage.request(row.equipment) is None:
        return 404, fill(_NO_REQUEST, equipment=row.equipment)
    refused = without_right(row, plan) if row.gesture != RELEASE else None
    return (403, Said(en=f"{refused.en[0].upper()}{refused.en[1:]}.", zh=f"{refused.zh}。")) if refused is not None else (0, NOTHING)
