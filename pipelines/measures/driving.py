"""What is remembered of vehicles between two readings: where each was of late. Pure; one for each stage that makes tracks."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Final

from pipelines.events import SensorVehicle, VehicleTrack
from pipelines.measures.lane import Point
from pipelines.measures.road import FASTEST_CMPS, Road, apart_m, track_of
from pipelines.units import CM_PER_M, MICRO

AROUND_US: Final = MICRO  # lane, bay and area go by the mean position of one second
NOISE_M: Final = 5.0  # two positions may be so far apart in no time at all
_FORGET_US: Final = 60 * MICRO
_MOST: Final = 10_000
_FASTEST_MPS: Final = FASTEST_CMPS / CM_PER_M

Place = tuple[int, int, int]  # event time µs, x cm, y cm


@dataclass(slots=True)
class _Seen:
    """One vehicle as one sensor sees it: its places of the last second, and one that was refused as too far away."""

    places: deque[Place] = field(default_factory=deque)
    elsewhere: Place | None = None


class Driving:
    """Makes tracks of readings, and refuses what no vehicle can do.

    A reading that is too far from the last one is refused; when the next one is near the refused place and not near the
    old one, the vehicle is there, and its track begins anew.
    """

    def __init__(self, road: Road) -> None:
        """Nothing seen yet."""
        self._road = road
        self._seen: dict[tuple[str, str], _Seen] = {}

    def take(self, reading: SensorVehicle) -> VehicleTrack | str:
        """The track of a reading, or why it is refused."""
        key = (reading.device, reading.vehicle)
        seen = self._seen.get(key) or _Seen()
        place = (reading.event_time_us, reading.x_cm, reading.y_cm)
        if any(at_us == place[0] for at_us, _, _ in seen.places):
            return f"vehicle {reading.vehicle}: a second record of {reading.device} with the time {place[0]} µs"
        refusal = self._too_far(seen, place, reading.vehicle)
        if refusal:
            return refusal
        self._keep(key, seen, place)
        return track_of(reading, road=self._road, around_m=_mean_m(seen, place))

    def _too_far(self, seen: _Seen, place: Place, vehicle: str) -> str:
        if not seen.places or _reachable(seen.places[-1], place):
            seen.elsewhere = None
            return ""
        if seen.elsewhere is not None and _reachable(seen.elsewhere, place):
            seen.elsewhere = None
            seen.places.clear()
            return ""
        seen.elsewhere = place
        last_us, *last = seen.places[-1]
        far_m, passed_s = apart_m((last[0], last[1]), place[1:]), abs(place[0] - last_us) / MICRO
        return f"vehicle {vehicle}: {far_m:.0f} m in {passed_s:.2f} s is faster than {_FASTEST_MPS:.0f} m/s"

    def _keep(self, key: tuple[str, str], seen: _Seen, place: Place) -> None:
        """Note a place in order of event time; forget the vehicles that were not seen for a minute."""
        late = bool(seen.places) and place[0] < seen.places[-1][0]
        seen.places.append(place)
        if late:
            seen.places = deque(sorted(seen.places))
        newest_us = seen.places[-1][0]
        while seen.places[0][0] <= newest_us - AROUND_US and len(seen.places) > 1:
            seen.places.popleft()
        self._seen.pop(key, None)
        self._seen[key] = seen
        while self._seen:
            oldest = next(iter(self._seen))
            if len(self._seen) <= _MOST and self._seen[oldest].places[-1][0] > newest_us - _FORGET_US:
                break
            if oldest == key:
                break
            del self._seen[oldest]


def _reachable(one: Place, other: Place) -> bool:
    return apart_m(one[1:], other[1:]) <= NOISE_M + _FASTEST_MPS * abs(other[0] - one[0]) / MICRO


def _mean_m(seen: _Seen, place: Place) -> Point:
    near = [(x, y) for at_us, x, y in seen.places if abs(at_us - place[0]) <= AROUND_US]
    return sum(x for x, _ in near) / len(near) / CM_PER_M, sum(y for _, y in near) / len(near) / CM_PER_M
