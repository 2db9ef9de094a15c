"""Densities and crossings of recorded crowds, equal to PedPy's own answers (tests/measures/golden)."""

from __future__ import annotations

import json

import numpy as np
import pytest

from pipelines.measures.density import classic_density, grid_density, grid_shares
from pipelines.measures.flow import crossed_by_frame, first_crossings, line_crossings
from pipelines.measures.polygon import area_m2
from pipelines.measures.voronoi import voronoi_density
from tests.measures.recorded import CASES, GOLDEN, NAMES, ZONES, case, every, golden, people, ring


def test_there_are_ten_zones_of_4_m2_and_more() -> None:
    assert len(ZONES) == 10
    assert min(area_m2(ring(zone)) for row in CASES for zone in row["zones"]) >= 4


def test_the_golden_files_are_of_these_zones_and_small() -> None:
    assert [[zone["zone"] for zone in golden(row["file"])["zones"]] for row in CASES] == [row["zones"] for row in CASES]
    assert {golden(row["file"])["by"] for row in CASES} == {"pedpy==1.5.1"}
    assert sum(path.stat().st_size for path in GOLDEN.iterdir()) < 300_000


@pytest.mark.parametrize(("name", "index"), ZONES)
def test_classic_density_is_pedpys_to_1e9(name: str, index: int) -> None:
    _, rows = people(name)
    said = golden(name)
    found = classic_density(**rows, zone_m=ring(case(name)["zones"][index]))
    assert len(found) == said["frames"]
    np.testing.assert_allclose(found[:: said["every"]], said["zones"][index]["classic"], rtol=1e-9, atol=1e-9)
    assert found.mean() == pytest.approx(said["zones"][index]["mean_classic"], rel=1e-9)


@pytest.mark.parametrize(("name", "index"), ZONES)
def test_voronoi_density_is_pedpys_to_1e6(name: str, index: int) -> None:
    _, rows = people(name)
    said = golden(name)
    found = voronoi_density(**every(rows, said["every"]), zone_m=ring(case(name)["zones"][index]), walkable_m=ring(case(name)["walkable"]))
    np.testing.assert_allclose(found, said["zones"][index]["voronoi"], rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_the_mean_voronoi_density_of_a_whole_file_is_pedpys(name: str) -> None:
    _, rows = people(name)
    found = voronoi_density(**rows, zone_m=ring(case(name)["zones"][0]), walkable_m=ring(case(name)["walkable"]))
    assert found.mean() == pytest.approx(golden(name)["zones"][0]["mean_voronoi"], rel=1e-6)


def test_the_mean_error_of_the_grid_is_at_most_5_percent_over_the_zones() -> None:
    errors = []
    for name, index in ZONES:
        _, rows = people(name)
        found = grid_density(**rows, shares=grid_shares(ring(case(name)["zones"][index])))
        errors.append(abs(found.mean() / golden(name)["zones"][index]["mean_classic"] - 1))
    assert np.mean(errors) <= 0.05
    assert max(errors) <= 0.10, json.dumps(errors)


@pytest.mark.parametrize("name", NAMES)
def test_as_many_people_cross_the_line_as_pedpy_counts(name: str) -> None:
    found, rows = people(name)
    said = golden(name)
    crossed = first_crossings(
        line_crossings(tracks=found.tracks, frames=rows["frames"], positions_m=found.positions_m, line_m=ring(case(name)["line"]))
    )
    assert len(crossed.tracks) == said["crossed"] == said["people_who_crossed"]
    counts = crossed_by_frame(crossed, frame_count=rows["frame_count"])
    assert counts[:: said["every"]].tolist() == said["crossed_by_frame"]
