"""The page's HTTP interface."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from command.api import create_app
from plan.load import plan_hash
from tests.command import feed
from tests.command.feed import NOW_US
from tests.command.show import Made, a_jpeg, boxes, video_only

MODE = "drill-test"
ACK: dict[str, Any] = {"mode": MODE, "action": "acknowledge", "actor": "M1", "actor_role": "monitor"}


@pytest.fixture
def source() -> Made:
    """The small plan with a fire and crowding."""
    made = Made({MODE: feed.small_plan()})
    picture = made.pictures[MODE]
    fire = feed.change("fire", "fire", "west", start_us=NOW_US, priority="P1", level="critical", latched=True)
    picture.apply("alerts.changes", fire, NOW_US)
    picture.apply("alerts.changes", feed.change("crowd", "crowd_density", "east", start_us=NOW_US), NOW_US)
    return made


def ask(
    source: Made, method: str, path: str, *, run: Path = Path("/nonexistent"), dist: Path = Path("/nonexistent"), **options: Any
) -> httpx.Response:
    """One request."""

    async def go() -> httpx.Response:
        transport = httpx.ASGITransport(app=create_app(source, dist=dist, run=run))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as client:
            return await client.request(method, path, **options)

    return asyncio.run(go())


def post(source: Made, alert: str, **fields: Any) -> httpx.Response:
    """One act."""
    return ask(source, "POST", f"/api/alerts/{alert}/commands", json=ACK | fields)


def test_modes_say_whether_they_are_an_exercise() -> None:
    source = Made({"live": feed.small_plan(), MODE: feed.small_plan()})
    assert [(row["mode"], row["exercise"]) for row in ask(source, "GET", "/api/modes").json()] == [("live", False), (MODE, True)]


def test_the_plan_comes_with_its_hash(source: Made) -> None:
    plan = ask(source, "GET", f"/api/plan?mode={MODE}").json()
    assert (plan["hash"], plan["camera_only"]) == (plan_hash(feed.small_plan()), False)
    assert ask(Made({MODE: video_only()}), "GET", f"/api/plan?mode={MODE}").json()["camera_only"]


def test_the_picture_is_one_snapshot(source: Made) -> None:
    picture = ask(source, "GET", f"/api/picture?mode={MODE}").json()
    assert (picture["mode"], picture["exercise"], picture["complete"]) == (MODE, True, False)


@pytest.mark.parametrize(
    "path", ["/api/plan?mode=live", "/api/picture?mode=live", "/api/stream?mode=live", f"/api/cameras/cam-w/preview?mode={MODE}"]
)
def test_what_is_not_there_is_a_404_with_a_sentence(source: Made, path: str) -> None:
    answer = ask(source, "GET", path)
    assert answer.status_code == 404
    assert answer.json()["detail"].endswith(".")


def test_a_preview_comes_with_its_boxes_and_as_jpeg(source: Made) -> None:
    source.pictures[MODE].apply(*feed.preview("cam-w", NOW_US, a_jpeg(), boxes()), NOW_US)
    preview = ask(source, "GET", f"/api/cameras/cam-w/preview?mode={MODE}").json()
    assert (preview["width_px"], len(preview["boxes"]), preview["boxes"][0][5]) == (1920, 8, 0)
    answer = ask(source, "GET", f"/api/cameras/cam-w/preview.jpg?mode={MODE}")
    assert (answer.headers["content-type"], answer.content) == ("image/jpeg", a_jpeg())


def test_an_acknowledgement_is_sent_to_the_mode_of_its_alert(source: Made) -> None:
    answer = post(source, "crowd")
    assert answer.status_code == 202
    [(mode, command)] = source.sent
    assert (mode, command.alert_id, command.actor, command.received_us) == (MODE, "crowd", "M1", NOW_US)
    assert answer.json() == {"command_id": command.command_id}


@pytest.mark.parametrize(
    ("alert", "fields", "status", "word"),
    [
        ("nothing", {}, 404, "no such alert"),
        ("crowd", {"mode": "live"}, 404, "no mode"),
        ("crowd", {"action": "silence"}, 422, "expected acknowledge, hold"),
        ("crowd", {"actor": ""}, 422, "name and a role"),
        ("crowd", {"actor_role": " "}, 422, "name and a role"),
        ("crowd", {"actor": "x" * 65}, 422, "at most 64"),
        ("crowd", {"reason": "x" * 501}, 422, "at most 500"),
        ("fire", {}, 409, "second gesture"),
        ("crowd", {"action": "clear"}, 403, "may not clear"),
        ("crowd", {"actor_role": "visitor"}, 403, "may not acknowledge"),
        ("crowd", {"action": "clear", "actor_role": "shift leader"}, 409, "clears by itself"),
        ("crowd", {"actor_role": "shift leader", "actor": "somebody"}, 202, ""),
        ("crowd", {"action": "shelve"}, 403, "may not shelve"),
        ("fire", {"action": "shelve", "actor_role": "shift leader", "actor": "S1"}, 409, "never shelved"),
        ("fire", {"action": "close", "actor_role": "shift leader", "actor": "S1"}, 409, "not closed"),
        ("crowd", {"action": "assign", "target": "x" * 65}, 422, "at most 64"),
        ("crowd", {"action": "hold"}, 202, ""),
    ],
)
def test_an_act_is_refused_with_a_sentence(source: Made, alert: str, fields: dict[str, Any], status: int, word: str) -> None:
    answer = post(source, alert, **fields)
    assert answer.status_code == status
    assert word in answer.text
    if status != 202 and "mode" not in fields:
        assert answer.json()["detail"].keys() == {"en", "zh"}
    assert len(source.sent) == (status == 202)


def test_a_life_safety_alert_is_acknowledged_with_a_second_gesture_and_cleared_by_a_right(source: Made) -> None:
    assert post(source, "fire", second_gesture=True).status_code == 202
    assert post(source, "fire", action="clear", actor="S1", actor_role="值班长", reason="false").status_code == 202


def test_an_unknown_field_is_refused(source: Made) -> None:
    assert post(source, "crowd", force=True).status_code == 422


def test_another_page_cannot_act_and_another_name_is_not_answered(source: Made) -> None:
    foreign = ask(source, "POST", "/api/alerts/crowd/commands", json=ACK, headers={"Origin": "http://elsewhere.example"})
    assert (foreign.status_code, source.sent) == (403, [])
    assert ask(source, "GET", "/api/modes", headers={"Host": "elsewhere.example"}).status_code == 400


def test_health_names_the_parts_that_are_not_ready(source: Made, tmp_path: Path) -> None:
    parts = [
        {"name": "kafka", "state": "ready", "pid": 1, "restarts": 0},
        {"name": "flink", "state": "restarting", "pid": 2, "restarts": 3},
    ]
    (tmp_path / "status.json").write_text(json.dumps({"parts": parts}))
    (tmp_path / "status-bad.json").write_text("{")
    assert ask(source, "GET", "/api/health", run=tmp_path).json() == {"parts": parts, "not_ready": ["flink"], "watchdogs": []}


def test_the_page_is_served_with_a_policy_that_allows_only_itself(source: Made, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<!doctype html><title>Muster</title>")
    answer = ask(source, "GET", "/", dist=tmp_path)
    assert "Muster" in answer.text
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert ask(source, "GET", "/").status_code == 503


GRAFANA = "http://grafana.example:3000"


def outlines(source: Made, query: str, *, grafana: str = "") -> httpx.Response:
    """The outlines, asked for from a page of Grafana."""

    async def go() -> httpx.Response:
        app = create_app(source, dist=Path("/nonexistent"), run=Path("/nonexistent"), grafana=grafana)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1:8080") as client:
            return await client.get(f"/api/geojson?{query}", headers={"Origin": GRAFANA})

    return asyncio.run(go())


def test_the_outlines_are_geojson_in_metres_where_the_plan_lies_nowhere(source: Made) -> None:
    answer = outlines(source, f"mode={MODE}")
    assert (answer.status_code, answer.headers["content-type"], answer.json()["frame"]) == (200, "application/geo+json", "venue")
    assert {row["properties"]["kind"] for row in answer.json()["features"]} == {"zone", "gate", "camera"}


def test_a_page_elsewhere_reads_the_outlines_only_where_it_is_named(source: Made) -> None:
    assert "access-control-allow-origin" not in outlines(source, f"mode={MODE}").headers
    assert outlines(source, f"mode={MODE}", grafana=GRAFANA).headers["access-control-allow-origin"] == GRAFANA
    assert "access-control-allow-origin" not in ask(source, "GET", f"/api/plan?mode={MODE}", headers={"Origin": GRAFANA}).headers


@pytest.mark.parametrize(
    ("query", "status"), [("mode=live", 404), (f"mode={MODE}&frame=earth", 409), (f"mode={MODE}&frame=moon", 422), ("", 422)]
)
def test_outlines_that_are_not_there_are_refused(source: Made, query: str, status: int) -> None:
    assert outlines(source, query).status_code == status
