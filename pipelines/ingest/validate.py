"""One raw record in, one verdict out: accepted readings, a duplicate, or a refusal with its reason. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Final

from pipelines.codec import decode, decode_body, schema_id
from pipelines.errors import DecodeError
from pipelines.events import RawEnvelope, SensorFire, SensorVehicle
from pipelines.ingest import dedupe as seen
from pipelines.ingest.dedupe import Dedupe
from pipelines.ingest.event_time import clamped_us
from pipelines.ingest.signing import device_key, is_signed
from pipelines.measures.driving import Driving
from pipelines.measures.road import Road, impossible, road_of
from pipelines.topics import BY_THING

_KINDS: Final = {
    "turnstile": "sensor.turnstile",
    "id_reader": "sensor.identity",
    "smoke": "sensor.fire",
    "heat": "sensor.fire",
    "gas": "sensor.fire",
    "co": "sensor.fire",
    "panel": "sensor.fire",
    "vehicle": "sensor.vehicle",
}
_TEXT_CHARS: Final = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What a reading is held against: devices by id with their kind, the road, and the mode's key."""

    site: str
    mode: str
    mode_key: bytes
    devices: Mapping[str, str]
    road: Road
    extent_m: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """Verified readings, by topic; `clamped` says that the device's time was held back."""

    readings: tuple[tuple[str, str, Any], ...]
    clamped: bool = False
    p1: SensorFire | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicate:
    """Seen before, word for word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Not taken, and why."""

    reason: str


def judge(
    raw: bytes | None, *, appended_us: int, site: Site, dedupe: Dedupe, driving: Driving | None = None
) -> Accepted | Duplicate | Refused:
    """The verdict on one raw record.

    Args:
        raw: the record as it came.
        appended_us: when the broker took it in, µs UTC; its time of receipt where the connector gave none.
        site: what the plan knows.
        dedupe: windows of the devices; changed by this call.
        driving: what is known of the vehicles; changed by this call. Without it each reading stands alone.
    """
    try:
        envelope = decode(raw, RawEnvelope)
        reading = _reading(envelope, site)
    except DecodeError as error:
        return Refused(reason=str(error))
    received_us = envelope.received_us or appended_us
    event_us = clamped_us(envelope.event_time_us, received_us=received_us)
    reading = replace(reading, device=envelope.device, event_time_us=event_us, received_us=received_us)
    if not is_signed(envelope, device_key(site.mode_key, envelope.device)):
        return _unsigned(envelope, reading)
    verdict = dedupe.take(envelope.device, envelope.boot_id, envelope.sequence, envelope.payload)
    if verdict == seen.SAME:
        return Duplicate()
    if verdict != seen.NEW:
        return Refused(reason=f"device {envelope.device}, sequence {envelope.sequence}: {verdict}")
    try:
        readings = _routed(envelope.topic, reading, driving or Driving(site.road))
    except DecodeError as error:
        return Refused(reason=str(error))
    return Accepted(
        readings=tuple(readings),
        clamped=event_us != envelope.event_time_us,
        p1=reading if _is_p1(reading) else None,
    )


def _reading(envelope: RawEnvelope, site: Site) -> Any:
    """The payload, after every check that needs no key.

    Raises:
        DecodeError: with the sentence of the first check that failed.
    """
    if envelope.mode != site.mode:
        raise DecodeError(f"mode '{envelope.mode[:40]}' where '{site.mode}' belongs")
    if envelope.site != site.site:
        raise DecodeError(f"site '{envelope.site[:40]}' where '{site.site}' belongs")
    kind = site.devices.get(envelope.device)
    if kind is None:
        raise DecodeError(f"the plan knows no device '{envelope.device[:40]}'")
    if _KINDS[kind] != envelope.topic:
        raise DecodeError(f"device {envelope.device} is a {kind} and may not send to '{envelope.topic[:40]}'")
    if envelope.schema_id != schema_id(BY_THING[envelope.topic].record):
        raise DecodeError(f"device {envelope.device}: schema id {envelope.schema_id} is not that of {envelope.topic}")
    reading = decode_body(envelope.payload, envelope.schema_id)
    if reading.tick:
        raise DecodeError(f"device {envelope.device} may not tick")
    _plausible(reading, site)
    return reading


def _plausible(reading: Any, site: Site) -> None:
    for field in fields(reading):
        value = getattr(reading, field.name)
        if isinstance(value, str) and (len(value) > _TEXT_CHARS or not value.isprintable()):
            raise DecodeError(f"{field.name}: more than {_TEXT_CHARS} characters, or one that does not print")
    if isinstance(reading, SensorVehicle):
        why = impossible(reading, extent_m=site.extent_m)
        if why:
            raise DecodeError(why)


def _is_p1(reading: Any) -> bool:
    return isinstance(reading, SensorFire) and reading.state == "alarm"


def _unsigned(envelope: RawEnvelope, reading: Any) -> Accepted | Refused:
    """A bad signature is refused; only an alarm of life safety goes on, to a person, as UNVERIFIED."""
    if _is_p1(reading):
        return Accepted(readings=(), p1=replace(reading, verified=False))
    return Refused(reason=f"device {envelope.device}, sequence {envelope.sequence}: the signature is not the device's")


def _routed(topic: str, reading: Any, driving: Driving) -> list[tuple[str, str, Any]]:
    """(topic, key, record) of all that a reading becomes.

    Raises:
        DecodeError: no vehicle can be there after where it was.
    """
    routed = [(topic, reading.device, reading)]
    if isinstance(reading, SensorVehicle):
        track = driving.take(reading)
        if isinstance(track, str):
            raise DecodeError(track)
        routed.append(("vehicle.tracks", reading.vehicle, track))
    return routed


def site_of(plan: Any, *, mode: str, mode_key: bytes) -> Site:
    """What a plan (plan.model.Plan) knows, as `judge` needs it."""
    return Site(
        site=plan.event.site,
        mode=mode,
        mode_key=mode_key,
        devices={device.id: device.kind for device in plan.devices},
        road=road_of(plan),
        extent_m=plan.extent,
    )
