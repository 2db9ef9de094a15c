"""A track that teleports: refused, counted, and nobody else is affected."""

from __future__ import annotations

import numpy as np

from pipelines.detect.crossings import LineFloor
from pipelines.detect.eye import Eye, View
from pipelines.detect.floor import zone_floor
from pipelines.events import CameraFrame, CrowdCrossings, CrowdZones

HALL = zone_floor("hall", [(0, 0), (20, 0), (20, 15), (0, 15)], los_scale="walkway", cameras_expected=1)
FAR = zone_floor("far", [(20, 0), (40, 0), (40, 15), (20, 15)], los_scale="walkway", cameras_expected=1)
VIEW = View(
    camera="c",
    plan="p",
    owns_cm=(0, 0, 4000, 1500),
    floors=(HALL, FAR),
    lines=(LineFloor(line="l", gate="g", a_cm=(2000, 200), b_cm=(2000, 1300)),),
    fps=10,
)


def seen(*, leap: bool) -> tuple[list[CrowdZones], int, int, list[bytes]]:
    """Sums, crossings, refusals and frames of two who walk at 1 m/s; one of them leaps 25 m after two seconds, and back."""
    eye, records = Eye(VIEW, start_us=0), []
    for frame in range(50):
        x = 300 + 10 * frame
        at = np.array([[x, 500], [x + (2500 if leap and 20 <= frame < 40 else 0), 800]])
        records += eye.frame(frame * 100_000, np.array([7, 8]), at, received_us=frame * 100_000)
    sums = [row for row in records if isinstance(row, CrowdZones)]
    crossed = sum(entry.entered + entry.exited for row in records if isinstance(row, CrowdCrossings) for entry in row.entries)
    return sums, crossed, eye.refused, [row.positions for row in records if isinstance(row, CameraFrame)]


def test_a_leap_is_no_speed_and_no_crossing_and_is_counted() -> None:
    sums, crossed, refused, _ = seen(leap=True)
    assert (crossed, refused) == (0, 2)
    for entry in (entry for row in sums for entry in row.entries if entry.n_v):
        assert entry.sum_v == 100 * entry.n_v


def test_the_other_zone_and_the_other_person_are_as_without_it() -> None:
    with_leap, _, _, _ = seen(leap=True)
    without, _, refused, _ = seen(leap=False)
    assert refused == 0
    for got, expected in zip(with_leap, without, strict=True):
        assert sum(entry.n for entry in got.entries) == sum(entry.n for entry in expected.entries)
        if got.slice_start_us >= 4_000_000 + 1_000_000:
            assert got.entries[0] == expected.entries[0]


def test_a_track_that_was_lost_for_a_moment_leaps_no_less_when_it_comes_back_elsewhere() -> None:
    for lost, leaps in ((5, 1), (30, 0)):  # after three seconds nobody knows where it has been
        eye = Eye(VIEW, start_us=0)
        for frame in (0, 1, 2, 3 + lost, 4 + lost):
            x = 500 if frame < 3 else 3000
            eye.frame(frame * 100_000, np.array([7]), np.array([[x, 500]]), received_us=frame * 100_000)
        assert eye.refused == leaps


def test_who_was_hidden_and_walked_on_has_not_leapt() -> None:
    eye = Eye(VIEW, start_us=0)
    for frame in (0, 1, 2, 12, 13):
        eye.frame(frame * 100_000, np.array([7]), np.array([[500 + 15 * frame, 500]]), received_us=frame * 100_000)
    assert eye.refused == 0
