"""Clips for the page."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path

import av
import httpx

from command.api import create_app
from pipelines.recorder.naming import iso
from plan.model import Plan
from tests.command import feed
from tests.command.show import Made
from tests.recorder.test_clips import START_US, recorded

MODE = "drill-test"


def plan() -> Plan:
    plain = feed.small_plan().model_dump(mode="json")
    plain["cameras"][0] |= {"kind": "video", "source": "rtsp://127.0.0.1/s", "record": True}
    return Plan.model_validate(plain)


def ask(folder: Path, camera: str, **words: object) -> httpx.Response:
    async def go() -> httpx.Response:
        app = create_app(Made({MODE: plan()}, now_us=lambda: START_US + 3_600_000_000), dist=folder, run=folder, recordings=folder)
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as client:
            return await client.get(f"/api/cameras/{camera}/clip.mp4", params={"mode": MODE, **words})  # type: ignore[dict-item]

    return asyncio.run(go())


def test_a_clip_of_a_recorded_camera_plays_and_says_its_true_start(tmp_path: Path) -> None:
    camera = plan().cameras[0].id
    recorded(tmp_path / MODE, camera=camera)
    answer = ask(tmp_path, camera, at_us=START_US + 4_500_000, before_s=1, after_s=2)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "video/mp4")
    assert answer.headers["x-clip-start"] == iso(START_US + 3_000_000)
    with av.open(io.BytesIO(answer.content)) as container:
        assert sum(1 for _ in container.decode(video=0)) == 35


def test_a_camera_that_is_not_recorded_and_a_time_to_come_are_refused(tmp_path: Path) -> None:
    cameras = plan().cameras
    assert ask(tmp_path, "nobody", at_us=START_US).status_code == 404
    assert ask(tmp_path, cameras[1].id, at_us=START_US).status_code == 404
    assert ask(tmp_path, cameras[0].id, at_us=2**61).status_code == 409
    refused = ask(tmp_path, cameras[0].id, at_us=1_000_000_000)
    assert refused.status_code == 404
    assert set(refused.json()["detail"]) == {"en", "zh"}
    assert ask(tmp_path, cameras[0].id, at_us=START_US, before_s=100_000).status_code == 422
