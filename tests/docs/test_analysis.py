"""The page for analysts and the views hold each other, and its questions have the answers that they should."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from clickhouse_driver import Client

from cli.export import UNITS, unit_of
from connectors import clickhouse as connector
from tests.store.conftest import address  # noqa: F401 - a fixture
from tests.store.filled import HOSTILE, WORST_S, fill

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "analysis.md").read_text(encoding="utf-8")
QUESTIONS = {
    text.partition("\n")[0]: text.partition("```sql\n")[2].partition("```")[0] for text in PAGE.split("\n### ") if "```sql\n" in text
}
DATABASE = "drill_t3"


@pytest.fixture(scope="module")
def evening(address: str) -> Iterator[tuple[Client, datetime]]:  # noqa: F811
    host, _, port = address.rpartition(":")
    plain = connector.client(address)
    connector.drop(plain, DATABASE)
    database = connector.Database(plain, DATABASE)
    database.ensure()
    begun = datetime.fromtimestamp(fill(database) / 1e6, tz=UTC)
    asking = Client(host, int(port), database=DATABASE, settings={"server_side_params": True})
    yield asking, begun
    asking.disconnect()
    connector.drop(plain, DATABASE)
    plain.disconnect()


def ask(evening: tuple[Client, datetime], question: str, **settings: Any) -> list[tuple[Any, ...]]:
    client, begun = evening
    times = {"since": begun, "until": begun + timedelta(hours=1), "moment": begun + timedelta(seconds=65)}
    given = {name: f"{at:%Y-%m-%d %H:%M:%S}" for name, at in times.items()} | {"alert": "a1"}
    return client.execute(
        QUESTIONS[question], {name: value for name, value in given.items() if f"{{{name}:" in QUESTIONS[question]}, settings=settings
    )


def documented() -> dict[str, list[tuple[str, str]]]:
    """View → its columns with their units, as the page has them."""
    sections = re.split(r"^### `(v_\w+)`$", PAGE, flags=re.MULTILINE)[1:]
    rows = [re.findall(r"^\| `(\w+)` \|([^|]*)\|", text, flags=re.MULTILINE) for text in sections[1::2]]
    return dict(zip(sections[::2], rows, strict=True))


def test_the_page_names_every_view_and_column_in_order_and_nothing_else(evening):
    found = evening[0].execute(
        "SELECT table, name FROM system.columns WHERE database = currentDatabase() AND startsWith(table, 'v_') ORDER BY table, position"
    )
    there: dict[str, list[str]] = {}
    for view, column in found:
        there.setdefault(view, []).append(column)
    assert {view: [name for name, _ in columns] for view, columns in documented().items()} == there


def test_the_page_gives_each_column_the_unit_that_its_name_ends_with():
    wrong = [
        (view, name, unit)
        for view, columns in documented().items()
        for name, unit in columns
        if unit_of(name) and unit.strip() != unit_of(name)
    ]
    assert wrong == []
    assert [end for end, unit in UNITS.items() if f"`{end}` {unit}" not in PAGE] == []


def test_the_heatmap_at_a_time_has_the_cells_of_its_ten_seconds(evening):
    assert ask(evening, "Heatmap at a time") == [(0, -2, 0.5, None), (1, -2, 1.5, None), (2, -2, 2.5, None)]


def test_the_heatmap_over_days_counts_what_is_absent_as_empty_and_reads_what_lies_ready(evening):
    steps = 3600 // 10
    rows = ask(evening, "Heatmap over days", force_optimize_projection=1)
    assert [(x, y, most) for x, y, _, most in rows] == [(0, -2, 0.5), (1, -2, 1.5), (2, -2, 2.5)]
    assert [mean for _, _, mean, _ in rows] == pytest.approx([12 * density / steps for density in (0.5, 1.5, 2.5)])


def test_the_worst_minute_of_a_zone_is_that_of_its_newest_revision(evening):
    _, begun = evening
    worst, other = ask(evening, "Worst minute by zone")
    assert worst == ("north", begun + timedelta(minutes=WORST_S // 60), 6.0, 3.0, 4.0, 200.0, 0.5)
    assert other[0] == HOSTILE


def test_flow_by_gate_is_by_the_minute(evening):
    _, begun = evening
    rows = ask(evening, "Flow by gate")
    assert rows == [
        (begun, "gate-c", 59, 30, 0.0),
        (begun + timedelta(minutes=1), "gate-c", 60, 30, 0.0),
        (begun + timedelta(minutes=2), "gate-c", 1, 0, 0.0),
    ]


def test_who_was_told_when_names_posts_and_cuts_addresses(evening):
    rows = ask(evening, "Who was told when")
    assert [(post, late_s) for _, _, _, post, _, _, late_s in rows] == [("C1", 0.5), ("address", 1.0), ("address", 2.0), (HOSTILE, 3.0)]


def test_the_time_to_acknowledge_is_from_the_first_change(evening):
    assert ask(evening, "Time to acknowledge") == [("P1", 1, 1, 12.5, 12.5)]


def test_cameras_are_held_against_turnstiles(evening):
    assert ask(evening, "Camera against turnstile") == [("gate-c", 120, 100, 20)]


def test_recorders_that_need_somebody_are_named_by_their_last_word(evening):
    [(recorder, state, not_recorded, used_percent, age_s)] = ask(evening, "Recorders that need somebody")
    assert (recorder, state, not_recorded, used_percent) == ("recorder-cam-n", "disk_80", 1, 80.25)
    assert age_s > 3600


def test_every_question_of_the_page_is_asked_here():
    asked = re.findall(r'ask\(evening, "([^"]+)"', Path(__file__).read_text(encoding="utf-8"))
    assert set(asked) == set(QUESTIONS)
    assert PAGE.count("```sql") == len(QUESTIONS)
