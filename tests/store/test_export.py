"""`muster export`: files with the views' types and rows, nothing of a person, and nothing written over or half."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from cli import export
from cli.__main__ import app
from connectors import clickhouse as connector
from tests.store.filled import HOSTILE, fill

VIEWS = "SELECT name FROM system.tables WHERE database = 'drill_t2' AND startsWith(name, 'v_') ORDER BY name"
COLUMNS = "SELECT name FROM system.columns WHERE database = 'drill_t2' AND table = %(view)s ORDER BY position"
TIME = pa.timestamp("us", tz="UTC")


@pytest.fixture(scope="module")
def evening(address: str) -> Iterator[tuple[str, int]]:
    """Where the server is, and the beginning of what it holds (µs UTC)."""
    client = connector.client(address)
    connector.drop(client, "drill_t2")
    database = connector.Database(client, "drill_t2")
    database.ensure()
    yield address, fill(database)
    connector.drop(client, "drill_t2")
    client.disconnect()


def as_text(row: dict) -> str:
    plain = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in row.items()}
    # the client's own rows have a whole 0 where a column of fractions or of flags is sparse
    return repr({name: float(value) if isinstance(value, int | float) else value for name, value in plain.items()})


def run(evening, folder: Path, *more: str):
    return CliRunner().invoke(app, ["export", "--parquet", str(folder), "--mode", "drill-t2", "--clickhouse", evening[0], *more])


def test_every_view_becomes_one_typed_file_and_empty_ones_have_their_columns(evening, tmp_path):
    done = run(evening, tmp_path)
    assert done.exit_code == 0, done.output
    client = connector.client(evening[0])
    views = [
        name
        for (name,) in client.execute("SELECT name FROM system.tables WHERE database = 'drill_t2' AND startsWith(name, 'v_') ORDER BY 1")
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{name}.parquet" for name in views]
    for name in views:
        held = pq.read_table(tmp_path / f"{name}.parquet")
        columns = [
            column
            for (column,) in client.execute(
                f"SELECT name FROM system.columns WHERE database = 'drill_t2' AND table = '{name}' ORDER BY position"
            )
        ]
        assert held.schema.names == columns
        assert [field.name for field in held.schema if pa.types.is_timestamp(field.type) and field.type != TIME] == []
        if name not in ("v_disk", "v_recorders"):  # merges go on, and so does the age of a recorder's last word
            plain = client.execute(f"SELECT * FROM drill_t2.{name}")
            assert sorted(map(as_text, held.to_pylist())) == sorted(as_text(dict(zip(columns, row, strict=True))) for row in plain)
    assert pq.read_table(tmp_path / "v_vehicle_events.parquet").num_rows == 0
    client.disconnect()


def test_numbers_and_times_are_what_the_view_says_and_the_newest_revision_counts(evening, tmp_path):
    assert run(evening, tmp_path, "--view", "zones").exit_code == 0
    held = pq.read_table(tmp_path / "v_zones.parquet")
    assert held.schema.field("density_per_m2").metadata[b"unit"] == "1/m²".encode()
    assert held.schema.field("speed_mps").type == pa.float64()
    assert held.schema.metadata[b"mode"] == b"drill-t2"
    rows = {row["at"]: row for row in held.to_pylist() if row["zone"] == "north"}
    worst = rows[datetime.fromtimestamp(evening[1] / 1e6 + 70, tz=UTC)]
    assert (len(rows), worst["people"], worst["revision"], worst["coverage"], worst["speed_mps"]) == (120, 200.0, 1, 0.5, None)


def test_a_span_holds_its_beginning_and_not_its_end(evening, tmp_path):
    since, until = (datetime.fromtimestamp(evening[1] / 1e6 + second, tz=UTC).isoformat() for second in (10, 20))
    assert (
        run(evening, tmp_path, "--since", since, "--until", until, "--view", "v_lines", "--view", "v_grid", "--view", "v_places").exit_code
        == 0
    )
    assert [pq.read_table(tmp_path / f"{name}.parquet").num_rows for name in ("v_lines", "v_grid", "v_places")] == [10, 3, 2]


def test_nothing_of_a_person_and_nothing_that_is_no_view_gets_out(evening, tmp_path):
    assert run(evening, tmp_path).exit_code == 0
    texts = b"".join(b"\0".join(str(row).encode() for row in pq.read_table(path).to_pylist()) for path in tmp_path.iterdir())
    assert b"Person" not in texts and b"@mail" not in texts and b"170 123" not in texts
    refused = run(evening, tmp_path / "more", "--view", "positions")
    assert refused.exit_code == 2
    assert "there is no view v_positions; there are v_" in refused.output


def test_names_that_a_spreadsheet_would_run_are_kept_as_they_are_and_run_nowhere(evening, tmp_path):
    assert run(evening, tmp_path).exit_code == 0
    assert HOSTILE in pq.read_table(tmp_path / "v_zones.parquet")["zone"].to_pylist()
    assert HOSTILE in pq.read_table(tmp_path / "v_places.parquet")["name_en"].to_pylist()
    assert pq.read_schema(tmp_path / "v_places.parquet").field("name_en").type == pa.string()


def test_a_file_that_is_there_is_not_written_over_unless_it_is_asked_for(evening, tmp_path):
    kept = tmp_path / "v_zones.parquet"
    kept.write_text("mine")
    refused = run(evening, tmp_path, "--view", "zones", "--view", "lines")
    assert (refused.exit_code, kept.read_text(), [path.name for path in tmp_path.iterdir()]) == (2, "mine", ["v_zones.parquet"])
    assert "--force" in refused.output
    assert run(evening, tmp_path, "--view", "zones", "--force").exit_code == 0
    assert pq.read_table(kept).num_rows == 121


def test_rows_come_in_groups_so_that_memory_stays_bounded(evening, tmp_path, monkeypatch):
    monkeypatch.setattr(export, "ROW_GROUP", 50)
    client = connector.client(evening[0])
    reader = export.Views(client, "drill_t2")
    monkeypatch.setattr("connectors.clickhouse_views._BLOCK_ROWS", 40)
    rows = export.write(reader, "v_zones", reader.columns()["v_zones"], (None, None), tmp_path / "zones.parquet", {})
    held = pq.ParquetFile(tmp_path / "zones.parquet").metadata
    assert (rows, held.num_rows) == (121, 121)
    assert held.num_row_groups >= 2
    client.disconnect()


def test_a_server_that_fails_half_way_leaves_no_file(evening, tmp_path, monkeypatch):
    monkeypatch.setattr("connectors.clickhouse_views._within", lambda *_: " WHERE throwIf(window_end_us > 0)")
    client = connector.client(evening[0])
    reader = export.Views(client, "drill_t2")
    with pytest.raises(export.MusterError, match=r"^ClickHouse, v_zones: "):
        export.write(reader, "v_zones", reader.columns()["v_zones"], (None, None), tmp_path / "zones.parquet", {})
    assert list(tmp_path.iterdir()) == []
    client.disconnect()


@pytest.mark.parametrize(
    ("more", "code", "sentence"),
    [
        (("--since", "yesterday"), 2, "--since yesterday: expected an instant"),
        (("--mode", "drill-never"), 2, "has no database 'drill_never'"),
        (("--clickhouse", "127.0.0.1:1"), 3, "ClickHouse, its views: "),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(evening, tmp_path, more, code, sentence):
    refused = run(evening, tmp_path, *more)
    assert refused.exit_code == code
    assert sentence in refused.output
