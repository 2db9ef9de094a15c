"""What each user of a production ClickHouse may do, and what none may: held against a running server with those users."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from connectors import clickhouse
from pipelines.errors import ConfigError, RefusedError
from stack.backup import back_up, restore
from stack.secret_files import file_of
from tests.deploy.server import DENIED, NO_SUCH_TABLE, OUT_OF_BOUNDS, READONLY, ROOT, Server, serving

READERS = ("muster_analyst", "grafana")
TABLE = "(a Int64, who String) ENGINE = MergeTree ORDER BY a"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    if not (ROOT / ".muster" / "chdb" / "libchdb.so").exists():
        pytest.skip("the embedded ClickHouse has not been fetched")
    with serving(tmp_path_factory.mktemp("home")) as running:
        made = [
            "CREATE DATABASE IF NOT EXISTS live",
            f"CREATE TABLE live.passes {TABLE}",
            f"CREATE TABLE live.tiny {TABLE}",
            "INSERT INTO live.passes VALUES (7, 'somebody')",
            "CREATE OR REPLACE VIEW live.v_passes AS SELECT a FROM live.passes",
            "CREATE OR REPLACE VIEW live.v_on_view AS SELECT sum(a) AS a FROM live.v_passes",
            "CREATE OR REPLACE VIEW live.hidden AS SELECT who FROM live.passes",
        ]
        assert [running.said("muster_migrator", query) for query in made] == [[]] * len(made)
        yield running


@contextmanager
def client_of(server: Server, user: str) -> Iterator[Any]:
    client = clickhouse.client(server.address, user=user, password_file=server.secrets / file_of(user))
    try:
        yield client
    finally:
        client.disconnect()


def test_the_migrator_applies_every_schema_file_to_live(server: Server) -> None:
    with client_of(server, "muster_migrator") as client:
        database = clickhouse.Database(client, "live")
        assert "001_tables.sql" in database.ensure()
        assert database.ensure() == []


def test_the_migrator_keeps_days_and_columns_but_deletes_nothing_of_live(server: Server) -> None:
    may = [
        "ALTER TABLE live.tiny ADD COLUMN b Int64",
        "ALTER TABLE live.tiny MODIFY TTL toDateTime(a) + INTERVAL 30 DAY",
        "DROP TABLE live.tiny",
    ]
    assert [server.said("muster_migrator", query) for query in may] == [[], [], []]
    must_not = [
        "DROP DATABASE live",
        "TRUNCATE TABLE live.passes",
        "ALTER TABLE live.passes DELETE WHERE 1",
        "ALTER TABLE live.passes UPDATE who = '' WHERE 1",
        "ALTER TABLE live.passes DROP PARTITION tuple()",
        "CREATE DATABASE other",
        "CREATE USER somebody",
        "SELECT * FROM url('http://127.0.0.1:1/', CSV, 'a Int64')",
    ]
    assert [server.said("muster_migrator", query) for query in must_not] == [DENIED] * len(must_not)


def test_the_writer_starts_where_the_migrator_was_and_inserts(server: Server) -> None:
    with client_of(server, "muster_migrator") as migrator:
        clickhouse.Database(migrator, "live").ensure()
    with client_of(server, "muster_writer") as writer:
        database = clickhouse.Database(writer, "live")
        assert database.ensure() == []
        database.save_places({("crowd.flow", 0): 41})
        assert database.places()["crowd.flow", 0] == 41
        assert database.highest_offsets("alerts_changes") == {}


@pytest.mark.parametrize(
    "query",
    [
        "DROP TABLE live.passes",
        "DROP DATABASE live",
        "TRUNCATE TABLE live.passes",
        "ALTER TABLE live.passes DELETE WHERE 1",
        "ALTER TABLE live.passes ADD COLUMN c Int64",
        f"CREATE TABLE live.another {TABLE}",
        "CREATE VIEW live.v_mine AS SELECT 1",
        "CREATE DATABASE drill_a",
        "SELECT * FROM remote('127.0.0.1', live, passes)",
        "SELECT * FROM system.users",
    ],
)
def test_the_writer_does_nothing_else(server: Server, query: str) -> None:
    assert server.said("muster_writer", query) == DENIED


def test_a_store_without_its_migrations_says_so_and_does_not_make_them(server: Server) -> None:
    with client_of(server, "muster_writer") as client, pytest.raises(RefusedError, match="CREATE"):
        clickhouse.Database(client, "drill_b").ensure()


def test_a_drills_writer_makes_and_drops_its_database(server: Server) -> None:
    with client_of(server, "muster_drill_writer") as client:
        database = clickhouse.Database(client, "drill_c")
        assert database.ensure()[0] == "001_tables.sql"
        database.save_places({("crowd.flow", 0): 3})
        clickhouse.drop(client, "drill_c")
    assert server.said("muster_drill_writer", "SHOW DATABASES LIKE 'drill_c'") == []


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM live.passes",
        "SELECT * FROM live.v_passes",
        "INSERT INTO live.passes VALUES (1, '')",
        "DROP TABLE live.passes",
        "DROP DATABASE live",
        "TRUNCATE TABLE live.passes",
        "ALTER TABLE live.passes DELETE WHERE 1",
        "CREATE DATABASE live",
        f"CREATE TABLE live.another {TABLE}",
        "BACKUP DATABASE live TO File('b')",
        "INSERT INTO FUNCTION remote('127.0.0.1', live, passes) VALUES (1, '')",
    ],
)
def test_a_drills_writer_never_touches_live(server: Server, query: str) -> None:
    assert server.said("muster_drill_writer", query) == DENIED


@pytest.mark.parametrize("user", READERS)
def test_a_reader_reads_the_views_though_it_may_not_read_their_tables(server: Server, user: str) -> None:
    assert server.said(user, "SELECT a FROM live.v_passes") == [(7,)]
    assert server.said(user, "SELECT a FROM live.v_on_view") == [(7,)]
    assert set(server.said(user, "SELECT DISTINCT substring(name, 1, 2) FROM system.tables WHERE database = 'live'")) == {("v_",)}


@pytest.mark.parametrize("user", READERS)
@pytest.mark.parametrize(
    "query",
    [
        "SELECT who FROM live.passes",
        "SELECT * FROM live.hidden",
        "SELECT * FROM live.store_places",
        "SELECT * FROM view(SELECT who FROM live.passes)",
        "SELECT * FROM merge(live, '^passes$')",
        "SHOW CREATE TABLE live.passes",
        "INSERT INTO live.passes VALUES (1, '')",
        "CREATE TEMPORARY TABLE t (a Int64)",
        "SELECT * FROM system.users",
        "SELECT * FROM system.processes",
        "SELECT * FROM information_schema.tables",
        "SELECT * FROM url('http://127.0.0.1:1/', CSV, 'a Int64')",
        "SELECT * FROM file('/etc/hostname', CSV, 'a String')",
        "SELECT * FROM remote('127.0.0.1', live, passes)",
        "SELECT * FROM s3('http://bucket.example/key', CSV, 'a Int64')",
        "SELECT * FROM mysql('127.0.0.1:1', 'd', 't', 'u', 'p')",
        "SELECT * FROM postgresql('127.0.0.1:1', 'd', 't', 'u', 'p')",
        "SELECT * FROM executable('x.sh', CSV, 'a Int64')",
        "KILL QUERY WHERE 1",
        "SYSTEM FLUSH LOGS",
        "BACKUP DATABASE live TO File('b')",
    ],
)
def test_a_reader_reaches_nothing_else(server: Server, user: str, query: str) -> None:
    assert server.said(user, query) in {DENIED, READONLY, NO_SUCH_TABLE}


@pytest.mark.parametrize("user", READERS)
def test_a_reader_cannot_take_the_server_for_itself(server: Server, user: str) -> None:
    for query in ("SET max_execution_time = 3600", "SET max_memory_usage = 0", "SET priority = 1", "SET readonly = 0"):
        assert server.said(user, query) in {OUT_OF_BOUNDS, READONLY}
    assert server.said(user, "SELECT 1 SETTINGS max_execution_time = 60") == [(1,)]


def test_the_migrator_backs_live_up(server: Server) -> None:
    with client_of(server, "muster_migrator") as client:
        back_up(client, "live", "b1", look_every_s=0.05)
        assert any((server.secrets / "backups" / "b1").iterdir())
        with pytest.raises(RefusedError):
            back_up(client, "live", "b1", look_every_s=0.05)  # never over one that is there
        with pytest.raises(ConfigError, match="expected letters"):
            back_up(client, "live", "x'); DROP DATABASE live --")


def test_a_backup_can_be_brought_back_and_never_over_rows(server: Server) -> None:
    with client_of(server, "muster_migrator") as client:
        back_up(client, "live", "b2", look_every_s=0.05)
        restore(client, "live", "b2", into="drill_back", look_every_s=0.05)
        assert client.execute("SELECT a, who FROM drill_back.passes") == [(7, "somebody")]
        with pytest.raises(RefusedError):
            restore(client, "live", "b2", look_every_s=0.05)


def test_who_names_no_user_is_the_one_without_a_password(server: Server) -> None:
    client = clickhouse.client(server.address)
    assert client.execute("SELECT currentUser()") == [("default",)]
    client.disconnect()


def test_a_password_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "password"
    path.write_text("word\n")
    path.chmod(0o644)
    with pytest.raises(ConfigError, match="readable by its owner alone"):
        clickhouse.client("127.0.0.1:1", user="muster_writer", password_file=path)
