"""How right the detection is: on a street with known boxes, on a road with known cars, on a passage, on the demo's own film."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from trackers.eval import compute_clear_metrics, compute_hota_metrics, compute_identity_metrics

from benchmarks.detect.footage import CARS, ONE_BY_ONE, VTEST, VTEST_FPS, VTEST_TRUTH, Truth, footage, truth
from connectors.video import Video
from pipelines.detect.backends import PERSON, Backend, Boxes, Frame
from pipelines.detect.backends.choose import backend_for, following_for
from pipelines.detect.calibration import Floor, from_points
from pipelines.detect.picture import sample
from pipelines.detect.sight import Sight
from pipelines.detect.static_boxes import StaticBoxes, overlaps, unmasked
from pipelines.detect.tracking import UNCONFIRMED, Tracker, TrackerSettings
from pipelines.units import MICRO
from simulation import render
from simulation.scenario import Story, load

TUNED_ON: Final = 397  # frames of vtest.avi by which settings were chosen and masks are learnt; the rest is what is reported
SAME_BOX: Final = 0.5
SAME_PERSON_M: Final = 0.4
_SURE: Final = 0.4
_CAR_MOVES: Final = 0.25  # of the picture's height: what moves less is no car that passed
_RINGS_M: Final = (0.0, 4.0, 8.0, 12.0, 100.0)
Tracked = tuple[NDArray[np.float64], NDArray[np.int64]]  # boxes (n, 4) px and their tracks (n,)


def street(data: Path) -> dict[str, Any]:
    """vtest.avi, whose masks are learnt on its first half and whose figures are those of its second."""
    true = truth(footage(data, VTEST_TRUTH))
    film = Video(str(footage(data, VTEST)), fps=VTEST_FPS)
    finder = backend_for("onnx", floor=None, fps=VTEST_FPS, size_px=(film.width_px, film.height_px))
    found = [_people(finder.detect(frame)) for _, frame in film]
    film.close()
    if len(found) != len(true):
        return {"error": f"{len(found)} frames, but {len(true)} with a truth"}
    masks = _masks(found[:TUNED_ON])
    told = list(_tracked((unmasked(boxes, masks) for boxes in found), fps=VTEST_FPS))
    gated, share = _gated(Video(str(footage(data, VTEST)), fps=VTEST_FPS), masks)
    return {
        "masks": len(masks),
        "gated": {
            "carried": share,
            "tuned_on": _figures(gated[:TUNED_ON], true[:TUNED_ON]),
            **_figures(gated[TUNED_ON:], true[TUNED_ON:]),
        },
        "tuned_on": _figures(told[:TUNED_ON], true[:TUNED_ON]),
        **_figures(told[TUNED_ON:], true[TUNED_ON:]),
    }


def street_masks(data: Path) -> NDArray[np.float64]:
    """(m, 4) px of what never moves in the first half of vtest.avi and is nobody."""
    film = Video(str(footage(data, VTEST)), fps=VTEST_FPS)
    finder = backend_for("onnx", floor=None, fps=VTEST_FPS, size_px=(film.width_px, film.height_px))
    masks = _masks([_people(finder.detect(frame)) for _, (_, frame) in zip(range(TUNED_ON), film, strict=False)])
    film.close()
    return masks


def _masks(found: Sequence[Boxes]) -> NDArray[np.float64]:
    static = StaticBoxes()
    for boxes in found:
        static.add(boxes[boxes[:, 4] >= _SURE])
    return np.asarray([row.box for row in static.found()], dtype=np.float64).reshape(-1, 4)


def _gated(film: Video, masks: NDArray[np.float64]) -> tuple[list[Tracked], float]:
    """The same film through the gate, and the share of frames that were carried on."""
    finder = backend_for("onnx", floor=None, fps=film.fps, size_px=(film.width_px, film.height_px))
    spared = following_for(finder, gating=True)
    sight = Sight(finder, TrackerSettings(fps=film.fps), masks=[(a, b, c, d) for a, b, c, d in masks.tolist()], following=spared)
    told, carried = list[Tracked](), 0
    for number, (_, frame) in enumerate(film, start=1):
        event_us = round(number * MICRO / film.fps)
        found = sight.look(event_us, frame, sample(frame))
        tracks = sight.tracks(event_us, found)
        known = (tracks != UNCONFIRMED) & (found.boxes[:, 5] == PERSON)
        told.append((found.boxes[known, :4].astype(np.float64), tracks[known]))
        carried += found.carried
    film.close()
    return told, round(carried / len(told), 3)


def _people(boxes: Boxes) -> Boxes:
    return np.asarray(boxes[boxes[:, 5] == PERSON], dtype=np.float32)


def _tracked(frames: Iterator[Boxes], *, fps: float) -> Iterator[Tracked]:
    tracker = Tracker(TrackerSettings(fps=fps))
    for number, boxes in enumerate(frames, start=1):
        tracks = tracker.step(round(number * MICRO / fps), boxes)
        known = tracks != UNCONFIRMED
        yield boxes[known, :4].astype(np.float64), tracks[known]


def _figures(told: list[Tracked], true: list[Truth]) -> dict[str, Any]:
    same = [overlaps(frame.boxes, boxes) for frame, (boxes, _) in zip(true, told, strict=True)]
    ids, tracks = [frame.ids for frame in true], [tracks for _, tracks in told]
    clear = compute_clear_metrics(ids, tracks, same, threshold=SAME_BOX)
    right, precision, recall = clear["CLR_TP"], clear["CLR_Pr"], clear["CLR_Re"]
    off = [abs(len(tracks) - len(frame.ids)) for frame, (_, tracks) in zip(true, told, strict=True)]
    return {
        "frames": len(true),
        "f1": round(2 * right / (2 * right + clear["CLR_FP"] + clear["CLR_FN"]), 3),
        "precision": round(float(precision), 3),
        "recall": round(float(recall), 3),
        "count_mae": round(float(np.mean(off)), 3),
        "mota": round(float(clear["MOTA"]), 3),
        "hota": round(float(compute_hota_metrics(ids, tracks, same)["HOTA"]), 3),
        "idf1": round(float(compute_identity_metrics(ids, tracks, same, threshold=SAME_BOX)["IDF1"]), 3),
        "identity_switches": int(clear["IDSW"]),
    }


def cars(data: Path) -> dict[str, int]:
    """intel-car-detection.mp4: cars that passed, by direction in the picture."""
    film = Video(str(footage(data, CARS)))
    finder = backend_for("motion", floor=None, fps=film.fps, size_px=(film.width_px, film.height_px), over_road=True)
    first, last = dict[int, float](), dict[int, float]()
    for boxes, tracks in _tracked((finder.detect(frame) for _, frame in film), fps=film.fps):
        for (_, top, _, bottom), track in zip(boxes.tolist(), tracks.tolist(), strict=True):
            first.setdefault(track, (top + bottom) / 2)
            last[track] = (top + bottom) / 2
    moved = [last[track] - first[track] for track in first]
    least = _CAR_MOVES * film.height_px
    film.close()
    up, down = sum(way <= -least for way in moved), sum(way >= least for way in moved)
    return {"total": up + down, "up": up, "down": down}


def one_by_one(data: Path) -> dict[str, int]:
    """The passage where one person at a time goes by: the most that were counted at once, and frames with somebody."""
    film = Video(str(footage(data, ONE_BY_ONE)))
    finder = backend_for("onnx", floor=None, fps=film.fps, size_px=(film.width_px, film.height_px))
    counts = [len(tracks) for _, tracks in _tracked((_people(finder.detect(frame)) for _, frame in film), fps=film.fps)]
    film.close()
    return {"frames": len(counts), "most_at_once": max(counts), "frames_with_somebody": sum(count > 0 for count in counts)}


def rendered(scenario: Path, folder: Path) -> dict[str, Any]:
    """The demo's film against where its walkers truly are, by distance from the middle of the picture."""
    story = load(scenario)
    film = Video(str(render.cached(scenario, folder)))
    camera = next(row for row in story.plan.cameras if row.id == story.scenario.video.camera)
    if camera.calibration is None:
        return {"error": f"camera {camera.id} has no calibration"}
    floor = from_points(camera.calibration.pixels, camera.calibration.metres)
    finder = backend_for("motion", floor=floor, fps=film.fps, size_px=(film.width_px, film.height_px))
    errors, at, missed, false = _held_against(story, film, finder, floor, owns=camera.owns)
    middle = np.asarray([(camera.owns[0] + camera.owns[2]) / 2, (camera.owns[1] + camera.owns[3]) / 2])
    away = np.linalg.norm(at - middle, axis=1)
    rings = {
        f"{low:g}-{high:g} m": {"people": int(held.sum()), "mean_m": round(float(errors[held].mean()), 3)}
        for low, high in itertools.pairwise(_RINGS_M)
        if (held := (away >= low) & (away < high)).any()
    }
    return {
        "precision": round(len(errors) / (len(errors) + false), 3),
        "recall": round(len(errors) / (len(errors) + missed), 3),
        "mean_m": round(float(errors.mean()), 3),
        "p95_m": round(float(np.quantile(errors, 0.95)), 3),
        "by_distance": rings,
    }


def _held_against(
    story: Story, film: Video, finder: Backend, floor: Floor, *, owns: tuple[float, float, float, float]
) -> tuple[NDArray[np.float64], NDArray[np.float64], int, int]:
    """Errors (n,) m and places (n, 2) m of those found; how many were missed, and how many are nobody. Frozen frames are left out."""
    shown = story.scenario.video
    tracker = Tracker(TrackerSettings(fps=film.fps))
    errors, places, missed, false = [np.zeros(0)], [np.zeros((0, 2))], 0, 0
    for number, frame in enumerate(_frames(film)):
        boxes = finder.detect(frame)
        tracks = tracker.step(round((number + 1) * MICRO / film.fps), boxes)
        t_s = shown.from_s + number / film.fps
        if t_s < 0 or shown.frozen_from_s <= t_s < shown.frozen_to_s + 1:
            continue
        known = boxes[tracks != UNCONFIRMED, :4].astype(np.float64)
        seen = _inside(floor.apply((known[:, :2] + known[:, 2:]) / 2), owns)
        there = _inside(story.walkers.at(t_s)[1] / 100, owns)
        away = np.linalg.norm(there[:, None] - seen[None], axis=2)
        rows, columns = linear_sum_assignment(np.minimum(away, 1.0))
        held = away[rows, columns] < SAME_PERSON_M
        errors.append(away[rows[held], columns[held]])
        places.append(there[rows[held]])
        missed += len(there) - int(held.sum())
        false += len(seen) - int(held.sum())
    return np.concatenate(errors), np.concatenate(places), missed, false


def _frames(film: Video) -> Iterator[Frame]:
    return (frame for _, frame in film)


def _inside(positions_m: NDArray[np.float64], owns: tuple[float, float, float, float]) -> NDArray[np.float64]:
    x, y = positions_m.T
    return np.asarray(positions_m[(x >= owns[0]) & (x < owns[2]) & (y >= owns[1]) & (y < owns[3])])
