"""Tracks that are made: people who run, scatter, stay, cross, enter and lie, and crowds that only walk. What is found, and what is not."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipelines.detect.behaviour.closed_zone import ClosedZone
from pipelines.detect.behaviour.dispersal import Dispersal
from pipelines.detect.behaviour.fence_line import FenceLines
from pipelines.detect.behaviour.loitering import Loitering
from pipelines.detect.behaviour.lying import Lying
from pipelines.detect.behaviour.running import Running
from pipelines.detect.behaviour.watching import Behaviour, Hours, Rule
from pipelines.detect.crossings import LineFloor
from pipelines.detect.eye import Eye, View
from pipelines.detect.floor import ZoneFloor, zone_floor
from pipelines.detect.velocities import Velocities
from pipelines.events import CameraEvent
from pipelines.units import CM_PER_M, MICRO
from plan import behaviour as asked

FPS: Final = 10
NOISE_M: Final = 0.10
TRIES: Final = 20
SIDE_M: Final = 60.0
UPRIGHT, LYING = (1.0, 0.4), (0.3, 2.5)
_HALL: Final = zone_floor("hall", [(0, 0), (SIDE_M, 0), (SIDE_M, SIDE_M), (0, SIDE_M)], los_scale="walkway", cameras_expected=1)
_FENCE: Final = LineFloor(line="fence", gate="", a_cm=(3000, 0), b_cm=(3000, 6000))
_CLOSED: Final = np.array([(2530, 2530), (3470, 2530), (3470, 3470), (2530, 3470)], dtype=np.int64)  # 10 m, drawn in by 0.3 m
Floats = NDArray[np.float64]
Scene = Callable[[np.random.Generator], Callable[[float], Floats]]  # chance → seconds → places (n, 2) m


def over(floors: Sequence[ZoneFloor]) -> dict[str, Rule]:
    """The rules that go by zones, with the plan's defaults."""
    run, scatter, stay, lie = asked.Running(), asked.Dispersal(), asked.Loitering(), asked.Lying()
    numbers = {"mps": scatter.mps, "within_m": scatter.within_m, "share": scatter.share, "hold_s": scatter.hold_s}
    return {
        "running": Running(floors, mps=run.mps, hold_s=run.hold_s),
        "dispersal": Dispersal(floors, people=scatter.people, **numbers),
        "loitering": Loitering(floors, within_m=stay.within_m, after_s=stay.after_s),
        "lying": Lying(floors, height_share=lie.height_share, wide=lie.wide, within_m=lie.within_m, hold_s=lie.hold_s),
    }


def made() -> dict[str, Any]:
    """For each rule how many of the tries it found, and what it told of crowds that only walk."""
    closed = asked.ClosedZone(zone="hall")
    found = {
        "running": _found("running", lambda: over([_HALL])["running"], _runner, last_s=8),
        "dispersal": _found("dispersal", lambda: over([_HALL])["dispersal"], _scattering, last_s=9),
        "loitering": _found("loitering", lambda: over([_HALL])["loitering"], _standing, last_s=620, fps=2),
        "lying": _found("lying", lambda: over([_HALL])["lying"], _walkers_and_one, last_s=40, lies_from_s=15),
        "closed_zone": _found("closed_zone", lambda: ClosedZone("hall", _CLOSED, hold_s=closed.hold_s), _through, last_s=30),
        "fence_line": _found("fence_line", lambda: FenceLines([_FENCE], ways={"fence": "both"}), _through, last_s=30),
    }
    walked = [event.kind for seed in range(TRIES) for event in _filmed([*over([_HALL]).values()], _crowd(_rng(seed)), last_s=60, seed=seed)]
    hours = TRIES * 60 / 3600
    return {
        "noise_m": NOISE_M,
        "found": found,
        "ms_per_frame_of_200_people": _cost(),
        "crowds_that_walk": {"people": 50, "camera_hours": round(hours, 2), "told": {kind: walked.count(kind) for kind in over([_HALL])}},
    }


def _cost(people: int = 200, frames: int = 600) -> float:
    """Processor time of all six rules for a frame of so many people who walk at 1.3 m/s, ms."""
    fences = FenceLines([_FENCE], ways={"fence": "both"})
    rules: list[Rule] = [*over([_HALL]).values(), ClosedZone("hall", _CLOSED, hold_s=1), fences]
    subject, velocities, chance = Behaviour("c", [(rule, Hours()) for rule in rules]), Velocities(), _rng(0)
    places, ways = chance.uniform(0, SIDE_M, (people, 2)), 1.3 * np.array([_way(turn) for turn in chance.uniform(0, 2 * np.pi, people)])
    tracks, shapes, spent_s = np.arange(people), np.tile(UPRIGHT, (people, 1)), 0.0
    for frame in range(frames):
        event_us = frame * MICRO // FPS
        cm = np.rint((places + ways * frame / FPS) % SIDE_M * CM_PER_M).astype(np.int64)
        speeds = velocities.of(event_us, tracks, cm)
        begun_s = time.thread_time()
        subject.take(event_us, tracks, cm, speeds, shapes, received_us=event_us)
        spent_s += time.thread_time() - begun_s
    return round(spent_s / frames * 1000, 2)


def _found(kind: str, rule: Callable[[], Rule], scene: Scene, *, last_s: float, fps: int = FPS, lies_from_s: float = -1) -> str:
    tries = TRIES if last_s < 100 else TRIES // 4
    hits = 0
    for seed in range(tries):
        told = _filmed([rule()], scene(_rng(seed)), last_s=last_s, seed=seed, fps=fps, lies_from_s=lies_from_s)
        hits += any(event.kind == kind and event.state == "begin" for event in told)
    return f"{hits} of {tries}"


def _rng(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def _filmed(
    rules: Sequence[Rule], at: Callable[[float], Floats], *, last_s: float, seed: int, fps: int = FPS, lies_from_s: float = -1
) -> Iterator[CameraEvent]:
    """What is told of people who are at (n, 2) m at each second; the last of them lies from *lies_from_s* on."""
    side_cm = round(SIDE_M * CM_PER_M)
    view = View(camera="c", plan="", owns_cm=(0, 0, side_cm, side_cm), floors=(_HALL,), lines=(), fps=fps)
    eye, noise = Eye(view, start_us=0, behaviour=Behaviour("c", [(rule, Hours()) for rule in rules])), _rng(1000 + seed)
    for frame in range(round(last_s * fps)):
        at_s, event_us = frame / fps, frame * MICRO // fps
        places = at(at_s)
        cm = np.rint((places + noise.normal(0, NOISE_M, places.shape)) * CM_PER_M).astype(np.int64)
        shapes = np.tile(UPRIGHT, (len(cm), 1))
        if 0 <= lies_from_s <= at_s:
            shapes[-1] = LYING
        shapes *= noise.normal(1, 0.1, shapes.shape)
        records = eye.frame(event_us, np.arange(1, len(cm) + 1), cm, received_us=event_us, shapes=shapes)
        yield from (record for record in records if isinstance(record, CameraEvent))


def _way(turn: float) -> Floats:
    return np.array([np.cos(turn), np.sin(turn)])


def _runner(chance: np.random.Generator) -> Callable[[float], Floats]:
    way, middle = _way(chance.uniform(0, 2 * np.pi)), np.full(2, SIDE_M / 2)
    return lambda at_s: (middle + way * 4.0 * (at_s - 4))[None]


def _scattering(chance: np.random.Generator) -> Callable[[float], Floats]:
    ways = np.array([_way(turn) for turn in chance.uniform(0, 2 * np.pi, 30)])
    mps, near = chance.normal(3.0, 0.5, (30, 1)), chance.uniform(0.5, 3.0, (30, 1))
    return lambda at_s: SIDE_M / 2 + ways * (near + mps * max(at_s - 3, 0))


def _standing(chance: np.random.Generator) -> Callable[[float], Floats]:
    place, pace = chance.uniform(5, SIDE_M - 5, 2), chance.uniform(0.01, 0.05)
    return lambda at_s: (place + 0.8 * np.array([np.sin(pace * at_s), np.cos(1.3 * pace * at_s)]))[None]


def _through(chance: np.random.Generator) -> Callable[[float], Floats]:
    mps, y = chance.normal(1.34, 0.26), chance.uniform(27, 33)
    return lambda at_s: np.array([[SIDE_M / 2 + mps * (at_s - 15), y]])


def _walkers_and_one(chance: np.random.Generator) -> Callable[[float], Floats]:
    place = chance.uniform(20, 40, 2)
    return lambda at_s: np.array([*[(5 + 1.2 * at_s, 5.0 + row) for row in range(4)], place])


def _crowd(chance: np.random.Generator) -> Callable[[float], Floats]:
    """Fifty who walk to and fro between two points of their own."""
    first, last = chance.uniform(2, SIDE_M - 2, (2, 50, 2))
    far = np.maximum(np.hypot(*(last - first).T), 1.0)
    mps = np.clip(chance.normal(1.34, 0.26, 50), 0.5, 2.2)

    def at(at_s: float) -> Floats:
        turn = (mps * at_s / far) % 2
        share = np.where(turn <= 1, turn, 2 - turn)[:, None]
        return np.asarray(first + (last - first) * share)

    return at
