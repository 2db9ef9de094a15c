"""How often each rule of behaviour is wrong on real clips, in an hour of one camera, and what it costs."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.detect.accuracy import TUNED_ON, street_masks
from benchmarks.detect.footage import CARS, ONE_BY_ONE, VTEST, VTEST_FPS, VTEST_TRUTH, footage, truth
from benchmarks.detect.spells import table
from benchmarks.detect.staged import over
from connectors.video import Video
from pipelines.detect.backends.choose import backend_for
from pipelines.detect.behaviour.closed_zone import ClosedZone
from pipelines.detect.behaviour.fence_line import FenceLines
from pipelines.detect.behaviour.loitering import Loitering
from pipelines.detect.behaviour.scene import Floats, Ints
from pipelines.detect.behaviour.watching import Behaviour, Hours, Rule
from pipelines.detect.calibration import Floor, calibrate, from_points, from_scale
from pipelines.detect.crossings import LineFloor
from pipelines.detect.eye import View
from pipelines.detect.floor import ZoneFloor, zone_floor
from pipelines.detect.frames import NO_VELOCITY
from pipelines.detect.velocities import Velocities
from pipelines.detect.worker import CameraWorker
from pipelines.errors import ConfigError
from pipelines.events import CameraEvent
from pipelines.units import CM_PER_M, MICRO
from plan import behaviour as asked
from simulation import render
from simulation.scenario import load

_STAYS_S: Final = 10.0  # the shortest that a plan may ask for: nobody stays for ten minutes in films of two
_AT_THE_TABLE: Final = 6  # who stands there for so long in the one-by-one clip: each was looked at
_TOLD_LATER_US: Final = round(TUNED_ON * MICRO / VTEST_FPS)
_FIELD_M: Final = 3.0  # side of the closed zones that are laid over the street
_CORNERS: Final = [(float(x), float(y)) for x in np.arange(-9, 9, _FIELD_M) for y in np.arange(15, 36, _FIELD_M)]
_FENCES: Final = [  # across the whole street and along it
    *(LineFloor(line=f"y {y}", gate="", a_cm=(-1200, y * 100), b_cm=(1200, y * 100)) for y in range(15, 36, 3)),
    *(LineFloor(line=f"x {x}", gate="", a_cm=(x * 100, 1000), b_cm=(x * 100, 4300)) for x in range(-9, 12, 3)),
]
_MARGIN_CM: Final = round(asked.ClosedZone.model_fields["margin_m"].default * CM_PER_M)
_FENCE_MARGIN_M: Final = float(asked.Fence.model_fields["margin_m"].default)
_POISSON_95: Final = 3.0  # nothing seen in a time: the rate is below 3 / time with 95 %
Box = tuple[float, float, float, float]


class Timed(Behaviour):
    """The rules of one camera, and the processor time that they take; *short* is watched beside them and not timed."""

    def __init__(self, camera: str, rules: list[tuple[Rule, Hours]], short: Rule) -> None:
        """No time yet."""
        super().__init__(camera, rules)
        self.cpu_s, self.most_moving = 0.0, 0
        self._short, self.stays = Behaviour(camera, [(short, Hours())]), 0

    def take(
        self, event_us: int, tracks: Ints, positions_cm: Ints, velocities_cmps: Ints, shapes: Floats | None = None, *, received_us: int
    ) -> list[CameraEvent]:
        """Take a frame."""
        begun_s = time.thread_time()
        found = super().take(event_us, tracks, positions_cm, velocities_cmps, shapes, received_us=received_us)
        self.cpu_s += time.thread_time() - begun_s
        stayed = self._short.take(event_us, tracks, positions_cm, velocities_cmps, shapes, received_us=received_us)
        self.stays += sum(event.state == "begin" for event in stayed)
        self.most_moving = max(self.most_moving, int((velocities_cmps[:, 0] != NO_VELOCITY).sum()))
        return found


def leaning(*, f_px: float, tilt_deg: float, height_m: float, size_px: tuple[int, int]) -> Floor:
    """The floor before a camera that looks down by *tilt_deg* from *height_m*: x to the right, y away from it, metres from its foot."""
    tilt, (width, height) = np.radians(tilt_deg), size_px
    points = np.array([(x, y) for x in (0, width) for y in (height * 0.4, height)], dtype=np.float64)
    u, v = (points[:, 0] - width / 2) / f_px, (points[:, 1] - height / 2) / f_px
    down, ahead = v * np.cos(tilt) + np.sin(tilt), np.cos(tilt) - v * np.sin(tilt)
    return calibrate(points, np.stack([height_m * u / down, height_m * ahead / down], axis=1))


# Rough calibrations of our own. Street: the boxes' heights grow with the row of the feet as those of people of 1.7 m do under a
# camera 7.4 m up that leans by 17.3 degrees; its focal length is that published for the footage. Passage: the table's ellipse and the
# height of those who pass, under a camera 2.5 m up. Road: a car is 1.8 m wide.
STREET: Final = leaning(f_px=1195, tilt_deg=17.3, height_m=7.45, size_px=(768, 576))
PASSAGE: Final = leaning(f_px=700, tilt_deg=38, height_m=2.5, size_px=(768, 432))
_STREET_OWNS: Final = (-20.0, 8.0, 20.0, 45.0)
ROAD: Final = from_scale(57, height_px=432)


def clips(data: Path, scenario: Path, folder: Path) -> dict[str, Any]:
    """Every clip: how long it was watched, what was told, and the share of the time that the rules take."""
    masks = street_masks(data)
    told = {
        "vtest": _watched(Video(str(footage(data, VTEST)), fps=VTEST_FPS), STREET, backend="onnx", owns=_STREET_OWNS, masks=masks),
        "one_by_one": _watched(Video(str(footage(data, ONE_BY_ONE))), PASSAGE, backend="onnx", owns=(-4, 0, 4, 6)),
        "cars": _watched(Video(str(footage(data, CARS))), ROAD, backend="onnx", owns=(0, 0, 14, 8)),
        "rendered": _rendered(scenario, folder),
    }
    street = fields(data, masks)
    together = {kind: _together(kind, list(told.values())) for kind in over([])}
    return {**told, "fields": street, "together": together, "stays": _stays(told, street)}


def _stays(told: dict[str, dict[str, Any]], street: dict[str, Any]) -> dict[str, Any]:
    """False alarms of loitering with the shortest time that a plan may ask for, over the clips of which it is known who stays."""
    later = street["second_half"]["loitering"]
    known = {"one_by_one": _AT_THE_TABLE, "cars": 0}
    hours = sum(told[clip]["camera_hours"] for clip in known) + street["second_half_camera_hours"]
    false = later["false"] + sum(max(told[clip]["stays"] - true, 0) for clip, true in known.items())
    bound = {"below_with_95_percent": round(_POISSON_95 / hours, 1)} if not false else {}
    rows = {clip: {"told": told[clip]["stays"], "true": true} for clip, true in known.items()}
    rate = {"camera_hours": round(hours, 4), "false": false, "per_camera_hour": round(false / hours, 1), **bound}
    return {"after_s": _STAYS_S, **rows, "street_second_half": later, **rate}


def _together(kind: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """False alarms of one rule in an hour of one camera, over the clips in which it could have fired at all."""
    could = [row for row in rows if row["could_fire"][kind]]
    hours, false = sum(row["camera_hours"] for row in could), sum(row["told"][kind] for row in could)
    if not could:
        return {"camera_hours": 0.0, "false": 0, "per_camera_hour": None}
    bound = {"below_with_95_percent": round(_POISSON_95 / hours, 1)} if not false else {}
    return {"camera_hours": round(hours, 4), "false": false, "per_camera_hour": round(false / hours, 1), **bound}


def _rendered(scenario: Path, folder: Path) -> dict[str, Any]:
    story = load(scenario)
    camera = next(row for row in story.plan.cameras if row.id == story.scenario.video.camera)
    if camera.calibration is None:
        raise ConfigError(f"camera {camera.id} has no calibration")
    floor = from_points(camera.calibration.pixels, camera.calibration.metres)
    return _watched(Video(str(render.cached(scenario, folder))), floor, backend="motion", owns=camera.owns)


def _watched(film: Video, floor: Floor, *, backend: str, owns: Box, masks: Floats | None = None) -> dict[str, Any]:
    """A clip through a camera's worker, with one zone over all that it owns and the rules that go by zones."""
    ground = _ground(owns)
    rules = over([ground])
    behaviour = Timed("c", [(rule, Hours()) for rule in rules.values()], _short_stay(ground))
    size_px = (film.width_px, film.height_px)
    worker = CameraWorker(
        camera="c",
        backend=backend_for(backend, floor=floor, fps=film.fps, size_px=size_px),
        jpeg=lambda _: b"",
        start_us=0,
        size_px=size_px,
        fps=film.fps,
        view=View(camera="c", plan="", owns_cm=_cm(owns), floors=(ground,), lines=(), fps=film.fps),
        floor=floor,
        behaviour=behaviour,
        masks=_rows(masks),
    )
    told, begun_s = Counter[str](), time.thread_time()
    for number, (_, frame) in enumerate(film, start=1):
        event_us = round(number * MICRO / film.fps)
        records = worker.take(event_us, worker.look(event_us, frame), received_us=event_us)
        told.update(row.kind for row in records if isinstance(row, CameraEvent) and row.state == "begin")
    spent_s = time.thread_time() - begun_s
    film.close()
    used = worker.taken - worker.skipped
    return {
        "camera_hours": round(used / film.fps / 3600, 4),
        "told": {kind: told[kind] for kind in rules},
        "stays": behaviour.stays,
        "most_with_a_velocity": behaviour.most_moving,
        "could_fire": {
            "running": behaviour.most_moving >= 1,
            "dispersal": behaviour.most_moving >= asked.Dispersal().people,
            "loitering": used / film.fps > asked.Loitering().after_s,
            "lying": bool(getattr(rules["lying"], "ready", False)),
        },
        "rules_ms_per_frame": round(behaviour.cpu_s / max(used, 1) * 1000, 3),
        "rules_share_of_cpu": round(behaviour.cpu_s / spent_s, 4),
    }


def _ground(owns: Box) -> ZoneFloor:
    x0, y0, x1, y1 = owns
    return zone_floor("all", [(x0, y0), (x1, y0), (x1, y1), (x0, y1)], los_scale="walkway", cameras_expected=1)


def _short_stay(ground: ZoneFloor) -> Loitering:
    return Loitering([ground], within_m=asked.Loitering().within_m, after_s=_STAYS_S)


def _rows(masks: Floats | None) -> list[Box]:
    return [] if masks is None else [(x0, y0, x1, y1) for x0, y0, x1, y1 in masks.tolist()]


def _cm(owns: Box) -> tuple[int, int, int, int]:
    x0, y0, x1, y1 = (round(value * CM_PER_M) for value in owns)
    return x0, y0, x1, y1


# -- closed zones and fences all over the street ------------------------------------------------------------------------


def fields(data: Path, masks: Floats) -> dict[str, Any]:
    """Closed zones, fences and one zone to stay in, laid over the whole street: held against the same rules on the true boxes."""
    film, true = Video(str(footage(data, VTEST)), fps=VTEST_FPS), truth(footage(data, VTEST_TRUTH))
    size_px = (film.width_px, film.height_px)
    worker = CameraWorker(
        camera="c",
        backend=backend_for("onnx", floor=STREET, fps=film.fps, size_px=size_px),
        jpeg=lambda _: b"",
        start_us=0,
        size_px=size_px,
        fps=film.fps,
        view=View(camera="c", plan="", owns_cm=_cm(_STREET_OWNS), floors=(), lines=(), fps=film.fps),
        floor=STREET,
        behaviour=Behaviour("c", list(_laid())),
        masks=_rows(masks),
    )
    told = []
    for number, (_, frame) in enumerate(film, start=1):
        event_us = round(number * MICRO / film.fps)
        told += [row for row in worker.take(event_us, worker.look(event_us, frame), received_us=event_us) if isinstance(row, CameraEvent)]
    film.close()
    so, expected, past, speeds = Behaviour("c", list(_laid())), [], Velocities(), list[float]()
    for number, people in enumerate(true, start=1):
        feet = STREET.apply(np.stack([(people.boxes[:, 0] + people.boxes[:, 2]) / 2, people.boxes[:, 3]], axis=1))
        event_us, cm = round(number * MICRO / film.fps), np.rint(feet * CM_PER_M).astype(np.int64)
        velocities = past.of(event_us, people.ids, cm)
        expected += so.take(event_us, people.ids, cm, velocities, received_us=0)
        speeds += np.hypot(*velocities[velocities[:, 0] != NO_VELOCITY].T).tolist()
    gaps_us, end_us = {rule.kind: rule.gap_us for rule, _ in _laid()}, round(len(true) * MICRO / VTEST_FPS)
    later_hours = round((len(true) - TUNED_ON) / VTEST_FPS / 3600, 4)
    return {
        "true_speed_mps": round(float(np.median(speeds)) / CM_PER_M, 2),
        "places": {"closed_zone": len(_CORNERS), "fence_line": len(_FENCES), "loitering": 1},
        "second_half_camera_hours": later_hours,
        **table(told, expected, gaps_us=gaps_us, since_us=_TOLD_LATER_US, end_us=end_us),
    }


def _laid() -> Iterator[tuple[Rule, Hours]]:
    side, hold_s, margin_m = _FIELD_M * CM_PER_M, asked.ClosedZone(zone="x").hold_s, _FENCE_MARGIN_M
    for x, y in _CORNERS:
        corner = np.array([x, y]) * CM_PER_M
        inner = np.array([(0, 0), (side, 0), (side, side), (0, side)]) + corner
        inner += np.where(inner == corner, _MARGIN_CM, -_MARGIN_CM)
        yield ClosedZone(f"{x:g}/{y:g}", inner.astype(np.int64), hold_s=hold_s), Hours()
    yield FenceLines(_FENCES, ways={line.line: "both" for line in _FENCES}, margin_m=margin_m), Hours()
    yield _short_stay(_ground(_STREET_OWNS)), Hours()
