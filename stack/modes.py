"""A mode on the embedded machine: its folder, its key, and the processes that serve it."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import yaml

from pipelines.errors import ConfigError
from pipelines.settings import RECORDINGS, STORY_START, TOPICS_READY, Settings
from pipelines.topics import check_mode, is_drill
from plan.model import Plan
from stack.addresses import Addresses
from stack.keeper import cancel_all
from stack.parts import Part
from stack.watch_parts import watchdog_part

_START_TIMEOUT_S: Final = 120.0
_RECORDED_TOGETHER: Final = 4  # cameras a recorder: a crash in the demuxer of one leaves a second's gap in the other three


@dataclass(frozen=True, slots=True, kw_only=True)
class Mode:
    """One mode: its settings, its plan, whether it began anew, and what moves its event time ("wall" | "player")."""

    settings: Settings
    plan: Plan
    fresh: bool
    clock: str

    @property
    def name(self) -> str:
        """Live or drill-<id>."""
        return self.settings.mode


def anchor_of(home: Path) -> str:
    """Where roots of the audit chain are kept outside the mode's folder: MUSTER_ANCHOR, else a folder of the runtime folder."""
    return os.environ.get("MUSTER_ANCHOR", str(home / "anchors"))


def recordings_of(home: Path) -> Path:
    """Where video is recorded: MUSTER_RECORDINGS, else a folder of the runtime folder."""
    return Path(os.environ.get("MUSTER_RECORDINGS", home / RECORDINGS))


def run_folder(home: Path, mode: str) -> Path:
    """The folder of a mode's run."""
    return home / "run" / check_mode(mode)


def prepare(
    home: Path,
    addresses: Addresses,
    *,
    mode: str,
    plan: Plan,
    clock: str,
    fresh: bool,
    parallelism: int = 1,
    channels: Path = Path(),
    cameras_per_process: int = 1,
) -> Mode:
    """Make the mode's folder (0700) with plan and key; a fresh one forgets what was there.

    Args:
        home: the runtime folder.
        addresses: where the servers are.
        mode: live or drill-<id>; only a drill can be fresh.
        plan: a sound plan.
        clock: "wall" | "player", what moves the mode's event time.
        fresh: whether the mode begins anew.
        parallelism: of the Flink jobs.
        channels: the channels file of dispatch, if there is one.
        cameras_per_process: of a detect worker, at most.
    """
    fresh = fresh and is_drill(mode)
    folder = run_folder(home, mode)
    if fresh:
        cancel_all(addresses.flink_url, mode)
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    shutil.rmtree(folder / "ready", ignore_errors=True)
    (folder / TOPICS_READY).unlink(missing_ok=True)
    write_plan(folder, plan)
    ensure_key(folder)
    withdraw(home, mode)  # the page hears of it when its topics are there: it must not read those of the last drill
    settings = Settings(
        mode=mode,
        kafka=addresses.kafka,
        registry=addresses.registry_url,
        clickhouse=addresses.clickhouse,
        flink=addresses.flink_url,
        page_port=addresses.page_port,
        plan=folder / "plan.yaml",
        run=folder,
        home=home,
        parallelism=parallelism,
        channels=channels,
        cameras_per_process=cameras_per_process,
        callout=Path(os.environ.get("MUSTER_CALLOUT", home / "callout.yaml")),
        anchor=anchor_of(home),
        recordings=recordings_of(home),
    )
    return Mode(settings=settings, plan=plan, fresh=fresh, clock=clock)


def write_plan(folder: Path, plan: Plan) -> None:
    """The plan as the mode's processes read it, written whole."""
    draft = folder / "plan.yaml.new"
    draft.write_text(yaml.safe_dump(plan.model_dump(mode="json"), allow_unicode=True, sort_keys=False), encoding="utf-8")
    draft.replace(folder / "plan.yaml")


def ensure_key(folder: Path) -> None:
    """The mode's key, from which device keys are derived: made at the first call, readable by its owner alone."""
    path = folder / "mode.key"
    if not path.exists():
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        os.write(handle, secrets.token_bytes(32))
        os.close(handle)


def announce(home: Path, *, mode: str, plan: Plan, clock: str, state: str) -> None:
    """Tell the page of a mode: state is "running" or "ended"."""
    folder = home / "run" / "modes"
    folder.mkdir(parents=True, exist_ok=True)
    text = {
        "mode": mode,
        "plan": str(run_folder(home, mode) / "plan.yaml"),
        "title": plan.event.name.model_dump(),
        "state": state,
        "since_us": time.time_ns() // 1000,
        "clock": clock,
    }
    draft = folder / f"{mode}.json.new"
    draft.write_text(json.dumps(text, ensure_ascii=False))
    draft.replace(folder / f"{mode}.json")


def withdraw(home: Path, mode: str) -> None:
    """The page forgets a mode."""
    (home / "run" / "modes" / f"{mode}.json").unlink(missing_ok=True)


def setup_part(mode: Mode) -> Part:
    """Topics of the mode, once; it waits for the servers itself."""
    arguments = (mode.clock, "--fresh") if mode.fresh else (mode.clock,)
    return _part(mode, "topics", ("stack.mode_setup", *arguments), after=(), one_shot=True)


def stage_parts(mode: Mode, *, after: tuple[str, ...], dispatch: bool = True, ticker: bool = True, ingest: bool = True) -> list[Part]:
    """The processes that serve a mode; all but the keeper wait for its topics."""
    topics = ("topics",)
    parts = [
        _part(mode, "flink-jobs", ("stack.keeper",), after=()),
        _part(mode, "alerts", ("pipelines.alerts.app",), after=topics),
        _part(mode, "store", ("pipelines.store.app",), after=(*topics, *after)),
    ]
    if ticker:
        parts.append(ticker_part(mode, after=topics))
    if ingest:
        parts.append(_part(mode, "ingest", ("pipelines.ingest.app",), after=topics))
    if ingest:
        parts += linkage_parts(mode, after=topics)
    if dispatch:
        parts.append(_part(mode, "dispatch", ("pipelines.dispatch.app",), after=topics))
        parts.append(_part(mode, "audit", ("pipelines.audit.app",), after=topics))
    if ingest and dispatch:  # the whole path is there for a synthetic event to pass
        parts.append(watchdog_part(_part(mode, "watchdog", ("stack.watchdog",), after=topics), mode.settings))
    return parts


def linkage_parts(mode: Mode, *, after: tuple[str, ...]) -> list[Part]:
    """LINKAGE where there is a fire panel to read: a drill has one only where its plan has a simulator, and none in a replay."""
    linkage = mode.plan.linkage
    has_panel = linkage is not None and (not is_drill(mode.name) or linkage.simulator is not None)
    return [_part(mode, "linkage", ("pipelines.linkage.app",), after=after)] if has_panel else []


def camera_parts(mode: Mode) -> list[Part]:
    """Detect workers for the cameras of the plan that have a source: one each, or so many each, in the plan's order.

    A worker goes on without a camera that cannot be opened, tells of it and dials again; a `deepstream` one has its cameras in
    one pipeline on the GPU. None is awaited: what is wrong with one must not keep all the others from starting.

    Raises:
        ConfigError: fewer than one camera to a process.
    """
    most = mode.settings.cameras_per_process
    if most < 1:
        raise ConfigError(f"cameras_per_process {most}: expected 1 or more")
    return [_group_part(mode, names) for names in _groups([camera.id for camera in mode.plan.cameras if camera.source], most)]


def _groups(names: list[str], most: int) -> list[list[str]]:
    """The names in their order, at most so many together."""
    return [names[first : first + most] for first in range(0, len(names), most)]


def _group_part(mode: Mode, cameras: list[str]) -> Part:
    settings = replace(mode.settings, cameras=",".join(cameras))
    name = f"detect-{cameras[0]}" + (f"+{len(cameras) - 1}" if len(cameras) > 1 else "")
    return _part(replace(mode, settings=settings), name, ("pipelines.detect.app",), after=(), awaited=False)


def ticker_part(mode: Mode, *, after: tuple[str, ...]) -> Part:
    """The mode's clock: from its first tick on there are windows."""
    return _part(mode, "ticker", ("stack.ticker",), after=after)


def detect_part(mode: Mode, *, camera: str, source: str, backend: str = "auto", start_us: int = 0) -> Part:
    """A detect worker for one camera."""
    settings = replace(mode.settings, camera=camera, source=source, backend=backend, start_us=start_us)
    return _part(replace(mode, settings=settings), f"detect-{camera}", ("pipelines.detect.app",), after=())


def recorder_parts(mode: Mode) -> list[Part]:
    """Recorders of the cameras that the plan wants recorded, a few to a process."""
    cameras = [camera.id for camera in mode.plan.cameras if camera.record]
    return [_recorder_part(mode, group) for group in _groups(cameras, _RECORDED_TOGETHER)]


def _recorder_part(mode: Mode, cameras: list[str]) -> Part:
    settings = replace(mode.settings, camera=",".join(cameras))
    name = f"recorder-{cameras[0]}"
    return _part(replace(mode, settings=settings), name, ("pipelines.recorder.app",), after=("topics",), awaited=False)


def plan_parts(mode: Mode, *, after: tuple[str, ...]) -> list[Part]:
    """All that a plan in real use wants: what a changed plan starts again, too."""
    return [*stage_parts(mode, after=after), *camera_parts(mode), *recorder_parts(mode)]


def simulation_part(mode: Mode, *, scenario: Path, after: tuple[str, ...]) -> Part:
    """Walkers, simulated cameras and devices: an overture until `begin_story`."""
    settings = replace(mode.settings, source=str(scenario))
    return _part(replace(mode, settings=settings), "simulation", ("simulation.app",), after=after)


def begin_story(mode: Mode, start_us: int) -> None:
    """Second 0 of the scenario is *start_us* (µs UTC)."""
    draft = mode.settings.run / f"{STORY_START}.new"
    draft.write_text(str(start_us))
    draft.replace(mode.settings.run / STORY_START)


def page_part(home: Path, addresses: Addresses, *, after: tuple[str, ...]) -> Part:
    """The live page, for all modes."""
    settings = Settings(
        mode="live",
        kafka=addresses.kafka,
        page_port=addresses.page_port,
        home=home,
        run=home / "run",
        ready_file=home / "run" / "page.ready",
        grafana=os.environ.get("MUSTER_GRAFANA", ""),
        recordings=recordings_of(home),
    )
    settings.ready_file.unlink(missing_ok=True)
    return Part(
        name="page",
        command=(sys.executable, "-m", "command.app"),
        env=settings.environment(),
        ready=settings.ready_file.exists,
        after=after,
        ready_timeout_s=_START_TIMEOUT_S,
        before_start=lambda: settings.ready_file.unlink(missing_ok=True),
    )


def _part(mode: Mode, name: str, module: tuple[str, ...], *, after: tuple[str, ...], one_shot: bool = False, awaited: bool = True) -> Part:
    ready_file = mode.settings.run / "ready" / name
    settings = replace(mode.settings, ready_file=ready_file)
    ready: Callable[[], bool] = ready_file.exists
    return Part(
        name=name,
        command=(sys.executable, "-m", *module),
        env=settings.environment(),
        ready=ready,
        after=after,
        ready_timeout_s=_START_TIMEOUT_S,
        one_shot=one_shot,
        awaited=awaited,
        before_start=lambda: ready_file.unlink(missing_ok=True),
    )
