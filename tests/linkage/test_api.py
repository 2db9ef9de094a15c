"""Where an alert can be seen, and the gestures of a request, over HTTP: apart from the acts on alerts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipelines.linkage.gestures import is_signed
from tests.command import feed
from tests.command.show import Made
from tests.command.test_api import ask
from tests.linkage.scene import LIVE_KEY, plan_of

BODY: dict[str, Any] = {
    "mode": "live",
    "request_id": "0123456789abcdef",
    "equipment": "hall-sprinkler",
    "gesture": "press",
    "actor": "F1",
    "actor_role": "消防控制室",
}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    (tmp_path / "live").mkdir()
    (tmp_path / "live" / "mode.key").write_bytes(LIVE_KEY)
    return tmp_path


def made(**modes: Any) -> Made:
    return Made(modes or {"live": plan_of(enabled=True), "drill-t": plan_of(enabled=True)})


def post(source: Made, run: Path, **changes: Any):
    return ask(source, "POST", "/api/linkage/gestures", json=BODY | changes, run=run)


def test_the_nearest_cameras_of_an_alert_come_with_names_and_distances():
    source = made()
    for name, x_m, y_m in (("exact", 3.0, 4.0), ("zone", 0.0, 0.0)):
        change = feed.change(name, "fire", "hall", start_us=feed.NOW_US, priority="P1", level="critical", x_m=x_m, y_m=y_m)
        source.pictures["live"].apply("alerts.changes", change, feed.NOW_US)
    found = ask(source, "GET", "/api/alerts/exact/cameras?mode=live").json()
    assert [(row["camera"], row["owns"], row["distance_m"], row["name"]["zh"]) for row in found] == [
        ("c1", True, 5.0, "某处"),
        ("c2", False, 17.46, "某处"),
    ]
    middle = ask(source, "GET", "/api/alerts/zone/cameras?mode=live").json()
    assert [(row["camera"], row["distance_m"]) for row in middle] == [("c1", 14.14), ("c2", 14.14)]
    for path in ("/api/alerts/none/cameras?mode=live", "/api/alerts/exact/cameras?mode=drill-x"):
        assert ask(source, "GET", path).status_code == 404


def test_a_gesture_is_signed_and_sent_and_alerts_hear_nothing_of_it(run):
    source = made()
    assert [post(source, run, gesture=which).status_code for which in ("press", "held", "release")] == [202] * 3
    assert [(mode, row.gesture, row.received_us) for mode, row in source.gestures] == [
        ("live", "press", feed.NOW_US),
        ("live", "held", feed.NOW_US),
        ("live", "release", feed.NOW_US),
    ]
    assert all(is_signed(row, LIVE_KEY) for _, row in source.gestures)
    assert source.sent == []


@pytest.mark.parametrize(
    ("changes", "status", "word"),
    [
        ({"mode": "drill-t"}, 403, "never asks the panel"),
        ({"mode": "drill-x"}, 404, "no mode"),
        ({"equipment": "hall-lift"}, 404, "no request for"),
        ({"actor": "S1", "actor_role": "shift leader"}, 403, "has not the right"),
        ({"gesture": "silence"}, 422, "press"),
        ({"request_id": "x"}, 422, "request_id"),
        ({"second_gesture": True}, 422, "second_gesture"),
    ],
)
def test_a_gesture_is_refused_with_a_sentence(run, changes, status, word):
    source = made()
    answer = post(source, run, **changes)
    assert answer.status_code == status
    assert word in answer.text
    assert source.gestures == []


def test_without_outputs_or_without_a_key_nothing_is_sent(run, tmp_path):
    off = made(live=plan_of())
    assert post(off, run).status_code == 403
    source = made()
    assert post(source, tmp_path / "elsewhere").status_code == 503
    assert (off.gestures, source.gestures) == ([], [])


def test_an_act_on_an_alert_cannot_ask_for_an_output():
    source = made()
    body = {"mode": "live", "action": "fire_output", "actor": "F1", "actor_role": "fire control room", "second_gesture": True}
    assert ask(source, "POST", "/api/alerts/a/commands", json=body).status_code in (404, 422)
    assert source.sent == []
