"""Schema files on the real engine: taken up where they broke off, compared with what is there, kept as long as the plan says."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors import clickhouse as connector
from connectors.clickhouse import SCHEMAS, Database
from pipelines.errors import ConfigError, RefusedError, TransientError
from pipelines.store.places import COLUMNS, rows
from pipelines.store.retention import floors, hours
from pipelines.store.upkeep import PlanUpkeep
from plan.load import parse, plan_hash
from plan.retention import Retention
from tests.plans import plan_dict

pytestmark = pytest.mark.stack
FIRST = "CREATE TABLE IF NOT EXISTS {database}.a (x Int64) ENGINE = MergeTree ORDER BY x;\n"
COPY = "INSERT INTO {database}.a SELECT 1;\n"
LAST = "CREATE TABLE IF NOT EXISTS {database}.b (x Int64) ENGINE = MergeTree ORDER BY x;\n"


@pytest.fixture
def asked(address: str) -> Iterator[Any]:
    client = connector.client(address)
    yield client
    client.disconnect()


@pytest.fixture
def bare(asked: Any) -> Iterator[Database]:
    """A drill's database that is not there yet."""
    connector.drop(asked, "drill_t2")
    yield Database(asked, "drill_t2")
    connector.drop(asked, "drill_t2")


def test_a_file_that_fails_half_way_is_taken_up_at_the_failed_statement(bare: Database, asked: Any, tmp_path: Path) -> None:
    path = tmp_path / "001_a.sql"
    path.write_text(FIRST + COPY + "INSERT INTO {database}.nowhere SELECT 1;\n" + LAST)
    with pytest.raises(RefusedError, match=r"001_a.sql, statement 3 of 4: .*nowhere.*; what comes before it is applied"):
        bare.ensure(tmp_path)
    assert bare.problems(floors={}, folder=tmp_path) == ["001_a.sql is applied up to statement 2 of 4; run `muster store migrate`"]
    path.write_text(FIRST + COPY + COPY + LAST)
    assert bare.ensure(tmp_path) == ["001_a.sql"]
    assert asked.execute("SELECT count() FROM drill_t2.a")[0][0] == 2, "the copy before the failed statement was not repeated"
    assert bare.ensure(tmp_path) == []


def test_what_is_applied_half_way_must_not_change_before(bare: Database, tmp_path: Path) -> None:
    path = tmp_path / "001_a.sql"
    path.write_text(FIRST + "SELECT * FROM {database}.nowhere;\n")
    with pytest.raises(RefusedError):
        bare.ensure(tmp_path)
    path.write_text(LAST + FIRST)
    with pytest.raises(ConfigError, match="applied up to statement 1, and one of these was changed since"):
        bare.ensure(tmp_path)


def test_a_database_of_before_progress_was_kept_goes_on(bare: Database, asked: Any, tmp_path: Path) -> None:
    (tmp_path / "001_a.sql").write_text(FIRST)
    bare.ensure(tmp_path)
    for column in ("done", "of"):
        asked.execute(f"ALTER TABLE drill_t2.schema_migrations DROP COLUMN {column}")
    (tmp_path / "002_b.sql").write_text(LAST)
    assert bare.ensure(tmp_path) == ["002_b.sql"]


def test_files_that_are_missing_changed_or_gone_are_said(bare: Database, tmp_path: Path) -> None:
    assert "never brought up to date" in bare.problems(floors={}, folder=tmp_path)[0]
    for name, text in (("001_a.sql", FIRST), ("002_b.sql", LAST)):
        (tmp_path / name).write_text(text)
    bare.ensure(tmp_path)
    assert bare.problems(floors={}, folder=tmp_path) == []
    (tmp_path / "001_a.sql").write_text(FIRST + COPY)
    (tmp_path / "002_b.sql").unlink()
    first, second = bare.problems(floors={}, folder=tmp_path)
    assert first.startswith("001_a.sql was changed after it had been applied")
    assert second.startswith("002_b.sql was applied and is no file any more")


def test_a_sound_database_has_no_problems_and_leaves_no_trace_of_the_look(database: Database, asked: Any) -> None:
    assert database.problems(floors=floors()) == []
    assert asked.execute("SELECT count() FROM system.databases WHERE startsWith(name, 'drill_check_')") == [(0,)]


def test_tables_columns_and_times_that_were_changed_by_hand_are_said(database: Database, asked: Any) -> None:
    asked.execute("ALTER TABLE drill_t1.crowd_queue DROP COLUMN wait_s")
    asked.execute("ALTER TABLE drill_t1.crowd_balance ADD COLUMN mine Int64")
    asked.execute("DROP TABLE drill_t1.crowd_late")
    asked.execute("ALTER TABLE drill_t1.audit_log MODIFY TTL appended_at + INTERVAL 30 DAY DELETE")
    asked.execute("ALTER TABLE drill_t1.sensor_fire MODIFY SETTING non_replicated_deduplication_window = 0")
    found = "\n".join(database.problems(floors=floors()))
    for sentence in (
        "table crowd_late is missing",
        "column crowd_queue.wait_s is missing",
        "column crowd_balance.mine is in no file",
        f"table audit_log keeps 720 h, and may not keep less than {1096 * 24} h",
        "table sensor_fire: non_replicated_deduplication_window is not set",
    ):
        assert sentence in found


def test_rows_are_kept_as_the_plan_says_and_never_less_than_may_be_deleted(database: Database, asked: Any) -> None:
    assert database.keep(floors(), floors=floors()) == [], "the files say the floors"
    longer = hours(Retention(positions_days=90, frames_h=72))
    assert set(database.keep(longer, floors=floors())) == {"camera_frames", "positions", "crowd_zones", "crowd_late"}
    assert database.keep(longer, floors=floors()) == []
    engine = asked.execute("SELECT engine_full FROM system.tables WHERE database = 'drill_t1' AND name = 'positions'")[0][0]
    assert "toIntervalHour(2160)" in engine
    with pytest.raises(RefusedError, match="audit_log: asked to keep less than may be deleted; nothing was changed"):
        database.keep(longer | {"audit_log": 24}, floors=floors())


def test_the_plans_places_are_written_at_each_start_and_those_of_the_former_plan_go(database: Database, asked: Any) -> None:
    plan = parse(plan_dict())
    former = plan.model_copy(update={"version": 7, "zones": (*plan.zones, plan.zones[0].model_copy(update={"id": "gone"}))})
    for number, each in enumerate((former, plan, plan)):
        database.save_plan_places((*COLUMNS, "saved_at"), [(*row, 1_700_000_000 + number) for row in rows(each)])
    found = asked.execute("SELECT DISTINCT plan FROM drill_t1.v_places")
    assert found == [(plan_hash(plan),)]
    kinds = dict(asked.execute("SELECT kind, count() FROM drill_t1.v_places GROUP BY kind"))
    assert (kinds["event"], kinds["venue"], kinds["zone"]) == (1, 1, len(plan.zones))


@pytest.fixture
def old_drill(asked: Any) -> Iterator[str]:
    """A drill whose store ended two days ago, beside a live database that is older still."""
    for name in ("drill_old", "live"):
        asked.execute(f"DROP DATABASE IF EXISTS {name} SYNC")
        asked.execute(f"CREATE DATABASE {name}")
        asked.execute(
            f"CREATE TABLE {name}.audit_log (appended_at DateTime('UTC'), x Int64)"
            " ENGINE = MergeTree PARTITION BY toDate(appended_at) ORDER BY x"
        )
        asked.execute(f"INSERT INTO {name}.audit_log VALUES", [(int(time.time()) - 2 * 86_400 - 60, 1)])
    yield "drill_old"
    for name in ("drill_old", "live"):
        asked.execute(f"DROP DATABASE IF EXISTS {name} SYNC")


def databases(asked: Any) -> set[str]:
    return {name for (name,) in asked.execute("SELECT name FROM system.databases")}


def test_a_drill_goes_whole_when_its_time_is_over_and_nothing_else_does(database: Database, old_drill: str, asked: Any) -> None:
    live = Database(asked, "live")
    assert live.expired_drills(3) == []
    assert live.expired_drills(1) == [old_drill], "a drill that runs has a store that writes"
    plan = parse(plan_dict(retention={"drill_days": 3}))
    PlanUpkeep(live, plan, live=True).turn()
    PlanUpkeep(database, parse(plan_dict()), live=False).turn()
    assert {"live", old_drill, "drill_t1"} <= databases(asked)
    PlanUpkeep(live, parse(plan_dict()), live=True).turn()
    assert {"live", "drill_t1"} <= databases(asked)
    assert old_drill not in databases(asked)


def test_the_live_database_cannot_be_dropped(old_drill: str, asked: Any) -> None:
    del old_drill
    with pytest.raises(RefusedError, match="only the database of a drill"):
        Database(asked, "drill_t1").drop_drill("live")
    assert "live" in databases(asked)


def test_what_happened_a_month_ago_and_is_played_now_is_kept(database: Database, asked: Any) -> None:
    now_s = int(time.time())
    month_ago_us = (now_s - 31 * 86_400) * 1_000_000
    columns: dict[str, Any] = {
        "source_partition": [0],
        "source_offset": [0],
        "appended_at": [now_s],
        "gate": ["g"],
        "window_end_us": [month_ago_us],
        "people": [1.0],
        "arriving_per_min": [1.0],
        "served_per_min": [1.0],
        "wait_s": [None],
        "known": [True],
    }
    database.insert("crowd_queue", columns, token="t")
    asked.execute("OPTIMIZE TABLE drill_t1.crowd_queue FINAL")
    assert asked.execute("SELECT toDate(at) = toDate(now() - INTERVAL 31 DAY), wait_s FROM drill_t1.v_queues") == [(1, None)]


def test_a_failed_schema_file_of_a_server_without_room_may_be_tried_again(tmp_path: Path) -> None:
    (tmp_path / "001_a.sql").write_text(FIRST)

    def ask(query: str, *_: Any) -> list[Any]:
        if query.startswith("CREATE TABLE IF NOT EXISTS live.a "):
            raise TransientError("its disk is full", retry_after_s=5)
        return []

    with pytest.raises(TransientError, match=r"001_a.sql, statement 1 of 1: its disk is full") as caught:
        connector.schema.ensure(ask, "live", tmp_path)
    assert caught.value.retry_after_s == 5


def test_the_schema_files_of_the_project_are_found() -> None:
    assert (SCHEMAS / "001_tables.sql").is_file()
