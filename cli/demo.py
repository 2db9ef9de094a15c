"""`muster demo`: the stadium evening, on this machine, as a drill."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cli.console import FAILED, INTERRUPTED, Progress, console, fail
from cli.paths import HOME, ROOT, from_caller
from cli.report import Book, Expected
from cli.running import Stop, ended_by_signal, fetched, write_report
from cli.watching import Reader, parts_usage, when_first_picture
from connectors.video import Video
from pipelines.errors import MusterError, TransientError
from pipelines.units import MICRO, SLICE_US
from plan.model import Camera
from simulation import render, scenario
from stack import modes
from stack.fetch import clean
from stack.machine import Machine
from stack.supervisor import Supervisor

MODE: Final = "drill-demo"
VISITOR: Final = "cam-visitor"
SCENARIO: Final = ROOT / "simulation" / "scenario.yaml"
_WARM_S: Final = 20.0
_IN_TIME_MS: Final = 500.0
_LEAD_US: Final = 3 * MICRO  # the cameras need a moment to begin again; the video is taken up in its empty seconds


@dataclass(slots=True)
class Moments:
    """When things happened, monotonic seconds."""

    begun_s: float
    setup_s: float = 0.0
    fetch_s: float = 0.0
    ready_s: float = 0.0
    first_picture_s: float | None = None
    first_alert_s: float | None = None

    def since(self, moment_s: float | None) -> float | None:
        """Seconds from the command of a warm start: what had to be fetched does not count."""
        return None if moment_s is None else round(moment_s - self.begun_s - self.fetch_s, 1)


def remove_all() -> None:
    """`muster demo --clean`: everything that a start has made."""
    try:
        clean(HOME, ROOT)
    except MusterError as error:
        fail(error)
    console.print("muster: the environment, the fetched parts and all runs are gone")


def run(*, for_s: float | None, report: Path | None, video: Path | None) -> None:
    """Play the evening until Ctrl-C, or for *for_s* seconds from ready; exit 1 unless exactly the expected alerts came."""
    moments = Moments(time.monotonic())
    stop = ended_by_signal()
    progress = Progress()
    try:
        with progress.shown():
            moments.setup_s = fetched(progress)
            fetched_s = time.monotonic() - moments.begun_s
            story = scenario.load(SCENARIO)
            film = render.cached(SCENARIO, HOME / "video")
            moments.fetch_s = time.monotonic() - moments.begun_s
            moments.setup_s += moments.fetch_s - fetched_s
        visitor = from_caller(video) if video else None
        if visitor is not None:
            story = _with_visitor(story, visitor)
        with Machine(HOME, ROOT, name="demo", join=True, on_change=progress.part) as machine:
            _play(machine, story, film, visitor, moments, stop, progress, for_s=for_s, report=report)
    except KeyboardInterrupt:
        fail("stopped before it was ready", INTERRUPTED)
    except MusterError as error:
        fail(error)


def _with_visitor(story: scenario.Story, video: Path) -> scenario.Story:
    """The story with one more camera, not calibrated: its people are counted in the picture, not on the floor.

    Raises:
        ConfigError: the video cannot be decoded.
    """
    Video(str(video)).close()
    first = story.plan.cameras[0]
    text = {"en": f"Your video: {video.name}"[:128], "zh": f"您的视频:{video.name}"[:128]}
    camera = Camera.model_validate({"id": VISITOR, "name": text, "at": first.at, "owns": first.owns, "kind": "video", "fps": 10})
    return story.model_copy(update={"plan": story.plan.model_copy(update={"cameras": (*story.plan.cameras, camera)})})


def _play(
    machine: Machine,
    story: scenario.Story,
    film: Path,
    visitor: Path | None,
    moments: Moments,
    stop: Stop,
    progress: Progress,
    *,
    for_s: float | None,
    report: Path | None,
) -> None:
    mode = modes.prepare(HOME, machine.addresses, mode=MODE, plan=story.plan, clock="wall", fresh=True)
    after = machine.after_servers()
    page, watching = machine.addresses.page_url, threading.Event()
    when_first_picture(page, MODE, watching, lambda at_s: setattr(moments, "first_picture_s", at_s))
    with progress.shown():
        # people are on the page as soon as Kafka is up; windows begin with the ticker, once the jobs run
        machine.start(
            [
                modes.setup_part(mode),
                modes.simulation_part(mode, scenario=SCENARIO, after=()),
                *modes.stage_parts(mode, after=after, ticker=False),
            ]
        )
        supervisor = machine.supervisor
        assert supervisor is not None
        start_us = _story_start_us()
        modes.begin_story(mode, start_us)
        camera = story.scenario.video.camera
        parts = [
            modes.ticker_part(mode, after=("topics",)),
            modes.detect_part(mode, camera=camera, source=str(film), backend="motion", start_us=start_us),
        ]
        if visitor is not None:
            parts.append(modes.detect_part(mode, camera=VISITOR, source=str(visitor), start_us=start_us))
        supervisor.add(parts)
    reader = Reader(machine.addresses.kafka, MODE, Book())
    _wait_for_results(reader, stop)
    moments.ready_s = time.monotonic()
    stop.interrupts = False
    console.print(f"\nMuster is ready after {moments.since(moments.ready_s)} s. EXERCISE 演练: open {page}/?mode={MODE}\n", markup=False)
    console.print("Ctrl-C ends it." if for_s is None else f"It ends by itself after {for_s:g} s.")
    try:
        stop.wait(for_s)
        moments.first_alert_s = reader.first_alert_s
        found = _report(machine, reader, moments, story, start_us)
    finally:
        watching.set()
        reader.close()
        modes.withdraw(HOME, MODE)
    if report is not None:
        write_report(from_caller(report), found)
    if for_s is not None:
        _verdict(found, reader.book)


def _story_start_us() -> int:
    """The first slice that begins three seconds from now."""
    now_us = time.time_ns() // 1000 + _LEAD_US
    return now_us - now_us % SLICE_US


def _wait_for_results(reader: Reader, stop: Stop) -> None:
    """Ready means that results come, and in time: for the first windows Flink's programs are still being compiled."""
    until_s = time.monotonic() + _WARM_S
    while time.monotonic() < until_s and not reader.book.in_time(_IN_TIME_MS) and not stop.wait(0.1):
        pass
    reader.book.ready_us = reader.book.last_window_us


def _report(machine: Machine, reader: Reader, moments: Moments, story: scenario.Story, start_us: int) -> dict[str, Any]:
    supervisor = machine.supervisor
    assert supervisor is not None
    parts = parts_usage(supervisor.status())
    _quiet(supervisor, reader)
    book = reader.book
    expected = [Expected(**row.model_dump()) for row in story.scenario.expected]
    return {
        "mode": MODE,
        "setup_s": round(moments.setup_s, 1),
        "ready_s": moments.since(moments.ready_s),
        "first_picture_s": moments.since(moments.first_picture_s),
        "first_alert_s": moments.since(moments.first_alert_s),
        "story_start_us": start_us,
        "events": book.events(reader.taken_in()),
        "zones": book.zones([zone.id for zone in story.plan.zones]),
        "alerts": [{key: value for key, value in row.items() if key != "card_us"} for row in book.alerts()],
        "expected": book.against(expected, start_us=start_us),
        "undelivered": book.undelivered(),
        "window_to_result_ms": book.window_to_result_ms(),
        "windows": book.windows(),
        "parts": parts,
        "total_pss_mb": round(sum(row["pss_mb"] for row in parts.values()), 1),
    }


def _quiet(supervisor: Supervisor, reader: Reader) -> None:
    """Stop the sources, and wait until what they sent is accounted for."""
    supervisor.remove(["simulation"])
    until_s = time.monotonic() + 20
    while time.monotonic() < until_s:
        try:
            taken = reader.taken_in()
        except TransientError:
            break
        counts = reader.book.events(taken)
        if counts["in"] == counts["accounted"] + counts["dead_lettered"] and not reader.book.undelivered():
            return
        time.sleep(0.3)


def _verdict(found: dict[str, Any], book: Book) -> None:
    """Say what came, and end with 1 unless it was exactly what was expected."""
    for row in book.alerts():
        console.print(f"  {row['rule']:<24} {row['place']:<20} {row['level']:<9} {'latched' if row['latched'] else ''}", markup=False)
    wrong = [f"missing: {row}" for row in found["expected"]["missing"]]
    wrong += [f"unexpected: {row}" for row in found["expected"]["unexpected"]]
    wrong += [f"no receipt: {row}" for row in found["undelivered"]]
    counts = found["events"]
    if counts["in"] != counts["accounted"] + counts["dead_lettered"]:
        wrong.append(f"of {counts['in']} events {counts['accounted']} are accounted for and {counts['dead_lettered']} dead-lettered")
    for line in wrong:
        console.print(f"  {line}", markup=False)
    if wrong:
        fail("the evening did not go as the scenario says", FAILED)
    console.print("muster: exactly the expected alerts came, each with a receipt")
