"""The crowds of Harbour Stadium as a script: who stands where, who goes where, and when.

Every flow has a period of `PERIOD_S`, so that the story can repeat; what happens once ends before `LOOP_S`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from plan.model import Plan
from simulation.gate_c import gate_c
from simulation.paths import PERIOD_S, Walk, arriving, joined, repeated, standing
from simulation.slots import slots

Spot = tuple[float, float]
_HALL_SHARE = 30 / 44  # of the people of Gate B
_DWELL_S = 52.0
_HALL_FROM_S = 0.5
_WAY_OUT_FROM_S = 92.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """A file of people before one turnstile.

    Args:
        front: where the first one waits, m.
        back: unit vector towards the tail.
        length: people in it.
        per_min: people served each minute.
        edge: where they come into the picture, m; spread by +- 5 m across *back*.
    """

    key: str
    front: Spot
    back: Spot
    length: int
    per_min: int
    edge: Spot

    def walks(self, ways_on: Sequence[Sequence[Spot]], rng: np.random.Generator) -> Iterator[tuple[int, str, NDArray[np.float64]]]:
        """For each one served in a minute: number, key and way, from the edge through the gate and on along *ways_on*."""
        pitch_m, headway_s, lag_s = 0.9, PERIOD_S / self.per_min, 0.3
        across = (-self.back[1], self.back[0])
        wiggle = rng.uniform(-0.22, 0.22, self.length)
        spots = [
            (
                self.front[0] + pitch_m * j * self.back[0] + wiggle[j] * across[0],
                self.front[1] + pitch_m * j * self.back[1] + wiggle[j] * across[1],
            )
            for j in range(self.length)
        ]
        phase = rng.uniform(0, headway_s)
        for number in range(self.per_min):
            served, tail = phase + number * headway_s, self.length - 1
            aside = rng.uniform(-5, 5)
            origin = (self.edge[0] + aside * across[0], self.edge[1] + aside * across[1])
            pieces = [arriving(served - (tail + 0.5) * headway_s + lag_s * tail, [origin, spots[tail]], speed_mps=rng.uniform(1.0, 1.3))]
            pieces.extend(joined(served - j * headway_s + lag_s * j, [spots[j], spots[j - 1]], speed_mps=1.0) for j in range(tail, 0, -1))
            onward = ways_on[number % len(ways_on)]
            pieces.append(joined(served, [spots[0], *onward], speed_mps=rng.uniform(1.05, 1.35)))
            yield number, f"{self.key}-{number}", np.concatenate(pieces)


def near(spot: Spot, spread_m: float, rng: np.random.Generator) -> Spot:
    """A spot within +- *spread_m* of another."""
    dx, dy = rng.uniform(-spread_m, spread_m, 2)
    return spot[0] + dx, spot[1] + dy


def crowds(plan: Plan, *, seed: int = 20) -> list[Walk]:
    """Everybody of the story."""
    streams = iter(np.random.default_rng(seed).spawn(10))
    return [
        *_audience(plan, next(streams)),
        *_gate_a(next(streams)),
        *_gate_b(next(streams)),
        *gate_c(plan, next(streams)),
        *_gate_d(next(streams)),
        *_leavers(next(streams)),
        *_way_out(next(streams)),
        *_strollers(next(streams)),
        *_hall_2(plan, next(streams)),
    ]


def _polygon(plan: Plan, zone_id: str) -> tuple[Spot, ...]:
    zone = plan.zone(zone_id)
    assert zone is not None
    return zone.polygon


def _audience(plan: Plan, rng: np.random.Generator) -> Iterator[Walk]:
    """People who stand before the stage and on the field."""
    front = slots(_polygon(plan, "stage-front"), cap=lambda x, y: 7 if y > 89.5 + abs(x - 104) / 6 else 6, apart_cm=55, rng=rng)
    field = slots(_polygon(plan, "field"), cap=_field_cap, apart_cm=70, rng=rng, tries=3)
    for name, spots in (("front", front), ("field", field)):
        yield from (standing(f"{name}-{number}", (x / 100, y / 100)) for number, (x, y) in enumerate(spots))


def _field_cap(x: float, y: float) -> int:
    if y > 80 and 78 < x < 130:
        return 4
    if y > 73 and 72 < x < 136:
        return 2
    return 1 if (int(x) // 4 + int(y) // 4) % 3 else 0


def _gate_a(rng: np.random.Generator) -> Iterator[Walk]:
    for index, (y, per_min) in enumerate(((79.0, 10), (82.5, 10), (86.0, 10), (89.5, 11))):
        lane = Lane(key=f"a-{index}", front=(21.4, y), back=(-1.0, 0.0), length=16, per_min=per_min, edge=(0.3, y))
        ways_on = [
            [(25.0, y), near((31, y), 1.5, rng), (41.0, 84.0), (47.0, 84.0)],
            [(25.0, y), near((31, 92), 2, rng), (43.0, 97.0), (49.0, 95.0)],
            [(25.0, y), near((30, 74), 2, rng), near((32, 60), 2, rng), (55.0, 56.5), (60.0, 60.0)],
            [(25.0, y), near((32, y - 6), 2, rng), (43.5, 70.0), (49.0, 73.0)],
        ]
        for _, key, way in lane.walks(ways_on, rng):
            yield from repeated(key, way)


def _gate_b(rng: np.random.Generator) -> Iterator[Walk]:
    """Two thirds go on to hall 1, look round there, and leave by its far door."""
    rooms = slots([(170, 119.2), (190, 119.2), (190, 130.3), (170, 130.3)], cap=lambda _x, _y: 2, apart_cm=140, rng=rng) / 100
    rooms = rng.permutation(rooms)
    visitors = 0
    for index in range(4):
        x = 98.5 + 3.5 * index
        lane = Lane(key=f"b-{index}", front=(x, 133.0), back=(0.0, 1.0), length=13, per_min=11, edge=(x, 149.7))
        for number, key, way in lane.walks([[(x, 130.0), near((x - 4, 127.5), 1, rng), (98.0, 124.0), (99.0, 119.0)]], rng):
            order = index * 11 + number
            if int((order + 1) * _HALL_SHARE) == int(order * _HALL_SHARE):
                yield from repeated(key, way)
                continue
            served = way[-5, 0]
            visit, door_s = _visit(served, x, rooms[2 * visitors], rooms[2 * visitors + 1], rng)
            visitors += 1
            whole = np.concatenate([way[:-5], visit])
            yield from repeated(key, whole, not_before=_HALL_FROM_S - door_s)


def _visit(
    served_s: float, x: float, first: NDArray[np.float64], second: NDArray[np.float64], rng: np.random.Generator
) -> tuple[NDArray[np.float64], float]:
    """From the turnstile to two spots of hall 1 and out; and when the door's line is reached, s."""
    speed = rng.uniform(1.15, 1.3)
    door_y = 124.75 + rng.uniform(-1, 1)
    there = [(x, 133.0), (x, 130.0), near((118, 127.5), 0.8, rng), near((142, 126.5), 1.2, rng), (160.0, door_y), (165.5, door_y)]
    inward = joined(served_s, [*there, (169.0, door_y), tuple(first)], speed_mps=speed)
    across = joined(inward[-1, 0] + _DWELL_S, [tuple(first), tuple(second)], speed_mps=speed)
    out = joined(across[-1, 0] + _DWELL_S - 14, [tuple(second), (191.0, 124.75), (196.0, 124.75), (199.0, 120.0)], speed_mps=speed)
    return np.concatenate([inward, across, out]), float(inward[5, 0])


def _gate_d(rng: np.random.Generator) -> Iterator[Walk]:
    for index, per_min in enumerate((10, 11, 10, 11)):
        x = 104.5 + 3.5 * index
        lane = Lane(key=f"d-{index}", front=(x, 28.8), back=(0.0, -1.0), length=21, per_min=per_min, edge=(x, 0.4))
        ways_on = [
            [(x, 32.5), near((x, 37), 1, rng), (104.0, 41.5), (104.0, 47.0)],
            [(x, 32.5), near((92, 36), 2, rng), (76.0, 46.0), (78.0, 51.0)],
            [(x, 32.5), near((124, 36.5), 2, rng), (132.0, 46.0), (130.0, 51.0)],
            [
                (x, 32.5),
                near((150, 36), 1, rng),
                near((173.5, 43), 1, rng),
                near((175, 74), 1.5, rng),
                (172.0, 79.5),
                (165.0, 79.5),
                (160.0, 82.0),
            ],
        ]
        for _, key, way in lane.walks(ways_on if index % 2 else ways_on[:3], rng):
            yield from repeated(key, way)


def _leavers(rng: np.random.Generator) -> Iterator[Walk]:
    """A few people a minute who leave by the gates that others come in by."""
    ways: tuple[tuple[str, int, list[Spot]], ...] = (
        ("a", 3, [(49, 99), (43, 98.5), (36, 96), (24, 95.7), (0.4, 97)]),
        ("b", 2, [(113, 119), (114, 125), (118.6, 128), (118.6, 131), (118.6, 149.6)]),
        ("c", 4, [(160, 88), (165.5, 89), (171.5, 89), (176, 79), (184, 75.2), (205, 75.2), (219.6, 74)]),
        ("d", 5, [(122, 47), (123, 42), (123.6, 31), (123.6, 0.4)]),
    )
    for gate, per_min, way in ways:
        for number in range(per_min):
            start = (number + rng.uniform(0.2, 0.8)) * PERIOD_S / per_min
            yield from repeated(f"leave-{gate}-{number}", joined(start, way, speed_mps=rng.uniform(1.1, 1.3)))


def _way_out(rng: np.random.Generator) -> Iterator[Walk]:
    """Towards the story's end as many leave by Gate E as come in, so that the number inside stays what it is."""
    per_min = 125
    for number in range(per_min):
        y = 106.8 + 1.6 * (number % 6)
        begin = ((51.0, 101.5), (56.0, 108.0), (63.0, 114.0))[number % 3]
        way = [begin, (40.0, y), (24.0, y), (0.4, y + rng.uniform(-4, 4))]
        start = (number + rng.uniform(-0.2, 0.2)) * PERIOD_S / per_min
        walk = joined(start, way, speed_mps=rng.uniform(1.2, 1.3))
        yield from repeated(f"out-{number}", walk, not_before=_WAY_OUT_FROM_S - start)


def _strollers(rng: np.random.Generator) -> Iterator[Walk]:
    """People who walk round and round, once a period."""
    grounds: tuple[tuple[str, int, tuple[float, float, float, float]], ...] = (
        ("west", 16, (27.5, 48, 34.5, 102)),
        ("east", 16, (172.5, 44, 180.5, 72)),
        ("north-east", 10, (172.5, 92, 180.5, 110)),
        ("field", 14, (72, 62, 136, 72)),
        ("south", 14, (50, 33.5, 90, 40)),
        ("plaza", 8, (207, 96, 218, 140)),
    )
    for name, count, (x0, y0, x1, y1) in grounds:
        for number in range(count):
            width, height = _loop_size(x1 - x0, y1 - y0, rng)
            left, low = x0 + rng.uniform(0, x1 - x0 - width), y0 + rng.uniform(0, y1 - y0 - height)
            ring = [(left, low), (left + width, low), (left + width, low + height), (left, low + height), (left, low)]
            yield _round(f"stroll-{name}-{number}", ring, phase_s=rng.uniform(0, PERIOD_S))


def _loop_size(width_m: float, height_m: float, rng: np.random.Generator) -> Spot:
    """Sides of a loop of 50 to 80 m that fits; shorter where the ground is small."""
    half = rng.uniform(25, 40)
    short = rng.uniform(0.6, 1.0) * min(width_m, height_m)
    long = min(half - short, max(width_m, height_m))
    return (long, short) if width_m > height_m else (short, long)


def _round(key: str, ring: Sequence[Spot], *, phase_s: float) -> Walk:
    points = np.asarray(ring)
    legs = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    corners = legs[:-1] / legs[-1] * PERIOD_S - phase_s
    times = np.sort(np.concatenate([corners + turn * PERIOD_S for turn in range(6)]))
    at = (times + phase_s) % PERIOD_S / PERIOD_S * legs[-1]
    way = np.column_stack([times, np.interp(at, legs, points[:, 0]), np.interp(at, legs, points[:, 1])])
    return Walk(key=key, turn=None, way=way)


def _hall_2(plan: Plan, rng: np.random.Generator) -> Iterator[Walk]:
    """Visitors of hall 2, who walk out by the east door once the fire is real."""
    spots = slots(_polygon(plan, "hall-2"), cap=lambda _x, _y: 3, apart_cm=110, rng=rng, tries=1)[:52] / 100
    leave_s = rng.uniform(84, 108, len(spots))
    for number, ((x, y), at_s) in enumerate(zip(spots, leave_s, strict=True)):
        door_y = 25 + rng.uniform(-3, 3)
        out = joined(at_s, [(x, y), (194.5, door_y), (198.0, door_y), (219.6, 25 + rng.uniform(-6, 6))], speed_mps=1.35)
        yield Walk(key=f"hall-2-{number}", turn=0, way=np.concatenate([[[0.0, x, y]], out]))
