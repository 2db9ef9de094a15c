"""The picture: what it shows, and above all what it does not."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from command.picture import Picture
from pipelines.detect.cells import CELL
from tests.command import feed
from tests.command.feed import NOW_US, S

ONE_CELL = [(3, 4, 250)]


def made(*rows: feed.Fed, **options: Any) -> Picture:
    """A picture of the small plan that has seen *rows*."""
    picture = Picture(feed.small_plan(), mode="drill-test", **options)
    for thing, record in rows:
        picture.apply(thing, record, NOW_US)
    return picture


def all_is_well(at_us: int = NOW_US) -> list[feed.Fed]:
    """Every camera alive, both zones measured."""
    cameras = [("cam-w", 3, 4), ("cam-e1", 22, 4), ("cam-e2", 22, 14)]
    rows = [feed.health(camera, at_us) for camera, _, _ in cameras]
    rows += [feed.cells(camera, at_us, [(x, y, 250)]) for camera, x, y in cameras]
    return [*rows, feed.density("west", at_us, peak=2.5), feed.density("east", at_us, peak=1.5, seen=2, expected=2)]


def places(snapshot: dict[str, Any]) -> list[tuple[int, int, int]]:
    """Cells of a snapshot."""
    rows = np.frombuffer(base64.b64decode(snapshot["cells"]), dtype=CELL)
    return sorted((int(row["x"]), int(row["y"]), int(row["density"])) for row in rows)


def test_a_picture_without_records_knows_nothing_and_can_be_written_as_json() -> None:
    snapshot = made().snapshot(NOW_US)
    json.dumps(snapshot, allow_nan=False)
    assert [zone["known"] for zone in snapshot["zones"].values()] == [False, False]
    assert (snapshot["complete"], snapshot["picture_age_ms"], snapshot["silent"]) == (False, None, True)


def test_a_fresh_picture_is_complete() -> None:
    snapshot = made(*all_is_well()).snapshot(NOW_US + 400_000)
    assert snapshot["complete"]
    assert snapshot["picture_age_ms"] == 400
    assert places(snapshot) == [(3, 4, 250), (22, 4, 250), (22, 14, 250)]
    assert snapshot["people_seen"] == 8
    assert snapshot["zones"]["west"]["local_peak"] == 2.5
    assert (snapshot["cameras_live"], snapshot["cameras_all"]) == (3, 3)


def test_a_frozen_camera_gives_no_cells_and_its_zone_is_unknown_without_numbers() -> None:
    snapshot = made(*all_is_well(), feed.health("cam-w", NOW_US, state="frozen")).snapshot(NOW_US)
    assert places(snapshot) == [(22, 4, 250), (22, 14, 250)]
    west = snapshot["zones"]["west"]
    assert (west["known"], west["local_peak"], west["people"], west["level"]) == (False, None, None, "none")
    assert west["blind"] == ["cam-w"]
    assert snapshot["zones"]["east"]["known"]


def test_what_a_saturated_camera_counts_is_a_lower_bound_and_says_by_which_camera() -> None:
    full = feed.health("cam-e1", NOW_US, saturated=True, night=True)
    snapshot = made(*all_is_well(), full, feed.density("east", NOW_US, peak=2.2, seen=2, expected=2, saturated=True)).snapshot(NOW_US)
    zones, cameras = snapshot["zones"], snapshot["cameras"]
    assert [(name, row["at_least"], row["hidden_from"]) for name, row in zones.items()] == [("west", False, []), ("east", True, ["cam-e1"])]
    assert snapshot["people_at_least"]
    assert [(name, row["saturated"], row["night"]) for name, row in cameras.items()] == [
        ("cam-w", False, False),
        ("cam-e1", True, True),
        ("cam-e2", False, False),
    ]
    assert not made(*all_is_well()).snapshot(NOW_US)["people_at_least"]


@pytest.mark.parametrize("state", ["stale", "frozen", "black", "white", "covered", "blurred", "moved", "a state of tomorrow"])
def test_a_zone_whose_only_camera_is_bad_is_unknown_and_no_lower_bound_of_anything(state: str) -> None:
    bad = feed.health("cam-w", NOW_US, state=state, saturated=True, night=True)
    snapshot = made(*all_is_well(), feed.density("west", NOW_US, peak=2.5, saturated=True), bad).snapshot(NOW_US)
    west, camera = snapshot["zones"]["west"], snapshot["cameras"]["cam-w"]
    assert (west["known"], west["level"], west["local_peak"], west["at_least"], west["hidden_from"]) == (False, "none", None, False, [])
    assert (camera["state"], camera["saturated"], camera["night"]) == (state, False, False)
    assert not snapshot["people_at_least"]


def test_when_nothing_fresh_comes_nothing_is_a_lower_bound() -> None:
    rows = [*all_is_well(), feed.health("cam-w", NOW_US, saturated=True), feed.density("west", NOW_US, peak=2.5, saturated=True)]
    snapshot = made(*rows).snapshot(NOW_US + 6 * S)
    assert (snapshot["people_at_least"], snapshot["zones"]["west"]["at_least"]) == (False, False)


def test_a_silent_camera_is_not_live_three_seconds_later() -> None:
    later = NOW_US + 4 * S
    rows = [row for row in all_is_well(later) if getattr(row[1], "camera", "") != "cam-w"]
    snapshot = made(*all_is_well(), *rows).snapshot(later)
    assert snapshot["cameras"]["cam-w"]["state"] == "silent"
    assert not snapshot["zones"]["west"]["known"]
    assert places(snapshot) == [(22, 4, 250), (22, 14, 250)]


def test_a_zone_with_too_few_of_its_cameras_is_unknown() -> None:
    snapshot = made(*all_is_well(), feed.density("east", NOW_US + 200_000, seen=1, expected=2)).snapshot(NOW_US + S)
    assert not snapshot["zones"]["east"]["known"]
    assert (snapshot["zones"]["east"]["cameras_seen"], snapshot["zones"]["east"]["cameras_expected"]) == (1, 2)


def test_progress_rows_do_not_keep_a_zone_known() -> None:
    later = NOW_US + 4 * S
    alive = [feed.health(camera, later) for camera in ("cam-w", "cam-e1", "cam-e2")]
    snapshot = made(*all_is_well(), *alive, feed.progress(later)).snapshot(later)
    assert [zone["known"] for zone in snapshot["zones"].values()] == [False, False]
    assert snapshot["picture_age_ms"] == 4000


def test_when_everything_is_silent_nothing_is_shown() -> None:
    snapshot = made(*all_is_well()).snapshot(NOW_US + 6 * S)
    assert snapshot["silent"]
    assert snapshot["cells"] == ""
    assert snapshot["people_seen"] is None
    assert [zone["known"] for zone in snapshot["zones"].values()] == [False, False]
    assert snapshot["cameras_live"] == 0


def test_a_played_picture_is_as_old_as_its_last_arrival() -> None:
    picture = made(clock="player")
    for thing, record in all_is_well(NOW_US - 86_400 * S):
        picture.apply(thing, record, NOW_US)
    assert picture.snapshot(NOW_US + 700_000)["picture_age_ms"] == 700
    assert picture.snapshot(NOW_US + 60 * S)["silent"]
    assert not picture.snapshot(NOW_US + 60 * S, ended=True)["silent"]


def test_the_ten_second_roll_up_is_not_the_grid() -> None:
    thing, cells = feed.cells("cam-w", NOW_US, ONE_CELL)
    rolled = type(cells)(camera="cam-w", event_time_us=NOW_US - 10 * S, period_us=10 * S, cells=cells.cells)
    assert places(made((thing, rolled)).snapshot(NOW_US)) == []


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_newest_grid_counts_whatever_the_order(order: tuple[int, int]) -> None:
    rows = [feed.cells("cam-w", NOW_US - S, ONE_CELL), feed.cells("cam-w", NOW_US, [(5, 6, 100)])]
    assert places(made(*(rows[index] for index in order)).snapshot(NOW_US)) == [(5, 6, 100)]


def test_records_of_unknown_things_are_let_go() -> None:
    rows = [
        feed.cells("nobody", NOW_US, ONE_CELL),
        feed.density("nowhere", NOW_US),
        feed.flow("no-line", NOW_US, 1, 1),
        feed.occupancy("none", NOW_US, 1, 0),
    ]
    assert made(*rows).snapshot(NOW_US)["people_seen"] is None


def test_flow_counts_whole_seconds_of_the_last_minute_once() -> None:
    rows = [feed.flow("line", NOW_US - index * S // 5, 1, 0) for index in range(600)]
    now = [feed.health("cam-w", NOW_US)]
    assert made(*rows, *rows, *now).snapshot(NOW_US)["gates"]["gate"] == {"known": True, "in_per_min": 60, "out_per_min": 0, "queue": None}


def test_occupancy_is_held_against_the_permit() -> None:
    rows = [feed.occupancy("square", NOW_US - (60 - second) * S, 100 + second, second // 2) for second in range(61)]
    occupancy = made(*rows, feed.health("cam-w", NOW_US)).snapshot(NOW_US)["occupancy"]
    assert (occupancy["inside"], occupancy["approved"], occupancy["percent"]) == (130, 200, 65.0)
    assert (occupancy["in_per_min"], occupancy["out_per_min"]) == (60, 30)
    assert (occupancy["turnstiles_seen"], occupancy["turnstiles_expected"]) == (1, 1)


def test_the_trend_is_the_slope_of_the_local_peak() -> None:
    rows = [feed.density("west", NOW_US - (30 - second) * S, peak=1 + second * 0.01) for second in range(31)]
    snapshot = made(*rows, feed.health("cam-w", NOW_US)).snapshot(NOW_US)
    assert snapshot["zones"]["west"]["trend"] == 0.6


def test_a_zone_has_the_measured_level_of_its_crowding_and_loses_it_when_unknown() -> None:
    alert = ("alerts.changes", feed.change("a", "crowd_density", "west", start_us=NOW_US))
    assert made(*all_is_well(), alert).snapshot(NOW_US)["zones"]["west"]["level"] == "warning"
    blind = made(*all_is_well(), alert, feed.health("cam-w", NOW_US, state="black")).snapshot(NOW_US)
    assert blind["zones"]["west"]["level"] == "none"


def test_a_fire_gives_its_zone_an_alarm_even_when_nobody_sees_it() -> None:
    fire = feed.change("f", "fire", "west", start_us=NOW_US, priority="P1", level="critical", latched=True)
    zone = made(("alerts.changes", fire)).snapshot(NOW_US)["zones"]["west"]
    assert (zone["alarm"], zone["fire"], zone["known"]) == ("critical", True, False)


def test_a_vehicle_against_its_lane_drives_the_wrong_way_and_vanishes_after_three_seconds() -> None:
    rows = [row for row in feed.evening(feed.stadium(), NOW_US, 0) if row[0] == "vehicle.tracks"]
    picture = made(*all_is_well(), *rows)
    assert [row["wrong_way"] for row in picture.snapshot(NOW_US)["vehicles"]] == [True]
    for thing, record in all_is_well(NOW_US + 4 * S):
        picture.apply(thing, record, NOW_US)
    assert picture.snapshot(NOW_US + 4 * S)["vehicles"] == []


def test_an_uncalibrated_camera_counts_people_by_its_health() -> None:
    snapshot = made(feed.health("cam-w", NOW_US, calibrated=False, people=7)).snapshot(NOW_US)
    assert (snapshot["people_seen"], snapshot["silent"], snapshot["complete"]) == (7, False, False)


def test_the_time_line_has_a_point_every_two_seconds() -> None:
    picture = made()
    for second in range(10):
        for thing, record in all_is_well(NOW_US + second * S):
            picture.apply(thing, record, NOW_US)
    assert picture.snapshot(NOW_US + 9 * S)["timeline"]["at_s"] == [0, 2, 4, 6, 8]


@given(st.permutations(range(8)), st.lists(st.integers(0, 7), max_size=8))
def test_order_and_repetition_do_not_change_the_picture(order: list[int], again: list[int]) -> None:
    rows = all_is_well()
    expected = made(*rows).snapshot(NOW_US)
    actual = made(*(rows[index] for index in [*order, *again])).snapshot(NOW_US)
    for snapshot in (expected, actual):
        del snapshot["timeline"]
    assert actual == expected
