"""The page's HTTP interface over a `Source`: modes, plan, picture as a stream, previews, acts, static files."""

from __future__ import annotations

import asyncio
import base64
import json
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any, Final

import numpy as np
from fastapi import FastAPI, HTTPException, Query, Request, Response
from fastapi.responses import PlainTextResponse, StreamingResponse
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel, ConfigDict, Field
from starlette.middleware.trustedhost import TrustedHostMiddleware

from command import clips, geojson, linkage
from command.acts import LONGEST, NO_ALERT, Act, refusal, say
from command.headers import SafeHeaders
from command.orders import router as orders
from command.parts import not_ready, parts_of
from command.refusals import NOT_TAKEN, refusal_of
from command.source import Source
from pipelines.errors import TransientError
from pipelines.events import AlertCommand, CameraPreview
from plan.load import plan_hash
from plan.model import Plan
from stack.watch_file import watches

STEP_S: Final = 0.5
BOX_VALUES: Final = 6
ModeName = Annotated[str, Query(alias="mode", max_length=64)]


class Asked(BaseModel):
    """Body of an act on an alert."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mode: str
    action: str
    actor: str
    actor_role: str
    second_gesture: bool = False
    reason: str = ""
    target: str = ""
    choice: str = ""
    until_us: int = Field(default=0, ge=0, lt=2**63)
    x_m: float = Field(default=0.0, allow_inf_nan=False)
    y_m: float = Field(default=0.0, allow_inf_nan=False)


def create_app(
    source: Source,
    *,
    dist: Path,
    run: Path,
    hosts: tuple[str, ...] = ("127.0.0.1", "localhost", "[::1]"),
    grafana: str = "",
    recordings: Path = Path(),
) -> FastAPI:
    """The application.

    Args:
        source: where modes and pictures come from.
        dist: the built page.
        run: folder with the supervisor's status files.
        hosts: names under which the page may be asked for, against DNS rebinding.
        grafana: address of the Grafana whose pages may read the outlines; empty = none.
        recordings: folder of recorded video; no clips are given where there is none.
    """
    app = FastAPI(title="Muster", docs_url=None, redoc_url=None, openapi_url="/api/openapi.json")
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(hosts))
    app.add_middleware(SafeHeaders)
    _add_pictures(app, source)
    _add_cameras(app, source)
    _add_acts(app, source)
    app.include_router(orders(source))
    app.include_router(linkage.router(source, run))
    app.include_router(geojson.router(source, grafana))
    app.include_router(clips.router(source, recordings))

    @app.get("/api/health")
    def health() -> dict[str, Any]:
        parts = parts_of(run)
        return {"parts": parts, "not_ready": not_ready(parts), "watchdogs": watches(run)}

    if (dist / "index.html").is_file():
        app.mount("/", StaticFiles(directory=dist, html=True))
    else:
        app.get("/")(_not_built)
    return app


def _not_built() -> PlainTextResponse:
    return PlainTextResponse("The page is not built yet. The interface under /api/ works.\n", status_code=503)


def _add_pictures(app: FastAPI, source: Source) -> None:
    @app.get("/api/modes")
    def modes() -> list[dict[str, Any]]:
        return [mode.told() for mode in source.modes()]

    @app.get("/api/plan")
    def plan(mode: ModeName) -> dict[str, Any]:
        found = _plan(source, mode)
        return {**found.model_dump(mode="json"), "hash": plan_hash(found), "camera_only": _is_camera_only(found)}

    @app.get("/api/picture")
    def picture(mode: ModeName) -> Response:
        return Response(_snapshot(source, mode), media_type="application/json")

    @app.get("/api/stream")
    async def stream(mode: ModeName, request: Request) -> StreamingResponse:
        _snapshot(source, mode)
        return StreamingResponse(_events(source, mode, request), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


async def _events(source: Source, mode: str, request: Request) -> AsyncIterator[str]:
    told = ""
    yield "retry: 1000\n\n"
    while not await request.is_disconnected():
        modes = json.dumps([row.told() for row in source.modes()], ensure_ascii=False)
        if modes != told:
            told = modes
            yield f"event: modes\ndata: {modes}\n\n"
        text = await asyncio.to_thread(source.snapshot, mode)
        if text is None:
            yield "event: gone\ndata: {}\n\n"
            return
        yield f"event: picture\ndata: {text}\n\n"
        await asyncio.sleep(STEP_S)


def _add_cameras(app: FastAPI, source: Source) -> None:
    @app.get("/api/cameras/{camera}/preview")
    def preview(camera: str, mode: ModeName) -> dict[str, Any]:
        found = _preview(source, mode, camera)
        return {
            "event_time_us": found.event_time_us,
            "width_px": found.width_px,
            "height_px": found.height_px,
            "jpeg_base64": base64.b64encode(found.jpeg).decode(),
            "boxes": _boxes(found.boxes),
        }

    @app.get("/api/cameras/{camera}/preview.jpg")
    def preview_jpeg(camera: str, mode: ModeName) -> Response:
        return Response(_preview(source, mode, camera).jpeg, media_type="image/jpeg")


def _add_acts(app: FastAPI, source: Source) -> None:
    @app.post("/api/reports", status_code=202)
    def report(asked: Asked) -> dict[str, str]:
        if asked.action not in NO_ALERT:
            raise refusal_of(422, say("no_action", expected=", ".join(NO_ALERT), got=asked.action[:LONGEST]))
        return command("", asked)

    @app.post("/api/alerts/{alert_id}/commands", status_code=202)
    def command(alert_id: str, asked: Asked) -> dict[str, str]:
        plan = _plan(source, asked.mode)
        act = Act(**asked.model_dump(exclude={"mode"}))
        refused = refusal(act, source.alert(asked.mode, alert_id), plan)
        if refused is not None:
            raise refusal_of(refused.status, refused.sentence)
        made = AlertCommand(
            command_id=str(uuid.uuid4()),
            alert_id=alert_id,
            action=act.action,
            actor=act.actor.strip(),
            actor_role=act.actor_role.strip(),
            second_gesture=act.second_gesture,
            reason=act.reason.strip(),
            received_us=source.now_us(),
            target=act.target.strip(),
            choice=act.choice,
            until_us=act.until_us,
            x_m=act.x_m,
            y_m=act.y_m,
        )
        try:
            source.send(asked.mode, made)
        except TransientError as error:
            raise refusal_of(503, NOT_TAKEN) from error
        return {"command_id": made.command_id}


def _is_camera_only(plan: Plan) -> bool:
    """Whether all there is to see is one video without calibration."""
    return len(plan.cameras) == 1 and plan.cameras[0].kind == "video" and plan.cameras[0].calibration is None


def _plan(source: Source, mode: str) -> Plan:
    found = source.plan(mode)
    if found is None:
        raise HTTPException(404, f"There is no mode '{mode}' now.")
    return found


def _snapshot(source: Source, mode: str) -> str:
    found = source.snapshot(mode)
    if found is None:
        raise HTTPException(404, f"There is no mode '{mode}' now.")
    return found


def _preview(source: Source, mode: str, camera: str) -> CameraPreview:
    found = source.preview(mode, camera)
    if found is None:
        raise HTTPException(404, f"Camera '{camera}' has sent no preview picture.")
    return found


def _boxes(raw: bytes) -> list[list[float]]:
    rows = np.frombuffer(raw[: len(raw) - len(raw) % (4 * BOX_VALUES)], dtype="<f4").reshape(-1, BOX_VALUES)
    return [[round(float(value), 2) for value in row] for row in rows if np.isfinite(row).all()]
