"""`muster store migrate` and `muster store check`, on the real engine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from cli.__main__ import app
from connectors import clickhouse as connector
from tests.plans import plan_dict

pytestmark = pytest.mark.stack
MODE = "drill-t3"


@pytest.fixture
def on(address: str) -> Iterator[tuple[str, ...]]:
    client = connector.client(address)
    connector.drop(client, "drill_t3")
    yield ("--mode", MODE, "--clickhouse", address)
    connector.drop(client, "drill_t3")
    client.disconnect()


def test_a_database_that_was_migrated_is_sound_and_one_that_was_not_is_not(on: tuple[str, ...], tmp_path: Path) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text(yaml.safe_dump(plan_dict(retention={"grid_days": 45})))
    before = CliRunner().invoke(app, ["store", "check", *on])
    assert before.exit_code == 1
    done = CliRunner().invoke(app, ["store", "migrate", *on, "--plan", str(plan)])
    assert done.exit_code == 0, done.output
    after = CliRunner().invoke(app, ["store", "check", *on, "--json"])
    found = json.loads(after.stdout)
    assert [sentence for sentence in found["problems"] if "full" not in sentence] == []


def test_a_server_that_is_away_is_another_exit_code_than_a_problem() -> None:
    away = CliRunner().invoke(app, ["store", "check", "--mode", MODE, "--clickhouse", "127.0.0.1:1"])
    assert away.exit_code == 3
