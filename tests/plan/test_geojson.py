"""The plan's places as GeoJSON."""

from __future__ import annotations

from itertools import pairwise
from math import cos, hypot, radians
from typing import Any

import pytest

from plan.geojson import METRES_PER_DEGREE, collection, frame_of
from tests.command.feed import small_plan

LIES = {"latitude_deg": 31.2, "longitude_deg": 121.5, "bearing_deg": 90}


def test_the_venue_frame_keeps_metres_square_beside_latitude_and_longitude_0() -> None:
    made = collection(small_plan(), frame="venue")
    [west] = [row for row in made["features"] if row["properties"]["id"] == "west"]
    [ring] = west["geometry"]["coordinates"]
    metres = [(round(x * METRES_PER_DEGREE, 3), round(y * METRES_PER_DEGREE, 3)) for x, y in ring]
    assert metres == [(0, 0), (20, 0), (20, 20), (0, 20), (0, 0)]


def test_a_plan_with_a_georeference_lies_on_the_earth() -> None:
    plan = small_plan(georeference=LIES)
    assert frame_of(plan) == "earth"
    [camera] = [row for row in collection(plan, frame="earth")["features"] if row["properties"]["id"] == "cam-w"]
    longitude, latitude = camera["geometry"]["coordinates"]
    # 10 m along x, which points south where y points east
    assert hypot((longitude - 121.5) * cos(radians(31.2)) * METRES_PER_DEGREE, (latitude - 31.2) * 110_860) == pytest.approx(10, abs=0.01)
    assert latitude < 31.2


def test_without_a_georeference_the_earth_is_refused_with_a_sentence() -> None:
    assert frame_of(small_plan()) == "venue"
    with pytest.raises(ValueError, match="no georeference"):
        collection(small_plan(), frame="earth")


def test_every_place_comes_with_its_names_as_they_are() -> None:
    made = collection(small_plan(zones=[{**zone, "name": {"en": "<b>'W\"</b>", "zh": "西"}} for zone in zones()]), frame="venue")
    kinds = [row["properties"]["kind"] for row in made["features"]]
    assert kinds == ["zone", "zone", "gate", "camera", "camera", "camera"]
    assert made["features"][0]["properties"]["name_en"] == "<b>'W\"</b>"


def test_rings_are_closed_and_run_counter_clockwise() -> None:
    turned = [{**zone, "polygon": list(reversed(zone["polygon"]))} for zone in zones()]
    for feature in collection(small_plan(zones=turned), frame="venue")["features"][:2]:
        [ring] = feature["geometry"]["coordinates"]
        assert ring[0] == ring[-1]
        assert sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring)) > 0


def zones() -> list[dict[str, Any]]:
    return [zone.model_dump(mode="json") for zone in small_plan().zones]
