"""Behaviour from tracks: what each rule tells of, and what it leaves alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pytest

from pipelines.detect.behaviour.closed_zone import ClosedZone
from pipelines.detect.behaviour.dispersal import Dispersal
from pipelines.detect.behaviour.fence_line import FenceLines
from pipelines.detect.behaviour.loitering import Loitering
from pipelines.detect.behaviour.lying import Lying
from pipelines.detect.behaviour.running import Running
from pipelines.detect.behaviour.watching import Behaviour, Hours, Rule
from pipelines.detect.crossings import LineFloor
from pipelines.detect.floor import zone_floor
from pipelines.detect.velocities import Velocities
from pipelines.events import CameraEvent
from pipelines.units import MICRO

FPS = 10
HALL = zone_floor("hall", [(0, 0), (40, 0), (40, 40), (0, 40)], los_scale="walkway", cameras_expected=1)
SQUARE = np.array([(1000, 1000), (2000, 1000), (2000, 2000), (1000, 2000)], dtype=np.int64)
FENCE = LineFloor(line="fence", gate="", a_cm=(2000, 0), b_cm=(2000, 4000))
STANDS, LIES = (1.0, 0.4), (0.3, 3.0)
Path = Callable[[float], tuple[float, float] | None]


def running(**changes: Any) -> Running:
    return Running([HALL], **{"mps": 3.0, "hold_s": 1.0, **changes})


def dispersal() -> Dispersal:
    return Dispersal([HALL], mps=1.8, people=10, within_m=10, share=0.7, hold_s=0.6)


def lying() -> Lying:
    return Lying([HALL], height_share=0.55, wide=1.2, within_m=0.5, hold_s=10)


def watched(
    rule: Rule, people: Iterable[Path], *, last_s: float, shape: Callable[[int, float], Any] | None = None, hours: Hours | None = None
) -> list[CameraEvent]:
    """What the rule tells while *people*, who are at a place in metres or away, are filmed for so long."""
    subject, velocities, found, paths = Behaviour("c", [(rule, hours or Hours())]), Velocities(), [], list(people)
    for frame in range(round(last_s * FPS)):
        at_s, event_us = frame / FPS, round(frame * MICRO / FPS)
        here = [(track, place) for track, path in enumerate(paths, start=1) if (place := path(at_s)) is not None]
        tracks = np.array([track for track, _ in here], dtype=np.int64)
        cm = np.rint(np.array([place for _, place in here], dtype=np.float64).reshape(-1, 2) * 100).astype(np.int64)
        shapes = np.array([shape(track, at_s) for track in tracks.tolist()], dtype=np.float64).reshape(-1, 2) if shape else None
        found += subject.take(event_us, tracks, cm, velocities.of(event_us, tracks, cm), shapes, received_us=event_us)
    return found


def walks(mps: float, *, x: float = 2.0, y: float = 15.0) -> Path:
    return lambda at_s: (x + mps * at_s, y)


def told(events: list[CameraEvent]) -> list[tuple[str, int]]:
    return [(event.state, event.people) for event in events if event.state != "going"]


def test_who_is_inside_a_closed_zone_for_a_second_has_entered_it_and_one_spell_is_told_of() -> None:
    found = watched(ClosedZone("hall", SQUARE, hold_s=1), [walks(1.3)], last_s=25)
    assert told(found) == [("begin", 1), ("end", 1)]
    first = found[0]
    assert (first.kind, first.place, first.track, first.unit) == ("closed_zone", "hall", 1, "people")
    assert first.since_us == pytest.approx(8 / 1.3 * MICRO, abs=0.1 * MICRO)
    assert first.event_time_us - first.since_us == MICRO


def test_who_walks_along_the_edge_of_a_closed_zone_with_a_noise_of_ten_centimetres_has_not_entered_it() -> None:
    rng = np.random.default_rng(1)
    noisy = walks(1.0, x=5.0, y=9.7)  # the polygon is drawn in by 0.3 m: this is its true edge
    path: Path = lambda at_s: (noisy(at_s)[0], 9.7 + float(rng.normal(0, 0.1)))  # type: ignore[index]  # noqa: E731
    assert watched(ClosedZone("hall", SQUARE, hold_s=1), [path], last_s=25) == []


def test_outside_its_hours_nothing_is_told_and_a_spell_ends_with_them() -> None:
    hours = Hours(spans_us=((0, 10 * MICRO),))
    found = watched(ClosedZone("hall", SQUARE, hold_s=1), [lambda _: (15.0, 15.0)], last_s=20, hours=hours)
    assert told(found) == [("begin", 1), ("end", 1)]
    assert max(event.event_time_us for event in found if event.state == "going") < 10 * MICRO


def test_who_crosses_a_fence_is_told_of_by_the_way_that_is_forbidden() -> None:
    for way, expected in (("both", 1), ("right", 1), ("left", 0)):
        found = watched(FenceLines([FENCE], ways={"fence": way}), [walks(1.5, x=10)], last_s=12)  # type: ignore[dict-item]
        assert [event.state for event in found] == ["begin", "end"] * expected


def test_who_leans_on_a_fence_and_sways_over_it_has_not_crossed_it() -> None:
    rng = np.random.default_rng(2)
    assert watched(FenceLines([FENCE], ways={"fence": "both"}), [lambda _: (20.0 + float(rng.normal(0, 0.06)), 5.0)], last_s=30) == []


def jumps(frames: set[int], *, from_frame: int = 60) -> Path:
    """Who stands a metre before the fence, is a metre beyond it in those frames, and walks over it from a later one on."""
    return lambda at_s: (21.0 if round(at_s * FPS) in frames else 19.0 + max(at_s * FPS - from_frame, 0) * 0.15, 5.0)


def test_a_box_that_jumps_over_a_fence_for_a_frame_or_two_has_not_crossed_it_nor_come_back() -> None:
    fences = FenceLines([FENCE], ways={"fence": "both"})
    assert watched(fences, [jumps({10, 30, 31}, from_frame=1000)], last_s=8) == []


def test_who_crosses_after_his_box_has_jumped_is_told_of() -> None:
    found = watched(FenceLines([FENCE], ways={"fence": "both"}), [jumps({10, 30, 31})], last_s=12)
    assert told(found) == [("begin", 1), ("end", 1)]


def test_a_crossing_is_told_of_when_it_has_lasted_and_says_since_when() -> None:
    held, at_once = [
        watched(FenceLines([FENCE], ways={"fence": "both"}, hold_s=hold_s), [walks(1.5, x=10)], last_s=12)[0] for hold_s in (0.3, 0)
    ]
    assert held.since_us == at_once.since_us == at_once.event_time_us
    assert held.event_time_us - held.since_us == 300_000


def test_who_is_lost_for_a_moment_beyond_a_fence_is_told_of_when_he_is_seen_again_and_not_otherwise() -> None:
    walker = walks(1.5, x=10)
    beyond_s = 10.6 / 1.5  # half a metre beyond the fence, and a little
    for lost_s, expected in ((1.0, 1), (60.0, 0)):
        path: Path = lambda at_s, lost_s=lost_s: None if beyond_s <= at_s < beyond_s + lost_s else walker(at_s)  # type: ignore[misc]  # noqa: E731
        assert len(told(watched(FenceLines([FENCE], ways={"fence": "both"}), [path], last_s=14))) == 2 * expected


def test_someone_who_runs_at_four_metres_a_second_runs_and_one_who_hurries_does_not() -> None:
    found = watched(running(), [walks(4.0), walks(2.2, y=30)], last_s=8)
    assert told(found) == [("begin", 1)]
    assert (found[0].track, found[0].value, found[0].unit) == (1, 4.0, "m/s")


def test_each_further_runner_is_told_of_at_once() -> None:
    found = watched(running(), [walks(4.0, y=5 + row) for row in range(6)], last_s=5)
    assert max(event.people for event in found) == 6


def test_a_jitter_of_half_a_metre_is_no_run() -> None:
    rng = np.random.default_rng(3)
    assert watched(running(), [lambda _: tuple(15 + rng.normal(0, 0.5, 2))] * 20, last_s=30) == []  # type: ignore[list-item]


def scatters(row: int, of: int, mps: float) -> Path:
    turn = 2 * np.pi * row / of
    way = np.array([np.cos(turn), np.sin(turn)])
    return lambda at_s: tuple(20 + way * (1.0 + row % 3 + mps * max(at_s - 4, 0)))


def test_thirty_who_scatter_from_one_spot_are_a_dispersal_there_and_thirty_who_stroll_apart_are_none() -> None:
    found = watched(dispersal(), [scatters(row, 30, 2.5) for row in range(30)], last_s=9)
    assert told(found)[0][0] == "begin"
    assert found[0].people >= 10
    assert np.hypot(found[0].x_cm - 2000, found[0].y_cm - 2000) < 100
    assert watched(dispersal(), [scatters(row, 30, 1.3) for row in range(30)], last_s=9) == []


def test_thirty_who_run_one_way_are_no_dispersal() -> None:
    people = [walks(3.0, x=2 + row % 5, y=10 + row // 5) for row in range(30)]
    assert watched(dispersal(), people, last_s=9) == []


def test_who_stands_for_ten_minutes_loiters_and_who_walks_to_and_fro_does_not() -> None:
    rule = Loitering([HALL], within_m=3, after_s=600)
    rng = np.random.default_rng(4)
    stands: Path = lambda _: tuple(10 + rng.normal(0, 0.2, 2))  # type: ignore[assignment,return-value]  # noqa: E731
    found = watched(rule, [stands, lambda at_s: (20 + 8 * np.sin(at_s / 8), 30)], last_s=620)
    assert told(found) == [("begin", 1)]
    assert found[0].track == 1
    assert 600 <= found[0].value <= 602


def test_who_lies_still_for_ten_seconds_is_told_of_and_who_only_falls_or_sits_is_not() -> None:
    walkers = [walks(1.0, y=5 + row) for row in range(5)]

    def shape(track: int, at_s: float) -> tuple[float, float]:
        if track == 6:  # lies from second 10 on
            return LIES if at_s >= 10 else STANDS
        if track == 7:  # is up again after five seconds
            return LIES if 10 <= at_s < 15 else STANDS
        return (0.65, 0.8) if track == 8 else STANDS  # the last one sits

    still = [lambda _: (20.0, 20.0), lambda _: (25.0, 25.0), lambda _: (30.0, 30.0)]
    found = watched(lying(), [*walkers, *still], last_s=30, shape=shape)
    assert [(event.state, event.track) for event in found if event.state != "going"] == [("begin", 6)]
    assert found[0].event_time_us == 20 * MICRO


def test_a_wide_low_box_that_moves_is_nobody_who_lies() -> None:
    def shape(track: int, _: float) -> tuple[float, float]:
        return LIES if track == 6 else STANDS

    walkers = [walks(1.0, y=5 + row) for row in range(5)]
    assert watched(lying(), [*walkers, walks(0.8, y=30)], last_s=30, shape=shape) == []


def test_from_straight_above_nobody_is_said_to_lie() -> None:
    found = watched(lying(), [lambda _: (20.0, 20.0)], last_s=30, shape=lambda *_: (np.nan, np.nan))
    assert found == []


def test_a_spell_that_is_lost_for_a_moment_goes_on() -> None:
    found = watched(running(), [lambda at_s: None if 3 <= at_s < 3.3 else (2 + 4.0 * at_s, 15.0)], last_s=8)
    assert told(found) == [("begin", 1)]
