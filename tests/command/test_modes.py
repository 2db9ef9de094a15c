"""Mode files, as the stack writes them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from command.source import parse_mode
from pipelines.errors import ConfigError

FILE = {
    "mode": "drill-demo",
    "plan": "/plans/stadium.yaml",
    "title": {"en": "Demo", "zh": "演示"},
    "state": "running",
    "since_us": 7,
    "clock": "player",
}


def test_a_mode_file_is_read() -> None:
    mode = parse_mode(json.dumps(FILE), name="drill-demo.json")
    assert (mode.mode, mode.plan, mode.title_zh, mode.clock) == ("drill-demo", Path("/plans/stadium.yaml"), "演示", "player")
    assert mode.told()["exercise"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        json.dumps(FILE | {"mode": "test"}),
        json.dumps(FILE | {"state": "odd"}),
        json.dumps(FILE | {"clock": "sun"}),
        json.dumps(FILE | {"since_us": "x"}),
    ],
)
def test_what_is_no_mode_file_is_refused_by_name(text: str) -> None:
    with pytest.raises(ConfigError, match=r"odd\.json"):
        parse_mode(text, name="odd.json")
