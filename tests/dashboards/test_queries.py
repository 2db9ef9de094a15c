"""Every query of every board runs on a real ClickHouse, answers with rows, and reads little more than its span of time."""

from __future__ import annotations

from itertools import pairwise

import pytest

from dashboards.thresholds import camera_words
from dashboards.words import LANGS, Say
from tests.dashboards.asking import Filled, asked, board, panel_sql, run, values
from tests.dashboards.expanding import Span, Value
from tests.dashboards.filling import HOSTILE

# The day before the hour holds some 2 million rows of zones and cells: who reads past the span reads them.
MOST_ROWS = 450_000
MOST_BYTES = 60_000_000
MAY_BE_EMPTY_ELSEWHERE = "a database that other events have filled need not hold every kind of row"


@pytest.fixture(scope="module")
def chosen(filled: Filled) -> dict[str, dict[str, Value]]:
    return {lang: values(filled, lang) for lang in LANGS}


@pytest.mark.parametrize(("where", "name", "sql"), [pytest.param(*row, id=f"{row[0]} {row[1]}") for row in asked()])
def test_a_query_answers_with_rows_and_reads_little(
    filled: Filled, chosen: dict[str, dict[str, Value]], where: str, name: str, sql: str
) -> None:
    # the drill begins when the filling makes its database, which is after the evening that it writes
    span = Span(begin_s=filled.span.begin_s, end_s=filled.span.end_s + 600) if name.startswith("mark ") else filled.span
    rows, columns, read_rows, read_bytes = run(filled, sql, chosen[where[:2]], span)
    assert columns
    if filled.ours:
        assert rows, f"{name}: {MAY_BE_EMPTY_ELSEWHERE}, ours does"
        assert any(value is not None for row in rows for value in row[1:] or row)
        assert (read_rows <= MOST_ROWS, read_bytes <= MOST_BYTES) == (True, True), (read_rows, read_bytes)


def test_the_modes_are_the_databases_that_there_are(filled: Filled) -> None:
    [mode] = [row for row in board("en", "crowd")["templating"]["list"] if row["name"] == "mode"]
    assert (filled.mode,) in filled.client.execute(mode["query"]["rawSql"])


@pytest.mark.parametrize(
    "attack", ["x' OR 1=1 --", "x\\' OR 1=1 --", '"; DROP DATABASE live; --', "}{', '", "a,b)} UNION ALL SELECT 1 --", "$__toTime"]
)
def test_no_value_of_a_variable_leaves_its_quotes(filled: Filled, chosen: dict[str, dict[str, Value]], attack: str) -> None:
    rows, *_ = run(filled, panel_sql("crowd", "Zones now"), chosen["en"] | {"zone": [attack]}, filled.span)
    assert rows == []
    with pytest.raises(Exception, match=r"does not exist"):
        run(filled, panel_sql("crowd", "Zones now"), chosen["en"] | {"database": attack}, filled.span)


def test_names_with_quotes_and_html_come_out_as_they_went_in(filled: Filled, chosen: dict[str, dict[str, Value]]) -> None:
    if not filled.ours:
        pytest.skip("the names are those of the filling")
    sql = panel_sql("crowd", "Zones now")
    rows, columns, *_ = run(filled, sql, chosen["en"], filled.span)
    assert set(HOSTILE.values()) <= {row[columns.index("zone")] for row in rows}


def test_marks_carry_no_markup(filled: Filled, chosen: dict[str, dict[str, Value]]) -> None:
    for mark in board("en", "crowd")["annotations"]["list"][1:]:
        rows, columns, *_ = run(filled, mark["target"]["rawSql"], chosen["en"], filled.span)
        assert not any(set("<>\"'") & set(row[columns.index("text")]) for row in rows)


def test_what_nobody_saw_is_unknown_and_not_calm(filled: Filled, chosen: dict[str, dict[str, Value]]) -> None:
    """A range after the last row: every zone, camera and stage is silent in it."""
    after = Span(begin_s=filled.span.begin_s - 10 * 86_400, end_s=filled.span.begin_s - 9 * 86_400)
    panels = {row["title"]: row["targets"][0]["rawSql"] for key in ("crowd", "platform") for row in board("en", key)["panels"]}
    rows, columns, *_ = run(filled, panels["Zones now"], chosen["en"], after)
    assert rows and {row[columns.index("level")] for row in rows} == {-1}
    assert run(filled, panels["Highest level now"], chosen["en"], after)[0] == [(-1,)]
    rows, *_ = run(filled, panels["Levels by zone"], chosen["en"], Span(begin_s=after.begin_s, end_s=after.begin_s + 600))
    assert rows and {row[2] for row in rows} == {-1}
    for silent in ("Density on the floor", "Age of the picture", "Largest lag", "Oldest tick"):
        assert run(filled, panels[silent], chosen["en"], after)[0] == [], silent


def test_a_zone_whose_cameras_are_away_is_unknown(filled: Filled, chosen: dict[str, dict[str, Value]]) -> None:
    if not filled.ours:
        pytest.skip("hall 1 goes blind in the filling")
    sql = panel_sql("crowd", "Zones now")
    rows, columns, *_ = run(filled, sql, chosen["en"], filled.span)
    level = {row[columns.index("zone")]: row[columns.index("level")] for row in rows}
    assert level[HOSTILE["hall-1"]] == -1
    assert level["Stage front"] >= 0


def test_what_people_hide_is_marked_as_the_least_there_is_and_a_moved_camera_says_so(
    filled: Filled, chosen: dict[str, dict[str, Value]]
) -> None:
    if not filled.ours:
        pytest.skip("the stage's front is saturated, and a camera moved, in the filling")
    for title in ("Zones now", "Worst minute of each zone"):
        rows, columns, *_ = run(filled, panel_sql("crowd", title), chosen["en"], filled.span)
        assert {row[columns.index("zone")] for row in rows if row[columns.index("least")] == "≥"} == {"Stage front"}
    rows, columns, *_ = run(filled, panel_sql("platform", "Cameras now"), chosen["en"], filled.span)
    assert {row[columns.index("state")] for row in rows} == {1, 8}
    assert camera_words(Say("en"))["8"][0] == "moved"
    assert {row[columns.index("saturated")] for row in rows} == {"≥", ""}


def test_the_floor_shows_the_densest_square_metre_of_each_cell(filled: Filled, chosen: dict[str, dict[str, Value]]) -> None:
    if not filled.ours:
        pytest.skip("the cells are those of the filling")
    sql = panel_sql("crowd", "Density on the floor")
    rows, columns, *_ = run(filled, sql, chosen["en"], filled.span)
    assert (len(rows), columns[:2], len(columns)) == (int(str(chosen["en"]["across"])), ["cx", "y00"], 97)
    step = {after[0] - before[0] for before, after in pairwise(rows)}
    assert step == {float(str(chosen["en"]["cell"]))}
    shown = [value for row in rows for value in row[1:] if value is not None]
    [[worst]] = filled.client.execute(
        f"SELECT max(density_per_m2) FROM {filled.database}.v_grid"
        f" WHERE at = (SELECT max(at) FROM {filled.database}.v_grid WHERE at <= toDateTime({filled.span.end_s}))"
    )
    assert max(shown) == worst


def test_the_time_to_full_is_the_room_that_is_left_over_the_pace_of_the_last_ten_minutes(
    filled: Filled, chosen: dict[str, dict[str, Value]]
) -> None:
    if not filled.ours:
        pytest.skip("the pace is that of the filling")
    [(area, rate, soonest, full, latest)], *_ = run(filled, panel_sql("flow", "Time to full"), chosen["en"], filled.span)
    # 2,400 ± 20 inside of 2,600, and 20 people a minute
    assert (area, round(rate), round(full)) == ("Bowl", 20, 10)
    assert soonest == pytest.approx((2600 - 2420) / ((2420 - 2180) / 10), rel=0.02)
    assert latest == pytest.approx((2600 - 2380) / ((2380 - 2220) / 10), rel=0.02)


def test_cells_that_the_floor_cannot_show_are_counted(filled: Filled, chosen: dict[str, dict[str, Value]]) -> None:
    sql = panel_sql("crowd", "Occupied cells off the floor")
    assert run(filled, sql, chosen["en"], filled.span)[0] == [(0,)]
    if filled.ours:
        [(beside,)], *_ = run(filled, sql, chosen["en"] | {"across": "30"}, filled.span)
        assert beside > 0


def test_an_output_without_feedback_stays_empty_and_one_with_it_says_after_how_long(
    filled: Filled, chosen: dict[str, dict[str, Value]]
) -> None:
    if not filled.ours:
        pytest.skip("the outputs are those of the filling")
    rows, columns, *_ = run(filled, panel_sql("fire", "Outputs and their feedback"), chosen["en"], filled.span)
    assert {row[columns.index("after")] for row in rows} <= {5.0, None}
    assert 5.0 in {row[columns.index("after")] for row in rows}
