"""A twentieth of some cameras' sums comes late: in the end the store holds what all of them in time would have given."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator
from typing import Any

import pytest

from cli.paths import HOME, ROOT
from connectors.clickhouse import client, database_of
from connectors.clickhouse_sums import MEASURED
from pipelines import units
from pipelines.detect.eye import view_records_late
from pipelines.events import AlertChange, CrowdDensity, CrowdZones
from plan.model import Plan
from stack.machine import Machine
from tests.whole.conftest import PATIENCE_S
from tests.whole.drill import drill
from tests.whole.oracle import densities
from tests.whole.test_oracle import plan as plan_of_all
from tests.whole.test_oracle import play, sent, sums

pytestmark = pytest.mark.stack

MODE = "drill-test-late"
KINDS = ("plain", "late", "shared")


def plan() -> Plan:
    """Some zones of the oracle's plan."""
    made = plan_of_all()
    zones = tuple(zone for zone in made.zones if zone.id in KINDS)
    cameras = tuple(camera for camera in made.cameras if camera.id.split("-")[0] in KINDS)
    return made.model_copy(update={"zones": zones, "cameras": cameras})


class Played:
    """What was sent, what came of it, and what the store holds in the end."""

    def __init__(self, records: list[CrowdZones], results: list[Any], address: str) -> None:
        self.records, self.results = records, results
        self._client, self._database = client(address), database_of(MODE)

    def ask(self, query: str) -> list[Any]:
        found: list[Any] = self._client.execute(query.format(db=self._database))
        return found

    def wait_until_corrected(self) -> None:
        """Until every window with a late sum has its mark, and the last window of all has its row."""
        windows = {row.slice_start_us // units.MICRO for row in self.records if view_records_late(row)}
        last_us = max(row.slice_start_us for row in self.records) // units.MICRO * units.MICRO
        until_s, done, newest_us = time.monotonic() + PATIENCE_S, 0, 0
        while done < len(windows) or newest_us < last_us:
            assert time.monotonic() < until_s, f"corrected {done} of {len(windows)} windows; the newest row ends at {newest_us}"
            time.sleep(1)
            (done,) = self.ask("SELECT uniqExact(window_end_us) FROM {db}.corrected_windows")[0]
            (newest_us,) = self.ask("SELECT max(window_end_us) FROM {db}.zone_seconds")[0]

    def rows(self, source: str) -> dict[tuple[str, int], tuple[int, CrowdDensity]]:
        """(zone, window end) → revision and row."""
        found = self.ask(f"SELECT revision, {', '.join(MEASURED)} FROM {{db}}.{source}")
        made = [(row[0], CrowdDensity(progress=False, rows=0, **dict(zip(MEASURED, row[1:], strict=True)))) for row in found]
        assert len({(row.zone, row.window_end_us) for _, row in made}) == len(made)
        return {(row.zone, row.window_end_us): (revision, row) for revision, row in made}

    def close(self) -> None:
        self._client.disconnect()


@pytest.fixture(scope="module")
def played() -> Iterator[Played]:
    made = plan()
    rows = sent(sums(made))
    with Machine(HOME, ROOT, name="test-late", join=False) as machine:
        machine.start([])
        with drill(MODE, made) as running:
            results = play(running, made, rows)
            found = Played([record for _, _, record in rows], results, machine.addresses.clickhouse)
            found.wait_until_corrected()
            yield found
            found.close()


def test_every_row_of_the_store_is_that_of_all_sums_in_time_or_late(played: Played) -> None:
    expected = {place: row for place, row in densities(played.records, plan(), late=True).items() if place[1] % units.MICRO == 0}
    got = played.rows("zone_seconds FINAL")
    assert set(got) == set(expected)
    names = [field.name for field in dataclasses.fields(CrowdDensity)]
    wrong = [
        (place, name, getattr(row, name), getattr(got[place][1], name))
        for place, row in expected.items()
        for name in names
        if getattr(got[place][1], name) != getattr(row, name)
    ]
    assert wrong == []


def test_the_view_shows_the_newest_revision_alone(played: Played) -> None:
    got = played.rows("zone_seconds FINAL")
    seen = played.ask(
        "SELECT zone, toUnixTimestamp64Micro(at), revision, people, local_peak_per_m2, los FROM {db}.v_zones ORDER BY zone, at"
    )
    assert seen == [(*place, revision, row.people, row.local_peak_per_m2, row.los) for place, (revision, row) in sorted(got.items())]


def test_rows_without_a_late_sum_are_flinks_and_those_with_one_are_revised(played: Played) -> None:
    late = {
        (entry.zone, row.slice_start_us // units.MICRO * units.MICRO + units.MICRO)
        for row in played.records
        if view_records_late(row)
        for entry in row.entries
    }
    got = played.rows("zone_seconds FINAL")
    assert {place for place, (revision, _) in got.items() if revision > 0} == late
    assert len(late) > 20
    flink = {(row.zone, row.window_end_us): row for row in played.results if isinstance(row, CrowdDensity)}
    assert {place: row for place, (revision, row) in got.items() if revision == 0} == {
        place: flink[place] for place in got if place not in late
    }


def test_alerts_are_those_of_what_came_in_time_and_the_notes_name_them(played: Played) -> None:
    raised = {row.alert_id for row in played.results if isinstance(row, AlertChange) and row.place == "late"}
    notes = played.ask("SELECT zone, late_s, peak_changed, alert_ids FROM {db}.v_corrections")
    assert {zone for zone, *_ in notes} == {"late"}
    assert all(0.1 < late_s < 4 for _, late_s, *_ in notes)
    assert {alert for *_, alerts in notes for alert in alerts} <= raised
    assert raised
    assert any(alerts for *_, alerts in notes)
