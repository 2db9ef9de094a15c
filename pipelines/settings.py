"""What a process needs to know when it starts: read once from MUSTER_* variables, typed, checked, frozen."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

from pipelines.errors import ConfigError
from pipelines.topics import check_mode

TOPICS_READY: Final = "topics.ready"  # file in the mode's run folder: its topics are there
RECORDINGS: Final = "recordings"  # folder of recorded video in the runtime folder, where no other is named
STORY_START: Final = "story-start"  # file in the mode's run folder: second 0 of the scenario, µs UTC


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Settings of one process.

    Args:
        mode: live or drill-<id>.
        kafka, clickhouse: host:port.
        registry, flink: http://host:port.
        clickhouse_user: ClickHouse's user; empty = its default one, which has no password.
        clickhouse_password_file: file that holds that user's password.
        page_port: port of the live page.
        page_host: address on which the live page listens.
        plan: the plan file.
        run: folder of this mode's run (0700): keys, inbox, checkpoints.
        home: the runtime folder.
        ready_file: touched by the process once it is ready.
        start_us: the mode's fixed start, µs UTC; 0 = the wall clock is the mode's clock.
        camera: of a detect worker, which camera; of a recorder, its cameras, comma between.
        source: of a detect worker, its video; of the simulation, its scenario.
        cameras: of a detect worker of several cameras: their ids, with commas; their sources are the plan's.
        cameras_per_process: of what starts detect workers: cameras in one of them, at most.
        backend: of a detect worker: motion | onnx | auto | deepstream.
        model: of a detect worker: a name in models.yaml.
        provider: of a detect worker's onnx: auto | cpu | cuda.
        parallelism: of the Flink jobs.
        channels: the channels file of dispatch; empty = none.
        callout: file that says whom the watchdog calls; nobody where there is none.
        anchor: folder or http address outside, where the roots of the audit chain are kept.
        grafana: address of the Grafana whose pages may read the venue's outlines; empty = none.
        recordings: folder of recorded video; a folder for each mode in it.
    """

    mode: str
    kafka: str
    registry: str = ""
    clickhouse: str = ""
    flink: str = ""
    clickhouse_user: str = ""
    clickhouse_password_file: Path = Path()
    page_port: int = 0
    page_host: str = "127.0.0.1"
    plan: Path = Path()
    run: Path = Path()
    home: Path = Path()
    ready_file: Path = Path()
    start_us: int = 0
    camera: str = ""
    source: str = ""
    cameras: str = ""
    cameras_per_process: int = 1
    backend: str = "auto"
    model: str = "yolox-nano"
    provider: str = "auto"
    parallelism: int = 1
    channels: Path = Path()
    callout: Path = Path()
    anchor: str = ""
    grafana: str = ""
    recordings: Path = Path()

    def environment(self) -> dict[str, str]:
        """The MUSTER_* variables that give these settings."""
        return {f"MUSTER_{field.name.upper()}": str(getattr(self, field.name)) for field in fields(self)}

    def ready(self) -> None:
        """Say that this process is ready."""
        if self.ready_file != Path():
            self.ready_file.parent.mkdir(parents=True, exist_ok=True)
            self.ready_file.touch()

    def mode_key(self) -> bytes:
        """The mode's key, from which device keys are derived.

        Raises:
            ConfigError: there is none.
        """
        path = self.run / "mode.key"
        try:
            return path.read_bytes()
        except OSError as error:
            raise ConfigError(f"the mode's key {path.name} cannot be read: {error.strerror}") from error


_OTHER = ("MUSTER_ROOT", "MUSTER_CWD", "MUSTER_HOME_FOLDER", "MUSTER_DATA", "MUSTER_MODELS", "MUSTER_SETUP_S")


def read(environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings in *environment*.

    Raises:
        ConfigError: a variable is missing, unknown, or not of its type.
    """
    types = {field.name: field.type for field in fields(Settings)}
    given = {}
    for name, value in environment.items():
        if not name.startswith("MUSTER_") or name in _OTHER:
            continue
        key = name.removeprefix("MUSTER_").lower()
        if key not in types:
            raise ConfigError(f"{name} is not a setting; there are {', '.join('MUSTER_' + known.upper() for known in types)}")
        given[key] = _typed(name, value, str(types[key]))
    if "mode" not in given or "kafka" not in given:
        raise ConfigError("MUSTER_MODE and MUSTER_KAFKA must be set")
    check_mode(str(given["mode"]))
    if given.get("ready_file", Path()) != Path():
        Path(str(given["ready_file"])).unlink(missing_ok=True)  # left by the process before this one
    return Settings(**given)  # type: ignore[arg-type]  # checked against the field's type above


def _typed(name: str, value: str, kind: str) -> object:
    if kind == "int":
        try:
            return int(value)
        except ValueError:
            raise ConfigError(f"{name}: expected a whole number, got '{value}'") from None
    return Path(value) if kind == "Path" else value


def die(error: Exception) -> None:
    """End a process that cannot start, with its sentence."""
    sys.exit(f"muster: {error}")
