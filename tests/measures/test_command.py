"""`muster measure positions`: one row a frame with every digit, and clear sentences for what cannot be measured."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from typer.testing import CliRunner

from cli.__main__ import app
from simulation.trajectories import read_trajectories, without_jumps
from tests.measures.recorded import case, golden, path_of

ZONE = "POLYGON((0 0, 4 0, 4 4, 0 4, 0 0))"
ASKED = [
    "time_s",
    "people",
    "density_per_m2",
    "voronoi_density_per_m2",
    "speed_mps",
    "specific_flow_per_m_s",
    "pressure_per_s2",
]


def walkers(tmp_path, *more, frames=40):
    """Two people who walk to the right at 1 m/s, at 10 frames a second, one of them late."""
    rows = [f"1 {frame} {0.05 + frame / 10} 1.5 1.7" for frame in range(frames)]
    rows += [f"2 {frame} {0.05 + frame / 10} 2.5 1.7" for frame in range(10, frames)]
    path = tmp_path / "people.txt"
    path.write_text("# id frame x y z\n" + "\n".join([*rows, *more]) + "\n", encoding="utf-8")
    return path


def measure(path, tmp_path, *options, zone=ZONE, unit="m", fps="10"):
    out = tmp_path / "out.csv"
    arguments = ["measure", "positions", str(path), "--unit", unit, "--fps", fps, "--zone", zone, "--csv", str(out), *options]
    ended = CliRunner().invoke(app, arguments)
    if not out.is_file():
        return ended, []
    with out.open(encoding="utf-8", newline="") as lines:
        return ended, list(csv.DictReader(lines))


def test_every_frame_has_its_row_zeros_too(tmp_path):
    path = walkers(tmp_path, "3 60 2 2 1.7", frames=40)
    ended, rows = measure(path, tmp_path)
    assert ended.exit_code == 0
    assert len(rows) == 61
    assert list(rows[0])[: len(ASKED)] == ASKED
    assert [row["time_s"] for row in rows[:3]] == ["0.0", "0.1", "0.2"]
    assert [rows[index]["people"] for index in (0, 10, 45, 60)] == ["1", "2", "0", "1"]
    assert rows[45]["density_per_m2"] == rows[45]["voronoi_density_per_m2"] == "0.0"
    assert rows[45]["speed_mps"] == rows[45]["pressure_per_s2"] == ""


def test_speed_and_specific_flow_come_with_the_baseline(tmp_path):
    _, rows = measure(walkers(tmp_path), tmp_path)
    assert [row["speed_mps"] for row in rows[:10]] == [""] * 10
    assert float(rows[20]["speed_mps"]) == pytest.approx(1.0)
    assert float(rows[20]["specific_flow_per_m_s"]) == pytest.approx(2 / 16)
    assert float(rows[20]["velocity_x_mps"]) == pytest.approx(1.0)


def test_numbers_have_every_digit(tmp_path):
    path = tmp_path / "people.txt"
    path.write_text("1 0 1.123456789012 1 0\n2 0 3.4 3.0 0\n1 1 1.2 1 0\n2 1 3.4 3.000000001 0\n", encoding="utf-8")
    assert read_trajectories(path, unit="m", fps=10).positions_m[0, 0] == 1.123456789012
    _, rows = measure(path, tmp_path)
    assert float(rows[0]["voronoi_density_per_m2"]) != float(rows[1]["voronoi_density_per_m2"])


def test_a_line_counts_each_person_once(tmp_path):
    ended, rows = measure(walkers(tmp_path), tmp_path, "--line", "LINESTRING(2 0, 2 4)")
    assert ended.exit_code == 0
    assert (rows[-1]["line_crossed"], rows[-1]["line_crossed_to_left"]) == ("2", "0")


def test_a_zone_with_a_notch_is_measured_in_pieces(tmp_path):
    path = walkers(tmp_path)
    walkable = ("--walkable", "POLYGON((-1 -1, 5 -1, 5 5, -1 5, -1 -1))")
    parts = [measure(path, tmp_path, *walkable, zone=zone)[1] for zone in (
        "POLYGON((0 0, 4 0, 4 2, 2 2, 2 4, 0 4, 0 0))", "POLYGON((0 0, 4 0, 4 2, 0 2, 0 0))", "POLYGON((0 2, 2 2, 2 4, 0 4, 0 2))"
    )]  # fmt: skip
    bent, low, high = ([float(row["voronoi_density_per_m2"]) for row in rows] for rows in parts)
    np.testing.assert_allclose(np.array(bent) * 12, np.array(low) * 8 + np.array(high) * 4, rtol=1e-6)


def test_a_jump_loses_its_row_and_nobody_elses(tmp_path):
    ended, rows = measure(walkers(tmp_path, "9 0 1 3 0", "9 1 1 3 0", "9 2 4 3.9 0", "9 3 1 3 0"), tmp_path)
    assert ended.exit_code == 0
    assert "person 9, frame 2: jumps 3.13 m, which is 31 m/s" in ended.stderr
    assert "left out 1 rows" in ended.stderr
    assert [row["people"] for row in rows[:5]] == ["2", "2", "1", "2", "1"]


def test_after_a_jump_a_person_is_taken_back_when_they_could_be_there(tmp_path):
    path = walkers(tmp_path, *(f"9 {frame} {1 if frame < 2 else 3.5} 3 0" for frame in range(8)))
    kept, left_out = without_jumps(read_trajectories(path, unit="m", fps=10), fastest_mps=12)
    assert len(left_out) == 2
    assert kept.frames[kept.tracks == 9].tolist() == [0, 1, 4, 5, 6, 7]


@pytest.mark.parametrize(
    ("zone", "sentence"),
    [
        ("POLYGON((0 0, 1 1, 2 2, 0 0))", "zone: has no area"),
        ("POLYGON((0 0, 4 4, 4 0, 0 3, 0 0))", "zone: is no simple polygon: Self-intersection"),
        ("POLYGON((50 50, 54 50, 54 54, 50 50))", "zone: lies outside the walkable area"),
        ("LINESTRING(0 0, 4 4)", "zone: expected a POLYGON, got LINESTRING"),
        ("POLYGON EMPTY", "zone: expected a POLYGON, got POLYGON EMPTY"),
        ("0,0,4,4", "is no well-known text"),
        ("POLYGON((0 0, 4 0, 4 4, 0 4, 0 0), (1 1, 2 1, 2 2, 1 1))", "zone: has a hole"),
    ],
)
def test_a_zone_that_is_none_is_refused(tmp_path, zone, sentence):
    ended, rows = measure(walkers(tmp_path), tmp_path, zone=zone)
    assert (ended.exit_code, rows) == (2, [])
    assert sentence in ended.stderr


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--walkable", "POLYGON((-1 -1, 9 -1, 9 9, 2 2, -1 9, -1 -1))"), "walkable area: is not convex"),
        (("--walkable", "POLYGON((0 0, 3 0, 3 5, 0 5, 0 0))"), "positions lie outside it"),
        (("--line", "LINESTRING(1 1, 1 1)"), "expected a LINESTRING with two different ends"),
        (("--line", "POINT(1 1)"), "expected a LINESTRING with two different ends"),
        (("--noise-m", "-1"), "noise -1.0 m: expected 0 and more"),
    ],
)
def test_an_option_that_does_not_fit_is_refused(tmp_path, options, sentence):
    ended, rows = measure(walkers(tmp_path), tmp_path, *options)
    assert (ended.exit_code, rows) == (2, [])
    assert sentence in ended.stderr


@pytest.mark.parametrize(
    ("more", "unit", "sentence"),
    [
        ("3 2 nan 1 0", "m", "person 3, frame 2: position is not a finite number"),
        ("3 2 x 1 0", "m", "expected numbers"),
        ("1 2 2 2 0", "m", "person 1 is twice in frame 2"),
        ("3 2 1 1 0", "cm", "is its unit m?"),
        ("3 2 1 1 0", "ft", "unit 'ft': expected m or cm"),
    ],
)
def test_a_file_that_is_not_what_it_should_be_is_refused(tmp_path, more, unit, sentence):
    ended, rows = measure(walkers(tmp_path, more), tmp_path, unit=unit)
    assert (ended.exit_code, rows) == (2, [])
    assert sentence in ended.stderr


def test_two_people_at_one_place_are_refused(tmp_path):
    ended, _ = measure(walkers(tmp_path, "3 12 1.25 1.5 0"), tmp_path)
    assert ended.exit_code == 2
    assert "two people are at one place" in ended.stderr


def test_a_recorded_jam_is_measured_as_pedpy_does(tmp_path):
    name = "040_c_56_h-.txt"
    row, said = case(name), golden(name)
    texts = ["POLYGON((" + ", ".join(f"{x} {y}" for x, y in [*ring, ring[0]]) + "))" for ring in (row["zones"][0], row["walkable"])]
    ended, rows = measure(path_of(name), tmp_path, "--walkable", texts[1], zone=texts[0], fps="25")
    assert ended.exit_code == 0
    assert len(rows) == said["frames"]
    for column, key in (("density_per_m2", "classic"), ("voronoi_density_per_m2", "voronoi")):
        found = [float(line[column]) for line in rows[:: said["every"]]]
        np.testing.assert_allclose(found, said["zones"][0][key], rtol=1e-6, atol=1e-6)
