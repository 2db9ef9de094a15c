"""A clip of recorded video around an instant, for the page on this machine; cut at key frames, and given as it was recorded."""

from __future__ import annotations

import tempfile
import threading
from pathlib import Path
from typing import Annotated, Final, NoReturn

from fastapi import APIRouter, HTTPException, Query
from fastapi.responses import FileResponse
from starlette.background import BackgroundTask

from command.source import Source
from pipelines.errors import ConfigError, MusterError
from pipelines.recorder.asking import ask_clip
from pipelines.recorder.naming import iso
from pipelines.units import MICRO

LONGEST_S: Final = 300
_PATIENCE_S: Final = 60.0
_AT_ONCE: Final = 3  # each is a program of its own, with memory of its own
Seconds = Annotated[float, Query(ge=0, le=LONGEST_S, allow_inf_nan=False)]


def router(source: Source, recordings: Path) -> APIRouter:
    """The route; *recordings* is the folder with the modes' recordings, the present folder where there is none."""
    routes = APIRouter()
    places = threading.BoundedSemaphore(_AT_ONCE)

    @routes.get("/api/cameras/{camera}/clip.mp4")
    def clip(
        camera: str,
        mode: Annotated[str, Query(max_length=64)],
        at_us: Annotated[int, Query(ge=0, lt=2**62)],
        before_s: Seconds = 10,
        after_s: Seconds = 20,
    ) -> FileResponse:
        plan = source.plan(mode)
        row = next((row for row in plan.cameras if row.id == camera), None) if plan is not None else None
        if row is None or not row.record or recordings == Path():
            _refuse(404, "This camera is not recorded in this mode.", "该模式下未对此摄像机录像。")
        until_us = at_us + round(after_s * MICRO)
        if until_us > source.now_us():
            _refuse(409, f"The clip ends at {iso(until_us)}, which is still to come.", f"录像片段到{iso(until_us)}结束,尚未录完。")
        if not places.acquire(blocking=False):
            _refuse(503, f"{_AT_ONCE} clips are being made already: ask again in a moment.", f"已有{_AT_ONCE}个片段正在生成,请稍后再试。")
        folder = tempfile.TemporaryDirectory(prefix="muster-clip-")
        path = Path(folder.name) / "clip.mp4"
        try:
            from_us = at_us - round(before_s * MICRO)
            made = ask_clip(recordings / mode, camera, from_us=from_us, until_us=until_us, out=path, timeout_s=_PATIENCE_S)
        except ConfigError as error:
            folder.cleanup()
            _refuse(404, str(error), f"没有可用录像:{error}")
        except MusterError as error:
            folder.cleanup()
            _refuse(503, str(error), f"录像片段暂时无法生成:{error}")
        except BaseException:
            folder.cleanup()
            raise
        finally:
            places.release()
        said = {"X-Clip-Start": iso(made.start_us), "X-Clip-End": iso(made.end_us)}
        return FileResponse(
            path, media_type="video/mp4", filename=f"{camera}-{at_us}.mp4", headers=said, background=BackgroundTask(folder.cleanup)
        )

    return routes


def _refuse(status: int, english: str, chinese: str) -> NoReturn:
    raise HTTPException(status, {"en": english, "zh": chinese})
