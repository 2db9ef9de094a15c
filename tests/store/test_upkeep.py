"""What the store does besides inserting, as far as its user may."""

from __future__ import annotations

import time
from typing import Any

import pytest

from connectors.clickhouse import Disk
from pipelines.errors import ConfigError, RefusedError
from pipelines.measures.polygon import area_m2
from pipelines.store.places import COLUMNS, rows
from pipelines.store.retention import TIERS, VIDEO_INDEX, floors, hours
from pipelines.store.tables import TABLES
from pipelines.store.upkeep import PlanUpkeep
from plan.load import parse, plan_hash
from plan.recording import Recording
from plan.retention import FLOORS, LONGEST_DAYS, Retention
from tests.plans import plan_dict

PLAN = parse(plan_dict())


class FakeDatabase:
    """Refuses what is in *refused*; its disk is as full as *used* says."""

    name = "live"

    def __init__(self, *, refused: tuple[str, ...] = (), used: float = 0.1) -> None:
        self.refused, self.used = refused, used
        self.places: list[Any] = []
        self.dropped: list[str] = []

    def _may(self, what: str) -> None:
        if what in self.refused:
            raise RefusedError(f"not enough privileges to {what}")

    def ensure(self) -> list[str]:
        return []

    def keep(self, kept: dict[str, int], *, floors: dict[str, int]) -> list[str]:
        del kept, floors
        self._may("keep")
        return []

    def save_plan_places(self, columns: tuple[str, ...], found: list[Any]) -> None:
        assert {len(row) for row in found} == {len(columns)}
        self.places = found

    def disks(self) -> list[Disk]:
        self._may("disks")
        return [Disk(name="default", free=round(1000 * (1 - self.used)), total=1000)]

    def expired_drills(self, _: int) -> list[str]:
        return ["drill_a", "drill_b"]

    def drop_drill(self, name: str) -> None:
        self._may(f"drop {name}")
        self.dropped.append(name)


def upkeep(database: FakeDatabase) -> PlanUpkeep:
    given: Any = database
    return PlanUpkeep(given, PLAN, live=True)


def test_a_store_that_may_only_insert_says_once_what_it_may_not_and_goes_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    database = FakeDatabase(refused=("keep", "disks", "drop drill_a"))
    made = upkeep(database)
    for hour in range(3):
        monkeypatch.setattr(time, "monotonic", lambda hour=hour: 1e6 + hour * 3700)
        made.begin()
        made.turn()
    said = capsys.readouterr().out
    assert said.count("may not set how long tables are kept") == 1
    assert said.count("may not look at the disk") == 1
    assert said.count("may not drop drill_a") == 1
    assert database.dropped == ["drill_b"] * 3
    assert database.places


def test_a_disk_that_fills_is_said_at_eighty_and_at_ninety_percent(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    database = FakeDatabase()
    made = upkeep(database)
    said = []
    for minute, used in enumerate((0.5, 0.79, 0.81, 0.85, 0.91, 0.95, 0.5, 0.82)):
        database.used = used
        monkeypatch.setattr(time, "monotonic", lambda minute=minute: 1e6 + minute * 61)
        made.turn()
        said.append("full" in capsys.readouterr().out)
    assert said == [False, False, True, False, True, False, False, True]


def test_every_table_belongs_to_one_tier_and_every_tier_has_its_floor() -> None:
    tables = [table for tier in TIERS.values() for table in tier]
    assert sorted([*tables, VIDEO_INDEX]) == sorted(TABLES)
    assert TIERS.keys() | {"drill_days"} == FLOORS.keys()
    assert {key: getattr(Retention(), key) for key in FLOORS} == {key: least for key, (least, _) in FLOORS.items()}


def test_the_plan_may_keep_longer_and_never_shorter() -> None:
    kept = hours(Retention(positions_days=90, frames_h=60))
    assert (kept["positions"], kept["camera_frames"], kept["audit_log"]) == (90 * 24, 60, 1096 * 24)
    assert hours(Retention(), Recording(video_days=60))[VIDEO_INDEX] == 60 * 24
    assert all(kept[table] >= least for table, least in floors().items())


@pytest.mark.parametrize("key", FLOORS)
def test_what_is_kept_too_short_is_refused_with_a_sentence(key: str) -> None:
    least, why = FLOORS[key]
    with pytest.raises(ConfigError, match=rf"{key} is {least - 1}, and may not be below {least}: {why}"):
        parse(plan_dict(retention={key: least - 1}))
    with pytest.raises(ConfigError, match=key):
        parse(plan_dict(retention={key: LONGEST_DAYS * 24 + 1}))


def test_every_place_of_the_plan_is_one_row() -> None:
    found = [dict(zip(COLUMNS, row, strict=True)) for row in rows(PLAN)]
    kinds = {kind: [row for row in found if row["kind"] == kind] for kind in {row["kind"] for row in found}}
    assert len(kinds["event"]) == len(kinds["venue"]) == 1
    for kind in ("zones", "gates", "lines", "areas", "cameras", "devices"):
        assert [row["id"] for row in kinds.get(kind[:-1], [])] == [each.id for each in getattr(PLAN, kind)]
    zone = kinds["zone"][0]
    assert zone["area_m2"] == pytest.approx(area_m2(PLAN.zones[0].polygon))  # type: ignore[arg-type]
    assert kinds["area"][0]["approved"] == PLAN.areas[0].approved.value
    assert {row["plan"] for row in found} == {plan_hash(PLAN)}
