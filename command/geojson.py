"""The venue's outlines for maps elsewhere, Grafana's above all."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, HTTPException, Query
from fastapi.responses import JSONResponse

from command.source import Source
from plan.geojson import Frame, collection, frame_of

_MEDIA: Final = "application/geo+json"


def router(source: Source, grafana: str) -> APIRouter:
    """The route over *source*.

    Args:
        source: where plans come from.
        grafana: the one address (scheme, host, port) whose pages a browser may let read the outlines; empty = none.
    """
    made = APIRouter()
    may_read = {"Access-Control-Allow-Origin": grafana, "Vary": "Origin"} if grafana else {}

    @made.get("/api/geojson")
    def geojson(mode: Annotated[str, Query(max_length=64)], frame: Annotated[Frame | None, Query()] = None) -> JSONResponse:
        return JSONResponse(_outlines(source, mode, frame), media_type=_MEDIA, headers=may_read)

    return made


def _outlines(source: Source, mode: str, frame: Frame | None) -> dict[str, Any]:
    plan = source.plan(mode)
    if plan is None:
        raise HTTPException(404, f"There is no mode '{mode}' now.")
    try:
        return collection(plan, frame=frame or frame_of(plan))
    except ValueError as error:
        raise HTTPException(409, f"{str(error).capitalize()}.") from error
