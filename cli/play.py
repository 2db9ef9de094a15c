"""`muster play …`: a file through the whole path, in a drill of its own, with its own clock."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from cli.console import USAGE, console, fail
from cli.paths import from_caller
from cli.played_mode import drill_of, run_played
from cli.record import new_file, tell
from cli.replay import tell_hashes
from cli.report import Book
from cli.running import Stop
from cli.watching import Reader, parts_usage
from connectors.kafka import Sender, producer
from drills.record import record_ended
from drills.watch import gathered
from pipelines.errors import ConfigError, MusterError
from pipelines.units import MICRO
from plan import needs
from plan.load import load
from plan.model import Plan
from simulation.play_positions import plan_around, play_positions
from simulation.play_vehicles import plan_along, play_vehicles, read_vehicles
from simulation.player import Player
from simulation.trajectories import read_trajectories
from stack.machine import Machine

_STATE_S: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """How to play: rate, whether to wait for the results, where report and recording go, and the fixed start."""

    rate: float
    wait: bool
    report: Path | None
    record: Path | None
    start: str

    def start_us(self) -> int:
        """The fixed start, µs UTC."""
        try:
            found = datetime.fromisoformat(self.start)
        except ValueError:
            fail(f"start '{self.start}': expected an instant such as 2026-01-01T00:00:00Z", USAGE)
        if found.tzinfo is None:
            fail(f"start '{self.start}': say its zone, e.g. {self.start}Z", USAGE)
        whole = round(found.astimezone(UTC).timestamp() * MICRO)
        return whole - whole % MICRO


def positions(file: Path, how: How, *, unit: str, fps: float, camera: str, area_type: str, plan: Path | None) -> None:
    """Play a file of recorded people."""
    path = from_caller(file)
    try:
        if area_type not in ("standing", "way", "stairs", "queue"):
            raise ConfigError(f"area type '{area_type}': expected standing, way, stairs or queue")
        found = read_trajectories(path, unit=unit, fps=fps)
        chosen = load(from_caller(plan)) if plan else plan_around(found, name=path.name, area_type=area_type, camera=camera)
        _known_camera(chosen, camera)
    except MusterError as error:
        fail(error, USAGE)
    _run(path, chosen, how, lambda player: play_positions(found, chosen, player, camera=camera))


def vehicles(file: Path, how: How, *, plan: Path | None) -> None:
    """Play a file of recorded vehicles."""
    path = from_caller(file)
    try:
        rows = read_vehicles(path)
        chosen = load(from_caller(plan)) if plan else plan_along(rows, name=path.name)
    except MusterError as error:
        fail(error, USAGE)
    _run(path, chosen, how, lambda player: play_vehicles(rows, chosen, player))


def video(
    file: Path,
    how: How,
    *,
    camera: str,
    calibration: Path | None,
    scale_px_per_m: float | None,
    backend: str,
    fps: float | None,
    area_type: str,
    lanes: Sequence[str] = (),
    plan: Path | None = None,
) -> None:
    """Play a video through the detect worker's own code."""
    from simulation.play_video import plan_for_video, play_video  # noqa: PLC0415 - OpenCV, only for videos

    path = from_caller(file)
    try:
        if plan is not None:
            if calibration is not None or scale_px_per_m is not None or lanes:
                raise ConfigError("a plan says calibration and lanes itself: give it alone")
            chosen = load(from_caller(plan))
            _known_camera(chosen, camera)
        else:
            chosen = plan_for_video(
                path,
                camera=camera,
                calibration=from_caller(calibration) if calibration else None,
                scale_px_per_m=scale_px_per_m,
                area_type=area_type,
                lanes=lanes,
            )
    except MusterError as error:
        fail(error, USAGE)
    _run(path, chosen, how, lambda player: play_video(path, chosen, player, camera=camera, backend=backend, source_fps=fps))


def _known_camera(plan: Plan, camera: str) -> None:
    if camera not in [row.id for row in plan.cameras]:
        raise ConfigError(f"camera '{camera}' is not in the plan; there are {', '.join(row.id for row in plan.cameras) or 'none'}")


def mode_of(path: Path) -> str:
    """The drill in which a file is played."""
    return drill_of("play", path)


def _run(path: Path, plan: Plan, how: How, send: Callable[[Player], int]) -> None:
    mode_name, start_us = mode_of(path), how.start_us()
    if how.record is not None and from_caller(how.record).exists():
        fail(f"{how.record} is there already: a recording is never written over", USAGE)
    run_played(
        mode_name,
        plan,
        lambda machine, stop: _play(machine, mode_name, plan, how, start_us, send, stop),
        said=f"playing {path.name}",
        tell=_tell,
        report=how.report,
    )


def _play(machine: Machine, mode: str, plan: Plan, how: How, start_us: int, send: Callable[[Player], int], stop: Stop) -> dict[str, Any]:
    reader = Reader(machine.addresses.kafka, mode, Book(keep_measures=True))
    try:
        player = Player(
            Sender(producer(machine.addresses.kafka), mode), start_us=start_us, rate=how.rate, stop=stop, ticked=needs.ticked(plan)
        )
        begun = time.monotonic()
        last_us = send(player)
        played_s = time.monotonic() - begun
        hashes: dict[str, Any] = {}
        if (how.wait or how.report is not None) and not stop.is_set():
            hashes = gathered(machine.addresses.kafka, mode, results=needs.results(plan), last_tick_us=last_us, stop=stop).hashes()
            time.sleep(_STATE_S)  # the reader into the book is a thread of its own
        if how.record is not None and not stop.is_set():
            path = from_caller(how.record)
            with new_file(path) as out:
                recorded = record_ended(machine.addresses.kafka, mode=mode, plan=plan, out=out)
            tell(path, recorded)
        book = reader.book
        supervisor = machine.supervisor
        assert supervisor is not None
        return {
            "mode": mode,
            "start_us": start_us,
            "played_s": round(played_s, 1),
            "positions": player.positions,
            "refused": player.refused,
            "ended_early": stop.is_set(),
            "zones": book.zones([zone.id for zone in plan.zones]),
            "alerts": [{key: value for key, value in row.items() if key != "card_us"} for row in book.alerts()],
            "changes": sum(map(len, book.changes.values())),
            "repeats": book.repeats,
            "parts": parts_usage(supervisor.status()),
            "measures": book.measure_rows(),
            **hashes,
        }
    finally:
        reader.close()


def _tell(found: dict[str, Any]) -> None:
    console.print(f"played {found['positions']} positions in {found['played_s']} s", markup=False)
    if found["refused"]:
        console.print(f"  refused {found['refused']} records; topic deadletter.ingest says why", markup=False)
    for zone, level in found["zones"].items():
        console.print(f"  zone {zone}: {level}", markup=False)
    for row in found["alerts"]:
        console.print(
            f"  alert {row['rule']} at {row['place']}: {row['level']}{', latched' if row['latched'] else ''}  {row['id']}", markup=False
        )
    if "hash" in found:
        tell_hashes(found)
