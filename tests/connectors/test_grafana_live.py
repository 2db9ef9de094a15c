"""The same push against a real Grafana, where one is given.

GRAFANA_URL and GRAFANA_TOKEN_FILE say which; GRAFANA_CLICKHOUSE (127.0.0.1:9000), GRAFANA_CLICKHOUSE_USER (default) and
GRAFANA_CLICKHOUSE_PASSWORD_FILE where ClickHouse is, as that Grafana sees it.

It writes into that Grafana: give one that is there for tests. Boards are the committed ones, else two of the test's own.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.dashboards_push import BOARDS
from connectors.grafana import places
from connectors.grafana.client import Grafana
from connectors.grafana.outcome import Did, Outcome
from connectors.grafana.push import Push, Wanted
from connectors.grafana.wanted import Board, Drill, Playlist, read_boards
from connectors.secret_file import read_secret

URL, TOKEN_FILE = os.environ.get("GRAFANA_URL", ""), os.environ.get("GRAFANA_TOKEN_FILE", "")
CLICKHOUSE = os.environ.get("GRAFANA_CLICKHOUSE", "127.0.0.1:9000")
PASSWORD_FILE = os.environ.get("GRAFANA_CLICKHOUSE_PASSWORD_FILE", "")
pytestmark = pytest.mark.skipif(not URL or not TOKEN_FILE, reason="GRAFANA_URL and GRAFANA_TOKEN_FILE name no Grafana to try this on")
DRILL = Drill.model_validate(
    {"id": "live-test", "title": "A test", "begin": "2026-05-01T19:30:00+08:00", "end": "2026-05-01T20:00:00+08:00"}
)


@pytest.fixture
def grafana() -> Iterator[Grafana]:
    made = Grafana(URL, read_secret(Path(TOKEN_FILE)))
    made.start()
    yield made
    made.close()


def own_boards(folder: Path) -> Path:
    """Two boards of the test's own, one a language."""
    for language, title in (("en", "Muster test"), ("zh", "Muster 测试")):
        (folder / language).mkdir()
        target = {"refId": "A", "editorType": "sql", "queryType": "table", "format": 1, "rawSql": "SELECT 1 AS one"}
        panel = {"id": 1, "type": "stat", "title": title, "gridPos": {"x": 0, "y": 0, "w": 6, "h": 4}, "targets": [target]}
        model = {"uid": f"muster-test-{language}", "title": title, "schemaVersion": 39, "panels": [panel]}
        (folder / language / "test.json").write_text(json.dumps(model), encoding="utf-8")
    return folder


def boards(tmp_path: Path) -> dict[Any, list[Board]]:
    committed: dict[Any, list[Board]] = {language: read_boards(BOARDS, language) for language in ("en", "zh")}
    if any(committed.values()):
        return committed
    own = own_boards(tmp_path)
    return {language: read_boards(own, language) for language in ("en", "zh")}


def wanted(found: dict[Any, list[Board]]) -> Wanted:
    host, _, port = CLICKHOUSE.rpartition(":")
    password = read_secret(Path(PASSWORD_FILE)) if PASSWORD_FILE else ""
    user = os.environ.get("GRAFANA_CLICKHOUSE_USER", "default")
    source = places.Source(host=host, port=int(port), user=user, password=password)
    name = found["en"][0].file.partition("/")[2].removesuffix(".json")
    return Wanted(boards=found, source=source, drills=(DRILL,), playlist=Playlist.model_validate({"boards": [name]}))


def push(grafana: Grafana, asked: Wanted, **options: Any) -> list[Outcome]:
    return list(Push(grafana=grafana, wanted=asked, **options).run())


def troubles(outcomes: list[Outcome]) -> list[Outcome]:
    return [outcome for outcome in outcomes if outcome.did is Did.FAILED]


def test_everything_is_made_and_a_second_push_changes_nothing(grafana: Grafana, tmp_path: Path) -> None:
    asked = wanted(boards(tmp_path))
    assert troubles(push(grafana, asked)) == []
    assert [outcome for outcome in push(grafana, asked) if outcome.did is not Did.SAME] == []


def test_a_board_edited_by_hand_is_left_until_it_is_forced(grafana: Grafana, tmp_path: Path) -> None:
    asked = wanted(boards(tmp_path))
    push(grafana, asked)
    uid = asked.boards["en"][0].uid
    there = grafana.ask("board", lambda api: api.dashboard.get_dashboard(uid))
    edited = {"dashboard": there["dashboard"] | {"title": "Edited by hand"}, "folderUid": there["meta"]["folderUid"]}
    grafana.ask("board", lambda api: api.dashboard.update_dashboard(edited))
    kept = [outcome for outcome in push(grafana, asked) if outcome.did is Did.KEPT]
    assert len(kept) == 1
    assert [outcome.did for outcome in push(grafana, asked, force=True) if outcome.step == "boards"].count(Did.CHANGED) == 1
    assert [outcome for outcome in push(grafana, asked) if outcome.did is not Did.SAME] == []


def test_each_rule_can_be_asked(grafana: Grafana, tmp_path: Path) -> None:
    push(grafana, wanted(boards(tmp_path)))
    found = grafana.ask("rules", lambda api: api.client.GET("/prometheus/grafana/api/v1/rules"))
    rules = [rule for group in found["data"]["groups"] if group["name"] == "muster-platform" for rule in group["rules"]]
    assert rules
    assert [rule["lastError"] for rule in rules if rule.get("lastError")] == []
