"""One raw record in, one verdict out: accepted readings, a duplicate, or a refusal with its reason. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Final

from pipelines.codec import decode, decode_body, schema_id
from pipelines.errors import DecodeError
from pipelines.events import RawEnvelope, SensorFire, SensorVehicle
from pipelines.ingest import dedupe as seen
from pipelines.ingest.dedupe import Dedupe
from pipelines.ingest.event_time import FRESH_FOR_US, clamped_us, is_stale
from pipelines.ingest.signing import device_key, is_signed
from pipelines.measures.driving import Driving
from pipelines.measures.road import Road, impossible, road_of
from pipelines.probe import PROBE, is_probe
from pipelines.topics import BY_THING
from pipelines.units import US_PER_S

_KINDS: Final = {
    "turnstile": "sensor.turnstile",
    "id_reader": "sensor.identity",
    "smoke": "sensor.fire",
    "heat": "sensor.fire",
    "gas": "sensor.fire",
    "co": "sensor.fire",
    "panel": "sensor.fire",
    "vehicle": "sensor.vehicle",
    PROBE: "sensor.fire",
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
    """Verified readings, by topic; `clamped` says that the device's time was held back.

    `p1` is what the lane for life safety carries; `number` says which reading of its device that was, for `recall`.
    """

    readings: tuple[tuple[str, str, Any], ...]
    clamped: bool = False
    p1: SensorFire | None = None
    number: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicate:
    """Seen before, word for word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Not taken, and why; `p1` is an alarm that a person must see all the same, as UNVERIFIED; `number` as in `Accepted`."""

    reason: str
    p1: SensorFire | None = None
    number: bytes = b""


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
        return _unsigned(envelope, reading, dedupe)
    number = (envelope.boot_id, envelope.sequence, seen.digest_of(envelope.payload))
    verdict = _known(envelope, reading, dedupe, number, appended_us)
    if verdict is not None:
        return verdict
    dedupe.take_digest(envelope.device, *number)
    if is_probe(reading):
        return Accepted(readings=(), p1=reading, number=json.dumps(number).encode())
    try:
        readings = _routed(envelope.topic, reading, driving or Driving(site.road))
    except DecodeError as error:
        return Refused(reason=str(error))
    return Accepted(
        readings=tuple(readings),
        clamped=event_us != envelope.event_time_us,
        p1=reading if _is_p1(reading) else None,
        number=json.dumps(number).encode(),
    )


def _known(
    envelope: RawEnvelope, reading: Any, dedupe: Dedupe, number: tuple[str, int, str], appended_us: int
) -> Duplicate | Refused | None:
    """The verdict on a signed reading that is no news; None for one that is."""
    verdict = dedupe.look(envelope.device, *number)
    if verdict == seen.SAME:
        return Duplicate()
    if verdict == seen.NEW:
        if not is_stale(envelope.event_time_us, appended_us=appended_us):
            return None
        return _doubtful(envelope, reading, dedupe, f"more than {FRESH_FOR_US // US_PER_S} s old when it came in")
    if verdict == seen.OTHER_BODY:
        return _doubtful(envelope, reading, dedupe, verdict)
    return Refused(reason=_of(envelope, verdict))


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
    if is_probe(reading) != (envelope.device == PROBE):
        raise DecodeError(f"device {envelope.device}: only the probe of the dead man's switch may send its kind, and nothing else")
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


def may_be_p1(found: Any) -> bool:
    """Whether a raw record, as it was read, may be life safety or the synthetic event; whether it is, `judge` says."""
    if not isinstance(found, RawEnvelope):
        return False
    try:
        reading = decode_body(found.payload, found.schema_id)
    except DecodeError:
        return False
    return _is_p1(reading) or is_probe(reading)


def _is_p1(reading: Any) -> bool:
    return isinstance(reading, SensorFire) and reading.state == "alarm"


def _of(envelope: RawEnvelope, why: str) -> str:
    return f"device {envelope.device}, sequence {envelope.sequence}: {why}"


def _unsigned(envelope: RawEnvelope, reading: Any, dedupe: Dedupe) -> Accepted | Duplicate | Refused:
    """A bad signature is refused; only an alarm of life safety goes on, once, to a person, as UNVERIFIED."""
    if not _is_p1(reading):
        return Refused(reason=_of(envelope, "the signature is not the device's"))
    digest = _digest_of(envelope)
    if dedupe.take_doubtful(envelope.device, digest) == seen.SAME:
        return Duplicate()
    return Accepted(readings=(), p1=replace(reading, verified=False), number=_doubtful_number(digest))


def _doubtful(envelope: RawEnvelope, reading: Any, dedupe: Dedupe, why: str) -> Refused:
    """Signed, and yet it cannot be what it says; an alarm of life safety is shown to a person once all the same."""
    digest = _digest_of(envelope)
    if not _is_p1(reading) or dedupe.take_doubtful(envelope.device, digest) == seen.SAME:
        return Refused(reason=_of(envelope, why))
    return Refused(reason=_of(envelope, why), p1=replace(reading, verified=False), number=_doubtful_number(digest))


def _digest_of(envelope: RawEnvelope) -> str:
    """What tells an envelope from others, whatever time of receipt somebody has written into it."""
    return seen.digest_of(f"{envelope.boot_id}/{envelope.sequence}/".encode() + envelope.payload + envelope.hmac)


def _doubtful_number(digest: str) -> bytes:
    return json.dumps(("", -1, digest)).encode()


def recall(dedupe: Dedupe, device: str, number: bytes) -> None:
    """Note in *dedupe* what the lane for life safety has passed already: the `number` of a verdict."""
    boot_id, sequence, digest = json.loads(number)
    if boot_id or sequence >= 0:
        dedupe.take_digest(device, boot_id, sequence, digest)
    else:
        dedupe.take_doubtful(device, digest)


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
        devices={**{device.id: device.kind for device in plan.devices}, PROBE: PROBE},
        road=road_of(plan),
        extent_m=plan.extent,
    )
