"""`muster measure …`: every crowd measure of a zone, frame by frame, from a file of recorded people, as CSV."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.errors import GEOSException

from cli.console import USAGE, console, fail
from cli.paths import from_caller
from pipelines.detect.floor import BOX_M2, Boxes, zone_floor
from pipelines.errors import ConfigError, MusterError
from pipelines.measures import flow, speed
from pipelines.measures.counter_flow import main_axis, minority_share
from pipelines.measures.density import grid_density, grid_shares
from pipelines.measures.level_of_service import levels_of_service
from pipelines.measures.polygon import Floats, area_m2, is_convex, ring_m, strictly_inside
from pipelines.measures.pressure import position_noise_m, velocity_noise_variance
from pipelines.measures.voronoi import voronoi_density
from plan.defaults import LOS
from simulation.trajectories import Trajectories, read_trajectories, without_jumps

FASTEST_MPS: Final = 12.0
BASELINE_S: Final = 1.0
_AROUND_M: Final = 0.5
_SHOWN: Final = 5
_CM: Final = 100.0
Column = list[str]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ground:
    """Where to measure: zone and walkable area (k, 2) m, the convex pieces of the zone, and the line (2, 2) m or None."""

    zone_m: Floats
    pieces_m: list[Floats]
    walkable_m: Floats
    line_m: Floats | None


def positions(
    file: Path, *, unit: str, fps: float, zone: str, walkable: str | None, line: str | None, noise_m: float | None, out: Path
) -> None:
    """Measure a file of recorded people and write one row a frame."""
    path = from_caller(file)
    try:
        if noise_m is not None and not 0 <= noise_m < 1:
            raise ConfigError(f"noise {noise_m} m: expected 0 and more, and less than 1")
        found, left_out = without_jumps(read_trajectories(path, unit=unit, fps=fps), fastest_mps=FASTEST_MPS)
        ground = ground_of(found, zone=zone, walkable=walkable, line=line)
        sigma_m = noise_m if noise_m is not None else _noise_m(found)
        columns = measured(found, ground, noise_variance=velocity_noise_variance(sigma_m=sigma_m or 0.0, baseline_s=BASELINE_S))
    except MusterError as error:
        fail(error, USAGE)
    try:
        _write(from_caller(out), columns)
    except OSError as error:
        fail(f"{out}: cannot be written: {error.strerror}", USAGE)
    _tell(left_out, sigma_m, given=noise_m is not None, rows=len(columns["time_s"]), out=out)


def _noise_m(found: Trajectories) -> float | None:
    """Position noise from all that stay for three frames in a row; None for nobody."""
    order = np.lexsort((found.frames, found.tracks))
    tracks, frames, at_m = found.tracks[order], found.frames[order], found.positions_m[order]
    three = np.flatnonzero((tracks[2:] == tracks[:-2]) & (frames[2:] == frames[:-2] + 2))
    return position_noise_m(at_m[three], at_m[three + 1], at_m[three + 2]) if len(three) else None


def _tell(left_out: list[str], sigma_m: float | None, *, given: bool, rows: int, out: Path) -> None:
    for sentence in left_out[:_SHOWN]:
        console.print(f"left out: {sentence}", markup=False)
    if left_out:
        console.print(f"left out {len(left_out)} rows that nobody can reach at {FASTEST_MPS:g} m/s", markup=False)
    if sigma_m is None:
        console.print("position noise: cannot be estimated, nobody is there for three frames in a row; taken as 0", markup=False)
    else:
        console.print(f"position noise: {sigma_m:.4f} m an axis, {'as given' if given else 'estimated from the file'}", markup=False)
    console.print(f"{rows} frames measured: {out}", markup=False)


def ground_of(found: Trajectories, *, zone: str, walkable: str | None, line: str | None) -> Ground:
    """What to measure on; without *walkable*, the extent of the positions and 0.5 m all round.

    Raises:
        ConfigError: a text is not the shape that it should be, the zone meets the walkable area nowhere, or that is not convex.
    """
    shape = _polygon(zone, "zone")
    if walkable is not None:
        area = _polygon(walkable, "walkable area")
    else:
        low, high = found.positions_m.min(axis=0) - _AROUND_M, found.positions_m.max(axis=0) + _AROUND_M
        area = shapely.box(low[0], low[1], high[0], high[1])
    if shapely.intersection(shape, area).area == 0:
        extent = ", ".join(f"{edge:.2f}" for edge in area.bounds)
        raise ConfigError(f"zone: lies outside the walkable area, whose extent is {extent} m")
    corners = _corners(shape, "zone")
    walkable_m = _corners(area, "walkable area")
    if not is_convex(walkable_m):
        raise ConfigError("walkable area: is not convex; give the convex part of it that holds the zone, or leave it away")
    return Ground(zone_m=corners, pieces_m=_pieces(shape, corners), walkable_m=walkable_m, line_m=_line(line))


def _polygon(text: str, name: str) -> shapely.Polygon:
    shape = _shape(text, name, "POLYGON((0 0, 4 0, 4 4, 0 4, 0 0))")
    if shape.geom_type != "Polygon" or shape.is_empty:
        raise ConfigError(f"{name}: expected a POLYGON, got {shape.geom_type.upper()}{' EMPTY' if shape.is_empty else ''}")
    if len(shape.interiors):
        raise ConfigError(f"{name}: has a hole; expected a polygon without holes")
    if not np.isfinite(shapely.get_coordinates(shape)).all():
        raise ConfigError(f"{name}: a corner is not a finite number")
    if shape.area == 0:
        raise ConfigError(f"{name}: has no area")
    if not shape.is_valid:
        raise ConfigError(f"{name}: is no simple polygon: {shapely.is_valid_reason(shape)}")
    return shape


def _shape(text: str, name: str, example: str) -> shapely.Geometry:
    try:
        return shapely.from_wkt(text)
    except (GEOSException, TypeError):
        raise ConfigError(f"{name} '{text[:80]}': is no well-known text; expected e.g. {example}") from None


def _corners(shape: shapely.Polygon, name: str) -> Floats:
    return ring_m(shapely.get_coordinates(shape.exterior)[:-1], name=name)


def _pieces(shape: shapely.Polygon, corners: Floats) -> list[Floats]:
    """The zone itself where it is convex, else triangles that make it up."""
    if is_convex(corners):
        return [corners]
    triangles = shapely.get_parts(shapely.constrained_delaunay_triangles(shape))
    return [_corners(triangle, "zone") for triangle in triangles if triangle.area > 0]


def _line(text: str | None) -> Floats | None:
    if text is None:
        return None
    shape = _shape(text, "line", "LINESTRING(0 0, 4 0)")
    ends = shapely.get_coordinates(shape)
    if shape.geom_type != "LineString" or len(ends) != 2 or shape.length == 0 or not np.isfinite(ends).all():
        raise ConfigError(f"line '{text[:80]}': expected a LINESTRING with two different ends")
    return np.asarray(ends, dtype=np.float64)


def measured(found: Trajectories, ground: Ground, *, noise_variance: float) -> dict[str, Column]:
    """Every column, one text a frame from first to last; empty where a measure cannot be had.

    Raises:
        ConfigError: somebody stands outside the walkable area, or two people at one place.
    """
    frames = found.frames - found.frames[0]
    count = int(frames[-1]) + 1
    held = strictly_inside(found.positions_m, ground.zone_m)
    velocities = speed.velocities_over_baseline(
        tracks=found.tracks, frames=found.frames, positions_m=found.positions_m, fps=found.fps, baseline_s=BASELINE_S
    )
    people = np.bincount(frames[held], minlength=count)
    density = people / area_m2(ground.zone_m)
    voronoi = np.zeros(count)
    for piece in ground.pieces_m:
        voronoi += area_m2(piece) * voronoi_density(
            positions_m=found.positions_m, frames=frames, frame_count=count, zone_m=piece, walkable_m=ground.walkable_m
        )
    speeds = speed.mean_speed(velocities_mps=velocities, frames=frames, frame_count=count, held=held)
    means = speed.mean_velocity(velocities_mps=velocities, frames=frames, frame_count=count, held=held)
    boxes = _boxes(found, frames, count, held, velocities, ground, noise_variance)
    grid = grid_density(positions_m=found.positions_m, frames=frames, frame_count=count, shares=grid_shares(ground.zone_m))
    walkway = next(row["bounds_per_m2"] for row in LOS if row["scale"] == "walkway")
    columns = {
        "time_s": _texts(np.arange(count) / found.fps),
        "people": [str(number) for number in people.tolist()],
        "density_per_m2": _texts(density),
        "voronoi_density_per_m2": _texts(voronoi / area_m2(ground.zone_m)),
        "speed_mps": _texts(speeds),
        "specific_flow_per_m_s": _texts(flow.specific_flow_per_m_s(density_per_m2=density, speed_mps=speeds)),
        "pressure_per_s2": _texts(boxes[:, 0]),
        "pressure_low_per_s2": _texts(boxes[:, 1]),
        "pressure_high_per_s2": _texts(boxes[:, 2]),
        "local_peak_per_m2": _texts(boxes[:, 3]),
        "grid_density_per_m2": _texts(grid),
        "level_of_service": [str(letter) for letter in levels_of_service(density, bounds_per_m2=walkway)],
        "counter_flow_share": _texts(boxes[:, 4]),
        "velocity_x_mps": _texts(means[:, 0]),
        "velocity_y_mps": _texts(means[:, 1]),
    }
    if ground.line_m is not None:
        columns |= _line_columns(found, ground.line_m, count)
    return columns


def _boxes(
    found: Trajectories,
    frames: NDArray[np.int64],
    count: int,
    held: NDArray[np.bool_],
    velocities: Floats,
    ground: Ground,
    noise_variance: float,
) -> Floats:
    """(frames, 5): pressure, its interval, local peak, share of counter-flow of the zone's people; NaN where there is none."""
    floor = zone_floor("zone", [(float(x), float(y)) for x, y in ground.zone_m], los_scale="walkway", cameras_expected=1)
    known = np.isfinite(velocities).all(axis=1)
    whole_cm = np.floor(np.where(known[:, None], velocities, 0.0) * _CM).astype(np.int64)
    moving = velocities[held & known]
    axis = main_axis(moving)
    table = np.full((count, 5), np.nan)
    table[:, 3] = 0.0
    edges = np.searchsorted(frames, np.arange(count + 1))
    for index in range(count):
        rows = slice(edges[index], edges[index + 1])
        inside = held[rows]
        at_cm, has = found.positions_cm[rows][inside], known[rows][inside]
        if len(at_cm):
            cells = Boxes(at_cm, np.zeros(len(at_cm), dtype=np.int64), 1, noise_variance_m2_s2=noise_variance)
            table[index, 3] = cells.peaks(floor)[0].count / BOX_M2
            pressure = cells.highest_pressure(at_cm, whole_cm[rows][inside], has, frame=0)
            if pressure is not None:
                table[index, :3] = pressure
        share = minority_share(velocities[rows][inside][has], axis=axis)
        if share is not None:
            table[index, 4] = share
    return table


def _line_columns(found: Trajectories, line_m: Floats, count: int) -> dict[str, Column]:
    """People over the line so far, each counted once, and those of them towards its left."""
    rows = flow.line_crossings(tracks=found.tracks, frames=found.frames - found.frames[0], positions_m=found.positions_m, line_m=line_m)
    first = flow.first_crossings(rows)
    left = flow.LineCrossings(tracks=first.tracks[first.to_left], frames=first.frames[first.to_left], to_left=first.to_left[first.to_left])
    return {
        "line_crossed": [str(number) for number in flow.crossed_by_frame(first, frame_count=count).tolist()],
        "line_crossed_to_left": [str(number) for number in flow.crossed_by_frame(left, frame_count=count).tolist()],
    }


def _texts(values: Floats) -> Column:
    """Every digit of each number; empty for NaN."""
    return ["" if value != value else repr(value) for value in values.tolist()]  # noqa: PLR0124 - NaN alone differs from itself


def _write(path: Path, columns: dict[str, Column]) -> None:
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
