"""Where the venue frame lies on the earth, and the way from metres to latitude and longitude. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from math import cos, degrees, radians, sin, sqrt, tan
from typing import Final

from pydantic import Field, field_validator

from plan.part import Part

_SEMI_MAJOR_M: Final = 6_378_137.0  # WGS-84
_ECCENTRICITY_2: Final = 0.006694379990141317  # WGS-84, squared
_WGS_84: Final = "WGS-84"


class Georeference(Part):
    """The origin of the venue frame on the earth, and which way its y axis points."""

    crs: str = Field(default=_WGS_84, description="coordinate system of the origin: WGS-84")
    latitude_deg: float = Field(ge=-80, le=80, description="of the venue frame's origin; north is positive")
    longitude_deg: float = Field(ge=-180, le=180, description="of the venue frame's origin; east is positive")
    bearing_deg: float = Field(ge=0, lt=360, description="direction of the y axis, clockwise from true north")

    @field_validator("crs")
    @classmethod
    def _one_system(cls, crs: str) -> str:
        name = crs.upper().replace("_", "-").replace(" ", "")
        if name.startswith(("GCJ", "BD")):
            raise ValueError(
                f"{crs} differs from WGS-84 by hundreds of metres, by an offset that is not published: "
                "give the origin in WGS-84, as a surveyor or a GNSS receiver says it, not as a Chinese map does"
            )
        if name != _WGS_84:
            raise ValueError("expected WGS-84; nothing else is understood")
        return _WGS_84

    def position(self, x_m: float, y_m: float) -> tuple[float, float]:
        """(latitude, longitude) in degrees of a point of the venue frame.

        The plane touches the ellipsoid at the origin; the second-order terms of latitude are kept. Within 2 km of the origin and
        70 degrees of the equator the result is less than 1 mm from the exact one, and less than 1 cm within 5 km.
        """
        turn, origin = radians(self.bearing_deg), radians(self.latitude_deg)
        east_m = x_m * cos(turn) + y_m * sin(turn)
        north_m = y_m * cos(turn) - x_m * sin(turn)
        bend = 1 - _ECCENTRICITY_2 * sin(origin) ** 2
        across_m = _SEMI_MAJOR_M / sqrt(bend)
        along_m = across_m * (1 - _ECCENTRICITY_2) / bend
        latitude = origin + north_m / along_m - east_m**2 * tan(origin) / (2 * along_m * across_m)
        latitude -= 3 * _ECCENTRICITY_2 * sin(origin) * cos(origin) / (2 * bend) * (north_m / along_m) ** 2
        across_there_m = _SEMI_MAJOR_M / sqrt(1 - _ECCENTRICITY_2 * sin(latitude) ** 2)
        longitude = self.longitude_deg + degrees(east_m / (across_there_m * cos(latitude)))
        return degrees(latitude), (longitude + 180) % 360 - 180

    def outline(self, points: Iterable[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
        """(latitude, longitude) of each point of a polygon of the venue frame, closed."""
        ring = [self.position(x_m, y_m) for x_m, y_m in points]
        return tuple(ring if not ring or ring[0] == ring[-1] else [*ring, ring[0]])
