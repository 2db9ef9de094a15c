"""The threads that keep pictures, with a reader made by hand in place of Kafka's."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import yaml
from confluent_kafka import Producer

from command.hub import Hub, Watched, wall_clock_us
from command.picture import Picture
from command.source import Mode
from connectors.kafka import Rejected, Row, Tail
from pipelines.errors import TransientError
from tests.command import feed
from tests.command.feed import S


class Rows:
    """Gives its rows once, then nothing."""

    def __init__(self, rows: list[Row]) -> None:
        """Keep *rows*."""
        self._rows = rows

    def poll(self, timeout_s: float, *, most: int = 2000) -> list[Row]:
        """What is left."""
        rows, self._rows = self._rows, []
        if not rows:
            time.sleep(0.01)
        return rows

    def close(self) -> None:
        """Nothing to hang up."""


def row(thing: str, record: Any, appended_us: int) -> Row:
    """A row as Kafka's reader gives it."""
    return Row(thing=thing, mode="drill-test", partition=0, offset=0, appended_us=appended_us, record=record)


def mode(**fields: Any) -> Mode:
    """A running drill."""
    plain: dict[str, Any] = {
        "mode": "drill-test",
        "plan": Path("p.yaml"),
        "title_en": "T",
        "title_zh": "测",
        "state": "running",
        "since_us": 0,
        "clock": "wall",
    }
    return Mode(**(plain | fields))


def until(holds: Callable[[], bool]) -> None:
    """Wait at most 5 s until *holds*."""
    end = time.monotonic() + 5
    while not holds() and time.monotonic() < end:
        time.sleep(0.02)
    assert holds()


def test_rows_come_into_the_picture_rejected_ones_are_counted_and_a_lost_broker_is_dialled_again() -> None:
    now_us = wall_clock_us()
    alert = feed.change("a", "fire", "west", start_us=now_us)
    dials: list[int] = []

    def dial(_: Picture) -> Tail:
        dials.append(1)
        if len(dials) == 1:
            raise TransientError("no broker")
        return cast("Tail", Rows([row("crowd.cells", Rejected(reason="bad", raw=b""), now_us), row("alerts.changes", alert, now_us)]))

    watched = Watched(mode(), feed.small_plan(), dial)
    until(lambda: watched.alert("a") is not None)
    until(lambda: len(json.loads(watched.snapshot())["alerts"]) == 1)
    assert watched.rejected == 1
    watched.close()


def test_alerts_of_an_older_run_of_a_drill_are_left_out() -> None:
    now_us = wall_clock_us()
    old, new = (feed.change(name, "fire", "west", start_us=now_us) for name in ("old", "new"))
    rows = [row("alerts.changes", old, now_us - 60 * S), row("alerts.changes", new, now_us)]
    watched = Watched(mode(since_us=now_us - S), feed.small_plan(), lambda _: cast("Tail", Rows(rows)))
    until(lambda: watched.alert("new") is not None)
    assert watched.alert("old") is None
    watched.close()


class QuietHub(Hub):
    """A hub whose readers give nothing."""

    def _tail(self, mode: str, picture: Picture) -> Tail:
        return cast("Tail", Rows([]))


def test_modes_come_and_go_with_their_files(tmp_path: Path) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text(yaml.safe_dump(feed.small_plan().model_dump(mode="json"), allow_unicode=True))
    folder = tmp_path / "modes"
    folder.mkdir()
    hub = QuietHub(folder, bootstrap="127.0.0.1:1", client=cast("Producer", None))
    hub.start()
    assert hub.modes() == []
    told = {
        "mode": "drill-demo",
        "plan": str(plan),
        "title": {"en": "Demo", "zh": "演示"},
        "state": "running",
        "since_us": 1,
        "clock": "wall",
    }
    (folder / "drill-demo.json").write_text(json.dumps(told))
    (folder / "odd.json").write_text("{")
    until(lambda: [row.mode for row in hub.modes()] == ["drill-demo"])
    assert hub.plan("drill-demo") == feed.small_plan()
    assert hub.snapshot("live") is None
    (folder / "drill-demo.json").write_text(json.dumps(told | {"state": "ended", "since_us": 2}))
    until(lambda: hub.modes()[0].state == "ended")
    assert hub.modes()[0].since_us == 1
    (folder / "drill-demo.json").write_text(json.dumps(told | {"since_us": 3}))
    until(lambda: hub.modes()[0].since_us == 3)
    (folder / "drill-demo.json").unlink()
    until(lambda: hub.modes() == [])
    hub.close()
