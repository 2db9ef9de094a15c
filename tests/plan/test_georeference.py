"""The way from the venue frame to latitude and longitude, against the exact one by earth-centred coordinates."""

from __future__ import annotations

from math import cos, hypot, radians, sin, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.errors import ConfigError
from plan.georeference import Georeference
from plan.load import parse
from tests.plans import plan_dict

SEMI_MAJOR_M, FLATTENING = 6_378_137.0, 1 / 298.257223563
E2 = FLATTENING * (2 - FLATTENING)


def earth_centred(latitude_deg: float, longitude_deg: float) -> tuple[float, float, float]:
    latitude, longitude = radians(latitude_deg), radians(longitude_deg)
    across = SEMI_MAJOR_M / sqrt(1 - E2 * sin(latitude) ** 2)
    return across * cos(latitude) * cos(longitude), across * cos(latitude) * sin(longitude), across * (1 - E2) * sin(latitude)


def venue_m(reference: Georeference, position: tuple[float, float]) -> tuple[float, float]:
    """The exact way back: east and north in the plane that touches the origin, turned by the bearing."""
    latitude, longitude = radians(reference.latitude_deg), radians(reference.longitude_deg)
    origin, there = earth_centred(reference.latitude_deg, reference.longitude_deg), earth_centred(*position)
    dx, dy, dz = (b - a for a, b in zip(origin, there, strict=True))
    east = -sin(longitude) * dx + cos(longitude) * dy
    north = -sin(latitude) * cos(longitude) * dx - sin(latitude) * sin(longitude) * dy + cos(latitude) * dz
    turn = radians(reference.bearing_deg)
    return east * cos(turn) - north * sin(turn), east * sin(turn) + north * cos(turn)


@given(
    latitude_deg=st.floats(-70, 70),
    longitude_deg=st.floats(-180, 180),
    bearing_deg=st.floats(0, 359.9),
    x_m=st.floats(-1400, 1400),
    y_m=st.floats(-1400, 1400),
)
def test_within_two_kilometres_it_is_right_to_a_millimetre(
    latitude_deg: float, longitude_deg: float, bearing_deg: float, x_m: float, y_m: float
) -> None:
    reference = Georeference(latitude_deg=latitude_deg, longitude_deg=longitude_deg, bearing_deg=bearing_deg)
    back_x_m, back_y_m = venue_m(reference, reference.position(x_m, y_m))
    assert hypot(back_x_m - x_m, back_y_m - y_m) < 0.001


@pytest.mark.parametrize(
    ("bearing_deg", "north", "east"),
    [(0, 1, 0), (90, 0, 1), (180, -1, 0), (270, 0, -1)],
)
def test_the_bearing_is_that_of_the_y_axis_clockwise_from_north(bearing_deg: float, north: int, east: int) -> None:
    latitude, longitude = Georeference(latitude_deg=31, longitude_deg=121, bearing_deg=bearing_deg).position(0, 1000)
    assert round((latitude - 31) * 110.87) == north
    assert round((longitude - 121) * 95.5) == east


def test_an_outline_is_closed_and_in_the_order_latitude_longitude() -> None:
    outline = Georeference(latitude_deg=31, longitude_deg=121, bearing_deg=0).outline([(0, 0), (10, 0), (10, 10)])
    assert outline[0] == outline[-1] == (31, 121)
    assert len(outline) == 4


@pytest.mark.parametrize("crs", ["GCJ-02", "gcj02", "BD-09"])
def test_a_shifted_system_is_refused_with_the_reason(crs: str) -> None:
    plain = plan_dict() | {"georeference": {"crs": crs, "latitude_deg": 31, "longitude_deg": 121, "bearing_deg": 0}}
    with pytest.raises(ConfigError, match=r"georeference\.crs: .* differs from WGS-84 by hundreds of metres"):
        parse(plain)


def test_a_plan_may_say_where_it_lies_or_not() -> None:
    assert parse(plan_dict()).georeference is None
    plan = parse(plan_dict() | {"georeference": {"latitude_deg": 31, "longitude_deg": 121, "bearing_deg": 12.5}})
    assert plan.georeference is not None
    assert plan.georeference.crs == "WGS-84"
