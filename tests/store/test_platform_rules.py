"""Grafana's rules for the platform, asked of the real engine: each holds when all is well, and fires for what it is there for."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from connectors.clickhouse import Database, client
from connectors.grafana.platform_rules import RULES, Rule, sql_of

pytestmark = pytest.mark.stack
NAMES = {rule.name: rule for rule in RULES}


@pytest.fixture
def ask(database: Database, address: str) -> Any:
    asked = client(address)

    def rows(rule: Rule) -> list[tuple[Any, ...]]:
        found: list[tuple[Any, ...]] = asked.execute(sql_of(rule, database.name))
        return found

    yield rows
    asked.disconnect()


class Filling:
    """Puts rows into a database, ages in seconds before now."""

    def __init__(self, database: Database) -> None:
        self._database, self._offset, self._now_us = database, 0, time.time_ns() // 1000

    def row(self, table: str, *, age_s: float = 1, time_column: str = "at_us", **columns: Any) -> None:
        self._offset += 1
        at_us = self._now_us - round(age_s * 1_000_000)
        place = {"source_partition": 0, "source_offset": self._offset, "appended_at": at_us // 1_000_000}
        if time_column:
            place[time_column] = at_us
        self._database.insert(table, {key: (value,) for key, value in (place | columns).items()}, token=f"t{self._offset}")

    def stage(self, stage: str, *, age_s: float = 1, **columns: Any) -> None:
        self.row(
            "stage_health",
            age_s=age_s,
            **{"stage": stage, "taken": 0, "given": 0, "late": 0, "clamped": 0, "refused": 0, "lag": 0, "tick_age_us": -1, **columns},
        )

    def camera(self, camera: str, state: str = "ok", *, age_s: float = 1) -> None:
        picture = {"since_us": 0, "fps": 15.0, "width_px": 1920, "height_px": 1080, "calibrated": True, "people": 3, "received_us": 0}
        self.row("camera_health", age_s=age_s, time_column="event_time_us", camera=camera, state=state, **picture)

    def recorder(self, recorder: str = "recorder-cam-1", state: str = "ok", *, age_s: float = 1, **columns: Any) -> None:
        disk = {"used_percent": 40.0, "free_bytes": 10**12, "sentence_en": "", "sentence_zh": ""}
        self.row("recorder_state", age_s=age_s, **{"recorder": recorder, "state": state, "cameras": 4, "recording": 4, **disk, **columns})

    def ledger(self, outcomes: bytes, *, age_s: float = 1) -> None:
        place = {"stage": "ingest", "topic": "raw.fire", "partition": 0, "first_offset": self._offset, "clamped": 0}
        self.row("ledger_ingest", age_s=age_s, time_column="", outcomes=outcomes, **place)

    def dead_letter(self, *, age_s: float = 1) -> None:
        letter = {"stage": "store", "topic": "crowd.flow", "partition": 0, "offset": self._offset, "reason": "made up", "raw": b""}
        self.row("deadletter_stages", age_s=age_s, **letter)

    def planned_camera(self, camera: str, *, plan: str = "p", age_s: int = 0) -> None:
        columns = {
            "kind": "camera",
            "id": camera,
            "name_en": "x",
            "name_zh": "某",
            "detail": "",
            "x_m": 0.0,
            "y_m": 0.0,
            "parent": "",
            "plan": plan,
            "saved_at": self._now_us // 1_000_000 - age_s,
        }
        self._database.insert("plan_places", {key: (value,) for key, value in columns.items()}, token=camera)

    def well(self) -> None:
        """A platform on which nothing is wrong."""
        for age_s in (100, 60, 20, 1):
            self.stage("store", lag=12, age_s=age_s)
            self.stage("ingest", taken=round(1000 - age_s), age_s=age_s)
            self.stage("alerts", tick_age_us=320_000, age_s=age_s)
        self.camera("cam-1")
        self.planned_camera("cam-1")
        self.recorder(used_percent=97.0, state="disk_90", recording=0, age_s=20)
        self.recorder()
        self.ledger(b"AAADR")
        self.dead_letter()


@pytest.fixture
def filling(database: Database) -> Filling:
    return Filling(database)


Ask = Callable[[Rule], list[tuple[Any, ...]]]


def fires(rule: Rule, rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """The labels for which it fires."""
    return [row[:-1] for row in rows if (row[-1] > rule.limit if rule.sign == "gt" else row[-1] < rule.limit)]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_is_labels_and_one_number_a_row(rule: Rule, ask: Ask, filling: Filling) -> None:
    filling.well()
    rows = ask(rule)
    assert rows
    for *labels, number in rows:
        assert isinstance(number, float)
        assert labels
        assert all(isinstance(label, str) for label in labels)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_no_rule_fires_where_all_is_well(rule: Rule, ask: Ask, filling: Filling) -> None:
    filling.well()
    assert fires(rule, ask(rule)) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_no_rule_fires_on_an_empty_database(rule: Rule, ask: Ask) -> None:
    assert fires(rule, ask(rule)) == []


def many_dead_letters(filling: Filling) -> None:
    for _ in range(11):
        filling.dead_letter()


def a_black_and_a_silent_camera(filling: Filling) -> None:
    filling.camera("cam-2", "black")
    filling.planned_camera("cam-3")


def a_recorder_of_the_plan_and_one_of_a_former_plan_fall_silent(filling: Filling) -> None:
    filling.planned_camera("cam-5")
    filling.recorder("recorder-cam-5", age_s=70)
    filling.recorder("recorder-cam-gone", age_s=70)


FAULTS: dict[str, tuple[Callable[[Filling], None], list[tuple[str, ...]]]] = {
    "store-lag": (lambda it: it.stage("store", lag=50_000, age_s=0), [("store",)]),
    "tick-age": (lambda it: it.stage("detect", tick_age_us=9_000_000), [("detect",)]),
    "dead-letters": (many_dead_letters, [("store", "crowd.flow")]),
    "camera-dark": (a_black_and_a_silent_camera, [("cam-2",), ("cam-3",)]),
    "video-disk-80": (lambda it: it.recorder("recorder-cam-5", "disk_80", used_percent=80.5, age_s=0), [("recordings",)]),
    "video-disk-90": (lambda it: it.recorder("recorder-cam-5", "disk_90", used_percent=90.5, age_s=0), [("recordings",)]),
    "recording-stopped": (lambda it: it.recorder("recorder-cam-5", "stopped", recording=0), [("recorder-cam-5",)]),
    "recording-short": (lambda it: it.recorder("recorder-cam-5", recording=3), [("recorder-cam-5",)]),
    "recorder-silent": (a_recorder_of_the_plan_and_one_of_a_former_plan_fall_silent, [("recorder-cam-5",)]),
    "ledger-gap": (lambda it: it.ledger(b"AA\x00A"), [("raw.fire",)]),
}


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_a_fault_fires_its_rule_with_its_labels(name: str, ask: Ask, filling: Filling) -> None:
    make, expected = FAULTS[name]
    filling.well()
    make(filling)
    assert sorted(fires(NAMES[name], ask(NAMES[name]))) == expected


def test_a_store_that_falls_silent_is_told_of_for_a_day(ask: Ask, filling: Filling) -> None:
    filling.stage("store", age_s=90)
    assert fires(NAMES["store-silent"], ask(NAMES["store-silent"])) == [("store",)]


def test_a_platform_that_was_taken_down_days_ago_calls_nobody(ask: Ask, filling: Filling) -> None:
    filling.stage("store", age_s=2 * 86_400)
    filling.planned_camera("cam-1")
    assert [rule.name for rule in RULES if fires(rule, ask(rule))] == []


def test_an_intake_that_the_ledger_does_not_account_for_is_told_of(ask: Ask, filling: Filling) -> None:
    for age_s in (60, 1):
        filling.stage("ingest", taken=round(1000 - age_s), age_s=age_s)
    assert fires(NAMES["ledger-silent"], ask(NAMES["ledger-silent"])) == [("ingest",)]


def test_a_disk_that_is_full_of_video_is_told_of_once_and_not_for_each_camera(ask: Ask, filling: Filling) -> None:
    filling.well()
    filling.recorder("recorder-cam-5", "stopped", recording=0, used_percent=99.0)
    told = [rule.name for rule in RULES if fires(rule, ask(rule))]
    assert told == ["video-disk-80", "video-disk-90", "recording-stopped"]


def test_what_a_silent_recorder_said_last_is_no_news_of_its_disk(ask: Ask, filling: Filling) -> None:
    filling.well()
    filling.planned_camera("cam-5")
    filling.camera("cam-5")
    filling.recorder("recorder-cam-5", "stopped", recording=0, used_percent=99.0, age_s=90)
    assert [rule.name for rule in RULES if fires(rule, ask(rule))] == ["recorder-silent"]


def test_a_recorder_that_has_been_away_for_a_day_is_over(ask: Ask, filling: Filling) -> None:
    filling.well()
    filling.planned_camera("cam-5")
    filling.camera("cam-5")
    filling.recorder("recorder-cam-5", age_s=86_500)
    assert [rule.name for rule in RULES if fires(rule, ask(rule))] == []


def test_the_disks_number_is_the_share_that_is_used(ask: Ask, filling: Filling) -> None:
    filling.well()
    [(disk, percent)] = ask(NAMES["disk-80"])
    assert disk == "clickhouse"
    assert 0 < percent < 100
    assert (NAMES["disk-80"].limit, NAMES["disk-90"].limit) == (80, 90)


def test_a_camera_that_the_plan_no_longer_has_is_not_missed(ask: Ask, filling: Filling) -> None:
    filling.planned_camera("cam-old", plan="before", age_s=600)
    filling.well()
    assert fires(NAMES["camera-dark"], ask(NAMES["camera-dark"])) == []


def test_rules_find_their_minutes_by_the_key_and_do_not_read_the_month(database: Database, address: str, filling: Filling) -> None:
    filling.well()
    asked = client(address)
    try:
        for name in ("store-lag", "tick-age"):
            plan = "\n".join(row[0] for row in asked.execute(f"EXPLAIN indexes = 1 {sql_of(NAMES[name], database.name)}"))
            assert "at_us" in plan.split("PrimaryKey")[1].split("Condition")[0], plan
    finally:
        asked.disconnect()
