"""Names of topics, who may meet there, and how long they keep.

A topic is `<mode>.<stage>.<thing>.v1`; a mode is `live` or `drill-<id>`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from pipelines import events
from pipelines.errors import ConfigError

_HOUR_MS: Final = 3_600_000
_DAY_MS: Final = 24 * _HOUR_MS
_AUDIT_MS: Final = 3 * 366 * _DAY_MS
_MODE: Final = re.compile(r"live|drill-[a-z0-9][a-z0-9-]{0,40}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """One topic, without its mode.

    Args:
        thing: `<stage>.<thing>`.
        record: event class that it carries.
        partitions: of the embedded stack.
        ticked: ticks in it move watermarks and merges.
        keep_ms: retention; compacted topics ignore it.
    """

    thing: str
    record: type[Any]
    partitions: int = 1
    ticked: bool = False
    keep_ms: int = 48 * _HOUR_MS
    compacted: bool = False

    def name(self, mode: str) -> str:
        """Full name in *mode*."""
        return f"{mode}.{self.thing}.v1"


ALL: Final = (
    *(Topic(thing=f"raw.{kind}", record=events.RawEnvelope, partitions=4) for kind in ("turnstile", "identity", "fire", "vehicle")),
    Topic(thing="sensor.turnstile", record=events.SensorTurnstile, partitions=4, ticked=True),
    Topic(thing="sensor.identity", record=events.SensorIdentity, ticked=True),
    Topic(thing="sensor.vehicle", record=events.SensorVehicle, ticked=True),
    Topic(thing="sensor.fire", record=events.SensorFire, ticked=True),
    Topic(thing="sensor.p1", record=events.SensorFire),
    Topic(thing="vehicle.tracks", record=events.VehicleTrack, partitions=4, ticked=True),
    Topic(thing="vehicle.events", record=events.VehicleEvent),
    Topic(thing="camera.frames", record=events.CameraFrame, partitions=4),
    Topic(thing="camera.health", record=events.CameraHealth, ticked=True),
    Topic(thing="camera.events", record=events.CameraEvent, ticked=True),
    Topic(thing="camera.preview", record=events.CameraPreview, keep_ms=60_000),
    Topic(thing="camera.segments", record=events.CameraSegment, keep_ms=7 * _DAY_MS),
    Topic(thing="recorder.state", record=events.RecorderState),
    Topic(thing="crowd.zones", record=events.CrowdZones, partitions=4, ticked=True),
    Topic(thing="crowd.late", record=events.CrowdZones),
    Topic(thing="crowd.crossings", record=events.CrowdCrossings, partitions=4, ticked=True),
    Topic(thing="crowd.cells", record=events.CrowdCells, partitions=4),
    Topic(thing="crowd.density", record=events.CrowdDensity),
    Topic(thing="crowd.flow", record=events.CrowdFlow),
    Topic(thing="crowd.occupancy", record=events.CrowdOccupancy),
    Topic(thing="crowd.forecast", record=events.CrowdForecast),
    Topic(thing="crowd.queue", record=events.CrowdQueue),
    Topic(thing="crowd.balance", record=events.CrowdBalance),
    Topic(thing="alerts.changes", record=events.AlertChange, keep_ms=7 * _DAY_MS),
    Topic(thing="alerts.state", record=events.AlertState, compacted=True),
    Topic(thing="alerts.commands", record=events.AlertCommand, keep_ms=7 * _DAY_MS),
    Topic(thing="alerts.answers", record=events.AlertAnswer, keep_ms=7 * _DAY_MS),
    Topic(thing="dispatch.receipts", record=events.DispatchReceipt, keep_ms=7 * _DAY_MS),
    Topic(thing="orders.changes", record=events.OrderChange, keep_ms=7 * _DAY_MS),
    Topic(thing="orders.commands", record=events.OrderCommand, keep_ms=7 * _DAY_MS),
    Topic(thing="linkage.requests", record=events.LinkageRequest, keep_ms=7 * _DAY_MS),
    Topic(thing="linkage.changes", record=events.LinkageChange, keep_ms=_AUDIT_MS),
    Topic(thing="audit.log", record=events.AuditEntry, keep_ms=_AUDIT_MS),
    Topic(thing="audit.roots", record=events.AuditRoot, keep_ms=_AUDIT_MS),
    Topic(thing="probe.passed", record=events.ProbePassed, keep_ms=_HOUR_MS),
    Topic(thing="ledger.ingest", record=events.LedgerEntry, keep_ms=7 * _DAY_MS),
    Topic(thing="deadletter.ingest", record=events.DeadLetter, keep_ms=7 * _DAY_MS),
    Topic(thing="deadletter.stages", record=events.DeadLetter, keep_ms=7 * _DAY_MS),
    Topic(thing="stage.health", record=events.StageHealth, keep_ms=_HOUR_MS),
)
BY_THING: Final = {topic.thing: topic for topic in ALL}
RAW: Final = tuple(topic for topic in ALL if topic.thing.startswith("raw."))


def topic(thing: str) -> Topic:
    """The topic called *thing*, e.g. `crowd.zones`.

    Raises:
        ConfigError: there is none.
    """
    if thing not in BY_THING:
        raise ConfigError(f"there is no topic '{thing}'; there are {', '.join(sorted(BY_THING))}")
    return BY_THING[thing]


def check_mode(mode: str) -> str:
    """*mode* itself, if it is `live` or `drill-<id>`.

    Raises:
        ConfigError: it is neither.
    """
    if not _MODE.fullmatch(mode):
        raise ConfigError(f"mode '{mode}': expected 'live' or 'drill-' with small letters, digits and '-'")
    return mode


def is_drill(mode: str) -> bool:
    """Whether *mode* is an exercise."""
    return check_mode(mode) != "live"


def split(name: str) -> tuple[str, Topic]:
    """Mode and topic of a full name; the inverse of `Topic.name`."""
    mode, _, rest = name.partition(".")
    return check_mode(mode), topic(rest.removesuffix(".v1"))
